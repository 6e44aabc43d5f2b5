"""Turns columns of numbers into PostgreSQL's binary COPY stream, with no Python object per row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from roomtone.points import Column
from roomtone.stores._pg_pool import EPOCH_US

SLICE_ROWS = 4_000  # rows turned into bytes at once: about a millisecond
HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)  # signature, flags, length of an extension
END = b"\xff\xff"

Times = NDArray[np.int64]  # epoch milliseconds
Series = NDArray[np.int64]


def encode(times: Times, series: Series, columns: Sequence[Column]) -> list[bytes]:
    """The stream for rows of (time, series, numbers...), cut into pieces; NaN becomes NULL."""
    pieces = [HEAD]
    for first in range(0, len(times), SLICE_ROWS):
        part = slice(first, first + SLICE_ROWS)
        pieces.append(_rows(times[part], series[part], [column[part] for column in columns]))
    pieces.append(END)
    return pieces


def _rows(times: Times, series: Series, columns: Sequence[Column]) -> bytes:
    fields = [("n", ">i2"), ("lt", ">i4"), ("t", ">i8"), ("ls", ">i4"), ("s", ">i4")]
    for f in range(len(columns)):
        fields += [(f"l{f}", ">i4"), (f"v{f}", ">f8")]
    layout = np.dtype(fields)  # packed: each number behind its length, as the stream wants it
    rows = np.empty(len(times), layout)
    rows["n"] = 2 + len(columns)
    rows["lt"], rows["t"] = 8, times * 1000 - EPOCH_US
    rows["ls"], rows["s"] = 4, series
    keep = None
    for f, column in enumerate(columns):
        rows[f"l{f}"], rows[f"v{f}"] = 8, column
        unknown = np.isnan(column)
        if unknown.any():
            # A NULL is a length of -1 with nothing behind it: its eight bytes are left out below.
            rows[f"l{f}"][unknown] = -1
            if keep is None:
                keep = np.ones((len(rows), layout.itemsize), np.bool_)
            at = layout.fields[f"v{f}"][1]  # type: ignore[index]
            keep[:, at : at + 8] = ~unknown[:, None]
    if keep is None:
        return rows.tobytes()
    return rows.view(np.uint8).reshape(len(rows), layout.itemsize)[keep].tobytes()
