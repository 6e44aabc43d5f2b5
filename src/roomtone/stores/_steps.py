"""How reads at coarser steps are put together: which table tells which stretch, and the sums."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

import numpy as np

from roomtone.errors import StoreError, UndeclaredField
from roomtone.points import Block, Measurement, Point
from roomtone.stores._schema import STEPS

READ_ROWS = 2_000_000  # rows one coarse read may gather before it is refused

Row = tuple[Any, ...]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_EXACT_MS = 2**32 * 1000  # up to here seconds as a float are exact enough, and quicker


def to_ms(time: datetime) -> int:
    """An aware instant as epoch milliseconds."""
    return (time - EPOCH) // _MS


def from_ms(ms: int) -> datetime:
    """Epoch milliseconds as an instant in UTC."""
    if 0 <= ms < _EXACT_MS:
        return datetime.fromtimestamp(ms / 1000, UTC)
    return EPOCH + ms * _MS


def check_fields(measurement: Measurement, fields: Sequence[str]) -> None:
    """Raise StoreError for a field that is not declared."""
    if unknown := set(fields) - measurement.fields.keys():
        raise StoreError(
            f"{measurement.name} has no field {', '.join(sorted(unknown))}; "
            f"choose among: {', '.join(measurement.fields)}"
        )


def check_tags(measurement: Measurement, tags: Collection[str]) -> None:
    """Raise StoreError for a tag that is not declared."""
    if unknown := set(tags) - set(measurement.tags):
        raise StoreError(
            f"{measurement.name} has no tag {', '.join(sorted(unknown))}; "
            f"choose among: {', '.join(measurement.tags)}"
        )


def check_block(measurement: Measurement, block: Block) -> None:
    """Raise for tags, numbers or texts of a block that are not those of its measurement."""
    if set(block.tags) != set(measurement.tags):
        raise StoreError(
            f"a block of {measurement.name} came with the tags {sorted(block.tags)}; "
            f"give exactly those it declares: {sorted(measurement.tags)}"
        )
    declared = measurement.fields
    unknown = {name for name in block.fields if name not in declared or declared[name].is_text}
    unknown |= block.texts.keys() - measurement.texts.keys() if block.texts else set()
    if unknown:
        raise UndeclaredField(measurement.name, unknown)


def blank(measurement: Measurement, block: Block) -> Block:
    """The rows of a block with nothing in them: where they are written, nothing is known any more.

    A rollup that is made again over them loses what it had of them; a deleted row it would keep.
    """
    rows = len(block)
    return replace(
        block,
        fields={name: np.full(rows, np.nan) for name in measurement.numbers},
        texts={name: np.full(rows, None, object) for name in measurement.texts},
    )


def minutes_of(block: Block) -> list[int]:
    """The minutes (epoch ms) that a block writes to, in order."""
    if block.times is None:
        at = to_ms(block.time)
        return [at - at % 60_000] if len(block) else []
    minutes: list[int] = np.unique(block.times - block.times % 60_000).tolist()
    return minutes


def numbers_of(measurement: Measurement, names: Sequence[str]) -> list[str]:
    """Those of these fields that are numbers: texts have no steps."""
    return [name for name in names if not measurement.fields[name].is_text]


def shown_columns(names: Sequence[str], step_s: int) -> list[str]:
    """What a read of these fields gives, in the order of its rows."""
    if step_s == 0:
        return list(names)
    return [column for name in names for column in (name, f"{name}_min", f"{name}_max")]


def points_of(
    measurement: Measurement,
    rows: Iterable[Row],
    tags: Mapping[int, Mapping[str, str]],
    columns: Sequence[str],
) -> list[Point]:
    """Rows of (epoch ms, series, numbers or texts...) as points; `tags` by series."""
    words = measurement.texts.keys() & set(columns)
    if words:
        return [_with_texts(measurement, row, tags[row[1]], columns, words) for row in rows]
    return [
        Point(
            measurement.name,
            from_ms(row[0]),
            tags[row[1]],
            {c: v for c, v in zip(columns, row[2:], strict=True) if v is not None},
        )
        for row in rows
    ]


def _with_texts(
    measurement: Measurement,
    row: Row,
    tags: Mapping[str, str],
    columns: Sequence[str],
    words: Collection[str],
) -> Point:
    numbers: dict[str, float] = {}
    texts: dict[str, str] = {}
    for column, value in zip(columns, row[2:], strict=True):
        if value is not None:
            if column in words:
                texts[column] = value
            else:
                numbers[column] = value
    return Point(measurement.name, from_ms(row[0]), tags, numbers, texts)


def too_much() -> StoreError:
    """What a read is told that gathers more than `READ_ROWS`."""
    return StoreError("this read gathers too much; ask for a shorter time or fewer series")


def widened(start: int, end: int, step_s: int) -> tuple[int, int]:
    """The range in epoch ms, widened to whole steps."""
    step_ms = step_s * 1000
    return start - start % step_ms, end + -end % step_ms


def finest(step_s: int) -> int:
    """The coarsest table whose rows add up to steps of this length."""
    return max(step for step in STEPS if step == 0 or step_s % step == 0)


def columns_of(names: Sequence[str], table_step: int) -> list[str]:
    """The columns of a table that are read for these fields."""
    parts = ("", "_min", "_max", "_n") if table_step else ("",)
    return [f"{name}{part}" for name in names for part in parts]


def as_rollup(row: Row) -> Row:
    """A row of points in the form of a rollup's."""
    return row[:2] + tuple(x for v in row[2:] for x in (v, v, v, 0 if v is None else 1))


