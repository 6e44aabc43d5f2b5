"""A house whose reactions are judged by hand, and what came of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from roomtone.contracts import START
from roomtone.points import Point
from roomtone.runtime.judging import Judging
from tests.reacted import Told
from tests.runtime.conftest import House


@pytest.fixture
async def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    """A house whose own judging rests: tests call it by hand, with a judge of theirs."""

    async def rest(self: Judging) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(Judging, "run", rest)
    made = House(tmp_path)
    await settle_in(made)
    yield made
    await made.pipeline.stop()


async def settle_in(house: House, judge: Told | None = None, worker: str = "") -> Judging:
    await house.open()
    return hire(house, judge or Told(), worker)


def hire(house: House, judge: Told, worker: str = "") -> Judging:
    """A worker with this judge, in the place of the house's own."""
    house.pipeline.judging = Judging(house.pipeline, worker)
    house.pipeline.judging.judge = judge
    return house.pipeline.judging


async def work(house: House) -> int:
    """Judge until nothing is left to be judged now."""
    total = 0
    while done := await house.pipeline.judging.once():
        total += done
    await house.tick()
    await house.pipeline.keeper.kept(20)
    return total


async def points(house: House, measurement: str = "user_feedback") -> Sequence[Point]:
    start, end = START - timedelta(days=9), START + timedelta(days=9)
    return await house.pipeline.series.read(measurement, tags={}, start=start, end=end)


async def states(house: House) -> list[str]:
    found, _ = await house.pipeline.archive.reactions(limit=1000)
    return sorted(one.state for one in found)
