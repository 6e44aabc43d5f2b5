"""A lane goes on by itself after a failure, says what failed, and never spins."""

from __future__ import annotations

import asyncio

import pytest

from roomtone.errors import StoreError
from roomtone.runtime import lanes
from roomtone.runtime.lanes import Lane
from tests.runtime.conftest import until


class Sink:
    """Takes one thing at a time, unless it is told to fail."""

    def __init__(self) -> None:
        self.waiting: list[int] = []
        self.taken: list[int] = []
        self.tries = 0
        self.failing = False
        self.told = 0
        self.lane = Lane("sink", self.write, lambda: bool(self.waiting), self.tell)

    async def write(self) -> None:
        self.tries += 1
        if self.failing:
            raise StoreError("it is away; wait")
        self.taken.append(self.waiting.pop(0))

    def tell(self) -> None:
        self.told += 1


async def test_it_writes_until_nothing_waits_and_then_rests() -> None:
    """One word is enough for all that waits; without one it does nothing."""
    sink = Sink()
    running = asyncio.create_task(sink.lane.run())
    sink.waiting += [1, 2, 3]
    sink.lane.wake()
    await until(lambda: len(sink.taken) == 3)
    for _ in range(50):
        await asyncio.sleep(0)
    running.cancel()

    assert (sink.tries, sink.told) == (3, 4)
    assert sink.lane.trouble is None


async def test_a_failure_is_tried_again_longer_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """What failed waits; it is said why, until it works."""
    monkeypatch.setattr(lanes, "RETRY_S", 0.01)
    monkeypatch.setattr(lanes, "LAST_RETRY_S", 0.02)
    sink = Sink()
    sink.failing, sink.waiting = True, [1]
    running = asyncio.create_task(sink.lane.run())
    sink.lane.wake()
    await until(lambda: sink.tries > 2)
    assert (sink.lane.trouble, sink.waiting) == ("it is away; wait", [1])
    assert sink.lane.failures == sink.tries == sink.told
    sink.failing = False
    await until(lambda: sink.taken)
    await until(lambda: sink.lane.trouble is None)
    running.cancel()


async def test_where_nothing_waits_there_is_no_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    """What failed may be let go; then nobody must wait for it to work."""
    monkeypatch.setattr(lanes, "RETRY_S", 0.01)
    sink = Sink()
    sink.failing, sink.waiting = True, [1]
    running = asyncio.create_task(sink.lane.run())
    sink.lane.wake()
    await until(lambda: sink.lane.trouble)
    sink.waiting.clear()
    await until(lambda: sink.lane.trouble is None)
    running.cancel()


async def test_draining_ends_at_the_first_failure() -> None:
    """Whoever ends does not wait for a sink that is away."""
    sink = Sink()
    sink.waiting = [1, 2]
    await sink.lane.drain()
    assert sink.taken == [1, 2]
    sink.waiting, sink.failing = [3], True
    await sink.lane.drain()

    assert (sink.tries, sink.waiting, sink.lane.failures) == (3, [3], 1)
