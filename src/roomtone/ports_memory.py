"""What a store of memories must be able to do: the port of `stores.memory`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol, TypeVar, Unpack

import numpy as np
from numpy.typing import NDArray

from roomtone.records import MemoriesSought, Memory, MemoryFilter, MemoryUse, RecallAsked

Vectors = Mapping[str, NDArray[np.float32]]
"""What of a memory lies where: a vector for each of `records.VECTORS` that there is."""


class Near(NamedTuple):
    """What a question may be about, each with its cosine; None where a memory has no vector."""

    near: Sequence[tuple[Memory, float | None]]  # the nearest of each tier
    worded: Sequence[tuple[Memory, float | None]]  # others that hold a word of the question


class Glance(NamedTuple):
    """What a question may be about as columns of one length: the nearest, then others by words.

    They lie as in `Near`, and have what a memory's place in the order depends on, no more.
    """

    near: int  # the first so many are the nearest of each tier
    cosines: NDArray[np.float64]  # NaN where a memory has no vector
    ids: Sequence[str]
    at: NDArray[np.float64]  # epoch seconds
    tiers: Sequence[str]
    sessions: Sequence[str]
    importance: NDArray[np.float64]
    contents: Sequence[str]
    responses: Sequence[str]
    emotions: Sequence[str]
    answered: NDArray[np.float64]
    used: NDArray[np.float64]
    helped: NDArray[np.float64]
    judged: NDArray[np.float64]
    verified: NDArray[np.bool_]
    metadata: Callable[[int], Mapping[str, Any]]  # of one of them, by its place


T = TypeVar("T")
Whole = Callable[[Sequence[int]], list[Memory]]
"""Reads memories of a `Glance` in full, by their places in it, in that order."""


class MemoryStore(Protocol):  # stores/
    """Memories by meaning, apart for each bot. Every failure is a StoreError.

    `model` names what made a vector, with version and dimension: vectors of different models are
    never compared. When a call that writes returns, all that read see it.
    """

    async def open(self) -> None:
        """Make ready, bringing what an older release wrote up to this one; may be repeated."""

    async def add(
        self, memories: Sequence[Memory], vectors: Sequence[Vectors], model: str
    ) -> Sequence[str]:
        """Add those whose ids are not there; returns the ids that were new.

        What is there already stays as it is, except that it gets vectors of this model where it
        has none. An empty mapping is a memory that is to be embedded later.
        """

    async def change(self, id: str, bot: str, fields: Mapping[str, Any]) -> bool:
        """Set these fields of one memory, and no others; False if there is none.

        The counts are changed by `count` alone. Where `content` or `response` changes, its
        vectors go: it is to be embedded again.
        """

    async def count(self, uses: Sequence[MemoryUse]) -> None:
        """Add to the counts of memories; none is lost, whoever else counts. Unknown ids pass."""

    async def get(self, ids: Sequence[str], bot: str | None = None) -> Sequence[Memory]:
        """Those of these ids that there are, in this order; of one bot, or of all."""

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
        """The nearest of a bot's memories with their cosine, -1 to 1, the nearest first.

        Equally near ones come by their ids. A vector of another dimension than the model's is a
        StoreError.
        """

    async def recall(
        self,
        bot: str,
        user: str,
        vector: NDArray[np.float32],
        **asked: Unpack[RecallAsked],
    ) -> Near:
        """Of each of `records.TIERS` a person's `limit` nearest, as `search` finds them.

        Where a tier has more, also of each of these words (as `stems.stems` gives them) the `each`
        said last that hold it and are not among the nearest; of a word that a thousand hold, the
        last that came in may do. Nothing that is hidden, superseded, or expired at `alive`.
        """

    async def memories(self, **sought: Unpack[MemoriesSought]) -> tuple[Sequence[Memory], int]:
        """A page of memories, the one said last first, and how many there are in all."""

    async def unembedded(self, model: str, limit: int = 100) -> Sequence[Memory]:
        """Memories that have no vectors of this model, the one said last first."""

    async def forget(
        self,
        *,
        bot: str | None = None,
        user: str | None = None,
        ids: Sequence[str] | None = None,
        expired: datetime | None = None,
    ) -> int:
        """Delete those that all of this is true of, with their vectors; returns how many.

        At least one of `user`, `ids` and `expired` must be given (else StoreError). What is
        deleted can be found in no cache and no index.
        """

    async def bots(self) -> Mapping[str, int]:
        """How many memories each bot has."""

    async def close(self) -> None:
        """Finish what was begun and let go; may be called twice."""


class Glancing(Protocol):
    """What a store of memories may be able to do besides, so that less is read for a recall."""

    async def glance(
        self,
        bot: str,
        user: str,
        vector: NDArray[np.float32],
        *,
        choose: Callable[[Glance, Whole], T],
        **asked: Unpack[RecallAsked],
    ) -> T:
        """What `choose` makes of that which `recall` would find; it reads in full what it wants.

        It is called in a thread of the store's, and all that it sees is of one moment.
        """
