"""Messages as columns, and rows of any format as Parquet: lists and structs as they are."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO

import msgspec
import numpy as np
from msgspec import inspect
from numpy.typing import NDArray

from roomtone.errors import MissingExtra
from roomtone.exports._flat import Messages
from roomtone.ports_exports import RowFile
from roomtone.training_rows import (
    Batch,
    Column,
    Moments,
    Repeated,
    Row,
    encoded,
    lines,
    mended,
)

if TYPE_CHECKING:
    import pyarrow


class Parquet(Messages):
    """A row for each message, with all that is known of it by itself."""

    name = "parquet"
    title = "Parquet"
    phrase = "a message with its feeling, voice, quality and feedback, in columns"
    trainable_by = "DuckDB, pandas, Polars, Spark, datasets"
    file = "parquet"


GROUP = 20_000
"""Rows that stand together in a file: in fewer a third of the time goes into their headers."""

SHORT, SOME = 16, 64
"""Characters of a text up to which its column's ends are found in one pass over all its texts; and
how many texts are looked at to tell."""

UNIQUE = "content"
"""A column of texts of which hardly two are equal: no dictionary and no bounds are kept of it."""


class Columns(RowFile):
    """Columns as the rows' type declares them; what may be anything stands in them as JSON.

    What comes in columns is staged in Arrow's own form. Rows are read by Arrow out of their lines
    of JSON, which takes a third of the time that values one by one take.
    """

    suffix = "parquet"
    packs = True

    def __init__(self, row: type[Row], *, ids: bool = True) -> None:
        try:
            import pyarrow
            import pyarrow.compute
            import pyarrow.ipc
            import pyarrow.json
            import pyarrow.parquet
        except ImportError as gone:
            raise MissingExtra("pyarrow", "parquet") from gone
        self._arrow = pyarrow
        self._schema, self._loose = _schema(pyarrow, row, ids)
        self._parsed = pyarrow.json.ParseOptions(
            explicit_schema=self._schema, unexpected_field_behavior="ignore"
        )
        self._decoder = msgspec.json.Decoder(row)
        self._sink = _Sink()
        self._writer = pyarrow.parquet.ParquetWriter(
            self._sink, self._schema, compression="zstd", **_kept(pyarrow, self._schema)
        )

    def add(self, rows: Sequence[Row]) -> bytes:
        """A group of rows: some thousands at a time make a good file."""
        if not rows:
            return self._sink.taken()
        tight = [_tight(row, self._loose) for row in rows] if self._loose else rows
        return self._read(lines(tight))

    def take(self, made: bytes) -> bytes:
        """The same of rows that are lines already, which Arrow reads as they are."""
        return self.add(self._decoder.decode_lines(made)) if self._loose else self._read(made)

    def pack(self, batch: Batch) -> bytes:
        """A record batch, behind its length in eight bytes."""
        told = [self._array(batch.columns[field.name], field.type) for field in self._schema]
        made = self._arrow.RecordBatch.from_arrays(told, schema=self._schema).serialize()
        return b"".join((made.size.to_bytes(8, "little"), made))

    def unpack(self, file: BinaryIO) -> Iterator[bytes]:
        """In groups of GROUP rows, however many were packed at a time."""
        arrow, held, many = self._arrow, [], 0
        while head := file.read(8):
            data = arrow.py_buffer(file.read(int.from_bytes(head, "little")))
            held.append(arrow.ipc.read_record_batch(data, self._schema))
            many += held[-1].num_rows
            while many >= GROUP:
                table = arrow.Table.from_batches(held)
                yield self._write(table.slice(0, GROUP))
                held, many = table.slice(GROUP).to_batches(), many - GROUP
        if many:
            yield self._write(arrow.Table.from_batches(held))

    def _array(self, values: Column, kind: Any) -> Any:
        """A column as JSON would tell it: halves of characters are lost, what is no number too.

        Arrow's own way from a list looks first whether it is one of pandas', and loads that, which
        takes longer than all rows of many a dataset.
        """
        arrow = self._arrow
        if isinstance(values, Repeated):
            places = np.repeat(np.arange(len(values.counts)), values.counts)
            return self._array(values.values, kind).take(self._numbers(places, arrow.int64()))
        if isinstance(values, Moments):
            return self._numbers(np.fromiter(values, np.int64, len(values)) * 1000, kind)  # us
        told: Sequence[Any] = values
        if not told or (told[0] is None and told.count(None) == len(told)):
            return arrow.nulls(len(told), kind)
        if arrow.types.is_floating(kind):
            return self._numbers(np.array(told, np.float64), kind)  # None is no number
        try:
            if arrow.types.is_string(kind):
                if len(told) > 1 and told[0] == told[-1] and told.count(told[0]) == len(told):
                    return self._array(Repeated(told[:1], [len(told)]), kind)
                return self._texts(told)
            if arrow.types.is_int64(kind):
                return self._numbers(np.fromiter(told, np.int64, len(told)), kind)
        except TypeError:  # some are None
            pass
        return arrow.array(told, kind)

    def _numbers(self, values: NDArray[Any], kind: Any) -> Any:
        bits = None
        if values.dtype.kind == "f" and not (known := np.isfinite(values)).all():
            bits = self._arrow.py_buffer(np.packbits(known, bitorder="little"))
        held = [bits, self._arrow.py_buffer(np.ascontiguousarray(values))]
        return self._arrow.Array.from_buffers(kind, len(values), held)

    def _texts(self, values: Sequence[str]) -> Any:
        if sum(map(len, values[:SOME])) < SHORT * SOME:
            whole = "\0".join(values)
            told = np.frombuffer(whole.encode() if whole.isascii() else b"", np.uint8)
            between = np.flatnonzero(told == 0)
            if len(between) == len(values) - 1 and len(told):  # no text has one of its own
                ends = np.zeros(len(values) + 1, np.int32)
                ends[1:-1] = between
                ends[-1] = len(told)
                ends[1:] -= np.arange(len(values), dtype=np.int32)
                return self._strings(ends, told[told != 0])
        whole = "".join(values)
        if whole.isascii():
            data, sizes = whole.encode(), map(len, values)
        else:
            each = [_utf8(one) for one in values]
            data, sizes = b"".join(each), map(len, each)
        ends = np.zeros(len(values) + 1, np.int32)
        np.cumsum(np.fromiter(sizes, np.int64, len(values)), out=ends[1:])
        return self._strings(ends, data)

    def _strings(self, ends: NDArray[Any], data: Any) -> Any:
        held = [None, self._arrow.py_buffer(ends), self._arrow.py_buffer(data)]
        return self._arrow.Array.from_buffers(self._arrow.string(), len(ends) - 1, held)

    def _write(self, table: Any) -> bytes:
        self._writer.write_table(table.combine_chunks())
        return self._sink.taken()

    def _read(self, data: bytes) -> bytes:
        whole = self._arrow.json.ReadOptions(use_threads=False, block_size=len(data) + 1)
        table = self._arrow.json.read_json(
            self._arrow.BufferReader(data), read_options=whole, parse_options=self._parsed
        )
        self._writer.write_table(table.select(self._schema.names).cast(self._schema))
        return self._sink.taken()

    def close(self) -> bytes:
        """The page by which readers find the columns."""
        self._writer.close()
        return self._sink.taken()


def _utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        return mended(text).encode()


class _Sink(io.RawIOBase):
    """Holds what is written until it is taken."""

    def __init__(self) -> None:
        super().__init__()
        self._held = bytearray()
        self._place = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._held += data
        self._place += len(data)
        return len(data)

    def tell(self) -> int:
        return self._place

    def taken(self) -> bytes:
        held, self._held = bytes(self._held), bytearray()
        return held


def _kept(arrow: Any, schema: pyarrow.Schema) -> dict[str, Any]:
    """Of which columns there are dictionaries and bounds: what is read is the same without.

    A dictionary is for texts that come again; of numbers it saves little, and of what never comes
    again it is built in vain. Lists and structs are left to Arrow.
    """
    if any(arrow.types.is_nested(field.type) for field in schema):
        return {}
    known = [field for field in schema if field.name != UNIQUE]
    texts = [field.name for field in known if arrow.types.is_string(field.type)]
    return {"use_dictionary": texts, "write_statistics": [field.name for field in known]}


def _schema(arrow: Any, row: type[Row], ids: bool) -> tuple[pyarrow.Schema, dict[str, Any]]:
    """The columns, and where in a row there are values of no type."""
    loose: dict[str, Any] = {}
    fields = []
    for field in inspect.type_info(row).fields:  # type: ignore[attr-defined]
        if not ids and field.name in ("conversation_id", "message_id"):
            continue
        kind, free = _type(arrow, field.type)
        fields.append(arrow.field(field.encode_name, kind))
        if free:
            loose[field.encode_name] = free
    return arrow.schema(fields), loose


def _type(arrow: Any, kind: inspect.Type) -> tuple[Any, Any]:
    """A type as Arrow has it; and what in it is to be written as JSON: True, or by field."""
    plain = _PLAIN.get(type(kind))
    if plain is not None:
        return getattr(arrow, plain)(), None
    match kind:
        case inspect.UnionType(types=types):
            known = [one for one in types if not isinstance(one, inspect.NoneType)]
            return _type(arrow, known[0]) if len(known) == 1 else (arrow.string(), True)
        case inspect.LiteralType(values=values):
            numbers = all(isinstance(value, int) for value in values)
            return (arrow.int64() if numbers else arrow.string()), None
        case inspect.DateTimeType():
            return arrow.timestamp("us", tz="UTC"), None
        case inspect.ListType() | inspect.VarTupleType():
            inner, free = _type(arrow, kind.item_type)
            return arrow.list_(inner), [free] if free else None
        case inspect.StructType(fields=fields):
            named = {field.encode_name: _type(arrow, field.type) for field in fields}
            parts = [arrow.field(name, part) for name, (part, _) in named.items()]
            return arrow.struct(parts), {n: f for n, (_, f) in named.items() if f} or None
        case _:
            return arrow.string(), True


_PLAIN = {
    inspect.StrType: "string",
    inspect.IntType: "int64",
    inspect.FloatType: "float64",
    inspect.BoolType: "bool_",
}


def _tight(row: Row, loose: dict[str, Any]) -> Any:
    return _filled(msgspec.to_builtins(row), loose)


def _filled(value: Any, loose: Any) -> Any:
    """The same with what may be anything as JSON."""
    if value is None or not loose:
        return value
    if loose is True:
        return value if isinstance(value, str) else encoded(value).decode()
    if isinstance(loose, list):
        return [_filled(one, loose[0]) for one in value]
    return {**value, **{n: _filled(value[n], part) for n, part in loose.items() if n in value}}
