"""Counts how long things take, cheaply enough for the hot path; read when somebody asks."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

DISK_S = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
"""Bounds for a sync: a good disk takes under a millisecond, a shared one ten, a sick one more."""

BLOCK_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""Bounds for work in the event loop: beyond 20 ms others notice, beyond 5 s a tick is missed."""


class Durations:
    """How often something took up to so long, in all, and at worst: one thread writes, any reads.

    A reader beside the writer may find the last one in the sum and not yet in its bucket.
    """

    __slots__ = ("_counts", "bounds", "longest", "total")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.total = 0.0
        self.longest = 0.0
        self._counts = [0] * (len(bounds) + 1)

    def add(self, seconds: float) -> None:
        """Something took so long."""
        self.total += seconds
        if seconds > self.longest:
            self.longest = seconds
        self._counts[bisect_left(self.bounds, seconds)] += 1

    @property
    def count(self) -> int:
        return sum(self._counts)

    def buckets(self) -> Iterator[tuple[str, float]]:
        """Each bound with how many were at most that long, as Prometheus counts; `+Inf` is all."""
        below = 0
        bounds = [repr(bound) for bound in self.bounds]
        for bound, count in zip([*bounds, "+Inf"], list(self._counts), strict=True):
            below += count
            yield bound, float(below)


class Pace:
    """How the event loop's own work goes: ticks, and the news that comes of them."""

    def __init__(self) -> None:
        self.ticks = Durations(BLOCK_S)  # a whole tick, all its slices
        self.blocks = Durations(BLOCK_S)  # one slice: nothing else runs meanwhile
        self.published = 0
        self.unpublished = 0  # frames that the channel did not take
