"""A real PostgreSQL killed under load and away for long: no event and no point is missing."""

import asyncio
import random
from datetime import timedelta

import pytest

from roomtone.runtime import keeper as keepers
from roomtone.runtime.config import Limits, Settings, Stores
from roomtone.runtime.pipeline import Pipeline
from roomtone.runtime.replay import replay_journal
from roomtone.testing import START, ManualClock
from tests.faults import outage

AGES = timedelta(days=9)


@pytest.mark.servers
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(
    ("away_s", "rate", "sessions", "waiting"),
    [
        (120, 30, 6, 4),  # four outputs may wait, so that most are derived again
        pytest.param(1800, 1000, 1000, keepers.MOST, marks=pytest.mark.faults),
    ],
)
async def test_it_is_killed_and_comes_back_after_a_while(
    own_postgres, tmp_path, monkeypatch, away_s, rate, sessions, waiting
):
    """All is acknowledged meanwhile; the database holds at the end what the journal says."""
    monkeypatch.setattr(keepers, "MOST", waiting)
    url = f"{own_postgres.url}?timeout=10"
    settings = Settings(
        data=tmp_path,
        stores=Stores(series=url, archive=url),
        limits=Limits(max_sessions_per_client=20_000),
    )
    clock, chance = ManualClock(), random.Random(7)
    life = outage.Life(str(tmp_path), 30 + away_s + 30, rate, sessions)
    pipeline = await Pipeline.open(settings, clock)
    await pipeline.start()
    for second in range(life.seconds):
        if second == 30:
            await asyncio.to_thread(own_postgres.kill)
        if second == 30 + away_s:
            assert pipeline.keeper.trouble is not None and pipeline.keeper.dropped > 0
            await asyncio.to_thread(own_postgres.start)
        events = outage.talk(chance, life, second)
        for start in range(0, len(events), outage.BATCH):
            receipt = await pipeline.submit(events[start : start + outage.BATCH])
            life.acked += receipt.accepted
        clock.advance(1)
        await outage.ticked(pipeline, clock)
    async with asyncio.timeout(600):
        while not pipeline.keeper.whole:
            await asyncio.sleep(0.05)
    assert life.acked == rate * life.seconds
    assert pipeline.keeper.mended >= pipeline.keeper.dropped > 0
    assert all("StoreAway" in one for one in pipeline.inspector.faults())  # upkeep, meanwhile
    found = await pipeline.series.read(
        "engagement", tags={}, start=START - AGES, end=START + AGES, limit=10_000_000
    )
    await pipeline.stop()

    wanted = {}
    for out in replay_journal(settings.journal_folder, settings):
        for block in out.blocks:
            for point in block.points():
                wanted[point.tags["session"], point.time] = point.fields
    assert len(wanted) > sessions * life.seconds // 10
    assert {(point.tags["session"], point.time): point.fields for point in found} == wanted
