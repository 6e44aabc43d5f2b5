"""The engine's end: half-done entries of an earlier life, late ones, and questions nobody knows."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from roomtone.errors import EngineFailed, ServerError
from roomtone.events import Message
from roomtone.runtime import answering
from roomtone.runtime.link import ASKS, Inbound, Link
from tests.runtime.conftest import until
from tests.runtime.joined import engine, joined, pair

pytestmark = pytest.mark.servers


def batch(*ids: str | None) -> bytes:
    """A batch on its way, one message for each id."""
    events: list[Any] = [Message(session="s", user="ann", text="x", id=id) for id in ids]
    inbound = Inbound("told:nobody", 1, "http", False, "", events, list(range(len(events))))
    return msgspec.msgpack.encode(inbound)


async def test_what_an_earlier_engine_left_half_done_is_finished(
    tmp_path: Path, redis_url: str
) -> None:
    """What it had read and not acknowledged comes first, each event once.

    Without ids nobody can say whether it was counted: its sender is told to send it again.
    """
    settings = joined(tmp_path, redis_url)
    link = Link(settings)
    async with link.talking() as client:
        await client.xgroup_create(link.inbound, answering.GROUP, id="0", mkstream=True)
        for body in (batch("1", "2"), batch(None), b"no batch"):
            await client.xadd(link.inbound, {"b": body})
        await client.xreadgroup(answering.GROUP, answering.CONSUMER, {link.inbound: ">"})
        await client.xadd(link.inbound, {"b": batch("2", "3")})
    async with engine(settings) as house:
        await until(lambda: house.pipeline.journal.counters.synced == 3)
        async with asyncio.timeout(20), link.talking(20) as client:
            while await client.xlen(link.inbound):
                await asyncio.sleep(0.01)
            assert (await client.xpending(link.inbound, answering.GROUP))["pending"] == 0
        assert house.pipeline.journal.counters.synced == 3
        assert "inbound" in house.pipeline.inspector.faults()[0]
    await link.close()


async def test_what_nobody_waits_for_is_not_taken(
    tmp_path: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its sender was told that nothing was acknowledged, and has sent it again."""
    monkeypatch.setattr(answering, "ANSWER_S", 0.0)
    settings = joined(tmp_path, redis_url)
    link = Link(settings)
    async with link.talking() as client:
        await client.xadd(link.inbound, {"b": batch("1")})
    await asyncio.sleep(0.01)
    async with engine(settings) as house:
        async with asyncio.timeout(20), link.talking(20) as client:
            while await client.xlen(link.inbound):
                await asyncio.sleep(0.01)
        assert house.pipeline.journal.counters.synced == 0
    await link.close()


async def test_a_question_of_another_release_is_answered(tmp_path: Path, redis_url: str) -> None:
    """With what to do; and nothing but questions can be asked."""
    async with pair(joined(tmp_path, redis_url)) as (house, away):
        with pytest.raises(ServerError, match="run one release only"):
            await away._ask("stop")
        await away.link.line.publish(ASKS, b"\xc1 no question")
        await until(lambda: house.pipeline.inspector.fault_count)
        assert (await away.overview(1))["count"] == 0, "those behind it are answered"


async def test_a_question_that_fails_is_a_sentence(
    tmp_path: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error's kind, never its text, which may quote what somebody said."""
    async with pair(joined(tmp_path, redis_url)) as (house, away):

        async def fail(limit: int) -> None:
            raise KeyError("a secret")

        monkeypatch.setattr(house.pipeline, "overview", fail)
        with pytest.raises(EngineFailed, match=r"\(KeyError\); nothing was") as told:
            await away.overview(1)
        assert "secret" not in str(told.value)


async def test_those_who_watched_before_are_told_of_a_gap(tmp_path: Path, redis_url: str) -> None:
    """An engine that starts cannot know what pages have seen: they ask for a new first frame."""
    settings = joined(tmp_path, redis_url)
    from roomtone.runtime import plugins

    news = plugins.channel(redis_url)
    async with news.subscribe("session:s") as page, engine(settings):
        async with asyncio.timeout(20):
            frame = json.loads(await anext(page))
    await news.close()

    assert (frame["topic"], frame["kind"]) == ("session:s", "gap")


async def test_asking_for_a_first_frame_is_watching(tmp_path: Path, redis_url: str) -> None:
    """From the very next change on, though the channel has not told of the listener yet."""
    async with (
        pair(joined(tmp_path, redis_url)) as (house, away),
        away.news.subscribe("session:s") as page,
    ):
        await away.snapshot_frame("session:s")
        assert "session:s" in house.pipeline.watched
        await away.submit([Message(session="s", user="ann", text="hi")])
        await house.pipeline.settled()
        house.clock.advance(0.2)
        async with asyncio.timeout(20):
            change = json.loads(await anext(page))

    assert change["events"][0]["text"] == "hi"
