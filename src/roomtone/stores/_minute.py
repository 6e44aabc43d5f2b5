"""Sums up a minute while it is written, so that its rollup need not read it back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from roomtone.points import Column

SMALL = 64  # rows: below, reading the minute back costs less than adding it up


class Minute:
    """The rows written to one minute, as sum, least, greatest and number per field and series.

    It only counts what it is given. Whoever uses it compares `rows` with the rows that the
    minute really has: where they are as many, `table` is the minute's rollup; where they are not
    (another process wrote there, or this one before it was started anew), it is to be read.
    """

    def __init__(self, fields: Sequence[str]) -> None:
        self.rows = 0
        self._fields = fields
        self._seen: dict[int, NDArray[np.int64]] = {}  # by time: a tick comes in slices
        self._ids: NDArray[np.int64] = np.empty(0, np.int64)  # in order of appearance
        self._sum = np.empty((len(fields), 0))
        self._n = np.empty((len(fields), 0))
        self._low = np.empty((len(fields), 0))
        self._high = np.empty((len(fields), 0))
        self._last: NDArray[np.int64] = self._ids
        self._at: NDArray[np.intp] | slice = slice(None)

    def add(
        self, time: int, ids: Sequence[int] | NDArray[np.int64], fields: Mapping[str, Column]
    ) -> None:
        """Count a block in; one that says something anew makes the whole minute uncountable."""
        if self.rows < 0:
            return
        series = np.array(ids, dtype=np.int64)
        seen = self._seen.get(time)
        if len(np.unique(series)) != len(series) or (
            seen is not None and np.isin(series, seen, assume_unique=True).any()
        ):
            self.rows = -1
        if self.rows < 0:
            return
        self._seen[time] = series if seen is None else np.concatenate([seen, series])
        self.rows += len(series)
        at = self._places(series)
        unknown = np.full(len(series), np.nan)
        numbers = np.array([fields.get(name, unknown) for name in self._fields])
        known = ~np.isnan(numbers)
        self._sum[:, at] += np.where(known, numbers, 0.0)
        self._n[:, at] += known
        self._low[:, at] = np.fmin(self._low[:, at], numbers)
        self._high[:, at] = np.fmax(self._high[:, at], numbers)

    def table(self) -> tuple[list[int], list[Column]]:
        """The series' ids, and the columns of the rollup: mean, min, max and n of each field."""
        with np.errstate(invalid="ignore"):
            mean = self._sum / self._n
        parts = (mean, self._low, self._high, self._n)
        return self._ids.tolist(), [part[f] for f in range(len(self._fields)) for part in parts]

    def _places(self, series: NDArray[np.int64]) -> NDArray[np.intp] | slice:
        """Where these series stand; mostly they are those of the tick before, in its order."""
        if np.array_equal(series, self._last):
            return self._at
        self._last = series
        new = series[~np.isin(series, self._ids)]
        if len(new):
            self._ids = np.concatenate([self._ids, new])
            size = (len(self._fields), len(new))
            self._sum = np.hstack([self._sum, np.zeros(size)])
            self._n = np.hstack([self._n, np.zeros(size)])
            self._low = np.hstack([self._low, np.full(size, np.nan)])
            self._high = np.hstack([self._high, np.full(size, np.nan)])
        if np.array_equal(series, self._ids):
            self._at = slice(None)
        else:
            order = np.argsort(self._ids)
            self._at = order[np.searchsorted(self._ids, series, sorter=order)]
        return self._at


UNCOUNTED = Minute(())
"""Stands for a minute that was not added up, or not all of it; adding more does not change that."""
UNCOUNTED.rows = -1
