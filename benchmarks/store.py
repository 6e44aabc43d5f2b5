"""Points per second into PostgreSQL and SQLite, beside raw COPY and executemany of the same."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import itertools
import signal
import sqlite3
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._protocol import START_S, Disagreement, Options, Report, alternate
from roomtone.points import Block, Measurement
from roomtone.runtime import plugins
from roomtone.stores.postgres import PostgreSQL
from roomtone.stores.sqlite import SQLite

TICK_S = 5
Row = tuple[Any, ...]
_names = itertools.count(1)


@dataclass(frozen=True)
class Ticks:
    """The same ticks twice: as our blocks, and as the tuples that a raw writer starts from."""

    measurement: Measurement
    blocks: list[Block]
    rows: list[list[Row]]  # epoch ms, series (from 1 on), numbers in the declared order

    @property
    def points(self) -> int:
        """Rows in all, without the first tick, which makes tables warm and series known."""
        return sum(map(len, self.rows[1:]))


def make_ticks(sessions: int, count: int) -> Ticks:
    """Engagement of so many sessions at so many ticks; a third of them has no polls."""
    measurement = plugins.gauges(seed_weights=False)[0].measurement
    chance = np.random.default_rng(7)
    names = np.array([f"room-{s:05d}" for s in range(sessions)], dtype=object)
    blocks, rows = [], []
    for tick in range(count):
        second = START_S + tick * TICK_S
        fields = {name: chance.random(sessions).round(6) for name in measurement.fields}
        for name in measurement.fields:
            if "poll" in name:
                fields[name][::3] = np.nan
        at = datetime.fromtimestamp(second, UTC)
        tags = {"session": names}
        blocks.append(measurement.block(at, np.arange(sessions), tags, **fields))
        columns = [[None if n != n else n for n in column.tolist()] for column in fields.values()]
        ids = range(1, sessions + 1)
        rows.append(list(zip(itertools.repeat(second * 1000), ids, *columns)))  # noqa: B905
    return Ticks(measurement, blocks, rows)


def run(options: Options) -> Report:
    """Both servers, both ways, in turn; every run reads back what it wrote."""
    report = Report("store")
    sessions, count = (1000, 25) if options.quick else (5000, 37)
    ticks = make_ticks(sessions, count)
    report.lines.append(
        f"load: {sessions:,} sessions x {count - 1} ticks, "
        f"{len(ticks.measurement.fields)} numbers each = "
        f"{ticks.points:,} points, one transaction per tick"
    )
    reps = options.repeat(4, 2)
    with tempfile.TemporaryDirectory() as folder, _server(Path(folder)) as url:
        _measure(
            report,
            "SQLite",
            "executemany",
            alternate(
                reps,
                ours=lambda: _sqlite_ours(Path(folder), ticks),
                raw=lambda: _sqlite_raw(Path(folder), ticks),
            ),
        )
        _measure(
            report,
            "PostgreSQL",
            "COPY",
            alternate(
                reps,
                ours=lambda: asyncio.run(_with_database(url, ticks, _postgres_ours)),
                raw=lambda: asyncio.run(_with_database(url, ticks, _postgres_raw)),
            ),
        )
        singles = [asyncio.run(_with_database(url, ticks, _postgres_single)) for _ in range(2)]
        report.add("PostgreSQL: an INSERT and a commit per row", "points/s", singles)
    report.lines += [
        "agreed: every row of every run is read back and is what was to be written",
        "ours: from blocks in columns; series looked up, the books of rollups and retention kept, "
        "minutes rolled up, conflicts provided for; all of that is in its time",
        "raw: from tuples made beforehand, into an equal table (same key), nothing else: asyncpg's "
        "copy_records_to_table, sqlite3's executemany of a plain INSERT",
        "PostgreSQL on this machine with fsync off; SQLite WAL NORMAL (kill-safe) for both",
    ]
    return report


def _measure(report: Report, name: str, raw: str, found: dict[str, list[float]]) -> None:
    report.add(f"{name}: ours", "points/s", found["ours"])
    report.add(f"{name}: raw {raw}", "points/s", found["raw"])
    shares = [ours / raw for ours, raw in zip(found["ours"], found["raw"], strict=True)]
    report.add(f"{name}: ours of raw", "x", shares, bar=0.5, moonshot=0.9)


@contextlib.contextmanager
def _server(folder: Path) -> Iterator[str]:
    from tests.servers import postgres_server

    server = postgres_server(folder / "postgres")
    server.start()
    try:
        yield server.url
    finally:
        server.stop(signal.SIGINT)


def _compare(found: Sequence[Row], ticks: Ticks) -> None:
    expected = [row for rows in ticks.rows for row in rows]
    if list(map(tuple, found)) != expected:
        raise Disagreement(f"{len(found):,} rows read back beside {len(expected):,} written")


def _rate(ticks: Ticks, seconds: float) -> float:
    return ticks.points / seconds


# -- SQLite --------------------------------------------------------------------------------------


def _select(ticks: Ticks, time_ms: str = "time") -> str:
    columns = ", ".join(f'"{name}"' for name in ticks.measurement.fields)
    return f"SELECT {time_ms}, series, {columns} FROM points_engagement ORDER BY time, series"


def _sqlite_ours(folder: Path, ticks: Ticks) -> float:
    path = folder / f"{next(_names)}.db"

    async def write() -> float:
        store = SQLite(f"sqlite:///{path}")
        await store.open([ticks.measurement])
        spent = await _timed(ticks.blocks, lambda block: store.write([block]))
        await store.close()
        return spent

    spent = asyncio.run(write())
    with contextlib.closing(sqlite3.connect(path)) as connection:
        _compare(connection.execute(_select(ticks)).fetchall(), ticks)
    path.unlink()
    return _rate(ticks, spent)


def _sqlite_raw(folder: Path, ticks: Ticks) -> float:
    path = folder / f"{next(_names)}.db"
    columns = ", ".join(f'"{name}" DOUBLE' for name in ticks.measurement.fields)
    places = ", ".join("?" * (2 + len(ticks.measurement.fields)))
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA cache_size = -16000")
        connection.execute("PRAGMA wal_autocheckpoint = 4000")
        connection.execute(
            f"CREATE TABLE points_engagement (time BIGINT NOT NULL, series INTEGER NOT NULL, "
            f"{columns}, PRIMARY KEY (time, series)) WITHOUT ROWID"
        )

        async def write(rows: list[Row]) -> None:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(f"INSERT INTO points_engagement VALUES ({places})", rows)
            connection.execute("COMMIT")

        spent = asyncio.run(_timed(ticks.rows, write))
        _compare(connection.execute(_select(ticks)).fetchall(), ticks)
    path.unlink()
    return _rate(ticks, spent)


async def _timed(ticks: Sequence[Any], write: Callable[[Any], Awaitable[None]]) -> float:
    """Wall seconds of all ticks but the first."""
    await write(ticks[0])
    gc.collect()
    begun = time.perf_counter()
    for tick in ticks[1:]:
        await write(tick)
    return time.perf_counter() - begun


# -- PostgreSQL ----------------------------------------------------------------------------------


async def _with_database(
    url: str, ticks: Ticks, job: Callable[[str, Ticks], Awaitable[float]]
) -> float:
    """Run in a new database, whose store has made its tables; dropped afterwards."""
    import asyncpg

    name = f"bench_{next(_names)}"
    admin = await asyncpg.connect(url)
    await admin.execute(f"CREATE DATABASE {name}")
    own = f"{url.rpartition('/')[0]}/{name}"
    store = PostgreSQL(own)
    await store.open([ticks.measurement])
    await store.close()
    try:
        return await job(own, ticks)
    finally:
        await admin.execute(f"DROP DATABASE {name}")
        await admin.close()


async def _postgres_ours(url: str, ticks: Ticks) -> float:
    store = PostgreSQL(url)
    await store.open([ticks.measurement])
    spent = await _timed(ticks.blocks, lambda block: store.write([block]))
    await store.close()
    await _read_back(url, ticks)
    return _rate(ticks, spent)


async def _postgres_raw(url: str, ticks: Ticks) -> float:
    import asyncpg

    connection = await asyncpg.connect(url)
    await connection.execute(
        "CREATE TABLE raw (LIKE points_engagement INCLUDING ALL); DROP TABLE points_engagement; "
        "ALTER TABLE raw RENAME TO points_engagement"
    )
    columns = ["time", "series", *ticks.measurement.fields]
    rows = [
        [(datetime.fromtimestamp(row[0] / 1000, UTC), *row[1:]) for row in tick]
        for tick in ticks.rows
    ]

    async def write(tick: list[Row]) -> None:
        await connection.copy_records_to_table("points_engagement", records=tick, columns=columns)

    spent = await _timed(rows, write)
    await connection.close()
    await _read_back(url, ticks)
    return _rate(ticks, spent)


async def _postgres_single(url: str, ticks: Ticks) -> float:
    """What the documents do: a row, a commit; a thousand of them tell."""
    import asyncpg

    connection = await asyncpg.connect(url)
    places = ", ".join(f"${i + 1}" for i in range(2 + len(ticks.measurement.fields)))
    columns = ", ".join(f'"{name}"' for name in ("time", "series", *ticks.measurement.fields))
    sql = f"INSERT INTO points_engagement ({columns}) VALUES ({places})"
    begun = time.perf_counter()
    for row in ticks.rows[0][:1000]:
        await connection.execute(sql, datetime.fromtimestamp(row[0] / 1000, UTC), *row[1:])
    spent = time.perf_counter() - begun
    await connection.close()
    return min(1000, len(ticks.rows[0])) / spent


async def _read_back(url: str, ticks: Ticks) -> None:
    import asyncpg

    connection = await asyncpg.connect(url)
    rows = await connection.fetch(_select(ticks, "(extract(epoch FROM time) * 1000)::bigint"))
    await connection.close()
    _compare(rows, ticks)
