"""A store that can be switched off, and a server's life on simulated time while it is."""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from typing import Any, ClassVar

import psutil
import structlog

from roomtone.errors import StoreError
from roomtone.events import Event, Join, Leave, Message, Reaction
from roomtone.runtime import plugins
from roomtone.runtime.config import Limits, Settings
from roomtone.runtime.pipeline import Pipeline
from roomtone.signals.engagement import ENGAGEMENT
from roomtone.stores.sqlite import SQLite
from roomtone.testing import START, ManualClock

BATCH = 500
HERE = "tests.faults.outage:Switchable"


class Switchable(SQLite):
    """SQLite behind a switch: while it is off, every write fails and nothing is written."""

    down: ClassVar[bool] = False
    refused: ClassVar[int] = 0

    def _check(self) -> None:
        if Switchable.down:
            Switchable.refused += 1
            raise StoreError("the store is away; wait until it is back")

    async def write(self, blocks: Any) -> None:
        self._check()
        await super().write(blocks)

    async def add_alerts(self, alerts: Any) -> None:
        self._check()
        await super().add_alerts(alerts)

    async def add_sessions(self, sessions: Any) -> None:
        self._check()
        await super().add_sessions(sessions)

    async def add_dead_letters(self, letters: Any) -> None:
        self._check()
        await super().add_dead_letters(letters)


def switch_in() -> None:
    """Let every pipeline of this process keep its things behind the switch."""
    plugins.MEMBERS["stores.series"]["sqlite"] = HERE
    plugins.MEMBERS["stores.archive"]["sqlite"] = HERE


@dataclass
class Life:
    """What a run is to be, and what became of it."""

    folder: str
    seconds: int
    rate: int
    sessions: int = 200
    down: tuple[int, int] = (0, 0)  # from which second to which the store is off
    pace: bool = False  # once the store is back, a second takes a second
    seed: int = 1
    acked: int = 0
    dropped: int = 0
    mended: int = 0
    refused: int = 0  # calls, by the store while it was off
    rss_mb: float = 0.0  # when the store comes back
    catch_up_s: float = 0.0
    ack_ms: dict[str, list[float]] = field(default_factory=dict)


def talk(chance: random.Random, life: Life, second: int) -> list[Event]:
    """What is sent in a second; the same seed sends the same."""
    made: list[Event] = []
    for n in range(life.rate):
        about = {
            "session": f"room {chance.randrange(life.sessions)}",
            "id": f"{second}-{n}",
            "user": f"user {chance.randrange(40)}",
        }
        kind = chance.randrange(20)
        if kind < 13:
            made.append(Message(text="hello there", **about))
        elif kind < 17:
            made.append(Reaction(emoji="👍", **about))
        else:
            made.append(Join(**about) if kind < 19 else Leave(**about))
    return made


def settings(folder: Path) -> Settings:
    limits = Limits(max_sessions_per_client=20_000)
    return Settings(data=folder, limits=limits)


@asynccontextmanager
async def living(folder: Path, clock: ManualClock) -> AsyncIterator[Pipeline]:
    pipeline = await Pipeline.open(settings(folder), clock)
    await pipeline.start()
    try:
        yield pipeline
    finally:
        await pipeline.stop()


async def ticked(pipeline: Pipeline, clock: ManualClock) -> None:
    """Wait until every tick that is due has been taken, and all that came before it."""
    async with asyncio.timeout(60):
        while pipeline.engine.next_tick <= clock.now_ms() // 1000:
            await asyncio.sleep(0)
        await pipeline.settled()


async def live(life: Life) -> Life:
    """Live through it: talk, ticks, the outage, and the catching up."""
    clock, chance = ManualClock(), random.Random(life.seed)
    begun = back = 0.0
    async with living(Path(life.folder), clock) as pipeline:
        for second in range(life.seconds):
            Switchable.down = life.down[0] <= second < life.down[1]
            if second == (life.down[1] or life.seconds - 180):
                life.rss_mb = psutil.Process().memory_info().rss / 1e6
                back = perf_counter() if life.down[1] else 0.0
            phase = "down" if Switchable.down else "up"
            begun = perf_counter()
            events = talk(chance, life, second)
            for start in range(0, len(events), BATCH):
                before = perf_counter()
                receipt = await pipeline.submit(events[start : start + BATCH])
                life.ack_ms.setdefault(phase, []).append((perf_counter() - before) * 1000)
                life.acked += receipt.accepted
                assert receipt.accepted == len(events[start : start + BATCH]), receipt
            clock.advance(1)
            await ticked(pipeline, clock)
            if back and life.pace:
                await asyncio.sleep(max(0.0, 1 - (perf_counter() - begun)))
            if back and not life.catch_up_s and pipeline.keeper.whole:
                life.catch_up_s = perf_counter() - back
        Switchable.down = False
        async with asyncio.timeout(300):
            while not pipeline.keeper.whole:
                await asyncio.sleep(0.01)
        life.catch_up_s = life.catch_up_s or (perf_counter() - back if back else 0.0)
        life.dropped, life.mended = pipeline.keeper.dropped, pipeline.keeper.mended
        life.refused = Switchable.refused
        assert pipeline.inspector.faults() == []
    return life


async def kept(folder: Path) -> dict[str, list[Any]]:
    """All points, minutes, alerts and summaries that a run left in its store."""
    store = SQLite(f"sqlite:///{folder / 'roomtone.db'}")
    await store.open([ENGAGEMENT])
    found: dict[str, list[Any]] = {}
    for step_s in (0, 60):
        points = await store.read(
            "engagement",
            tags={},
            start=START - timedelta(days=1),
            end=START + timedelta(days=1),
            step_s=step_s,
            limit=10_000_000,
        )
        rows = ((p.tags["session"], p.time.isoformat(), *p.fields.items()) for p in points)
        found[f"points of {step_s} s"] = sorted(map(_plain, rows))
    await store.close()
    with closing(sqlite3.connect(folder / "roomtone.db")) as connection:
        for table in ("alerts", "sessions"):
            found[table] = sorted(map(_plain, connection.execute(f"SELECT * FROM {table}")))
    return found


def _plain(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """A row that can be sorted, and whose means may have been added up in another order."""
    plain = ((v[0], round(v[1], 9)) if isinstance(v, tuple) else v for v in row)
    return tuple("" if v is None else v for v in plain)


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] if values else 0.0


def log_aside() -> None:
    """Have the log go to standard error: standard output is what this process tells."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))


def main() -> None:
    """One life in a process of its own, so that its memory is its own; the outcome as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("--seconds", type=int, default=2100)
    parser.add_argument("--rate", type=int, default=1000)
    parser.add_argument("--sessions", type=int, default=200)
    parser.add_argument("--down", type=int, nargs=2, default=(0, 0))
    parser.add_argument("--pace", action="store_true")
    given = parser.parse_args()
    log_aside()
    switch_in()
    life = asyncio.run(
        live(
            Life(
                given.folder,
                given.seconds,
                given.rate,
                given.sessions,
                down=(*given.down,),
                pace=given.pace,
            )
        )
    )
    told = asdict(life)
    told["ack_ms"] = {
        phase: {"p50": percentile(ms, 0.5), "p99": percentile(ms, 0.99)}
        for phase, ms in life.ack_ms.items()
    }
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    # What is switched must be the class that the pipeline loads by name, not a copy of it here.
    from tests.faults import outage

    outage.main()
