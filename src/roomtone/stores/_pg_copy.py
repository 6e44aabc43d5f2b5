"""Turns columns into PostgreSQL's binary COPY stream, where it can without an object per row."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from roomtone.points import Column, Ids
from roomtone.stores._pg_pool import EPOCH_US, Connection, Pool, clean

SLICE_ROWS = 4_000  # rows turned into bytes at once: about a millisecond
HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)  # signature, flags, length of an extension
END = b"\xff\xff"
NULL = b"\xff\xff\xff\xff"

Times = NDArray[np.int64]  # epoch milliseconds
Series = NDArray[np.int64]


def encode(
    times: Times, series: Series, columns: Sequence[Column], texts: Sequence[Ids] = ()
) -> list[bytes]:
    """The stream for rows of (time, series, numbers..., texts...), cut into pieces; NaN and None
    become NULL."""
    pieces = [HEAD]
    for first in range(0, len(times), SLICE_ROWS):
        part = slice(first, first + SLICE_ROWS)
        some = times[part], series[part], [column[part] for column in columns]
        rows, keep = _numbers(*some, count=2 + len(columns) + len(texts))
        if texts:
            pieces += _with_texts(rows, keep, [column[part] for column in texts])
        else:
            pieces.append((rows if keep is None else rows[keep]).tobytes())
    pieces.append(END)
    return pieces


def _numbers(
    times: Times, series: Series, columns: Sequence[Column], count: int
) -> tuple[NDArray[np.uint8], NDArray[np.bool_] | None]:
    """The bytes of each row up to its texts, shape (rows, bytes), and which of them are meant;
    `count` is how many fields a row has in all."""
    fields = [("n", ">i2"), ("lt", ">i4"), ("t", ">i8"), ("ls", ">i4"), ("s", ">i4")]
    for f in range(len(columns)):
        fields += [(f"l{f}", ">i4"), (f"v{f}", ">f8")]
    layout = np.dtype(fields)  # packed: each number behind its length, as the stream wants it
    rows = np.empty(len(times), layout)
    rows["n"] = count
    rows["lt"], rows["t"] = 8, times * 1000 - EPOCH_US
    rows["ls"], rows["s"] = 4, series
    keep = None
    for f, column in enumerate(columns):
        rows[f"l{f}"], rows[f"v{f}"] = 8, column
        unknown = np.isnan(column)
        if unknown.any():
            # A NULL is a length of -1 with nothing behind it: its eight bytes are left out later.
            rows[f"l{f}"][unknown] = -1
            if keep is None:
                keep = np.ones((len(rows), layout.itemsize), np.bool_)
            at = layout.fields[f"v{f}"][1]  # type: ignore[index]
            keep[:, at : at + 8] = ~unknown[:, None]
    return rows.view(np.uint8).reshape(len(rows), layout.itemsize), keep


def _with_texts(
    rows: NDArray[np.uint8], keep: NDArray[np.bool_] | None, texts: Sequence[Ids]
) -> list[bytes]:
    pieces = []
    for row, words in enumerate(zip(*(column.tolist() for column in texts), strict=True)):
        numbers = rows[row] if keep is None else rows[row][keep[row]]
        pieces += [numbers.tobytes(), *map(_text, words)]
    return pieces


def _text(word: str | None) -> bytes:
    if word is None:
        return NULL
    held = clean(word).encode()
    return len(held).to_bytes(4, "big") + held


@dataclass(frozen=True, slots=True)
class Group:
    """Rows of one COPY: all of the same fields, each key once, in the order of the key."""

    names: tuple[str, ...]
    pieces: list[bytes]


def group_of(
    names: tuple[str, ...],
    times: Times,
    series: Series,
    columns: Sequence[Column],
    texts: Sequence[Ids] = (),
) -> Group:
    """Rows as they are to be copied. Of two with the same key the later one is taken."""
    rising = (times[1:] > times[:-1]) | ((times[1:] == times[:-1]) & (series[1:] > series[:-1]))
    if not rising.all():
        order = np.lexsort((series, times))  # keys that rise are entered fastest
        times, series = times[order], series[order]
        again = (times[1:] == times[:-1]) & (series[1:] == series[:-1])
        last = order[np.append(~again, True)]
        kept = np.append(~again, True)
        times, series, columns = times[kept], series[kept], [column[last] for column in columns]
        texts = [column[last] for column in texts]
    return Group(names, encode(times, series, columns, texts))


async def put(
    connection: Connection, table: str, groups: Sequence[Group], *, careful: bool
) -> None:
    """Copy straight into the table; `careful`: by way of a stage, where rows may be there already.

    Which fields a block has decides which columns are renewed, so it is a COPY for each kind.
    """
    for group in groups:
        await (_merge_in if careful else copy)(connection, table, group)


async def write_bravely(
    pool: Pool, job: Callable[[Connection, bool], Awaitable[None]], first: str = ""
) -> None:
    """Run `job` in a transaction in the hope that all rows are new; if not, once more carefully."""

    async def brave(connection: Connection) -> None:
        try:
            await job(connection, False)
        except Exception as error:
            if getattr(error, "sqlstate", None) != "23505":  # unique_violation
                raise
            await connection.execute(f"ROLLBACK; BEGIN; {first}")
            await job(connection, True)

    await pool.write(brave, first=first)


async def copy(connection: Connection, table: str, group: Group) -> None:
    """One COPY, in its binary form."""

    async def stream() -> AsyncIterator[bytes]:
        for piece in group.pieces:
            yield piece

    await connection.copy_to_table(
        table, source=stream(), columns=["time", "series", *group.names], format="binary"
    )


async def _merge_in(connection: Connection, table: str, group: Group) -> None:
    columns = ", ".join(f'"{name}"' for name in ("time", "series", *group.names))
    await connection.execute(
        f'CREATE TEMP TABLE stage ON COMMIT DROP AS SELECT {columns} FROM "{table}" WITH NO DATA'
    )
    await copy(connection, "stage", group)
    if not group.names:
        await connection.execute(
            f'INSERT INTO "{table}" ({columns}) SELECT {columns} FROM stage ON CONFLICT DO NOTHING'
        )
        await connection.execute("DROP TABLE stage")
        return
    update = ", ".join(f'"{name}" = excluded."{name}"' for name in group.names)
    was = ", ".join(f't."{name}"' for name in group.names)
    now = ", ".join(f'excluded."{name}"' for name in group.names)
    await connection.execute(
        f'INSERT INTO "{table}" AS t ({columns}) SELECT {columns} FROM stage '
        f"ON CONFLICT (time, series) DO UPDATE SET {update} "
        f"WHERE ROW({was}) IS DISTINCT FROM ROW({now})"  # what is the same leaves no dead row
    )
    await connection.execute("DROP TABLE stage")
