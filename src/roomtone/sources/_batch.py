"""Payloads that are put together into one delivery of bounded size."""

from __future__ import annotations

from roomtone.events import Event, Refusal
from roomtone.ports import Delivery
from roomtone.sources._documents import Taken

MOST_EVENTS = 1_000
MOST_BYTES = 1_000_000
"""Of how many events, or bytes, one delivery is made: one entry of the journal."""

Tokens = dict[str, list[bytes]]


class Batch:
    """Entries that are put together into one delivery."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.kept: list[int] = []
        self.refusals: list[Refusal] = []
        self.samples: list[bytes] = []
        self.names: dict[str, str] = {}
        self.tokens: Tokens = {}
        self.size = 0
        self._places = 0

    def add(self, stream: str, id: bytes, taken: Taken, size: int) -> None:
        """One entry, whatever was in it."""
        base = self._places
        self.events += taken.events
        self.kept += [base + place for place in taken.kept]
        self.refusals += [Refusal(base + r.index, r.reason) for r in taken.refusals]
        self.samples += taken.samples
        self.names |= taken.names
        self.tokens.setdefault(stream, []).append(id)
        self.size += size
        self._places += len(taken.events) + len(taken.refusals) + taken.uncounted

    @property
    def full(self) -> bool:
        """Whether it is large enough."""
        return len(self.events) >= MOST_EVENTS or self.size >= MOST_BYTES

    def close(self) -> Delivery:
        """The whole as a delivery."""
        return Delivery(
            self.events,
            self.kept,
            self.refusals,
            self.samples,
            self.names,
            self.size,
            self.tokens,
        )
