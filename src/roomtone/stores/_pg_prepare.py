"""Brings a PostgreSQL database up to this release: migrations, tables, hypertables, one lock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.dialects.postgresql.base import PGDialect

from roomtone.stores._migrate import head, refuse_newer, upgrade_sql
from roomtone.stores._pg_address import Address
from roomtone.stores._pg_aggregates import (
    aggregate_sql,
    aggregated,
    compress_sql,
    takeover_sql,
)
from roomtone.stores._pg_edition import (
    CHUNKS,
    FIXED,
    MONTH_MS,
    Edition,
    hypertable_sql,
    install,
    probe,
)
from roomtone.stores._pg_pool import Pool
from roomtone.stores._schema import STEPS, Tables, statements


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a database turned out to offer."""

    edition: Edition
    aggregated: set[str]  # the measurements whose rollups are the server's


LOCK = 7_207_083  # ours among the database's advisory locks: the number of "rtone"
LOCK_TIMEOUT_S = 300.0  # another process may be in the middle of a large upgrade


async def prepare(pool: Pool, all_tables: Sequence[Tables]) -> Prepared:
    """Make tables, columns and hypertables that are not there yet; returns what is in use.

    Whether anything is to be done is asked without the lock first, since mostly nothing is, and
    once more under it. All of it is one transaction: half an upgrade is none.
    Raises StoreError when the database was written by a newer release.
    """
    address = pool.address

    async def ready(connection: Any) -> Prepared | None:
        return await _is_ready(connection, address, all_tables)

    async def make(connection: Any) -> Prepared:
        await connection.execute(f"SELECT pg_advisory_xact_lock({LOCK})")
        if address.schema:
            await connection.execute(f'CREATE SCHEMA IF NOT EXISTS "{address.schema}"')
        found = await _is_ready(connection, address, all_tables)
        if found is not None:
            return found
        if address.edition != "none":
            await install(connection, address.schema)
        stands_at = await revision(connection, address)
        if stands_at != head():
            await connection.execute(upgrade_sql("postgresql", stands_at))
        edition = await probe(connection, address.edition)
        for tables in all_tables:
            await _make(connection, address, tables, edition)
        if edition != "none":
            await _cut(connection, [(*fixed, MONTH_MS) for fixed in FIXED.items()])
        return Prepared(edition, await aggregated(connection, all_tables))

    found = await pool.ask(ready)
    if found is not None:
        return found
    return await pool.write(make, timeout_s=max(LOCK_TIMEOUT_S, address.timeout_s))


async def _is_ready(
    connection: Any, address: Address, all_tables: Sequence[Tables]
) -> Prepared | None:
    stands_at = await revision(connection, address)
    if stands_at != head():
        refuse_newer(stands_at)
        return None
    if await _missing(connection, all_tables):
        return None
    edition = await probe(connection, address.edition)
    views = await aggregated(connection, all_tables)
    if edition != "none":
        wanted = {*FIXED}
        for tables in all_tables:
            steps = (0,) if tables.measurement.name in views else STEPS
            wanted |= {tables.name(step_s) for step_s in steps}
        if not wanted <= await _hypertables(connection):
            return None
    return Prepared(edition, views)


async def _make(connection: Any, address: Address, tables: Tables, edition: Edition) -> None:
    """Bring the tables of one measurement up to its declaration and to the edition.

    Where rollups are tables already, as a lesser edition left them, they stay that.
    """
    missing = await _missing(connection, [tables])
    viewed = await aggregated(connection, [tables])
    rolled = [tables.name(step_s) for step_s in STEPS[1:]]
    if viewed and any(name in statement for statement in missing for name in rolled):
        for statement in takeover_sql(tables):
            await connection.execute(statement)
        missing, viewed = await _missing(connection, [tables]), set()
    first = f'"{tables.name(STEPS[1])}"', f" {tables.name(STEPS[1])} "
    made = [s for s in missing if s.lstrip().startswith("CREATE TABLE")]
    new = any(name in statement for statement in made for name in first)
    if edition == "timescale" and new:
        missing = [s for s in missing if not any(name in s for name in rolled)]
    for statement in missing:
        await connection.execute(statement)
    if edition == "none":
        return
    chunk_ms = address.chunk_hours * 3_600_000
    await _cut(connection, [(tables.name(0), "time", chunk_ms)])
    if edition == "timescale" and new:
        for statement in (*aggregate_sql(tables), *compress_sql(tables.name(0))):
            await connection.execute(statement)
    elif not viewed:
        rows = [(tables.name(step_s), "time", chunk_ms * CHUNKS[step_s]) for step_s in STEPS[1:]]
        await _cut(connection, rows)


async def _cut(connection: Any, wanted: Sequence[tuple[str, str, int]]) -> None:
    there = await _hypertables(connection)
    for table, column, chunk_ms in wanted:
        if table not in there:
            await connection.execute(hypertable_sql(table, column, chunk_ms))


async def revision(connection: Any, address: Address) -> str | None:
    """Where our own schema stands; another one on the search path may have that table, too."""
    own = "to_regclass(quote_ident(coalesce($1, current_schema()::text)) || '.alembic_version')"
    if await connection.fetchval(f"SELECT {own}::text", address.schema or None) is None:
        return None
    found: str | None = await connection.fetchval("SELECT version_num FROM alembic_version")
    return found


async def _hypertables(connection: Any) -> set[str]:
    rows = await connection.fetch(
        "SELECT hypertable_name FROM timescaledb_information.hypertables "
        "WHERE hypertable_schema = current_schema()"
    )
    return {row[0] for row in rows}


async def _missing(connection: Any, all_tables: Sequence[Tables]) -> list[str]:
    names = [table.name for tables in all_tables for table in tables.by_step.values()]
    rows = await connection.fetch(
        "SELECT table_name::text, column_name::text FROM information_schema.columns "
        "WHERE table_schema = current_schema() AND table_name = ANY($1)",
        names,
    )
    known: dict[str, set[str]] = {}
    for table, column in rows:
        known.setdefault(table, set()).add(column)
    indexes = await connection.fetch(
        "SELECT indexname::text FROM pg_indexes "
        "WHERE schemaname = current_schema() AND tablename = ANY($1) "
        "UNION ALL SELECT 'ix_' || table_name FROM information_schema.views "  # has none of ours
        "WHERE table_schema = current_schema() AND table_name = ANY($1)",
        names,
    )
    known |= {row[0]: set() for row in indexes}
    dialect = PGDialect()  # type: ignore[no-untyped-call]
    return statements(dialect, known, all_tables)
