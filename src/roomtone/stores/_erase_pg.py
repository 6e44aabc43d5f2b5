"""Erases in a PostgreSQL: rows and series, and then the dead rows that the server still holds."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from typing import Any

from roomtone.blanking import Blank
from roomtone.stores._erase import NAMING, OF_PERSONS, OF_TURNS, Columns, Steps, erasing, run_async
from roomtone.stores._expire import expiring
from roomtone.stores._pg_pool import Connection

_AS_JSON = "CAST(CAST({} AS TEXT) AS JSONB)"
_COUNT = re.compile(r"(\d+)$")
TOUCHED = (*OF_PERSONS, *OF_TURNS, *NAMING, "dead_letters", "datasets", "series", "series_tags")


async def columns(connection: Connection) -> Columns:
    """What there is in this schema."""
    rows = await connection.fetch(
        "SELECT table_name::text, array_agg(column_name::text) FROM information_schema.columns "
        "WHERE table_schema = current_schema() GROUP BY 1"
    )
    return {name: frozenset(names) for name, names in rows}


async def erase(connection: Connection, blank: Blank) -> dict[str, int]:
    """Take a person out of the archive; rows by table."""
    there = await columns(connection)
    return await _run(connection, erasing(blank, there, as_json=_AS_JSON))


async def expire(connection: Connection, kind: str, before: int) -> dict[str, int]:
    """Delete a slice of what is older; rows by table, nothing when there is no more."""
    return await _run(connection, expiring(kind, before, await columns(connection)))


async def _run(connection: Connection, steps: Steps) -> dict[str, int]:
    async def do(sql: str, given: Sequence[Any]) -> Any:
        count = itertools.count(1)
        numbered = re.sub(r"\?", lambda _: f"${next(count)}", sql)
        if sql.startswith(("SELECT", "WITH")):
            return [tuple(row) for row in await connection.fetch(numbered, *given)]
        return _counted(await connection.execute(numbered, *given))

    return await run_async(steps, do)


async def forget(connection: Connection, tags: Mapping[str, str]) -> int:
    """Delete all series with these tags, at every step, and their names; how many rows went."""
    every = " INTERSECT ".join(
        f"SELECT series FROM series_tags WHERE name = ${2 * n + 1} AND value = ${2 * n + 2}"
        for n in range(len(tags))
    )
    given = [part for pair in tags.items() for part in pair]
    rows = await connection.fetch(
        f"SELECT measurement, array_agg(id) FROM series WHERE id IN ({every}) GROUP BY 1", *given
    )
    gone = 0
    for measurement, ids in rows:
        for table in await _tables(connection, measurement):
            told = await connection.execute(f"DELETE FROM {table} WHERE series = ANY($1)", ids)
            gone += _counted(told)
        for table, column in (("series_tags", "series"), ("series", "id")):
            await connection.execute(f"DELETE FROM {table} WHERE {column} = ANY($1)", ids)
    return gone


async def _tables(connection: Connection, measurement: str) -> list[str]:
    """Where the points of a measurement lie: tables, and for views the tables behind them."""
    names = [f"points_{measurement}{suffix}" for suffix in ("", "_1m", "_1h")]
    rows = await connection.fetch(
        "SELECT quote_ident(relname) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace "
        "WHERE nspname = current_schema() AND relkind IN ('r', 'p') AND relname = ANY($1)",
        names,
    )
    found = [str(row[0]) for row in rows]
    if len(found) < len(names) and await connection.fetchval(
        "SELECT to_regclass('timescaledb_information.continuous_aggregates') IS NOT NULL"
    ):
        behind = await connection.fetch(
            "SELECT format('%I.%I', materialization_hypertable_schema, "
            "materialization_hypertable_name) FROM timescaledb_information.continuous_aggregates "
            "WHERE view_schema = current_schema() AND view_name = ANY($1)",
            names,
        )
        found += [str(row[0]) for row in behind]
    return found


async def tidy(connection: Connection) -> None:
    """Have the server give back what is dead: until then it lies in the tables' files."""
    rows = await connection.fetch(
        "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables "
        "WHERE schemaname = current_schema() AND (tablename = ANY($1) OR tablename LIKE 'points%')",
        list(TOUCHED),
    )
    for (table,) in rows:
        await connection.execute(f"VACUUM (FULL) {table}")


def _counted(told: str) -> int:
    found = _COUNT.search(told)
    return int(found[1]) if found else 0
