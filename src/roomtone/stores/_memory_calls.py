"""The MemoryStore half of the SQLite store."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Unpack

import numpy as np
from numpy.typing import NDArray

from roomtone.errors import StoreAway, StoreError, StoreRefused
from roomtone.ports_memory import Glance, Near, T, Vectors, Whole
from roomtone.records import MemoriesSought, Memory, MemoryFilter, MemoryUse, RecallAsked
from roomtone.stores import _memory
from roomtone.stores._archive_calls import Job
from roomtone.stores._memory_columns import Cache
from roomtone.stores._memory_glance import Read
from roomtone.stores._memory_near import Found
from roomtone.stores._memory_schema import memories as _declared  # noqa: F401


class MemoryCalls:
    """A MemoryStore by two ways to run a job: to write, and to read."""

    _cache: Cache

    async def _keep(self, job: Job, *, durable: bool = False) -> Any:
        """Run a job in a transaction of its own."""
        raise AssertionError("a store says how it writes")

    async def _look(self, job: Job) -> Any:
        """Run a job that only reads."""
        raise AssertionError("a store says how it reads")

    async def add(
        self, memories: Sequence[Memory], vectors: Sequence[Vectors], model: str
    ) -> Sequence[str]:
        if len(memories) != len(vectors):
            raise StoreError(f"{len(memories)} memories came with {len(vectors)} sets of vectors")
        if not memories:
            return []
        try:
            new: list[str] = await self._keep(lambda c: _memory.add(c, memories, vectors, model))
        except StoreError as error:
            cause = error.__cause__
            if isinstance(cause, sqlite3.OperationalError):  # full, locked, or not to be read
                raise StoreAway(str(error)) from cause
            if isinstance(cause, sqlite3.Error):
                raise StoreRefused(str(error)) from cause
            raise
        return new

    async def change(self, id: str, bot: str, fields: Mapping[str, Any]) -> bool:
        def job(connection: sqlite3.Connection) -> bool:
            return _memory.change(connection, id, bot, fields)

        if {"content", "response"} & fields.keys():  # what was said wrongly goes as if deleted
            changed: bool = await self._wipe(job)
        else:  # a person's word, which no journal has
            changed = await self._keep(job, durable=True)
        return changed

    async def count(self, uses: Sequence[MemoryUse]) -> None:
        if uses:
            await self._keep(lambda c: _memory.count(c, uses))

    async def get(self, ids: Sequence[str], bot: str | None = None) -> Sequence[Memory]:
        found: list[Memory] = await self._look(lambda c: _memory.get(c, ids, bot))
        return found

    async def search(
        self,
        bot: str,
        vector: NDArray[np.float32],
        *,
        model: str,
        name: str = "content",
        limit: int = 10,
        **sought: Unpack[MemoryFilter],
    ) -> Sequence[tuple[Memory, float]]:
        asked = _memory.directed(vector, name)
        if asked is None or limit < 1:
            return []

        def job(connection: sqlite3.Connection) -> list[tuple[Memory, float]]:
            columns = self._cache.ready(connection, bot, model, name)
            found = columns.near(asked, limit, sought)
            return _there(connection, found)

        found: list[tuple[Memory, float]] = await self._look(job)
        return found

    async def recall(
        self,
        bot: str,
        user: str,
        vector: NDArray[np.float32],
        **asked: Unpack[RecallAsked],
    ) -> Near:
        return await self.glance(bot, user, vector, choose=_all, **asked)

    async def glance(
        self,
        bot: str,
        user: str,
        vector: NDArray[np.float32],
        *,
        choose: Callable[[Glance, Whole], T],
        **asked: Unpack[RecallAsked],
    ) -> T:
        name, limit = asked.get("name", "content"), asked["limit"]
        way = _memory.directed(vector, name)
        sought = {"user": user, "hidden": False, "superseded": False, "alive": asked["alive"]}

        def job(connection: sqlite3.Connection) -> T:
            found = Found([], []), Found([], [])
            if way is not None and limit > 0:
                columns = self._cache.ready(connection, bot, asked["model"], name)
                found = columns.recalled(way, limit, asked["words"], asked["each"], sought)
            read = Read(connection, *found)
            return choose(read.glance, read.whole)

        made: T = await self._look(job)
        return made

    async def memories(self, **sought: Unpack[MemoriesSought]) -> tuple[Sequence[Memory], int]:
        found: tuple[list[Memory], int] = await self._look(lambda c: _memory.page(c, sought))
        return found

    async def unembedded(self, model: str, limit: int = 100) -> Sequence[Memory]:
        found: list[Memory] = await self._look(lambda c: _memory.unembedded(c, model, limit))
        return found

    async def forget(
        self,
        *,
        bot: str | None = None,
        user: str | None = None,
        ids: Sequence[str] | None = None,
        expired: datetime | None = None,
    ) -> int:
        def job(connection: sqlite3.Connection) -> int:
            return _memory.forget(connection, bot=bot, user=user, ids=ids, expired=expired)

        gone: int = await self._wipe(job)
        if gone:
            await self._look(self._cache.sync)
        return gone

    async def _wipe(self, job: Job) -> Any:
        """Run a job that deletes, so that what it deletes is not left in the file."""
        raise AssertionError("a store says how it deletes")

    async def bots(self) -> Mapping[str, int]:
        found: dict[str, int] = await self._look(_memory.bots)
        return found


def _there(connection: sqlite3.Connection, found: Found) -> list[tuple[Memory, float]]:
    """The memories at places, with how near they are."""
    there = _memory.at_places(connection, found.places)
    return [
        (there[place], cosine or 0.0)
        for place, cosine in zip(found.places, found.cosines, strict=True)
        if place in there
    ]


def _all(glance: Glance, whole: Whole) -> Near:
    memories = whole(range(len(glance.ids)))
    cosines = [None if cosine != cosine else cosine for cosine in glance.cosines.tolist()]
    found = list(zip(memories, cosines, strict=True))
    return Near(found[: glance.near], found[glance.near :])
