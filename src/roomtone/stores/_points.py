"""Writes blocks into the tables of their measurement and reads points back, at any step."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from itertools import repeat
from typing import Any

from roomtone.points import Block, Measurement, Point
from roomtone.stores import _steps as steps
from roomtone.stores._archive_talks import storable
from roomtone.stores._minute import SMALL, UNCOUNTED, Minute
from roomtone.stores._rollup import due, mark_written, roll_up
from roomtone.stores._schema import Tables, tables_of

SLICE_ROWS = 2_000  # rows turned from columns into Python at once: below a millisecond each
KNOWN_SERIES = 200_000  # ids remembered per measurement: some 30 MB, then the book is begun anew
INDEX_SERIES = 1_000  # up to so many series are read off their index, where they have one
SEEK_SERIES = 16  # up to so many series are looked up instant by instant, more by a scan


class Writer:
    """Writes for one measurement. It lives on the writing thread and remembers series ids."""

    def __init__(self, measurement: Measurement) -> None:
        self.tables: Tables = tables_of(measurement)
        self._known: dict[Any, int] = {}  # by tag value, or by the tuple of values
        self._before: dict[Any, int] = {}  # those of the minute before: who is gone is forgotten
        self._statements: dict[tuple[str, ...], str] = {}
        self._summed: dict[int, Minute] = {}  # by start; those that are being written
        self._newest = -(2**62)  # minute that was ever written: the live one

    def write(self, connection: sqlite3.Connection, blocks: Sequence[Block]) -> None:
        """Upsert all rows, and roll up what these blocks do not touch any more."""
        minutes: set[int] = set()
        if len(self._known) > KNOWN_SERIES:
            self._known.clear()
        for block in blocks:
            steps.check_block(self.tables.measurement, block)
        for block in blocks:
            if not len(block):
                continue
            touched = steps.minutes_of(block)
            if new := [minute for minute in touched if minute not in minutes]:
                mark_written(connection, block.measurement, new)
                minutes.update(new)
            ids = self._ids(connection, block)
            if block.times is None and len(ids) >= SMALL:
                summed = self._summed.setdefault(touched[0], Minute(self.tables.fields))
                summed.add(steps.to_ms(block.time), ids, block.fields)
            else:
                self._summed |= dict.fromkeys(touched, UNCOUNTED)
            self._put(connection, block, ids)
        if not minutes:
            return
        last = max(minutes)
        if last > self._newest:
            self._known, self._before, self._newest = {}, self._known, last
        spared = frozenset([last, self._newest])  # history that comes in between spares the live
        roll_up(connection, self.tables, spared, self._summed)
        self._summed = {start: self._summed[start] for start in spared & self._summed.keys()}

    def retract(self, connection: sqlite3.Connection, blocks: Sequence[Block]) -> None:
        """Take rows back, inside the caller's transaction.

        They are emptied first, and their rollups made again: of a row that is just not there a
        rollup would keep what it had.
        """
        blanks = [steps.blank(self.tables.measurement, block) for block in blocks]
        self.write(connection, blanks)
        roll_up(connection, self.tables)
        for block in blanks:
            times = [steps.to_ms(block.time_of(row)) for row in range(len(block))]
            connection.executemany(
                f'DELETE FROM "{self.tables.name(0)}" WHERE time = ? AND series = ?',
                zip(times, self._ids(connection, block), strict=True),
            )

    def forget(self) -> None:
        """The transaction was undone, and with it what we remember of it."""
        self._known.clear()
        self._before.clear()
        self._summed.clear()

    def _put(self, connection: sqlite3.Connection, block: Block, ids: Sequence[int]) -> None:
        names = (*block.fields, *block.texts)
        sql = self._statements.get(names) or self._prepare(names)
        columns = list(block.fields.values())
        texts = list(block.texts.values())
        at = repeat(steps.to_ms(block.time))
        for start in range(0, len(ids), SLICE_ROWS):
            part = slice(start, start + SLICE_ROWS)
            # The driver stores NaN as NULL, which is what absent means here.
            values: list[Iterable[Any]] = [column[part].tolist() for column in columns]
            values += [
                [None if text is None else storable(text) for text in column[part].tolist()]
                for column in texts
            ]
            times = at if block.times is None else block.times[part].tolist()
            connection.executemany(sql, zip(times, ids[part], *values))  # noqa: B905

    def _prepare(self, names: tuple[str, ...]) -> str:
        columns = "".join(f', "{name}"' for name in names)
        update = ", ".join(f'"{name}" = excluded."{name}"' for name in names)
        sql = self._statements[names] = (
            f'INSERT INTO "{self.tables.name(0)}" (time, series{columns}) '
            f"VALUES (?, ?{', ?' * len(names)}) ON CONFLICT DO "
            + (f"UPDATE SET {update}" if names else "NOTHING")
        )
        return sql

    def _ids(self, connection: sqlite3.Connection, block: Block) -> list[int]:
        declared = self.tables.measurement
        columns = [block.tags[name].tolist() for name in declared.tags]
        keys: list[Any]
        if len(columns) == 1:
            (keys,) = columns
        else:
            keys = list(zip(*columns, strict=True)) or [()] * len(block)
        known = self._known
        ids = list(map(known.get, keys))
        if None in ids:
            for key in dict.fromkeys(key for key, id in zip(keys, ids, strict=True) if id is None):
                found = self._before.get(key)
                if found is None:
                    values = (key,) if len(columns) == 1 else key
                    found = self._add_series(connection, [str(value) for value in values])
                known[key] = found
            return [known[key] for key in keys]
        return ids  # type: ignore[return-value]

    def _add_series(self, connection: sqlite3.Connection, values: Sequence[str]) -> int:
        declared = self.tables.measurement
        tags = dict(zip(declared.tags, values, strict=True))
        if found := _exact(connection, declared, tags):
            return found[0]
        id = connection.execute(
            "INSERT INTO series (measurement, tags) VALUES (?, ?)",
            (declared.name, tags_text(declared, tags)),
        ).lastrowid
        assert id is not None
        connection.executemany(
            "INSERT OR IGNORE INTO series_tags VALUES (?, ?, ?)",
            [(name, value, id) for name, value in tags.items()],
        )
        return id


def tags_text(measurement: Measurement, tags: Mapping[str, str]) -> str:
    return json.dumps([[name, tags[name]] for name in sorted(measurement.tags)], ensure_ascii=False)


def _exact(
    connection: sqlite3.Connection, measurement: Measurement, tags: Mapping[str, str]
) -> list[int]:
    rows = connection.execute(
        "SELECT id FROM series WHERE measurement = ? AND tags = ?",
        (measurement.name, tags_text(measurement, tags)),
    )
    return [id for (id,) in rows]


def find_series(
    connection: sqlite3.Connection, measurement: Measurement, tags: Mapping[str, str]
) -> list[int] | None:
    """The ids of all series with these tags; None when every series of the measurement has them."""
    steps.check_tags(measurement, tags)
    if not tags:
        return None
    if len(tags) == len(measurement.tags):
        return _exact(connection, measurement, tags)
    every = " INTERSECT ".join(
        ["SELECT series FROM series_tags WHERE name = ? AND value = ?"] * len(tags)
    )
    rows = connection.execute(
        f"SELECT id FROM series WHERE measurement = ? AND id IN ({every})",
        (measurement.name, *(part for pair in tags.items() for part in pair)),
    )
    return [id for (id,) in rows]


def select_sql(
    table: str, columns: Iterable[str], ids: Sequence[int] | None, *, one_by_one: bool = False
) -> str:
    """The query for the rows of one stretch, oldest first; see `_rows` for its parameters.

    Few series: the instants that exist are hopped over in the key (time, series), and each
    series is looked up at each of them; `one_by_one`, where hardly two series share an instant,
    each is read off its own index. Many: one scan of the stretch.
    """
    listed = "".join(f', d."{column}"' for column in columns)
    if one_by_one and ids is not None and len(ids) <= INDEX_SERIES:
        return (
            f'SELECT d.time, d.series{listed} FROM "{table}" AS d INDEXED BY "ix_{table}" '
            "WHERE d.series IN (SELECT value FROM json_each(?4)) "
            "AND d.time >= ?1 AND d.time < ?2 ORDER BY d.time, d.series LIMIT ?3"
        )
    if ids is not None and len(ids) <= SEEK_SERIES:
        places = ", ".join(f"?{4 + i}" for i in range(len(ids)))
        return (
            f'WITH RECURSIVE t(time) AS (SELECT min(time) FROM "{table}" WHERE time >= ?1 '
            f'UNION ALL SELECT (SELECT min(time) FROM "{table}" WHERE time > t.time) FROM t '
            f"WHERE t.time < ?2) SELECT d.time, d.series{listed} "
            f'FROM t CROSS JOIN "{table}" AS d ON d.time = t.time '
            f"WHERE t.time < ?2 AND d.series IN ({places}) LIMIT ?3"
        )
    among = "" if ids is None else "AND d.series IN (SELECT value FROM json_each(?4)) "
    return (
        f'SELECT d.time, d.series{listed} FROM "{table}" AS d '
        f"WHERE d.time >= ?1 AND d.time < ?2 {among}ORDER BY d.time, d.series LIMIT ?3"
    )


def _rows(
    connection: sqlite3.Connection,
    tables: Tables,
    step_s: int,
    columns: Iterable[str],
    ids: Sequence[int] | None,
    start: int,
    end: int,
    limit: int,
) -> list[tuple[Any, ...]]:
    if ids == [] or start >= end:
        return []
    sql = select_sql(tables.name(step_s), columns, ids, one_by_one=tables.one_by_one)
    parameters: list[Any] = [start, end, limit]
    if ids is not None:
        parameters += [json.dumps(ids)] if "json_each" in sql else ids
    return connection.execute(sql, parameters).fetchall()


def read(
    connection: sqlite3.Connection,
    tables: Tables,
    *,
    tags: Mapping[str, str],
    fields: Sequence[str],
    start: int,
    end: int,
    step_s: int,
    limit: int,
) -> list[Point]:
    """Points of [start, end) in epoch ms, oldest first; see `SeriesStore.read` for the contract."""
    measurement = tables.measurement
    steps.check_fields(measurement, fields)
    names = list(fields) or list(measurement.fields)
    ids = find_series(connection, measurement, tags)
    if step_s == 0:
        rows = _rows(connection, tables, 0, names, ids, start, end, limit)
    else:
        names = steps.numbers_of(measurement, names)
        rows = _coarse(connection, tables, names, ids, start, end, step_s)[:limit]
    texts = _tags_of(connection, {row[1] for row in rows})
    return steps.points_of(measurement, rows, texts, steps.shown_columns(names, step_s))


def _tags_of(connection: sqlite3.Connection, ids: set[int]) -> dict[int, dict[str, str]]:
    rows = connection.execute(
        "SELECT id, tags FROM series WHERE id IN (SELECT value FROM json_each(?))",
        (json.dumps(sorted(ids)),),
    )
    return {id: dict(json.loads(text)) for id, text in rows}


def _coarse(
    connection: sqlite3.Connection,
    tables: Tables,
    names: Sequence[str],
    ids: Sequence[int] | None,
    start: int,
    end: int,
    step_s: int,
) -> list[tuple[Any, ...]]:
    """Rows of (time, series, then mean, min, max of each field), one per step and series."""
    start, end = steps.widened(start, end, step_s)
    gathered: list[tuple[Any, ...]] = []
    for table_step, a, b in steps.stretches(
        lambda step: due(connection, tables.measurement.name, step),
        steps.finest(step_s),
        start,
        end,
    ):
        columns = steps.columns_of(names, table_step)
        rows = _rows(connection, tables, table_step, columns, ids, a, b, steps.READ_ROWS)
        gathered += rows if table_step else map(steps.as_rollup, rows)
        if len(gathered) >= steps.READ_ROWS:
            raise steps.too_much()
    return steps.summarise(gathered, step_s, len(names))
