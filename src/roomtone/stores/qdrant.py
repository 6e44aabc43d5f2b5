"""Keeps memories in Qdrant, a server or a folder: a collection for each bot."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, TypeVar, Unpack

import numpy as np
from numpy.typing import NDArray

from roomtone.errors import MissingExtra, StoreAway, StoreError
from roomtone.ports_memory import Near, Vectors
from roomtone.records import MemoriesSought, Memory, MemoryFilter, MemoryUse, RecallAsked
from roomtone.stores._memory import check_change, check_lengths, directed, unit
from roomtone.stores._qdrant_address import parse

T = TypeVar("T")

THREADS = 6
"""How many requests run at the same time: some that read, and one that writes."""


class Qdrant:
    """A MemoryStore at `qdrant://host:6333/prefix`, or inside this process at `qdrant:///folder`.

    A bot's collection is called prefix + bot. It has the vectors of the model that it began with;
    those of another model lie in a collection beside it, with the same payloads. Counts are read,
    added to and written: one process should count, as Qdrant cannot add.
    """

    def __init__(self, url: str) -> None:
        self.address = parse(url)
        self._jobs: Any = None
        self._pool: ThreadPoolExecutor | None = None
        self._writing = asyncio.Lock()

    # -- life --------------------------------------------------------------------------------

    async def open(self) -> None:
        if self._jobs is None:
            try:
                from roomtone.stores._qdrant_jobs import Jobs
            except ImportError:
                raise MissingExtra("qdrant-client", "qdrant") from None
            threads = THREADS if self.address.server else 1  # the embedded one is not made for more
            self._pool = self._pool or ThreadPoolExecutor(threads, thread_name_prefix="qdrant")
            self._jobs = await self._run(lambda: Jobs(self.address), opening=True)
        await self._run(self._jobs.all_of_them)

    async def close(self) -> None:
        jobs, self._jobs = self._jobs, None
        pool, self._pool = self._pool, None
        if jobs is not None and pool is not None:
            await asyncio.get_running_loop().run_in_executor(pool, jobs.close)
        if pool is not None:
            pool.shutdown(wait=False)

    async def _run(self, job: Callable[[], T], *, opening: bool = False) -> T:
        """Run a job in a thread; whatever it raises becomes a StoreError with what to do."""
        if self._pool is None or (self._jobs is None and not opening):
            raise StoreError(f"{self.address.shown} is not open; await open() first")
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, job)
        except StoreError:
            raise
        except UnicodeEncodeError as error:
            raise StoreError(
                "Qdrant takes no text with lone surrogates; replace them before it is kept"
            ) from error
        except Exception as error:
            raise self._trouble(error) from error

    def _trouble(self, error: Exception) -> StoreError:
        kind = type(error).__name__
        shown = self.address.shown
        if kind == "ResponseHandlingException":
            return StoreAway(f"{shown} does not answer; see that Qdrant runs and can be reached")
        if kind == "UnexpectedResponse":
            status = getattr(error, "status_code", None)
            if status in (401, 403):
                return StoreError(f"{shown} does not know the key; write it as qdrant://KEY@host")
            if status is not None and status >= 500:
                return StoreAway(f"{shown} answers {status}; see its log")
            return StoreError(f"{shown} refuses this ({status}); see its log")
        if "already accessed" in str(error):
            return StoreError(
                f"{shown} is in use by another process; run a Qdrant server for more than one"
            )
        return StoreError(f"{shown}: {kind}; see that its folder is whole and can be written")

    # -- writing -----------------------------------------------------------------------------

    async def add(
        self, memories: Sequence[Memory], vectors: Sequence[Vectors], model: str
    ) -> Sequence[str]:
        if len(memories) != len(vectors):
            raise StoreError(f"{len(memories)} memories came with {len(vectors)} sets of vectors")
        check_lengths(vectors, model)
        lies = [{name: unit(one) for name, one in own.items()} for own in vectors]
        by_bot: dict[str, list[tuple[Memory, dict[str, list[float]]]]] = {}
        for memory, own in zip(memories, lies, strict=True):
            by_bot.setdefault(memory.bot, []).append((memory, own))
        new: list[str] = []
        async with self._writing:
            for bot, rows in by_bot.items():
                new += await self._run(lambda b=bot, r=rows: self._jobs.add(b, r, model))  # type: ignore[misc]
        return new

    async def change(self, id: str, bot: str, fields: Mapping[str, Any]) -> bool:
        check_change(fields)
        async with self._writing:
            return await self._run(lambda: self._jobs.change(id, bot, fields))

    async def count(self, uses: Sequence[MemoryUse]) -> None:
        async with self._writing:
            await self._run(lambda: self._jobs.count(uses))

    async def forget(
        self,
        *,
        bot: str | None = None,
        user: str | None = None,
        ids: Sequence[str] | None = None,
        expired: datetime | None = None,
    ) -> int:
        if user is None and ids is None and expired is None:
            raise StoreError(
                "whose or which memories are to go is not said; give user, ids or expired"
            )
        sought = {"user": user, "ids": ids, "expired": expired}
        async with self._writing:
            return await self._run(lambda: self._jobs.forget(bot, sought))

    # -- reading -----------------------------------------------------------------------------

    async def get(self, ids: Sequence[str], bot: str | None = None) -> Sequence[Memory]:
        return await self._run(lambda: self._jobs.get(ids, bot))

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
        asked = directed(vector, name)
        if asked is None or limit < 1:
            return []
        return await self._run(
            lambda: self._jobs.search(bot, asked.tolist(), model, name, limit, sought)
        )

    async def recall(
        self,
        bot: str,
        user: str,
        vector: NDArray[np.float32],
        **asked: Unpack[RecallAsked],
    ) -> Near:
        name, limit = asked.get("name", "content"), asked["limit"]
        way = directed(vector, name)
        if way is None or limit < 1:
            return Near([], [])
        sought = {"user": user, "hidden": False, "superseded": False, "alive": asked["alive"]}
        which, held = (asked["model"], name, limit), (asked["words"], asked["each"])
        return await self._run(lambda: self._jobs.recall(bot, way.tolist(), which, held, sought))

    async def memories(self, **sought: Unpack[MemoriesSought]) -> tuple[Sequence[Memory], int]:
        return await self._run(lambda: self._jobs.page(sought))

    async def unembedded(self, model: str, limit: int = 100) -> Sequence[Memory]:
        return await self._run(lambda: self._jobs.unembedded(model, limit))

    async def bots(self) -> Mapping[str, int]:
        return await self._run(self._jobs.bots)
