"""Reactions are found by person and by message until they are taken back or forgotten."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from roomtone import known
from roomtone.events import Reaction
from roomtone.known import Known
from roomtone.reacted import Held
from roomtone.verdicts import Reacted, ReactionJudged


def held(number: int, **more: Any) -> Held:
    told = {"session": "s", "emoji": "❤️", "user": "ann", "target": f"t{number}", "ms": number}
    state = more.pop("state", "waiting")
    return Held(of=Reacted(id=f"r{number}", **{**told, **more}), arrival=0, state=state)


def test_one_is_found_as_long_as_it_is_there() -> None:
    """By who sees it on what; after it was taken back by its id alone."""
    all, one = Known(), held(1)
    all.hold(one)
    all.hold(held(2, emoji="👍", target="t1", user="bob"))

    assert all.live(("s", "ann", "❤️", "t1")) is one
    assert all.others("s", "t1", "❤️") == ["👍"]
    all.leave(one)
    assert all.live(("s", "ann", "❤️", "t1")) is None
    assert not list(all.of("s", "ann"))
    assert all.others("s", "t1", "👍") == []
    assert all.held["r1"] is one


def test_many_on_one_message_leave_and_come_again() -> None:
    """In the order in which they came, however many there are meanwhile."""
    all = Known()
    several = [held(n, emoji=emoji, target="t") for n, emoji in enumerate("🎉👍🔥")]
    for one in several:
        all.hold(one)
    all.leave(several[1])
    assert [one.of.emoji for one in all.of("s", "ann")] == ["🎉", "🔥"]
    all.leave(several[0])
    all.leave(several[2])
    all.leave(several[2])
    assert not list(all.of("s", "ann"))
    all.hold(again := held(7, emoji="👍", target="t"))
    assert list(all.of("s", "ann", latest=True)) == [again]
    assert all.others("s", "t", "🔥") == ["👍"]


def test_what_waits_is_not_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest that is settled goes first."""
    monkeypatch.setattr(known, "MOST_HELD", 2)
    all = Known()
    for one in (held(1), held(2, state="judged"), held(3)):
        all.hold(one)

    assert list(all.held) == ["r1", "r3"]
    assert [one.of.id for one in all.of("s", "ann", latest=True)] == ["r3", "r1"]


def test_what_was_taken_back_means_nothing_to_who_remembers() -> None:
    """Neither by a judgement that comes late, nor under a bot that the event does not name."""
    all, gone, there = Known(), held(1, state="retracted"), held(2, bot="luna")
    all.hold(gone)
    all.hold(there)
    late, now = (ReactionJudged(session="s", of=one.of) for one in (gone, there))
    back = Reaction(session="s", user="ann", emoji="❤️", target="t2", action="remove")

    told = list(all.told([late, now, back]))

    assert told == [now, structs.replace(back, bot="luna")]
