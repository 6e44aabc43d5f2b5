"""The last batches that came in, for the event ticker: as many as fit into a fixed memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from msgspec import structs

from roomtone.records import Batch

MOST_BYTES = 4 << 20
"""How many bytes of batches are remembered, as the journal counts them; in memory they take about
four times as much. At a thousand events a second it is the last half minute."""


class Lately:
    """A bounded memory of batches, the newest last."""

    def __init__(self) -> None:
        self._batches: deque[tuple[int, Batch]] = deque()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._batches)

    def __iter__(self) -> Iterator[Batch]:
        return (batch for _, batch in self._batches)

    def __reversed__(self) -> Iterator[Batch]:
        return (batch for _, batch in reversed(self._batches))

    def forget(self, user: str) -> int:
        """Leave out a person's events; returns how many."""
        gone, kept = 0, deque[tuple[int, Batch]]()
        for size, batch in self._batches:
            own = [event for event in batch.events if event.user != user]
            gone += len(batch.events) - len(own)
            kept.append((size, structs.replace(batch, events=own)))
        self._batches = kept
        return gone

    def add(self, batch: Batch, size: int) -> None:
        """Remember a batch that takes so many bytes, and forget the oldest that no longer fit."""
        self._batches.append((size, batch))
        self._bytes += size
        while self._bytes > MOST_BYTES and len(self._batches) > 1:
            self._bytes -= self._batches.popleft()[0]
