"""Keeps series, archive and memory in one SQLite file: the default, nothing to install."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from roomtone.blanking import Blank
from roomtone.errors import StoreError
from roomtone.points import Block, Measurement, Point
from roomtone.stores import (
    _archive,
    _archive_talks,
    _erase_sqlite,
    _expire,
    _migrate,
    _points,
    _rollup,
    _steps,
)
from roomtone.stores._archive_calls import ArchiveCalls, Job
from roomtone.stores._file import File
from roomtone.stores._keeping import KEEP_S, checked
from roomtone.stores._memory_calls import MemoryCalls
from roomtone.stores._memory_columns import Cache
from roomtone.stores._migrate import prepare_sqlite


class SQLite(ArchiveCalls, MemoryCalls):
    """A SeriesStore, an Archive and a MemoryStore in the file that `sqlite:///path/name.db` names.

    Three slashes begin a relative path, four an absolute one. Objects of one process that name the
    same file share its one writing thread and its reading threads; other processes may read and
    write beside it. A tick's blocks are one transaction, and readers see all of it or nothing.
    """

    _sql = _archive
    _talks = _archive_talks

    def __init__(self, url: str, *, keep_s: Mapping[int, int | None] = KEEP_S) -> None:
        prefix, _, path = url.partition(":///")
        if prefix != "sqlite" or not path or path == ":memory:":
            raise StoreError(f"{url!r} names no file; write it like sqlite:///roomtone.db")
        self.path = Path(unquote(path))
        self._keep_s = checked(keep_s)
        self._file: File | None = None
        self._writers: dict[str, _points.Writer] = {}
        self._cache = Cache()

    async def open(self, measurements: Sequence[Measurement] = ()) -> None:
        writers = {m.name: _points.Writer(m) for m in measurements}
        file = self._file or File.acquire(self.path)
        try:
            await file.prepare(
                lambda: prepare_sqlite(self.path, [writer.tables for writer in writers.values()])
            )
        except BaseException:
            if self._file is None:
                await file.release()
            raise
        self._file = file
        self._writers |= writers

    async def revision(self) -> tuple[str | None, str]:
        """Which migration the file stands at, and the newest; nothing is opened or changed."""
        return await asyncio.to_thread(_migrate.stands_at, self.path), _migrate.head()

    async def close(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            await file.release()

    async def write(self, blocks: Sequence[Block]) -> None:
        await self._each(blocks, _points.Writer.write)

    async def retract(self, blocks: Sequence[Block]) -> None:
        await self._each(blocks, _points.Writer.retract)

    async def _each(
        self,
        blocks: Sequence[Block],
        do: Callable[[_points.Writer, sqlite3.Connection, Sequence[Block]], None],
    ) -> None:
        """Have each measurement's writer do its blocks, all in one transaction."""
        ordered = sorted(blocks, key=lambda block: block.measurement)
        by_name = {
            name: (self._writer(name), list(group))
            for name, group in groupby(ordered, key=lambda block: block.measurement)
        }

        def job(connection: sqlite3.Connection) -> None:
            try:
                for writer, own in by_name.values():
                    do(writer, connection, own)
            except BaseException:
                for writer, _ in by_name.values():
                    writer.forget()
                raise

        await self._opened().write(job)

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
        tables = self._writer(measurement).tables
        if step_s < 0 or limit < 0:
            raise StoreError(f"step_s {step_s} and limit {limit} must be 0 or more")
        return await self._opened().read(
            lambda connection: _points.read(
                connection,
                tables,
                tags=dict(tags),
                fields=list(fields),
                start=_steps.to_ms(start),
                end=_steps.to_ms(end),
                step_s=step_s,
                limit=limit,
            )
        )

    async def retain(self, now: datetime) -> int:
        file, ms, deleted = self._opened(), _steps.to_ms(now), 0
        for writer in self._writers.values():
            tables = writer.tables
            while True:  # one transaction each, so that ticks are written in between
                gone = await file.write(
                    lambda c, t=tables: _rollup.delete_some(c, t, ms, self._keep_s)  # type: ignore[misc]
                )
                if gone is None:
                    break
                deleted += gone
        return deleted

    async def squeeze(self) -> None:
        """Write the file anew, without what is deleted."""
        await self._opened().squeeze()

    async def drop_series(self, tags: Mapping[str, str]) -> int:
        def job(connection: sqlite3.Connection) -> int:
            for writer in self._writers.values():
                writer.forget()
            return _erase_sqlite.forget(connection, tags)

        return await self._opened().wipe(job)

    async def erase(self, blank: Blank) -> Mapping[str, int]:
        file = self._opened()
        done = await file.wipe(lambda connection: _erase_sqlite.erase(connection, blank))
        await file.squeeze()
        return done

    async def expire(self, kind: str, before: datetime) -> int:
        at, gone = _expire.cut(kind, before), 0
        while True:  # one transaction each, so that ticks are written in between
            did = await self._opened().wipe(lambda c: _erase_sqlite.expire(c, kind, at))
            gone += sum(did.values())
            if not did:
                return gone

    async def _keep(self, job: Job, *, durable: bool = False) -> Any:
        return await self._opened().write(job, durable=durable)

    async def _keep_texts(self, job: Job) -> Any:
        return await self._opened().write(lambda c: _secure(c, job))

    async def _look(self, job: Job) -> Any:
        return await self._opened().read(job)

    async def _wipe(self, job: Job) -> Any:
        return await self._opened().wipe(job)

    def _opened(self) -> File:
        if self._file is None:
            raise StoreError(f"{self.path} is not open; await open() first, and not after close()")
        return self._file

    def _writer(self, measurement: str) -> _points.Writer:
        try:
            return self._writers[measurement]
        except KeyError:
            raise StoreError(
                f"no measurement {measurement!r} was declared; pass it to open()"
            ) from None


def _secure(connection: sqlite3.Connection, job: Job) -> Any:
    """Run a job; a text that moves inside the file leaves no copy where it was."""
    connection.execute("PRAGMA secure_delete = ON")
    try:
        return job(connection)
    finally:
        connection.execute("PRAGMA secure_delete = OFF")
