"""What is measured: Measurement (the declaration), Point (a row), Block (rows as columns)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from roomtone.errors import UndeclaredField

LEVELS = ((0.8, "VERY_HIGH"), (0.6, "HIGH"), (0.4, "MODERATE"), (0.2, "LOW"))
"""From which score on a session is called what; below all of them it is VERY_LOW."""

Column = NDArray[np.float64]
Ids = NDArray[np.object_]
Slots = NDArray[np.intp]
Times = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Field:
    """One number of a measurement: what it means, its unit and the range it stays in.

    Or, with `is_text`, a word: a label, or where a number comes from. Texts have no rollups.
    """

    meaning: str
    unit: str = "1"
    low: float | None = None
    high: float | None = None
    is_text: bool = False


@dataclass(frozen=True, slots=True)
class Point:
    """One row of one measurement at one time, as InfluxDB and its line protocol mean it."""

    measurement: str
    time: datetime
    tags: Mapping[str, str]
    fields: Mapping[str, float]
    texts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Block:
    """Many rows of one measurement at one time, as columns: what the clock measures for all rooms.

    `tags[name]`, `fields[name]` and `texts[name]` all have shape (rows,); a number that is not
    known is NaN, a text that is not known is None. Where rows have times of their own, as what was
    said has, `times[row]` is one in epoch milliseconds, and `time` is the latest of them.
    `slots[row]` is the row's place in the rooms' columns: detectors keep their state there.
    """

    measurement: str
    time: datetime
    tags: Mapping[str, Ids]
    fields: Mapping[str, Column]
    slots: Slots = field(default_factory=lambda: np.empty(0, np.intp))
    texts: Mapping[str, Ids] = field(default_factory=dict)
    times: Times | None = None

    def __len__(self) -> int:
        for column in (*self.fields.values(), *self.texts.values(), *self.tags.values()):
            return len(column)
        return 0

    @property
    def size(self) -> int:
        """About how many bytes of memory its points take while they wait."""
        return (len(self.fields) + len(self.texts) + 4) * (8 * len(self) + 120)

    def time_of(self, row: int) -> datetime:
        """When the row was, in UTC."""
        if self.times is None:
            return self.time
        return datetime.fromtimestamp(int(self.times[row]) / 1000, UTC)

    def points(self) -> Iterator[Point]:
        """Read the block row by row, leaving out what is not known."""
        # A column as a list costs less than one number of it does by itself.
        tags = {name: list(map(str, column.tolist())) for name, column in self.tags.items()}
        fields = {name: column.astype(float).tolist() for name, column in self.fields.items()}
        texts = {name: column.tolist() for name, column in self.texts.items()}
        for row in range(len(self)):
            numbers = {name: column[row] for name, column in fields.items()}
            words = {name: column[row] for name, column in texts.items()}
            yield Point(
                self.measurement,
                self.time_of(row),
                {name: column[row] for name, column in tags.items()},
                {name: value for name, value in numbers.items() if math.isfinite(value)},
                {name: str(word) for name, word in words.items() if word is not None},
            )


@dataclass(frozen=True, slots=True)
class Measurement:
    """The declared shape of a measurement: what stores create, docs list and panels may ask for.

    Every number is a float. InfluxDB fixes a field's type by its first write and refuses all later
    ones that differ, so an `int` that becomes a `float` on a quiet Tuesday loses data for good.
    """

    name: str
    meaning: str
    tags: tuple[str, ...]
    fields: Mapping[str, Field]
    source: str = "measured"

    @property
    def origin(self) -> str:
        """Where its numbers are from: one source for all rows, or each row says so itself."""
        return "given with each row" if "source" in self.texts else self.source

    @property
    def numbers(self) -> Mapping[str, Field]:
        """The fields that are numbers."""
        return {name: field for name, field in self.fields.items() if not field.is_text}

    @property
    def texts(self) -> Mapping[str, Field]:
        """The fields that are words."""
        return {name: field for name, field in self.fields.items() if field.is_text}

    def tagged(self, text: str) -> Measurement:
        """The same with one of its texts as a tag: more series, which can be told apart by it."""
        fields = {name: field for name, field in self.fields.items() if name != text}
        return replace(self, tags=(*self.tags, text), fields=fields)

    def check(self, row: Point) -> None:
        """Raises UndeclaredField where a row has a field that was not declared, or of that kind."""
        for name in row.fields:
            if name not in self.fields or self.fields[name].is_text:
                raise UndeclaredField(self.name, [name])
        for name in row.texts:
            known = self.fields[name].is_text if name in self.fields else name in self.tags
            if not known:
                raise UndeclaredField(self.name, [name])

    def gather(self, rows: Sequence[Point]) -> Block:
        """Points of this measurement as one block, each at its own time (to the millisecond).

        What a row lacks is absent in it; a text that is declared as a tag becomes one. Raises
        UndeclaredField. `rows` must not be empty.
        """
        numbers, words = self.numbers, self.texts
        for row in rows:
            self.check(row)
        times = np.array([round(row.time.timestamp() * 1000) for row in rows], np.int64)
        return Block(
            self.name,
            max(row.time for row in rows),
            {tag: np.array([_tag(row, tag) for row in rows], object) for tag in self.tags},
            {
                name: np.array([row.fields.get(name, math.nan) for row in rows], np.float64)
                for name in numbers
            },
            texts={name: np.array([row.texts.get(name) for row in rows], object) for name in words},
            times=times,
        )

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
            "source": self.origin,
            "tags": list(self.tags),
            "fields": {
                name: {"meaning": f.meaning, "unit": f.unit, "range": [f.low, f.high]}
                for name, f in self.numbers.items()
            },
            "texts": {name: {"meaning": f.meaning} for name, f in self.texts.items()},
        }


def _tag(row: Point, name: str) -> str:
    return row.tags.get(name) or row.texts.get(name, "")


def level(score: float) -> str:
    """The word for a score between 0 and 1.

    >>> level(0.8), level(0.3), level(0.0)
    ('VERY_HIGH', 'LOW', 'VERY_LOW')
    """
    return next((word for least, word in LEVELS if score >= least), "VERY_LOW")
