"""Keeps series and archive in PostgreSQL, in hypertables where TimescaleDB is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from roomtone.blanking import Blank
from roomtone.errors import StoreError
from roomtone.points import Block, Measurement, Point
from roomtone.stores import _erase_pg, _expire, _pg_archive, _pg_points, _pg_rollup, _pg_talks
from roomtone.stores._archive_calls import ArchiveCalls, Job
from roomtone.stores._keeping import KEEP_S, checked
from roomtone.stores._migrate import head
from roomtone.stores._pg_address import parse
from roomtone.stores._pg_aggregates import refresh
from roomtone.stores._pg_edition import Edition
from roomtone.stores._pg_pool import Pool, driver
from roomtone.stores._pg_prepare import prepare, revision
from roomtone.stores._steps import blank, to_ms

LONG_S = 600.0
"""How long it may take to go through all that is kept."""


class PostgreSQL(ArchiveCalls):
    """A SeriesStore and an Archive in the database that `postgresql://user@host/db` names.

    Objects of one process that name the same URL share one pool of connections; other processes
    may read and write beside it. A tick's blocks are one transaction and one COPY per measurement.
    Every call ends within its time limit, also when the server hangs, and a server that comes
    back is used again without anybody's help. See docs/stores.md for the options of the URL.
    """

    _sql = _pg_archive
    _talks = _pg_talks

    def __init__(self, url: str, *, keep_s: Mapping[int, int | None] = KEEP_S) -> None:
        driver()
        self._address = parse(url)
        self._keep_s = checked(keep_s)
        self._pool: Pool | None = None
        self._writers: dict[str, _pg_points.Writer] = {}
        self._refused = ""  # why it could not be opened
        self.edition: Edition | None = None
        """What is made use of: none, apache or timescale; None before `open`."""

    async def open(self, measurements: Sequence[Measurement] = ()) -> None:
        writers = {m.name: _pg_points.Writer(m) for m in measurements}
        pool = self._pool or Pool.acquire(self._address)
        try:
            found = await prepare(pool, [writer.tables for writer in writers.values()])
        except BaseException as error:
            if isinstance(error, StoreError):
                self._refused = str(error)
            if self._pool is None:
                await pool.release()
            raise
        self._pool, self.edition = pool, found.edition
        for name, writer in writers.items():
            writer.aggregated = name in found.aggregated
        self._writers |= writers

    async def revision(self) -> tuple[str | None, str]:
        """Which migration the database stands at, and the newest; nothing is changed."""
        pool = Pool.acquire(self._address)
        try:
            return await pool.ask(lambda c: revision(c, self._address)), head()
        finally:
            await pool.release()

    async def close(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            await pool.release()

    async def write(self, blocks: Sequence[Block]) -> None:
        pool = self._opened()
        ordered = sorted(blocks, key=lambda block: block.measurement)
        plans: dict[_pg_points.Writer, list[Block]] = {}
        for name, group in groupby(ordered, key=lambda block: block.measurement):
            writer, own = self._writer(name), list(group)
            writer.check(own)
            if filled := [block for block in own if len(block)]:
                plans[writer] = filled
        if not plans:
            return
        async with pool.writing:
            await _pg_points.write(pool, plans)

    async def retract(self, blocks: Sequence[Block]) -> None:
        pool = self._opened()
        writers = {block.measurement: self._writer(block.measurement) for block in blocks}
        blanks = [blank(writers[b.measurement].tables.measurement, b) for b in blocks if len(b)]
        await self.write(blanks)  # or else a rollup would keep what it had of a row that is gone
        for name, writer in writers.items():
            own = [block for block in blanks if block.measurement == name]
            await writer.make_good(pool)
            for ids, block in zip(await writer.ids(pool, own), own, strict=True):
                times = [to_ms(block.time_of(row)) for row in range(len(block))]
                gone = (writer.tables.name(0), times, [int(id) for id in ids])
                await pool.write(lambda c, gone=gone: _pg_rollup.delete(c, *gone))  # type: ignore[misc]

    async def read(
        self,
        measurement: str,
        *,
        tags: Mapping[str, str],
        start: datetime,
        end: datetime,
        fields: Sequence[str] = (),
        step_s: int = 0,
        limit: int = 100_000,
    ) -> Sequence[Point]:
        pool = self._opened()
        tables = self._writer(measurement).tables
        if step_s < 0 or limit < 0:
            raise StoreError(f"step_s {step_s} and limit {limit} must be 0 or more")
        return await pool.read(
            lambda connection: _pg_points.read(
                connection,
                tables,
                tags=dict(tags),
                fields=list(fields),
                start=to_ms(start),
                end=to_ms(end),
                step_s=step_s,
                limit=limit,
            )
        )

    async def retain(self, now: datetime) -> int:
        pool, deleted = self._opened(), 0
        for writer in self._writers.values():
            if writer.aggregated:
                await refresh(pool, writer.tables, {writer.newest})
            deleted += await _pg_rollup.retain(
                pool,
                writer.tables,
                to_ms(now),
                self._keep_s,
                self.edition or "none",
                lambda writer=writer: writer.make_good(pool),  # type: ignore[misc]
            )
        return deleted

    async def drop_series(self, tags: Mapping[str, str]) -> int:
        pool = self._opened()
        gone = await pool.write(lambda c: _erase_pg.forget(c, tags), timeout_s=LONG_S)
        for writer in self._writers.values():
            writer.forget_series()
        return gone

    async def erase(self, blank: Blank) -> Mapping[str, int]:
        pool = self._opened()
        done = await pool.write(lambda c: _erase_pg.erase(c, blank), timeout_s=LONG_S)
        await pool.ask(_erase_pg.tidy, timeout_s=LONG_S)
        return done

    async def expire(self, kind: str, before: datetime) -> int:
        at, gone = _expire.cut(kind, before), 0
        while True:
            did = await self._opened().write(lambda c: _erase_pg.expire(c, kind, at))
            gone += sum(did.values())
            if not did:
                return gone

    async def _keep(self, job: Job, *, durable: bool = False) -> Any:
        return await self._opened().write(job)  # a commit waits for the disk, as this server is set

    async def _look(self, job: Job) -> Any:
        return await self._opened().ask(job)

    async def _look_at_once(self, job: Job) -> Any:
        return await self._opened().read(job)

    def _opened(self) -> Pool:
        if self._pool is None:
            raise StoreError(
                self._refused
                or f"{self._address.shown} is not open; await open() first, and not after close()"
            )
        return self._pool

    def _writer(self, measurement: str) -> _pg_points.Writer:
        try:
            return self._writers[measurement]
        except KeyError:
            raise StoreError(
                f"no measurement {measurement!r} was declared; pass it to open()"
            ) from None
