"""Writes blocks into PostgreSQL, one COPY per measurement, and reads points back at any step."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from roomtone.errors import StoreError
from roomtone.points import Block, Measurement, Point
from roomtone.stores import _steps as steps
from roomtone.stores._minute import SMALL, UNCOUNTED, Minute
from roomtone.stores._pg_aggregates import refresh
from roomtone.stores._pg_copy import Group, Series, Times, group_of, put, write_bravely
from roomtone.stores._pg_pool import Connection, Pool, named
from roomtone.stores._pg_rollup import due, mark_sql, roll_up
from roomtone.stores._points import KNOWN_SERIES, SEEK_SERIES, tags_text
from roomtone.stores._schema import Tables, tables_of
from roomtone.stores._steps import to_ms

T = TypeVar("T")
FETCH_ROWS = 1_000  # rows turned into points in one turn of the loop: some milliseconds
NEW_SERIES = 2_000  # series made by one statement
INLINE_ROWS = 500  # up to so many rows a thread costs more than it spares the loop


class SeriesLost(StoreError):
    """The server went back in time: an older copy of the database, or a standby that was behind."""


class Writer:
    """Writes for one measurement, and remembers the ids of its series."""

    def __init__(self, measurement: Measurement) -> None:
        self.tables: Tables = tables_of(measurement)
        self.newest = -(2**62)  # minute that was ever written: the live one
        self.aggregated = False  # by the server, and so not by us
        self._known: dict[Any, int] = {}  # by tag value, or by the tuple of values
        self._newest = (0, "")  # the id and the tags' text of the last series that was entered
        self._summed: dict[int, Minute] = {}  # by start; those that are being written

    def check(self, blocks: Iterable[Block]) -> None:
        """Refuse what is not declared before anything is begun."""
        for block in blocks:
            steps.check_block(self.tables.measurement, block)

    async def ids(self, pool: Pool, blocks: Sequence[Block]) -> list[Series]:
        """The ids of each block's series; new ones are entered in a transaction of their own.

        So what is remembered here is never undone with a tick that fails.
        """
        if len(self._known) > KNOWN_SERIES:
            self._known.clear()
        found, new = await quietly(self._look_up, blocks)
        if new:
            await self._enter(new, pool)
            found, _ = await quietly(self._look_up, blocks)
        return found

    def _look_up(self, blocks: Sequence[Block]) -> tuple[list[Series], list[Any]]:
        """What is known of the blocks' series: their ids, or else the keys that are new."""
        keys = [self._keys(block) for block in blocks]
        found = [list(map(self._known.get, listed)) for listed in keys]
        if any(None in ids for ids in found):
            new = dict.fromkeys(key for listed in keys for key in listed if key not in self._known)
            return [], [*new]
        return [np.array(ids, np.int64) for ids in found], []

    async def _enter(self, keys: Sequence[Any], pool: Pool) -> None:
        for first in range(0, len(keys), NEW_SERIES):
            by_text = {self._text(key): key for key in keys[first : first + NEW_SERIES]}
            found = await pool.write(
                lambda c, texts=[*by_text]: _enter(c, self.tables.measurement, texts)  # type: ignore[misc]
            )
            self._known |= {by_text[text]: id for text, id in found.items()}
            self._newest = max(self._newest, *((id, text) for text, id in found.items()))

    async def check_series(self, connection: Connection) -> None:
        """Raise SeriesLost where the server no longer has the newest series that we know.

        What goes back in time loses the newest first; its ids would be given to others.
        """
        id, text = self._newest
        if not id:
            return
        found = await connection.fetchval(
            "SELECT id FROM series WHERE measurement = $1 AND tags = $2",
            self.tables.measurement.name,
            text,
        )
        if found != id:
            raise SeriesLost("the database no longer has its newest series; enter them again")

    def forget_series(self) -> None:
        """Look all of them up again."""
        self._known.clear()
        self._newest = (0, "")

    def forget(self) -> None:
        """The transaction was undone, and with it what was added up of it."""
        self._summed.clear()

    async def roll_up(self, pool: Pool, minutes: list[int]) -> None:
        """Roll up what these minutes show to be over; the live minute and the last one wait."""
        last, before = minutes[-1], self.newest
        self.newest = max(before, last)
        spared = {last, self.newest}
        summed = self._summed
        self._summed = {start: summed[start] for start in spared & summed.keys()}
        if not self.aggregated and (self.newest > before or set(minutes) - spared):
            await roll_up(pool, self.tables, spared, summed)

    async def make_good(self, pool: Pool) -> None:
        """Bring all rollups up to date, or have the server do so."""
        if self.aggregated:
            await refresh(pool, self.tables, ())
        else:
            await roll_up(pool, self.tables)

    def _keys(self, block: Block) -> list[Any]:
        columns = [block.tags[name].tolist() for name in self.tables.measurement.tags]
        if len(columns) == 1:
            only: list[Any] = columns[0]
            return only
        return list(zip(*columns, strict=True)) or [()] * len(block)

    def _text(self, key: Any) -> str:
        tags = self.tables.measurement.tags
        values = (key,) if len(tags) == 1 else key
        return tags_text(
            self.tables.measurement,
            {tag: named(str(value)) for tag, value in zip(tags, values, strict=True)},
        )

    def groups(self, blocks: Sequence[Block], ids: Sequence[Series]) -> list[Group]:
        """What is to be copied, in order, and added up on the way: work for a thread."""
        for block, series in zip(blocks, ids, strict=True):
            if self.aggregated:
                break
            if block.times is None and len(series) >= SMALL:
                at = to_ms(block.time)
                minute = self._summed.setdefault(at - at % 60_000, Minute(self.tables.fields))
                minute.add(at, series, block.fields)
            else:
                self._summed |= dict.fromkeys(steps.minutes_of(block), UNCOUNTED)
        made: list[Group] = []
        first = 0
        while first < len(blocks):
            kind = _kind(blocks[first])
            last = first + 1
            while last < len(blocks) and _kind(blocks[last]) == kind:
                last += 1
            made.append(_group(*kind, blocks[first:last], ids[first:last]))
            first = last
        return made


