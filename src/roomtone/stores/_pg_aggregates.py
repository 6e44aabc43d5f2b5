"""Continuous aggregates and compression, which only TimescaleDB's community edition has.

The minutes and hours of a measurement are then views that the server fills, under the names and
with the columns that our own rollup tables have, so that every read is the same. The books of what
is due are kept all the same: they say what is to be refreshed, and until then the next finer table
stands in for it, so that a late rewrite is told truly at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from roomtone.stores._pg_pool import Connection, Pool
from roomtone.stores._pg_rollup import runs, summing
from roomtone.stores._rollup import HOUR_MS
from roomtone.stores._schema import STEPS, Tables
from roomtone.stores._steps import from_ms

COMPRESS_AFTER = "2 days"  # what is older is hardly ever rewritten, and takes a tenth of the room


def aggregate_sql(tables: Tables) -> list[str]:
    """Make the minutes of a measurement, and the hours out of them, as continuous aggregates."""
    made = []
    for step_s in STEPS[1:]:
        finer = STEPS[STEPS.index(step_s) - 1]
        bucket = f"time_bucket(INTERVAL '{step_s} seconds', \"time\")"
        parts = zip(summing(tables.fields, finer), tables.columns(step_s), strict=True)
        listed = "".join(f', {part} AS "{column}"' for part, column in parts)
        made.append(
            f'CREATE MATERIALIZED VIEW "{tables.name(step_s)}" '
            "WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS "
            f'SELECT {bucket} AS "time", series{listed} FROM "{tables.name(finer)}" '
            f"GROUP BY {bucket}, series WITH NO DATA"
        )
    return made


def compress_sql(table: str) -> list[str]:
    """Compress what is older than some days, a series' points side by side."""
    return [
        f'ALTER TABLE "{table}" SET (timescaledb.compress, '
        "timescaledb.compress_segmentby = 'series', timescaledb.compress_orderby = 'time')",
        f"SELECT add_compression_policy('{table}', INTERVAL '{COMPRESS_AFTER}', "
        "if_not_exists => TRUE)",
    ]


def takeover_sql(tables: Tables) -> list[str]:
    """Turn the aggregates into tables of our own, with all they hold.

    A continuous aggregate cannot get a column, and making it anew would lose what is older than
    the points. So a measurement that gets another field is rolled up by us from then on.
    """
    names = [tables.name(step_s) for step_s in STEPS[1:]]
    return [
        *(f'CREATE TABLE "{name}_own" AS SELECT * FROM "{name}"' for name in names),
        *(f'DROP MATERIALIZED VIEW "{name}"' for name in reversed(names)),
        *(f'ALTER TABLE "{name}_own" RENAME TO "{name}"' for name in names),
        *(f'ALTER TABLE "{name}" ADD PRIMARY KEY ("time", series)' for name in names),
    ]


async def refresh(pool: Pool, tables: Tables, spared: Iterable[int]) -> None:
    """Have the server fill what is due but `spared` minutes (epoch ms) and their hours.

    A refresh is no part of a transaction. What was written to while it ran has a new version of
    its row in the books, and so stays due.
    """
    name = tables.measurement.name
    for step_s in STEPS[1:]:
        long_ms = step_s * 1000
        waiting = {start - start % long_ms for start in spared}
        versions = await pool.ask(lambda c, s=step_s: _versions(c, name, s))  # type: ignore[misc]
        starts = [start for start in versions if start not in waiting]
        for a, b in runs(starts, long_ms):
            call = refresh_sql(tables.name(step_s), a, b)
            await pool.ask(lambda c, call=call: c.execute(call), timeout_s=120.0)  # type: ignore[misc]
            some = {start: versions[start] for start in starts if a <= start < b}
            await pool.write(lambda c, s=step_s, some=some: _done(c, name, s, some))  # type: ignore[misc]


def refresh_sql(view: str, a: int, b: int) -> str:
    """The call that fills [a, b) of a continuous aggregate."""
    return (
        f"CALL refresh_continuous_aggregate('{view}', "
        f"TIMESTAMPTZ '{from_ms(a).isoformat()}', TIMESTAMPTZ '{from_ms(b).isoformat()}')"
    )


async def _versions(connection: Connection, name: str, step_s: int) -> dict[int, str]:
    rows = await connection.fetch(
        "SELECT start, xmin::text FROM rollups_due WHERE measurement = $1 AND step_s = $2 "
        "ORDER BY start",
        name,
        step_s,
    )
    return {start: version for start, version in rows}


async def _done(connection: Connection, name: str, step_s: int, versions: dict[int, str]) -> None:
    rows = await connection.fetch(
        "DELETE FROM rollups_due d USING unnest($3::timestamptz[], $4::text[]) n(start, version) "
        "WHERE d.measurement = $1 AND d.step_s = $2 AND d.start = n.start "
        "AND d.xmin::text = n.version RETURNING d.start",
        name,
        step_s,
        list(versions),
        list(versions.values()),
    )
    if step_s == STEPS[-1] or not rows:
        return
    await connection.execute(
        "INSERT INTO rollups_due SELECT $1, 3600, unnest($2::timestamptz[]) "
        "ON CONFLICT (measurement, step_s, start) DO UPDATE SET step_s = 3600",
        name,
        sorted({row[0] - row[0] % HOUR_MS for row in rows}),
    )


async def aggregated(connection: Connection, all_tables: Collection[Tables]) -> set[str]:
    """The measurements whose minutes are a view, which the server fills."""
    by_view = {tables.name(STEPS[1]): tables.measurement.name for tables in all_tables}
    rows = await connection.fetch(
        "SELECT table_name::text FROM information_schema.views "
        "WHERE table_schema = current_schema() AND table_name = ANY($1)",
        list(by_view),
    )
    return {by_view[row[0]] for row in rows}
