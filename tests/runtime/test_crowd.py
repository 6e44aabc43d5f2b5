"""The demo's crowd has a past when you first look, and goes on from there."""

import asyncio
import itertools
from datetime import UTC, datetime

from roomtone.events import Message, Turn
from roomtone.runtime.clock import WallClock
from roomtone.runtime.config import Settings
from roomtone.runtime.crowd import Crowd, CrowdClock, recall
from roomtone.runtime.pipeline import Pipeline
from roomtone.testing import ManualClock


def test_the_clock_begins_in_the_past_and_never_goes_back():
    """By hand up to the present, then by itself, faster if wanted."""
    wall = ManualClock()
    clock = CrowdClock(wall, warmup_s=60, speed=4)
    start = clock.now_ms()
    clock.move_to(start + 60_000)
    clock.move_to(start)
    assert clock.now_ms() == wall.now_ms() == start + 60_000

    clock.go_live()
    wall.advance(2)
    assert clock.now_ms() == start + 68_000


async def test_waiting_ends_when_the_hand_moves():
    """The pipeline's ticks come during the past as well."""
    clock = CrowdClock(ManualClock(), warmup_s=60)
    waiting = asyncio.create_task(clock.wait_until(clock.now_ms() + 10_000))
    await asyncio.sleep(0)
    clock.move_to(clock.now_ms() + 9_000)
    await asyncio.sleep(0)
    assert not waiting.done()

    clock.move_to(clock.now_ms() + 1_000)
    await asyncio.wait_for(waiting, 1)


async def test_the_past_is_in_the_engine_before_the_present_begins(tmp_path):
    """A minute of past gives a dozen scores at once, at their own times."""
    clock = CrowdClock(WallClock(), warmup_s=60)
    pipeline = await Pipeline.open(Settings(data=tmp_path), clock=clock)
    await pipeline.start()
    try:
        script = (
            (n / 2 - 60, Message(session="s", user=f"u{n % 7}", text="hi"))
            for n in itertools.count()
        )
        crowd = Crowd(pipeline, clock, script)
        await crowd.catch_up()
        session = pipeline.session("s")
    finally:
        await pipeline.stop()

    assert 115 <= crowd.sent <= 135
    assert session is not None
    assert len(session["spark"]) >= 11
    assert session["fields"]["chat_per_min"] > 100


async def test_the_days_before_are_told_once(tmp_path):
    """Conversations at their own times, read and measured; a second start adds none."""
    turns = [
        Turn(
            session="luna/ann/1",
            id=f"t{n}",
            at=datetime(2026, 1, 1, 12, n, tzinfo=UTC),
            user="ann",
            bot="luna",
            message="hello there",
            reply="good to see you",
        )
        for n in range(3)
    ]
    pipeline = await Pipeline.open(Settings(data=tmp_path))
    await pipeline.start()
    try:
        told = await recall(pipeline, {"luna/ann/1": turns})
        again = await recall(pipeline, {"luna/ann/2": turns})
        found, total = await pipeline.archive.conversations()
    finally:
        await pipeline.stop()

    assert (told, again, total) == (1, 0, 1)
    assert (found[0].turns, found[0].started) == (3, turns[0].at)
