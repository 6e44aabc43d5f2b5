"""Messages one by one, flat: a line of JSON each; and rows of any format as lines of JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from typing import Any, BinaryIO

import msgspec

from roomtone.exports._flat import Messages
from roomtone.ports_exports import RowFile
from roomtone.training_rows import (
    Batch,
    Column,
    Moments,
    Repeated,
    Row,
    lines,
    moments,
)

PIECE = 1 << 20


class JSONL(Messages):
    """A row for each message, with all that is known of it by itself."""

    name = "jsonl"
    title = "JSON Lines"
    phrase = "a message with its feeling, voice, quality and feedback, a line of JSON each"
    trainable_by = "anything: jq, DuckDB, pandas, datasets"


class Lines(RowFile):
    """An object in every line, one line to every object, whatever their texts hold."""

    suffix = "jsonl"
    packs = True

    def __init__(self, row: type[Row], *, ids: bool = True) -> None:
        del ids  # each row says itself what it has
        self._row = row

    def pack(self, batch: Batch) -> bytes:
        """Their lines: what is staged is what is written."""
        columns = (_one_by_one(batch.columns[name]) for name in self._row.__struct_fields__)
        return lines(list(map(_line(self._row), *columns)))

    def unpack(self, file: BinaryIO) -> Iterator[bytes]:
        """As they lie there."""
        while some := file.read(PIECE):
            yield some

    def add(self, rows: Sequence[Row]) -> bytes:
        """Their lines."""
        return lines(rows)

    def take(self, made: bytes) -> bytes:
        """As they are."""
        return made

    def close(self) -> bytes:
        """Nothing: a file may end after any line."""
        return b""


@cache
def _line(row: type[Row]) -> Callable[..., msgspec.Struct]:
    """The same as a type that is made of all its values in their order, which is quicker."""
    names = row.__struct_fields__
    told = dict(zip(names, row.__struct_encode_fields__, strict=True))
    return msgspec.defstruct("Line", [(name, Any) for name in names], rename=told, gc=False)


def _one_by_one(column: Column) -> Iterable[Any]:
    if isinstance(column, Repeated):
        return column.all()
    if isinstance(column, Moments):
        return moments(column)
    return column


class Array(RowFile):
    """All rows as one list of JSON, a row on each line of it."""

    suffix = "json"

    def __init__(self, row: type[Row], *, ids: bool = True) -> None:
        del row, ids
        self._before = b"[\n"

    def add(self, rows: Sequence[Row]) -> bytes:
        """Their lines, behind those before."""
        return self.take(lines(rows)) if rows else b""

    def take(self, made: bytes) -> bytes:
        """The same of what is lines already."""
        before, self._before = self._before, b",\n"
        return before + b",\n".join(made.splitlines())

    def close(self) -> bytes:
        """The list's end."""
        return b"[]\n" if self._before == b"[\n" else b"\n]\n"
