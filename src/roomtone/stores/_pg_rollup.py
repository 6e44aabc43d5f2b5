"""Keeps rollups in PostgreSQL true to the points, and lets go of what is past keeping."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from roomtone.stores._minute import Minute
from roomtone.stores._pg_copy import Group, group_of, put, write_bravely
from roomtone.stores._pg_edition import Edition
from roomtone.stores._pg_pool import Connection, Pool
from roomtone.stores._rollup import HOUR_MS, SLICE_ROWS
from roomtone.stores._schema import STEPS, Tables
from roomtone.stores._steps import from_ms

RUN = 60  # steps that are rolled up by one statement
ROLL_S = 120.0  # for one such statement


def mark_sql(measurement: str, minutes: Sequence[int]) -> str:
    """Note that points of these minutes (epoch ms) are newer than their minute and hour's books.

    It is text without parameters, so that it travels together with what begins the transaction.

    A row that is there is written again, which locks it: whoever rolls up at this moment takes
    its row away first and then reads, so either it sees our points or we leave it a new row.
    """
    hours = sorted({minute - minute % HOUR_MS for minute in minutes})
    due_rows = ", ".join(f"('{measurement}', 60, '{from_ms(at).isoformat()}')" for at in minutes)
    kept_rows = ", ".join(
        f"('{measurement}', '{from_ms(at).isoformat()}', 0, NULL)" for at in hours
    )
    return (
        f"INSERT INTO rollups_due VALUES {due_rows} "
        "ON CONFLICT (measurement, step_s, start) DO UPDATE SET step_s = 60; "
        f"INSERT INTO hours_kept VALUES {kept_rows} "
        "ON CONFLICT (measurement, start) DO UPDATE SET finest_s = 0, written = NULL "
        "WHERE hours_kept.finest_s > 0 OR hours_kept.written IS NOT NULL"
    )


async def due(connection: Connection, measurement: str) -> dict[int, list[int]]:
    """By step: the starts (epoch ms) of what has changed since it was rolled up, in order."""
    rows = await connection.fetch(
        "SELECT step_s, start FROM rollups_due WHERE measurement = $1 ORDER BY step_s, start",
        measurement,
    )
    found: dict[int, list[int]] = {}
    for step_s, start in rows:
        found.setdefault(step_s, []).append(start)
    return found


async def roll_up(
    pool: Pool,
    tables: Tables,
    spared: Iterable[int] = (),
    summed: Mapping[int, Minute] = MappingProxyType({}),
) -> None:
    """Compute again each minute and each hour that is due, from all the rows there are of it.

    `spared` are the minutes (epoch ms) that likely will be written again at once: they and
    their hours wait. `summed` has the minutes that were added up while they were written. Each
    run of steps is a transaction of its own.
    """
    name = tables.measurement.name
    for step_s in STEPS[1:]:
        long_ms = step_s * 1000
        waiting = {start - start % long_ms for start in spared}
        starts = (await pool.ask(lambda c: due(c, name))).get(step_s, [])
        starts = [start for start in starts if start not in waiting]
        if step_s == 60:
            added = [start for start in starts if start in summed and summed[start].rows > 0]
            for start in added:
                await _put_down(pool, tables, start, summed[start])
            starts = [start for start in starts if start not in added]
        for first in range(0, len(starts), RUN):
            some = starts[first : first + RUN]
            await pool.write(
                lambda c, s=step_s, some=some: _roll(c, tables, s, some),  # type: ignore[misc]
                timeout_s=max(ROLL_S, pool.address.timeout_s),
            )


def runs(starts: Sequence[int], long_ms: int) -> Iterable[tuple[int, int]]:
    """Starts in order as stretches [a, b) of at most `RUN` steps, which may have holes."""
    at = 0
    while at < len(starts):
        first, last = at, at + 1
        while last < len(starts) and starts[last] < starts[first] + RUN * long_ms:
            last += 1
        yield starts[first], starts[last - 1] + long_ms
        at = last


async def _roll(connection: Connection, tables: Tables, step_s: int, starts: list[int]) -> None:
    await _take_away(connection, tables.measurement.name, step_s, starts)
    a, b = starts[0], starts[-1] + step_s * 1000
    if b - a == len(starts) * step_s * 1000:
        await connection.execute(roll_sql(tables, step_s), a, b)
    else:
        await connection.execute(roll_sql(tables, step_s, scattered=True), a, b, starts)


async def _take_away(connection: Connection, name: str, step_s: int, starts: Sequence[int]) -> None:
    """Of these steps nothing is due any more, but of their hours there is."""
    await connection.execute(
        "DELETE FROM rollups_due WHERE measurement = $1 AND step_s = $2 "
        "AND start = ANY($3::timestamptz[])",
        name,
        step_s,
        starts,
    )
    if step_s < STEPS[-1]:
        hours = sorted({start - start % HOUR_MS for start in starts})
        await connection.execute(
            "INSERT INTO rollups_due SELECT $1, 3600, unnest($2::timestamptz[]) "
            "ON CONFLICT (measurement, step_s, start) DO UPDATE SET step_s = 3600",
            name,
            hours,
        )


async def _put_down(pool: Pool, tables: Tables, start: int, minute: Minute) -> None:
    """Copy a minute that was added up; where others wrote to it too, it is read back instead."""
    group = await asyncio.to_thread(_minute_group, tables, start, minute)

    async def job(connection: Connection, careful: bool) -> None:
        # Its row goes first, which waits for whoever writes to the minute at this moment.
        await _take_away(connection, tables.measurement.name, 60, [start])
        rows = await connection.fetchval(
            f'SELECT count(*) FROM "{tables.name(0)}" WHERE time >= $1 AND time < $2',
            start,
            start + 60_000,
        )
        if rows != minute.rows:
            await connection.execute(roll_sql(tables, 60), start, start + 60_000)
        else:
            await put(connection, tables.name(60), [group], careful=careful)

    await write_bravely(pool, job)


def _minute_group(tables: Tables, start: int, minute: Minute) -> Group:
    ids, columns = minute.table()
    series = np.array(ids, np.int64)
    order = np.argsort(series)
    return group_of(
        tuple(tables.columns(60)),
        np.full(len(series), start, np.int64),
        series[order],
        [column[order] for column in columns],
    )


def summing(fields: Sequence[str], finer: int) -> list[str]:
    """For each column of a rollup the expression that it is, over rows of the next finer table."""
    parts = []
    for f in fields:
        if finer == 0:
            parts += [f'avg("{f}")', f'min("{f}")', f'max("{f}")', f'count("{f}")::float8']
        else:
            mean = f'sum("{f}" * "{f}_n") / nullif(sum("{f}_n"), 0)'
            parts += [mean, f'min("{f}_min")', f'max("{f}_max")', f'sum("{f}_n")']
    return parts


def roll_sql(tables: Tables, step_s: int, *, scattered: bool = False) -> str:
    """The statement that makes the rollup rows of [$1, $2); `scattered`: of the steps $3 in it."""
    finer = STEPS[STEPS.index(step_s) - 1]
    columns = [f'"{column}"' for column in tables.columns(step_s)]
    update = ", ".join(f"{column} = excluded.{column}" for column in columns)
    bucket = f"date_bin('{step_s} seconds', time, 'epoch'::timestamptz)"
    steps = (  # a name that no field has
        'JOIN unnest($3::timestamptz[]) AS s("a step") ON time >= s."a step" '
        f"AND time < s.\"a step\" + INTERVAL '{step_s} seconds' "
    )
    return (
        f'INSERT INTO "{tables.name(step_s)}" ({", ".join(["time", "series", *columns])}) '
        f"SELECT {', '.join([bucket, 'series', *summing(tables.fields, finer)])} "
        f'FROM "{tables.name(finer)}" {steps * scattered}'
        f"WHERE time >= $1 AND time < $2 GROUP BY 1, 2 ORDER BY 1, 2 "
        f"ON CONFLICT (time, series) DO {f'UPDATE SET {update}' if columns else 'NOTHING'}"
    )


async def delete(
    connection: Connection, table: str, times: Sequence[int], series: Sequence[int]
) -> None:
    """Delete single points, by their times (epoch ms) and series."""
    await connection.execute(
        f'DELETE FROM "{table}" AS p USING unnest($1::timestamptz[], $2::int[]) AS g(time, series) '
        "WHERE p.time = g.time AND p.series = g.series",
        times,
        series,
    )


# -- retention -----------------------------------------------------------------------------------


async def retain(
    pool: Pool,
    tables: Tables,
    now: int,
    keep_s: Mapping[int, int | None],
    edition: Edition,
    make_good: Callable[[], Awaitable[None]],
) -> int:
    """Let go of what is past keeping; returns the rows deleted (dropped chunks count no rows).

    An hour's time counts from when it was over or was last written, whichever is later. Plain
    tables lose it in slices; of a hypertable a chunk is dropped when all its hours are past.
    `make_good` rolls up what is due, so that nothing goes before its rollup stands.
    """
    name = tables.measurement.name
    await pool.write(
        lambda c: c.execute(
            "UPDATE hours_kept SET written = $1 WHERE measurement = $2 AND written IS NULL",
            now,
            name,
        )
    )
    deleted = 0
    for place, step_s in enumerate(STEPS):
        keep = keep_s.get(step_s)
        if keep is None:
            continue
        oldest = now - keep * 1000
        past = await pool.ask(
            lambda c, o=oldest, s=step_s: c.fetchval(  # type: ignore[misc]
                "SELECT count(*) FROM hours_kept WHERE measurement = $1 AND start < $2 "
                "AND written < $3 AND finest_s <= $4",
                name,
                o - HOUR_MS + 1,
                o,
                s,
            )
        )
        if not past:
            continue
        await make_good()
        after = STEPS[place + 1] if place + 1 < len(STEPS) else None
        if edition == "none":
            deleted += await _delete_hours(pool, tables, step_s, oldest, after)
        else:
            await _drop_chunks(pool, tables, step_s, oldest, after)
    return deleted


async def _delete_hours(
    pool: Pool, tables: Tables, step_s: int, oldest: int, after: int | None
) -> int:
    deleted = 0
    while True:  # one transaction each, so that ticks are written in between
        gone = await pool.write(lambda c: _delete_some(c, tables, step_s, oldest, after))
        if gone is None:
            return deleted
        deleted += gone


async def _delete_some(
    connection: Connection, tables: Tables, step_s: int, oldest: int, after: int | None
) -> int | None:
    """Delete whole instants of the first hour that is past keeping; None when there is none."""
    name, table = tables.measurement.name, tables.name(step_s)
    start = await connection.fetchval(
        "SELECT start FROM hours_kept WHERE measurement = $1 AND start < $2 AND written < $3 "
        "AND finest_s <= $4 ORDER BY start LIMIT 1 FOR UPDATE",
        name,
        oldest - HOUR_MS + 1,
        oldest,
        step_s,
    )
    if start is None:
        return None
    at = await connection.fetchval(
        f'SELECT time FROM "{table}" WHERE time >= $1 AND time < $2 '
        "ORDER BY time LIMIT 1 OFFSET $3",
        start,
        start + HOUR_MS,
        SLICE_ROWS,
    )
    said = await connection.execute(
        f'DELETE FROM "{table}" WHERE time >= $1 AND time < $2',
        start,
        start + HOUR_MS if at is None else at + 1,
    )
    if at is None:
        await _note_gone(connection, name, start, start + HOUR_MS, after)
    return int(said.split()[-1])


async def _drop_chunks(
    pool: Pool, tables: Tables, step_s: int, oldest: int, after: int | None
) -> None:
    name, table = tables.measurement.name, tables.name(step_s)

    async def job(connection: Connection) -> None:
        for start, end in await _chunks(connection, table):
            if end > oldest:
                break
            kept = await connection.fetchval(
                "SELECT count(*) FROM (SELECT 1 FROM hours_kept WHERE measurement = $1 "
                "AND start >= $2 AND start < $3 AND (written IS NULL OR written >= $4) "
                "FOR UPDATE) AS young",
                name,
                start,
                end,
                oldest,
            )
            if kept:
                continue
            await connection.execute(
                f"SELECT drop_chunks('{table}', older_than => $1::timestamptz, "
                "newer_than => $2::timestamptz)",
                end,
                start,
            )
            await _note_gone(connection, name, start, end, after)

    await pool.write(job)


async def _chunks(connection: Connection, table: str) -> list[tuple[int, int]]:
    rows: list[Any] = await connection.fetch(
        "SELECT range_start, range_end FROM timescaledb_information.chunks "
        "WHERE (hypertable_schema = current_schema() AND hypertable_name = $1) OR "
        "(hypertable_schema, hypertable_name) IN (SELECT materialization_hypertable_schema, "
        "materialization_hypertable_name FROM timescaledb_information.continuous_aggregates "
        "WHERE view_schema = current_schema() AND view_name = $1) ORDER BY 1",
        table,
    )
    return [(start, end) for start, end in rows]


async def _note_gone(
    connection: Connection, measurement: str, start: int, end: int, after: int | None
) -> None:
    """From now on there is nothing finer than `after` of these hours; None: nothing at all."""
    if after is None:
        sql = "DELETE FROM hours_kept WHERE measurement = $1 AND start >= $2 AND start < $3"
        await connection.execute(sql, measurement, start, end)
    else:
        sql = (
            "UPDATE hours_kept SET finest_s = greatest(finest_s, $4) "
            "WHERE measurement = $1 AND start >= $2 AND start < $3"
        )
        await connection.execute(sql, measurement, start, end, after)
