"""Rows of any format as one JSON array: for readers that take a whole file at once."""

from __future__ import annotations

from collections.abc import Sequence

from roomtone.ports_exports import RowFile
from roomtone.training_rows import Row, encoded


class Array(RowFile):
    """A list of objects, each on a line of its own."""

    suffix = "json"

    def __init__(self, row: type[Row], *, ids: bool = True) -> None:
        del row, ids  # each row says itself what it has
        self._before = b"[\n"

    def add(self, rows: Sequence[Row]) -> bytes:
        """Their lines, with the comma that goes before each but the first."""
        if not rows:
            return b""
        before, self._before = self._before, b",\n"
        return before + b",\n".join(encoded(row) for row in rows)

    def close(self) -> bytes:
        """The bracket that ends it."""
        return b"[]\n" if self._before == b"[\n" else b"\n]\n"
