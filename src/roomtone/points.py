"""What is measured: Measurement (the declaration), Point (a row), Block (rows as columns)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from roomtone.errors import UndeclaredField

LEVELS = ((0.8, "VERY_HIGH"), (0.6, "HIGH"), (0.4, "MODERATE"), (0.2, "LOW"))
"""From which score on a session is called what; below all of them it is VERY_LOW."""

Column = NDArray[np.float64]
Ids = NDArray[np.object_]
Slots = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Field:
    """One number of a measurement: what it means, its unit and the range it stays in."""

    meaning: str
    unit: str = "1"
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Point:
    """One row of one measurement at one time, as InfluxDB and its line protocol mean it."""

    measurement: str
    time: datetime
    tags: Mapping[str, str]
    fields: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Block:
    """Many rows of one measurement at one time, as columns: what the clock measures for all rooms.

    `tags[name]` and `fields[name]` all have shape (rows,); a number that is not known is NaN.
    `slots[row]` is the row's place in the rooms' columns: detectors keep their state there.
    """

    measurement: str
    time: datetime
    tags: Mapping[str, Ids]
    fields: Mapping[str, Column]
    slots: Slots = field(default_factory=lambda: np.empty(0, np.intp))

    def __len__(self) -> int:
        for column in self.fields.values():
            return len(column)
        return 0

    def points(self) -> Iterator[Point]:
        """Read the block row by row, leaving out what is not known."""
        for row in range(len(self)):
            tags = {name: str(column[row]) for name, column in self.tags.items()}
            numbers = {name: float(column[row]) for name, column in self.fields.items()}
            known = {name: value for name, value in numbers.items() if math.isfinite(value)}
            yield Point(self.measurement, self.time, tags, known)


@dataclass(frozen=True, slots=True)
class Measurement:
    """The declared shape of a measurement: what stores create, docs list and panels may ask for.

    Every field is a float. InfluxDB fixes a field's type by its first write and refuses all later
    ones that differ, so an `int` that becomes a `float` on a quiet Tuesday loses data for good.
    """

    name: str
    meaning: str
    tags: tuple[str, ...]
    fields: Mapping[str, Field]
    source: str = "measured"

    def block(
        self, time: datetime, slots: Slots, tags: Mapping[str, Ids], **fields: Column
    ) -> Block:
        """Make a block, refusing fields that were not declared."""
        if unknown := fields.keys() - self.fields.keys():
            raise UndeclaredField(self.name, unknown)
        return Block(self.name, time, tags, fields, slots)

    def as_json(self) -> dict[str, Any]:
        """The declaration as the catalogue and the docs show it."""
        return {
            "name": self.name,
            "meaning": self.meaning,
            "source": self.source,
            "tags": list(self.tags),
            "fields": {
                name: {"meaning": f.meaning, "unit": f.unit, "range": [f.low, f.high]}
                for name, f in self.fields.items()
            },
        }


def level(score: float) -> str:
    """The word for a score between 0 and 1.

    >>> level(0.8), level(0.3), level(0.0)
    ('VERY_HIGH', 'LOW', 'VERY_LOW')
    """
    return next((word for least, word in LEVELS if score >= least), "VERY_LOW")