async def quietly(work: Callable[..., T], blocks: Sequence[Block], *more: Any) -> T:
    """Do pure work on these blocks; in a thread, where it would hold up the loop."""
    if sum(map(len, blocks)) > INLINE_ROWS:
        return await asyncio.to_thread(work, blocks, *more)
    return work(blocks, *more)


def minutes_of(blocks: Iterable[Block]) -> list[int]:
    """The minutes (epoch ms) that these blocks write to."""
    return sorted({minute for block in blocks for minute in steps.minutes_of(block)})


def _kind(block: Block) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Which numbers and which texts a block has: blocks of one kind are copied together."""
    return tuple(block.fields), tuple(block.texts)


def _group(
    numbers: tuple[str, ...],
    texts: tuple[str, ...],
    blocks: Sequence[Block],
    ids: Sequence[Series],
) -> Group:
    times: Times = np.concatenate(
        [np.full(len(b), to_ms(b.time)) if b.times is None else b.times for b in blocks]
    )
    columns = [np.concatenate([block.fields[name] for block in blocks]) for name in numbers]
    words = [np.concatenate([block.texts[name] for block in blocks]) for name in texts]
    return group_of((*numbers, *texts), times, np.concatenate(ids), columns, words)


async def _enter(
    connection: Connection, measurement: Measurement, texts: Sequence[str]
) -> dict[str, int]:
    """The ids of these series by their tags' text, entering those that are not there."""
    find = "SELECT tags, id FROM series WHERE measurement = $1 AND tags = ANY($2::text[])"
    found = {tags: id for tags, id in await connection.fetch(find, measurement.name, texts)}
    new = sorted(set(texts) - found.keys())  # in one order, so that no two wait for each other
    if not new:
        return found
    entered = await connection.fetch(
        "INSERT INTO series (measurement, tags) SELECT $1, unnest($2::text[]) "
        "ON CONFLICT DO NOTHING RETURNING tags, id",
        measurement.name,
        new,
    )
    rows = [(name, value, id) for tags, id in entered for name, value in json.loads(tags)]
    await connection.execute(
        "INSERT INTO series_tags SELECT * FROM unnest($1::text[], $2::text[], $3::int[]) "
        "ON CONFLICT DO NOTHING",
        *([row[part] for row in rows] for part in range(3)),
    )
    found |= {tags: id for tags, id in entered}
    if len(found) < len(set(texts)):  # another process was first with some
        found |= {tags: id for tags, id in await connection.fetch(find, measurement.name, texts)}
    return found


async def write(pool: Pool, plans: Mapping[Writer, Sequence[Block]]) -> None:
    """Write the blocks of each writer, all in one transaction; then roll up what is over."""
    try:
        await _write(pool, plans)
    except SeriesLost:
        for writer in plans:
            writer.forget_series()
        await _write(pool, plans)


async def _write(pool: Pool, plans: Mapping[Writer, Sequence[Block]]) -> None:
    made: list[tuple[Writer, list[Group]]] = []
    marks = []
    try:
        for writer, blocks in plans.items():
            ids = await writer.ids(pool, blocks)
            made.append((writer, await quietly(writer.groups, blocks, ids)))
            marks.append(mark_sql(writer.tables.measurement.name, minutes_of(blocks)))

        async def job(connection: Connection, careful: bool) -> None:
            for writer, groups in made:
                await writer.check_series(connection)
                await put(connection, writer.tables.name(0), groups, careful=careful)

        await write_bravely(pool, job, first="; ".join(marks))
    except BaseException:
        for writer in plans:
            writer.forget()
        raise
    for writer, blocks in plans.items():
        await writer.roll_up(pool, minutes_of(blocks))


# -- reading -------------------------------------------------------------------------------------


