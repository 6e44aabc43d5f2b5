"""Stores that are away: all is kept, memory is bounded, and what they missed they get."""

from __future__ import annotations

import asyncio
import json
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from roomtone.alerts import Alert
from roomtone.engine import Output
from roomtone.runtime import frames, lanes, plugins, recovery
from roomtone.runtime import keeper as keepers
from roomtone.runtime.config import Settings
from roomtone.runtime.pipeline import Pipeline
from roomtone.runtime.replay import replay_journal
from roomtone.testing import START, ManualClock
from tests.faults import outage
from tests.faults.outage import Life, Switchable, kept, live


@pytest.fixture(autouse=True)
def switchable(monkeypatch):
    """Stores behind a switch, that are tried again soon, and little memory for what waits."""
    monkeypatch.setitem(plugins.MEMBERS["stores.series"], "sqlite", outage.HERE)
    monkeypatch.setitem(plugins.MEMBERS["stores.archive"], "sqlite", outage.HERE)
    monkeypatch.setattr(Switchable, "down", False)
    monkeypatch.setattr(lanes, "RETRY_S", 0.01)
    monkeypatch.setattr(lanes, "LAST_RETRY_S", 0.02)


async def test_what_a_store_missed_is_derived_again(tmp_path, monkeypatch):
    """Two minutes away with room for four outputs: then every row is there, as if never away."""
    monkeypatch.setattr(keepers, "MOST", 4)
    broken = await live(Life(str(tmp_path / "a"), 190, 60, sessions=12, down=(30, 150)))
    unbroken = await live(Life(str(tmp_path / "b"), 190, 60, sessions=12))

    assert broken.dropped > 15 and unbroken.dropped == 0
    assert broken.mended >= broken.dropped
    assert broken.acked == unbroken.acked == 190 * 60
    assert await kept(tmp_path / "a") == await kept(tmp_path / "b")


async def test_alerts_reach_those_who_watch_while_the_store_is_away(tmp_path):
    """What is noticed is news at once; it is kept when that is possible again."""
    alert = Alert(
        session="room 0",
        time=START,
        type="SUDDEN_DROP",
        severity="WARNING",
        score=0.9,
        current=0.1,
        expected=0.6,
        detector="anomaly",
        message="fewer write than a minute ago",
        evidence={},
    )
    async with (
        outage.living(tmp_path, ManualClock()) as pipeline,
        pipeline.news.subscribe(frames.ALERTS) as news,
    ):
        Switchable.down = True
        await pipeline.take(Output(0, [], [alert]), 1)
        heard = await asyncio.wait_for(anext(news), 10)
        assert b"fewer write" in heard
        assert list(await pipeline.archive.alerts()) == []

        Switchable.down = False
        async with asyncio.timeout(20):
            while not pipeline.keeper.whole:
                await asyncio.sleep(0.002)
        assert [row["id"] for row in await pipeline.archive.alerts()] == [alert.id]


async def test_no_snapshot_stands_behind_a_hole(tmp_path, monkeypatch):
    """While something is missing in the stores, a restart begins before it."""
    monkeypatch.setattr(keepers, "MOST", 2)
    clock = ManualClock()
    life, chance = Life(str(tmp_path), 60, 20, sessions=3), random.Random(1)
    async with outage.living(tmp_path, clock) as pipeline:
        Switchable.down = True
        for second in range(60):
            await pipeline.submit(outage.talk(chance, life, second))
            clock.advance(1)
            await outage.ticked(pipeline, clock)
        assert pipeline.keeper.dropped > 3
        pipeline.keeper._waiting.clear()  # as if all that waited had been written
        await recovery.checkpoint(pipeline)
        assert pipeline.journal.latest_snapshot() is None
        Switchable.down = False
        async with asyncio.timeout(20):
            while not pipeline.keeper.whole:
                pipeline.keeper.wake()
                await asyncio.sleep(0.002)
        await recovery.checkpoint(pipeline)
        assert pipeline.journal.latest_snapshot() is not None