def summarise(gathered: list[Row], step_s: int, fields: int) -> list[Row]:
    """Rows of (time, series, then mean, min, max of each field), one per step and series."""
    step_ms = step_s * 1000

    def place(row: Row) -> tuple[int, int]:
        return row[0] - row[0] % step_ms, row[1]

    gathered.sort(key=place)
    return [
        (time, id, *_merge(list(rows), fields)) for (time, id), rows in groupby(gathered, key=place)
    ]


def _merge(rows: list[Row], fields: int) -> list[float | None]:
    """Mean, min and max of each field over rows of (…, mean, min, max, n per field)."""
    if not fields:
        return []
    if len(rows) == 1:
        return [rows[0][2 + 4 * f + part] for f in range(fields) for part in range(3)]
    table = np.array([row[2:] for row in rows], dtype=np.float64).reshape(len(rows), fields, 4)
    mean, low, high, n = (table[:, :, part] for part in range(4))
    n = np.nan_to_num(n)
    total = n.sum(axis=0)
    merged: list[float | None] = []
    for f in range(fields):
        if not total[f]:
            merged += [None, None, None]
            continue
        known = n[:, f] > 0
        weighted = float((mean[known, f] * n[known, f]).sum() / total[f])
        merged += [weighted, float(low[known, f].min()), float(high[known, f].max())]
    return merged


def stretches(
    due: Callable[[int], Collection[int]], step_s: int, start: int, end: int
) -> Iterator[tuple[int, int, int]]:
    """Cut [start, end) into (step, from, to) so that each stretch is true in the table of its step.

    `due` gives for a step what is newer than its rollup: the next finer table stands in for it.
    """
    for step, group in groupby(_stretches(due, step_s, start, end), key=lambda part: part[0]):
        whole = list(group)
        yield step, whole[0][1], whole[-1][2]


def _stretches(
    due: Callable[[int], Collection[int]], step_s: int, start: int, end: int
) -> Iterable[tuple[int, int, int]]:
    if step_s == 0:
        yield 0, start, end
        return
    finer = STEPS[STEPS.index(step_s) - 1]
    long_ms = step_s * 1000
    stale = set(due(step_s))
    if finer:  # an hour is also stale when one of its minutes is
        stale |= {at - at % long_ms for at in due(finer)}
    at = start
    for hole in sorted(stale):
        if at <= hole < end:
            yield from ((step_s, at, hole),) if at < hole else ()
            yield from _stretches(due, finer, hole, hole + long_ms)
            at = hole + long_ms
    if at < end:
        yield step_s, at, end
