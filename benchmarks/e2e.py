"""The whole path from bytes to store and screens, beside the documents' design and the floor."""

from __future__ import annotations

import asyncio
import gc
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from benchmarks._protocol import (
    START_S,
    Disagreement,
    Load,
    Options,
    Report,
    Stopwatch,
    alternate,
    array,
    ratios,
    timed,
)
from benchmarks.baseline.bus import LocalBus, RedisBus, find_redis
from roomtone.events import Event, decode
from roomtone.runtime.config import Engine, Limits, Settings
from roomtone.runtime.pipeline import Pipeline
from roomtone.testing import ManualClock

FIELDS = (
    "score",
    "chat_per_min",
    "poll_participation",
    "reactions_per_min",
    "leave_rate",
    "active_users",
    "total_users",
)
Rows = dict[tuple[int, str], tuple[float, ...]]
WARM_S = 10  # two ticks, in which forests are built and pages first touched, are start-up


@dataclass
class Run:
    """What one run cost, start-up apart, and what it put into its store."""

    per_event: float = 0.0  # CPU seconds
    per_tick: float = 0.0  # CPU seconds per session and tick
    wall_tick: float = 0.0
    start: float = 0.0
    rows: Rows = field(default_factory=dict)


def run(options: Options) -> Report:
    """Both designs on the same events, alternated; ratios of CPU."""
    report = Report("e2e")
    sessions, seconds = (40, 25) if options.quick else (1000, 25)
    load = Load(sessions=sessions, rate=20 if options.quick else 10, seconds=seconds, step_ms=100)
    runs: dict[str, list[Run]] = {}
    ways: dict[str, Callable[[Load], Run]] = {
        "kind": lambda load: run_baseline(load, whole=False),
        "ours": run_ours,
    }
    if find_redis() is not None and not options.quick:
        ways["documents"] = lambda load: run_baseline(load, whole=True)

    def one(name: str) -> float:
        gc.collect()
        gc.freeze()  # as the server does; what another run left is no part of this one
        made = ways[name](load)
        gc.unfreeze()
        listed = runs.setdefault(name, [])
        if listed and made.rows != listed[0].rows:
            raise Disagreement(f"{name} gave other rows the second time")
        if listed:
            made.rows = {}
        listed.append(made)
        return made.per_event

    reps = options.repeat(2, 1)
    alternate(reps, **{name: lambda name=name: one(name) for name in ways})
    floor = [floor_cpu(load) for _ in range(3)]
    ours = runs["ours"]
    agreed = [compare(runs[name][0].rows, ours[0].rows) for name in ways if name != "ours"][0]
    report.lines += [
        str(load),
        f"agreed: {agreed:,} rows of {len(FIELDS)} fields in all stores, counts exact, "
        "scores to 1e-9",
        "documents: Redis Pub/Sub in and out, async SQLAlchemy, one commit per row; "
        "of Redis and the sender nothing is counted",
        "kind: the same without Redis (queues in the process) and with synchronous SQLAlchemy",
        "both: no log of events (none), SQLite WAL NORMAL (kill-safe)",
        "ours: journal synced before the answer (power-safe), ids remembered, input checked, "
        "SQLite WAL NORMAL (kill-safe), overview and one room watched, frames every 100 ms",
        "start-up apart: "
        + ", ".join(f"{name} {listed[0].start:.1f} s" for name, listed in runs.items()),
    ]
    _tell(report, runs, floor)
    return report


