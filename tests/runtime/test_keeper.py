"""The keeper writes everything in order, and bounds what waits for a store that is down."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import pytest

from roomtone.engine import Output
from roomtone.errors import StoreError
from roomtone.points import Block
from roomtone.records import TurnRecord
from roomtone.runtime import keeper as module
from roomtone.runtime.keeper import Keeper
from roomtone.signals.engagement import ENGAGEMENT
from roomtone.testing import ListArchive, ListSeriesStore
from tests.runtime.conftest import until

T0 = 1_763_719_200


def output(n: int) -> Output:
    """A tick of one session whose score is n thousandths."""
    time = datetime.fromtimestamp(T0 + 5 * n, UTC)
    ids = {"session": np.array(["s"], object)}
    block = ENGAGEMENT.block(time, np.zeros(1, np.intp), ids, score=np.array([n / 1000]))
    return Output(T0 + 5 * n, [block])


async def make() -> tuple[Keeper, ListSeriesStore]:
    series, archive = ListSeriesStore(), ListArchive()
    await series.open([ENGAGEMENT])
    return Keeper(series, archive), series


async def test_everything_kept_is_written_once() -> None:
    """More than fits into one transaction still arrives whole."""
    keeper, series = await make()
    for n in range(450):
        keeper.keep(output(n))

    await keeper.drain()

    assert len(series.rows) == keeper.written == 450
    assert keeper.lag == 0


async def test_what_waits_can_be_read() -> None:
    """A page that comes while a store is behind still gets every point."""
    keeper, _ = await make()
    for n in range(3):
        keeper.keep(output(n))

    assert keeper.unwritten("engagement", "s", 0) == [
        (T0 + 5 * n, {"score": n / 1000}) for n in range(3)
    ]
    assert keeper.unwritten("engagement", "other", 0) == []
    assert keeper.unwritten("engagement", "s", 1) == []
    await keeper.drain()
    assert keeper.unwritten("engagement", "s", 0) == []


async def test_who_waits_for_what_is_kept_can_read_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the store is; what comes in meanwhile is not waited for."""
    keeper, series = await make()
    begun, may_end = asyncio.Event(), asyncio.Semaphore(0)
    write = series.write

    async def slowly(blocks: Sequence[Block]) -> None:
        begun.set()
        await may_end.acquire()
        await write(blocks)

    monkeypatch.setattr(series, "write", slowly)
    running = asyncio.create_task(keeper.run())
    keeper.keep(output(0))
    waiting = asyncio.create_task(keeper.kept(3600))
    await begun.wait()
    keeper.keep(output(1))
    assert not waiting.done()
    may_end.release()  # one write; the next one never ends
    await waiting
    running.cancel()

    assert (len(series.rows), keeper.lag) == (1, 1)


@pytest.mark.parametrize("already", [False, True])
async def test_nobody_waits_for_a_store_that_is_away(
    monkeypatch: pytest.MonkeyPatch, already: bool
) -> None:
    """Whether it is known to be away or is found to be: what it did not take is still there."""
    keeper, series = await make()

    async def fail(blocks: object) -> None:
        raise StoreError("no")

    monkeypatch.setattr(series, "write", fail)
    running = asyncio.create_task(keeper.run())
    keeper.keep(output(0))
    if already:
        await until(lambda: keeper.trouble)
    await keeper.kept(3600)
    running.cancel()

    assert keeper.lag == 1


async def test_nobody_waits_for_good_for_a_store_that_hangs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is neither away nor done: there is a limit."""
    keeper, series = await make()

    async def hang(blocks: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(series, "write", hang)
    running = asyncio.create_task(keeper.run())
    keeper.keep(output(0))
    await keeper.kept(0.05)
    running.cancel()

    assert keeper.lag == 1


async def test_a_store_that_is_down_costs_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what waits too long, the oldest points are let go and counted."""
    monkeypatch.setattr(module, "MOST", 100)
    keeper, series = await make()
    for n in range(150):
        keeper.keep(output(n))

    await keeper.drain()

    assert keeper.dropped == 50
    assert "50 ticks dropped" in keeper.health()["detail"]
    assert len(series.rows) == 100


async def test_a_failure_leaves_everything_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is taken off the queue before it is written."""
    keeper, series = await make()
    keeper.keep(output(1))
    write = series.write

    async def fail(blocks: object) -> None:
        raise StoreError("no")

    monkeypatch.setattr(series, "write", fail)
    await keeper.drain()
    assert keeper.lag == 1
    monkeypatch.setattr(series, "write", write)
    await keeper.drain()

    assert len(series.rows) == 1


async def test_dead_letters_are_cut_and_kept() -> None:
    """What could not be taken in is kept with its reason, as far as it is worth reading."""
    keeper, _ = await make()

    keeper.bury(datetime.fromtimestamp(T0, UTC), "http", "no JSON", b"x" * 5000)
    await keeper.drain()

    (letter,) = await keeper._archive.dead_letters()
    assert (letter.reason, len(letter.raw)) == ("no JSON", 2048)


async def test_points_without_their_person_are_said() -> None:
    """A store that bounds its series tells how many it wrote without; so does the page."""
    keeper, series = await make()
    series.folded = {"user_emotion": 3}  # type: ignore[attr-defined]

    assert "3 points without their person" in keeper.health()["detail"]


async def test_who_waits_for_what_is_kept_waits_for_each_store(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The newest points may be written while the archive still has something older to write."""
    keeper, _ = await make()
    may_end = asyncio.Event()
    archive = keeper._archive
    write = archive.add_turns

    async def slowly(turns: Sequence[TurnRecord]) -> None:
        await may_end.wait()
        await write(turns)

    monkeypatch.setattr(archive, "add_turns", slowly)
    running = asyncio.create_task(keeper.run())
    first = output(0)
    first.turns.append(TurnRecord(id="t", session="s", bot="b", user="u", at=datetime.now(UTC)))
    keeper.keep(first)
    keeper.keep(output(1))
    waiting = asyncio.create_task(keeper.kept(3600))
    await until(lambda: keeper.written == 2)
    await asyncio.sleep(0)
    still = not waiting.done()
    may_end.set()
    await waiting
    running.cancel()

    assert still
    assert keeper.lag == 0