async def find_series(
    connection: Connection, measurement: Measurement, tags: Mapping[str, str]
) -> list[int] | None:
    """The ids of all series with these tags; None when every series of the measurement has them."""
    steps.check_tags(measurement, tags)
    if not tags:
        return None
    if any(value != _storable(value) for value in tags.values()):
        return []
    if len(tags) == len(measurement.tags):
        rows = await connection.fetch(
            "SELECT id FROM series WHERE measurement = $1 AND tags = $2",
            measurement.name,
            tags_text(measurement, tags),
        )
        return [row[0] for row in rows]
    every = " INTERSECT ".join(
        f"SELECT series FROM series_tags WHERE name = ${2 + 2 * i} AND value = ${3 + 2 * i}"
        for i in range(len(tags))
    )
    rows = await connection.fetch(
        f"SELECT id FROM series WHERE measurement = $1 AND id IN ({every})",
        measurement.name,
        *(part for pair in tags.items() for part in pair),
    )
    return [row[0] for row in rows]


def _storable(value: str) -> str:
    try:
        return named(value)
    except StoreError:
        return ""


def select_sql(
    table: str, columns: Iterable[str], ids: Collection[int] | None, *, one_by_one: bool = False
) -> str:
    """The query for the rows of [$1, $2), oldest first, at most $3; $4 are the series wanted.

    Few series: the instants that exist are hopped over in the key (time, series), and the series
    are looked up at each of them. Many: one scan of the stretch. `one_by_one`, where hardly two
    series share an instant, there is an index by series, and the server chooses.
    """
    listed = "".join(f', d."{column}"' for column in columns)
    if ids is not None and len(ids) <= SEEK_SERIES and not one_by_one:
        return (
            f'WITH RECURSIVE t(time) AS ((SELECT time FROM "{table}" WHERE time >= $1 '
            "AND time < $2 ORDER BY time LIMIT 1) UNION ALL "
            f'SELECT (SELECT d.time FROM "{table}" d WHERE d.time > t.time AND d.time < $2 '
            "ORDER BY d.time LIMIT 1) FROM t WHERE t.time IS NOT NULL) "
            f"SELECT d.* FROM t CROSS JOIN LATERAL (SELECT d.time, d.series{listed} "
            f'FROM "{table}" d '
            "WHERE d.time = t.time AND d.series = ANY($4::int[]) OFFSET 0) d LIMIT $3"
        )
    among = "" if ids is None else "AND d.series = ANY($4::int[]) "
    return (
        f'SELECT d.time, d.series{listed} FROM "{table}" d '
        f"WHERE d.time >= $1 AND d.time < $2 {among}ORDER BY d.time, d.series LIMIT $3"
    )


async def _rows(
    connection: Connection,
    tables: Tables,
    step_s: int,
    columns: Iterable[str],
    ids: Sequence[int] | None,
    start: int,
    end: int,
    limit: int,
) -> list[steps.Row]:
    if ids == [] or start >= end:
        return []
    given = [start, end, limit] if ids is None else [start, end, limit, ids]
    sql = select_sql(tables.name(step_s), columns, ids, one_by_one=tables.one_by_one)
    cursor = await connection.cursor(sql, *given)
    rows: list[steps.Row] = []
    while some := await cursor.fetch(FETCH_ROWS):
        rows += map(tuple, some)
        await asyncio.sleep(0)
    return rows


async def read(
    connection: Connection,
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
    ids = await find_series(connection, measurement, tags)
    if step_s == 0:
        rows = await _rows(connection, tables, 0, names, ids, start, end, limit)
    else:
        names = steps.numbers_of(measurement, names)
        gathered = await _gather(connection, tables, names, ids, start, end, step_s)
        rows = await asyncio.to_thread(steps.summarise, gathered, step_s, len(names))
        rows = rows[:limit]
    texts = {
        id: dict(json.loads(text))
        for id, text in await connection.fetch(
            "SELECT id, tags FROM series WHERE id = ANY($1::int[])", list({row[1] for row in rows})
        )
    }
    columns = steps.shown_columns(names, step_s)
    points: list[Point] = []
    for first in range(0, len(rows), FETCH_ROWS):
        points += steps.points_of(measurement, rows[first : first + FETCH_ROWS], texts, columns)
        await asyncio.sleep(0)
    return points


async def _gather(
    connection: Connection,
    tables: Tables,
    names: Sequence[str],
    ids: Sequence[int] | None,
    start: int,
    end: int,
    step_s: int,
) -> list[steps.Row]:
    """What the steps of the range, widened to whole ones, are made of, in the form of rollups."""
    start, end = steps.widened(start, end, step_s)
    stale = await due(connection, tables.measurement.name)
    gathered: list[steps.Row] = []
    parts = steps.stretches(lambda step: stale.get(step, ()), steps.finest(step_s), start, end)
    for table_step, a, b in parts:
        columns = steps.columns_of(names, table_step)
        rows = await _rows(connection, tables, table_step, columns, ids, a, b, steps.READ_ROWS)
        gathered += rows if table_step else map(steps.as_rollup, rows)
        if len(gathered) >= steps.READ_ROWS:
            raise steps.too_much()
    return gathered
