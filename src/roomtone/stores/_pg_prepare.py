"""Brings a PostgreSQL database up to this release: migrations, tables, hypertables, one lock."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.dialects.postgresql.base import PGDialect

from roomtone.stores._migrate import head, refuse_newer, upgrade_sql
from roomtone.stores._pg_address import Address
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
from roomtone.stores._schema import Tables, statements

LOCK = 7_207_083  # ours among the database's advisory locks: the number of "rtone"
LOCK_TIMEOUT_S = 300.0  # another process may be in the middle of a large upgrade


async def prepare(pool: Pool, all_tables: Sequence[Tables]) -> Edition:
    """Make tables, columns and hypertables that are not there yet; returns the edition in use.

    Whether anything is to be done is asked without the lock first, since mostly nothing is, and
    once more under it. All of it is one transaction: half an upgrade is none.
    Raises StoreError when the database was written by a newer release.
    """
    address = pool.address

    async def ready(connection: Any) -> Edition | None:
        return await _is_ready(connection, address, all_tables)

    async def make(connection: Any) -> Edition:
        await connection.execute(f"SELECT pg_advisory_xact_lock({LOCK})")
        if address.schema:
            await connection.execute(f'CREATE SCHEMA IF NOT EXISTS "{address.schema}"')
        found = await _is_ready(connection, address, all_tables)
        if found is not None:
            return found
        if address.edition != "none":
            await install(connection)
        stands_at = await _revision(connection)
        if stands_at != head():
            await connection.execute(upgrade_sql("postgresql", stands_at))
        for statement in await _missing(connection, all_tables):
            await connection.execute(statement)
        edition = await probe(connection, address.edition)
        if edition != "none":
            there = await _hypertables(connection)
            for table, column, chunk_ms in _wanted(address, all_tables):
                if table not in there:
                    await connection.execute(hypertable_sql(table, column, chunk_ms))
        return edition

    edition = await pool.ask(ready)
    if edition is not None:
        return edition
    return await pool.write(make, timeout_s=LOCK_TIMEOUT_S)


async def _is_ready(
    connection: Any, address: Address, all_tables: Sequence[Tables]
) -> Edition | None:
    stands_at = await _revision(connection)
    if stands_at != head():
        refuse_newer(stands_at)
        return None
    if await _missing(connection, all_tables):
        return None
    edition = await probe(connection, address.edition)
    if edition != "none":
        there = await _hypertables(connection)
        if not {table for table, _, _ in _wanted(address, all_tables)} <= there:
            return None
    return edition


def _wanted(address: Address, all_tables: Sequence[Tables]) -> list[tuple[str, str, int]]:
    chunk_ms = address.chunk_hours * 3_600_000
    wanted = [(table, column, MONTH_MS) for table, column in FIXED.items()]
    for tables in all_tables:
        for step_s in tables.by_step:
            wanted.append((tables.name(step_s), "time", chunk_ms * CHUNKS.get(step_s, 1)))
    return wanted


async def _revision(connection: Any) -> str | None:
    if await connection.fetchval("SELECT to_regclass('alembic_version')") is None:
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
    dialect = PGDialect()  # type: ignore[no-untyped-call]
    return statements(dialect, known, all_tables)