def _tell(report: Report, runs: dict[str, list[Run]], floor: list[float]) -> None:
    us = 1e6
    ours = runs["ours"]
    report.add("ours: CPU per session-tick", "us", [r.per_tick * us for r in ours])
    report.add("ours: CPU per event", "us", [r.per_event * us for r in ours])
    report.add("floor: CPU per event", "us", [t * us for t in floor])
    for name, listed in runs.items():
        if name == "ours":
            continue
        report.add(f"{name}: CPU per session-tick", "us", [r.per_tick * us for r in listed])
        report.add(f"{name}: CPU per event", "us", [r.per_event * us for r in listed])
        per_tick = ratios([r.per_tick for r in listed], [r.per_tick for r in ours])
        per_event = ratios([r.per_event for r in listed], [r.per_event for r in ours])
        report.add(f"{name}: times more per session-tick", "x", per_tick, bar=150, moonshot=500)
        report.add(f"{name}: times more per event", "x", per_event, bar=5, moonshot=20)
        whole = ratios(list(map(_whole, listed)), list(map(_whole, ours)))
        report.add(f"{name}: times more in all, at 1 event/s and session", "x", whole)
    wall = [r.wall_tick * us for r in ours]
    report.add("ours: wall time per session-tick", "us", wall)


def _whole(run: Run) -> float:
    """CPU of one session for five seconds in which five events come."""
    return 5 * run.per_event + run.per_tick


# -- the documents' design -----------------------------------------------------------------------


def run_baseline(load: Load, *, whole: bool) -> Run:
    """Every event published on the bus and taken off it; every session ticked in turn."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_run_baseline(load, Path(folder), whole))


async def _run_baseline(load: Load, folder: Path, whole: bool) -> Run:
    from benchmarks.baseline.service import EVENTS, Service
    from benchmarks.baseline.store import AsyncStore, SyncStore

    path = folder / "baseline.db"
    service = Service(
        RedisBus(folder) if whole else LocalBus(), AsyncStore(path) if whole else SyncStore(path)
    )
    made = Run()
    listening = asyncio.create_task(service.listen())
    await asyncio.sleep(0.2)
    events, ticks, start = Stopwatch(), Stopwatch(), Stopwatch()
    counted = ticked = fed = 0
    for arrival, step in load.arrivals():
        warm = arrival < (START_S + WARM_S) * 1000
        fed += len(step)
        with start if warm else events:
            await service.bus.feed(EVENTS, step)
            await service.until(fed)
        counted += 0 if warm else len(step)
        if (arrival + 1) % 5000 == 0:
            with start if warm else ticks:
                await service.tick((arrival + 1) // 1000)
            ticked += 0 if warm else len(service.trackers)
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    assert service.store is not None
    await service.store.close()
    await service.bus.close()
    made.per_event, made.per_tick = events.cpu / counted, ticks.cpu / ticked
    made.wall_tick, made.start = ticks.wall / ticked, start.cpu
    made.rows = baseline_rows(path)
    return made


def baseline_rows(path: Path) -> Rows:
    """What the baseline stored."""
    connection = sqlite3.connect(path)
    listed = connection.execute(
        f"SELECT timestamp, session_id, {', '.join(FIELDS)} FROM engagement_metrics"
    )
    rows = {(now, session): tuple(values) for now, session, *values in listed}
    connection.close()
    return rows


# -- ours ----------------------------------------------------------------------------------------


def run_ours(load: Load, detector: str = "calibrated") -> Run:
    """The embedded pipeline with its real journal and store, on a clock moved by hand."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_run_ours(load, Path(folder), detector))


async def open_pipeline(folder: Path, detector: str = "calibrated") -> tuple[Pipeline, ManualClock]:
    """A started pipeline whose clock stands at the beginning of every load."""
    settings = Settings(
        data=folder,
        engine=Engine(seed_weights=True, detector=detector),  # type: ignore[arg-type]
        limits=Limits(max_sessions=100_000, max_sessions_per_client=100_000),
    )
    clock = ManualClock(datetime.fromtimestamp(START_S, UTC))
    pipeline = await Pipeline.open(settings, clock)
    await pipeline.start()
    return pipeline, clock


async def submit(pipeline: Pipeline, body: bytes) -> None:
    """What a request with this body does, HTTP apart."""
    events, refusals, kept = decode(body)
    await pipeline.submit(events, refusals, kept)


