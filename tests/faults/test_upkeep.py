"""Snapshots and retention on a disk that fails at any call: nothing is lost, and it goes on."""

import errno
from datetime import UTC, datetime, timedelta

import pytest

from roomtone import state
from roomtone.errors import StoreError
from roomtone.events import Message
from roomtone.runtime import recovery
from roomtone.runtime.config import Settings
from roomtone.runtime.journal import Journal
from roomtone.runtime.journal_disk import Disk
from roomtone.runtime.journal_segments import list_segments
from roomtone.runtime.journal_snapshots import snapshot_paths
from roomtone.runtime.pipeline import Pipeline
from roomtone.testing import ManualClock
from tests.runtime.conftest import until

# By then all that is written now is too old. It stands between two ticks: one that falls due while
# a call is to fail would be what fails.
LATER = (datetime.now(UTC) + timedelta(days=400)).replace(second=2, microsecond=500_000)


async def opened(folder, disk, clock):
    """A running pipeline whose journal is in small segments on this disk."""
    settings = Settings(data=folder)
    journal = Journal.open(settings.journal_folder, segment_bytes=2_000, probe_s=0.001, disk=disk)
    pipeline = Pipeline(settings, journal, clock)
    await pipeline.opening.begin()
    await recovery.rebuild(pipeline)
    await pipeline.start()
    return pipeline


async def say(pipeline, clock, batches):
    for n in range(batches):
        said = [
            Message(session=f"{k}", user=f"{n}", text="x" * 40, id=f"{clock.now_ms()}")
            for k in range(5)
        ]
        receipt = await pipeline.submit(said)
        assert receipt.accepted + receipt.duplicates == 5
        clock.advance(1)
    await pipeline.settled()


async def snapshot_taken(pipeline):
    """None is while the stores have something to get, as of a tick that falls due meanwhile."""
    older = snapshot_paths(pipeline.journal.folder)
    while snapshot_paths(pipeline.journal.folder) == older:
        await until(lambda: pipeline.keeper.whole)
        await recovery.checkpoint(pipeline)


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
async def test_any_call_of_snapshot_and_retention_may_fail(tmp_path, failing_disk, stride, share):
    """Once, before, half or after it: events are taken, and a restart finds the same state."""
    at = 1 - stride
    freed = 0
    while True:
        at += stride
        disk, clock = failing_disk(0, errno.EIO, share), ManualClock(LATER)
        pipeline = await opened(tmp_path / f"{at}", disk, clock)
        for _ in range(2):
            await say(pipeline, clock, 8)
            await snapshot_taken(pipeline)
        before = len(list_segments(pipeline.journal.folder))
        disk.calls.clear()
        disk.fail_at = at
        await recovery.checkpoint(pipeline)
        await recovery.upkeep(pipeline)
        failed, disk.fail_at = disk.failed, 0
        faults = pipeline.inspector.fault_count
        await pipeline.journal.ready()
        await say(pipeline, clock, 4)
        await recovery.upkeep(pipeline)
        assert pipeline.inspector.fault_count == faults
        freed = before - len(list_segments(pipeline.journal.folder))
        await pipeline.stop()
        live = state.pack(pipeline.engine.snapshot())

        again = await Pipeline.open(Settings(data=tmp_path / f"{at}"), clock)
        assert state.pack(again.engine.snapshot()) == live
        await again.stop()
        if not failed:
            break
        assert faults == 1, (at, disk.calls[at - 1])
    assert at > 3 and freed > 0


async def test_a_store_that_is_away_does_not_keep_the_journal_from_making_room(tmp_path):
    """Its own retention fails and is told; the journal's is done all the same."""

    async def away(*_, **__):
        raise StoreError("the store is away; wait until it is back")

    clock = ManualClock(LATER)
    pipeline = await opened(tmp_path, Disk(), clock)
    for _ in range(2):
        await say(pipeline, clock, 8)
        await snapshot_taken(pipeline)
    before = len(list_segments(pipeline.journal.folder))
    pipeline.series.retain = pipeline.archive.segments = away
    await recovery.upkeep(pipeline)
    assert len(list_segments(pipeline.journal.folder)) < before
    told = " ".join(pipeline.inspector.faults())
    assert "the store's retention" in told and "the journal's index" in told
    del pipeline.series.retain, pipeline.archive.segments
    await pipeline.stop()
