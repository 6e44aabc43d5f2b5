"""The newest event of a session is told; the memory is bounded."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from roomtone.errors import ServerError
from roomtone.runtime import event_names
from roomtone.runtime.event_names import AskedNames, EventNames, PassedOn


def test_the_newest_name_counts_and_the_oldest_is_forgotten() -> None:
    """A session without one is its own event."""
    names = EventNames(most=2)
    names.learn({"a": "x", "b": "y"})
    names.learn({"a": "z"})
    names.learn({"c": "w"})

    assert (names.of("a"), names.of("b"), names.of("c")) == ("z", "b", "w")
    assert ("a" in names, "b" in names, len(names)) == (True, False, 2)


def test_a_name_is_passed_on_once_a_minute_and_at_once_when_it_changes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Who hears of it may have been away, and nobody is told the same with every event."""
    now = 1000.0
    monkeypatch.setattr(event_names, "monotonic", lambda: now)
    passed = PassedOn()
    assert passed.fresh({"a": "x", "b": "y"}) == {"a": "x", "b": "y"}
    assert passed.fresh({"a": "x", "b": "z"}) == {"b": "z"}
    assert passed.fresh({"a": "x"}) == {}
    now += event_names.AGAIN_S
    assert passed.fresh({"a": "x"}) == {"a": "x"}


async def test_names_are_asked_once_for_all_who_want_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In one question, again after a minute; what was known stands while nobody answers."""
    now = 1000.0
    monkeypatch.setattr(event_names, "monotonic", lambda: now)
    asked: list[list[str]] = []
    known: Mapping[str, str] | None = {"a": "x"}

    async def ask(sessions: list[str]) -> Mapping[str, str]:
        asked.append(sessions)
        await asyncio.sleep(0)
        if known is None:
            raise ServerError("nobody is there; start one")
        return known

    names = AskedNames(ask)
    told = await asyncio.gather(*(names.of(["a", "b"]) for _ in range(50)))
    assert told == [{"a": "x"}] * 50
    assert asked == [["a", "b"]]
    now += event_names.AGAIN_S
    known = None
    assert await names.of(["a"]) == {"a": "x"}
    assert await names.of(["a"]) == {"a": "x"}
    assert asked[1:] == [["a"]]
    now += event_names.AGAIN_S
    known = {"a": "y"}
    assert await names.of(["a"]) == {"a": "y"}