async def tick(pipeline: Pipeline, clock: ManualClock) -> None:
    """Move the clock to the tick one millisecond away, and wait until all of it is kept."""
    clock.advance(0.001)
    due = clock.now_ms() // 1000
    while pipeline.board.now < due or pipeline.keeper.lag:
        await asyncio.sleep(0.01)  # asking more often would be counted as our own work
    await pipeline.settled()


async def _run_ours(load: Load, folder: Path, detector: str) -> Run:
    pipeline, clock = await open_pipeline(folder, detector)
    viewers = [asyncio.create_task(_watch(pipeline, t)) for t in ("pulse", "session:room-00000")]
    made, events, ticks, start = Run(), Stopwatch(), Stopwatch(), Stopwatch()
    counted = ticked = 0
    for arrival, step in load.arrivals():
        clock.advance((arrival - clock.now_ms()) / 1000)
        warm = arrival < (START_S + WARM_S) * 1000
        bodies = list(batches(step))
        with start if warm else events:
            for body in bodies:
                await submit(pipeline, body)
            await pipeline.settled()
            await asyncio.sleep(0)
        counted += 0 if warm else len(step)
        if (arrival + 1) % 5000 == 0:
            with start if warm else ticks:
                await tick(pipeline, clock)
            ticked += 0 if warm else len(pipeline.engine.rooms)
    await pipeline.stop()
    for viewer in viewers:
        viewer.cancel()
    made.per_event, made.per_tick = events.cpu / counted, ticks.cpu / ticked
    made.wall_tick, made.start = ticks.wall / ticked, start.cpu
    made.rows = our_rows(folder / "roomtone.db")
    return made


def batches(step: list[bytes]) -> Iterator[bytes]:
    """A step's events as request bodies of up to 1,000."""
    for first in range(0, len(step), 1000):
        yield array(step[first : first + 1000])


async def _watch(pipeline: Pipeline, topic: str) -> None:
    async with pipeline.news.subscribe(topic) as news:
        async for _ in news:
            pass


def our_rows(path: Path) -> Rows:
    """What we stored; a number that is not known counts as zero in the documents' formula."""
    connection = sqlite3.connect(path)
    table = next(
        name
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        if "engagement" in name and not any(part in name for part in ("60", "3600", "1m", "1h"))
    )
    listed = connection.execute(
        f"SELECT p.time / 1000, s.tags, {', '.join('p.' + f for f in FIELDS)} "
        f'FROM "{table}" p JOIN series s ON s.id = p.series'
    )
    rows = {
        (now, msgspec.json.decode(tags)[0][1]): tuple(value or 0.0 for value in values)
        for now, tags, *values in listed
    }
    connection.close()
    return rows


# -- beside each other ---------------------------------------------------------------------------


def compare(theirs: Rows, ours: Rows) -> int:
    """How many rows agree; raises Disagreement at the first that does not."""
    if theirs.keys() != ours.keys():
        only = sorted(theirs.keys() ^ ours.keys())[:3]
        raise Disagreement(f"{len(theirs)} rows beside {len(ours)}; only one has {only}")
    for key, row in theirs.items():
        for name, a, b in zip(FIELDS, row, ours[key], strict=True):
            if abs(a - b) > (0 if name.endswith(("_min", "_users")) else 1e-9):
                raise Disagreement(f"{key} {name}: baseline {a!r}, ours {b!r}")
    return len(theirs)


def floor_cpu(load: Load) -> float:
    """CPU seconds per event of decoding it and adding one to an integer, in the same bodies."""
    bodies = [body for step in load.steps for body in batches(step)]
    decoder = msgspec.json.Decoder(list[Event])

    def job() -> None:
        count = 0
        for body in bodies:
            for _ in decoder.decode(body):
                count += 1
        assert count == load.live_events

    return timed(job) / load.live_events
