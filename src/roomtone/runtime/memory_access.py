"""The store of memories and the models that read them, as one process has them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from roomtone.emotions import Reading
from roomtone.errors import ServerError
from roomtone.ports import EmbeddingModel, EmotionModel, MemoryStore
from roomtone.ports_memory import Vectors
from roomtone.records import Memory, MemoryUse
from roomtone.runtime import plugins
from roomtone.runtime.clock import Clock, utc
from roomtone.runtime.config import Settings
from roomtone.runtime.memory_making import feeling

_shared = cache(plugins.embedding)
"""A model inside this process takes tens of megabytes: all who ask for it share it."""

FLUSH_S = 1.0
"""How long counts of use are gathered before they are written together."""


class Access:
    """Opens the store when it is first needed, loads each model once, and counts in batches."""

    def __init__(
        self, settings: Settings, clock: Clock, fault: Callable[[str, Exception], None]
    ) -> None:
        self._settings, self._clock, self._fault = settings, clock, fault
        self.store: MemoryStore = plugins.memory(settings.memory_url)
        self._is_open = False
        self._opening = asyncio.Lock()
        self._embedding: EmbeddingModel | None = None
        self._emotion: EmotionModel | None = None
        self._uses: dict[tuple[str, str], MemoryUse] = {}
        self.trouble: str | None = None
        self.may: Callable[[str], bool] | None = None  # whether a person may be remembered
        self.asks: Callable[[str], Awaitable[bool]] | None = None  # the same, elsewhere
        self.lacks_vectors = True  # there may be memories that have none of the present model

    async def ready(self) -> MemoryStore:
        """The store, opened when it is first needed. Raises StoreError while it is away."""
        async with self._opening:
            if not self._is_open:
                await self.store.open()
                self._is_open = True
        return self.store

    async def allowed(self, user: str) -> bool:
        """Whether something of this person may be remembered, or recalled."""
        if self.asks is not None:
            return await self.asks(user)
        return self.may is None or self.may(user)

    async def run(self) -> None:
        """Write counts of use behind everybody's back, together."""
        while True:
            await asyncio.sleep(FLUSH_S)
            await self.flush()

    async def flush(self) -> None:
        """Write the counts that wait; what cannot be written waits on."""
        uses, self._uses = self._uses, {}
        if not uses:
            return
        try:
            await (await self.ready()).count(list(uses.values()))
        except Exception as error:
            self._fault("memory", error)
            for use in uses.values():
                self.note(use)

    async def squeeze(self) -> None:
        """Have the store keep nothing of what was deleted, where that takes a step of its own."""
        squeeze = getattr(await self.ready(), "squeeze", None)
        if squeeze is not None:
            await squeeze()

    async def close(self) -> None:
        """Write what waits and let go."""
        await self.flush()
        if self._is_open:
            self._is_open = False
            await self.store.close()

    def note(self, use: MemoryUse) -> None:
        """Count a use, soon."""
        was = self._uses.get((use.bot, use.id))
        if was is not None:
            use = MemoryUse(
                id=use.id,
                bot=use.bot,
                at=max(was.at, use.at),
                accesses=was.accesses + use.accesses,
                answered=was.answered + use.answered,
                used=was.used + use.used,
                helped=was.helped + use.helped,
                judged=was.judged + use.judged,
            )
        self._uses[use.bot, use.id] = use

    @property
    def now(self) -> datetime:
        return utc(self._clock.now_ms())

    # -- models ------------------------------------------------------------------------------

    async def model(self) -> EmbeddingModel:
        """The embedding model, loaded once."""
        if self._embedding is None:
            url = self._settings.models.embedding
            load = plugins.embedding if url.startswith("openai:") else _shared
            self._embedding = await asyncio.to_thread(load, url)
        return self._embedding

    async def embed(self, texts: Sequence[str]) -> tuple[NDArray[np.float32], str]:
        """A row for each text, and the name of what made them. Raises ServerError."""
        model = await self.model()
        rows = await asyncio.to_thread(model.embed, list(texts))
        return rows, f"{model.name}/{model.version}/{rows.shape[1]}"

    async def moods(self, texts: Sequence[str]) -> list[Reading | None]:
        """What texts feel like by the model in this package; a server is not asked for it."""
        if not self._settings.models.emotion.startswith("local:"):
            return [None] * len(texts)
        if self._emotion is None:
            self._emotion = await asyncio.to_thread(plugins.emotion, "local://")
        return list(await asyncio.to_thread(self._emotion.read, list(texts)))

    async def vectors(self, memories: Sequence[Memory]) -> tuple[list[Vectors], str]:
        """Where memories lie: by what was said; by that and what was answered; by what was felt."""
        said = [one.content for one in memories]
        both = [f"{one.content}\n{one.response}".strip() for one in memories]
        rows, name = await self.embed([*said, *both])
        made: list[Vectors] = []
        for place, memory in enumerate(memories):
            lies = {"content": rows[place], "semantic": rows[len(memories) + place]}
            felt = feeling(memory.metadata)
            made.append(lies | ({"emotion": felt} if felt.any() else {}))
        return made, name

    async def vectors_of_some(
        self, memories: Sequence[Memory]
    ) -> tuple[list[Vectors], str, Exception | None]:
        """The same, with nothing for those that the model fails on, and why the last of them did.

        Raises ServerError where the model is away, and what it fails with where it fails on all.
        """
        try:
            return *(await self.vectors(memories)), None
        except ServerError:
            raise
        except Exception as error:
            if len(memories) == 1:
                raise
            failed = error
        lies: list[Vectors] = []
        name = ""
        for memory in memories:
            try:
                own, name = await self.vectors([memory])
            except ServerError:
                raise
            except Exception as error:
                own, failed = [{}], error
            lies += own
        if not name:
            raise failed
        return lies, name, failed

    def health(self) -> list[dict[str, Any]]:
        """This part's line on /readyz, where there is something to say."""
        if self.trouble is None:
            return []
        remedy = "see that the store of memories is there; what was said is remembered later"
        return [{"name": "memory", "ok": False, "detail": self.trouble, "remedy": remedy}]
