"""Copies history from one series store into another: page by page, and again without harm."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from roomtone.errors import StoreAway, StoreRefused
from roomtone.points import Block, Measurement, Point
from roomtone.ports import SeriesStore

PAGE = 5_000
"""How many points are read and written at once: a request of InfluxDB's recommended size."""

WAITS_S = (0.5, 1.0, 2.0, 4.0, 8.0)
"""How long a target that is away is waited for before each new attempt; then it is an error."""


@dataclass
class Copied:
    """What became of it: points by measurement, and how many the target refused for good."""

    points: dict[str, int] = field(default_factory=dict)
    refused: int = 0
    why: str = ""  # the first refusal
    folded: int = 0  # points that went in without their person


async def pages(
    store: SeriesStore, measurement: str, start: datetime, end: datetime, size: int = PAGE
) -> AsyncIterator[Sequence[Point]]:
    """All points of [start, end), oldest first, about `size` at once; those of one moment whole."""
    most = size
    while True:
        rows = await store.read(measurement, tags={}, start=start, end=end, limit=most)
        if len(rows) < most:
            if rows:
                yield rows
            return
        last = rows[-1].time
        whole = [row for row in rows if row.time < last]
        if not whole:  # more in one moment than fit
            most *= 2
            continue
        yield whole
        start, most = last, size


async def backfill(
    source: SeriesStore,
    target: SeriesStore,
    measurements: Sequence[Measurement],
    start: datetime,
    end: datetime,
    told: Callable[[str, datetime, int], None] = lambda name, at, points: None,
    size: int = PAGE,
) -> Copied:
    """Write all points of [start, end) of these into the target; both are open.

    A point is known by its measurement, tags and time, so doing it again changes nothing: what was
    broken off is made whole by running it once more. `told` hears of each page that is written.
    Raises StoreError when the target cannot take it; what was written by then stays.
    """
    copied = Copied()
    for measurement in measurements:
        count = 0
        async for rows in pages(source, measurement.name, start, end, size):
            block = measurement.gather(rows)
            try:
                await _patiently(target, block)
            except StoreRefused as error:
                copied.refused += len(rows)
                copied.why = copied.why or str(error)
            else:
                count += len(rows)
            told(measurement.name, rows[-1].time, count)
        copied.points[measurement.name] = count
    copied.folded = sum(getattr(target, "folded", {}).values())
    return copied


async def _patiently(target: SeriesStore, block: Block) -> None:
    for wait in WAITS_S:
        try:
            await target.write([block])
            return
        except StoreAway:
            await asyncio.sleep(wait)
    await target.write([block])