async def finished(folder: Path) -> tuple[dict, dict]:
    """What a restart makes of the folder: the rows kept, and those that the journal gives."""
    clock = ManualClock()
    clock.advance(100_000)
    pipeline = await Pipeline.open(outage.settings(folder), clock)
    async with asyncio.timeout(60):
        await pipeline.keeper.drain()
    assert pipeline.keeper.whole
    wanted = {}
    for out in replay_journal(Settings(data=folder).journal_folder, outage.settings(folder)):
        for block in out.blocks:
            for point in block.points():
                wanted[point.tags["session"], point.time] = point.fields
    found = {}
    for session in {session for session, _ in wanted}:
        times = [time for name, time in wanted if name == session]
        points = await pipeline.series.read(
            "engagement",
            tags={"session": session},
            start=min(times),
            end=max(times).replace(year=max(times).year + 1),
        )
        found |= {(session, point.time): point.fields for point in points}
    await pipeline.stop()
    return found, wanted


LONG = [pytest.param(kill, marks=pytest.mark.faults) for kill in ("away", "late")]


@pytest.mark.parametrize("kill", ["mending", *LONG])
async def test_killed_while_a_store_is_away_or_catching_up(tmp_path, kill, rounds):
    """`kill -9` in the middle: the restart finds the hole again and leaves none."""
    for turn in range(max(1, rounds // 10)):
        folder = tmp_path / f"{turn}"
        child = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.outage_child", str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        assert child.stdin is not None and child.stdout is not None
        told = []
        for line in child.stdout:
            told.append(line.split())
            if line.startswith("hole"):
                if kill == "away":
                    break
                child.stdin.write("up\n")
            elif (line.startswith("mending") and kill == "mending") or line.startswith("whole"):
                break
        child.send_signal(signal.SIGKILL)
        child.communicate(timeout=30)
        assert told[-1][0] == {"away": "hole", "mending": "mending", "late": "whole"}[kill]

        found, wanted = await finished(folder)

        assert len(wanted) > 50
        assert found == wanted


async def test_a_store_whose_disk_is_full_goes_on_when_there_is_room(tmp_path):
    """SQLite's own error: events are acknowledged all the while, and afterwards nothing misses."""
    clock, chance = ManualClock(), random.Random(6)
    life = Life(str(tmp_path), 0, 60, sessions=12)
    async with outage.living(tmp_path, clock) as pipeline:
        file = pipeline.series._file
        await file.write(lambda c: c.execute("PRAGMA max_page_count = 1"))  # what it has, no more
        second = 0
        while pipeline.keeper.trouble is None:
            receipt = await pipeline.submit(outage.talk(chance, life, second))
            assert receipt.accepted == 60
            clock.advance(1)
            await outage.ticked(pipeline, clock)
            second += 1
            assert second < 2_000, "the disk never filled"
        assert "full" in pipeline.keeper.trouble and not pipeline.keeper.health()["ok"]

        await file.write(lambda c: c.execute("PRAGMA max_page_count = 1000000"))
        async with asyncio.timeout(20):
            while not pipeline.keeper.whole:
                await asyncio.sleep(0.01)
        assert await file.read(lambda c: c.execute("PRAGMA integrity_check").fetchall()) == [
            ("ok",)
        ]
    found, wanted = await finished(tmp_path)
    assert len(wanted) > 50
    assert found == wanted


@pytest.mark.faults
@pytest.mark.timeout(3600)
async def test_half_an_hour_away_at_a_thousand_events_a_second(tmp_path):
    """1.8 million events while the store is off: kept, bounded, equal, caught up in minutes."""
    told = {}
    for name, extra in {
        "broken": ["--down", "120", "1920", "--pace"],
        "unbroken": [],
    }.items():
        done = subprocess.run(
            [
                *(sys.executable, "-m", "tests.faults.outage", str(tmp_path / name)),
                *("--sessions", "1000", *extra),  # so many that memory cannot hold their points
            ],
            capture_output=True,
            text=True,
            timeout=3000,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        told[name] = json.loads(done.stdout.splitlines()[-1])  # behind what was logged
    print(json.dumps(told, indent=1))

    assert told["broken"]["acked"] == told["unbroken"]["acked"] == 2100 * 1000
    assert told["broken"]["refused"] > 0 == told["unbroken"]["refused"]
    assert told["broken"]["dropped"] > 0
    assert told["broken"]["catch_up_s"] < 300
    assert told["broken"]["rss_mb"] - told["unbroken"]["rss_mb"] < 64
    assert await kept(tmp_path / "broken") == await kept(tmp_path / "unbroken")
