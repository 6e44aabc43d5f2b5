"""Keeps turns, conversations, relationships and keys in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar

from roomtone.records import Relationship, TurnRecord
from roomtone.stores import _talks as talks
from roomtone.stores._jobs import Ask, Columns, Steps, Texts
from roomtone.stores._pg_pool import Connection, clean, named
from roomtone.stores._steps import to_ms
from roomtone.stores._talks import RELATIONSHIPS, Query

T = TypeVar("T")

WITHIN = "strpos"
NAMED, STORED = named, clean
TEXTS = Texts(
    named,
    clean,
    counts_on="SELECT setval(pg_get_serial_sequence('{0}', 'id'), "
    "greatest((SELECT coalesce(max(id), 0) FROM {0}), 1))",
)


def numbered(sql: str) -> str:
    """SQL with PostgreSQL's words for its parameters."""
    parts = sql.split("?")
    return "".join(f"{part}${i + 1}" for i, part in enumerate(parts[:-1])) + parts[-1]


async def fetch(connection: Connection, sql: str, given: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The rows of one statement; none where it asks for what cannot be kept here."""
    if _unheard_of(given):
        return []
    return [tuple(row) for row in await connection.fetch(numbered(sql), *given)]


async def put(connection: Connection, sql: str, rows: Sequence[Sequence[Any]]) -> None:
    """Run a statement for each of these rows."""
    await connection.executemany(numbered(sql), rows)


async def run(connection: Connection, steps: Steps[T]) -> T:
    """Run what takes several statements."""
    answer: Any = None
    try:
        while True:
            step = steps.send(answer)
            answer = None
            if isinstance(step, Ask):
                answer = step.made(await fetch(connection, step.sql, step.given))
            elif isinstance(step, Columns):
                answer = await _columns(connection, step)
            elif step.rows:
                await connection.executemany(numbered(step.sql), step.rows)
    except StopIteration as end:
        result: T = end.value
        return result


async def _columns(connection: Connection, step: Columns) -> list[list[Any]]:
    statement = await connection.prepare(numbered(step.sql))
    if rows := [] if _unheard_of(step.given) else await statement.fetch(*step.given):
        return list(map(list, zip(*map(tuple, rows), strict=True)))
    return [[] for _ in statement.get_attributes()]


async def read_turns(
    connection: Connection, session: str, before: tuple[datetime, str] | None, limit: int
) -> list[TurnRecord]:
    """A page of a session's turns, newest first."""
    cursor = () if before is None else (to_ms(before[0]), before[1])
    given = (session, *cursor)
    if _unheard_of(given):
        return []
    sql = numbered(talks.turns_sql(before is not None))
    rows = await connection.fetch(sql, *given, max(0, min(limit, talks.PAGE_ROWS)))
    return [talks.turn_of(tuple(row)) for row in rows]


async def read_facets(connection: Connection) -> dict[str, dict[str, int]]:
    """The most frequent bots and emotions of conversations."""
    found = {}
    for column in ("bot", "emotion"):
        rows = await connection.fetch(talks.facet_sql(column))
        found[column] = {name: count for name, count in rows}
    return found


async def add_relationships(connection: Connection, relationships: Sequence[Relationship]) -> None:
    """Add or renew by bot and person."""
    rows = [talks.relationship_row(relationship, named) for relationship in relationships]
    await connection.executemany(numbered(RELATIONSHIPS.upsert), rows)


async def read_pairs(
    connection: Connection, pairs: Sequence[tuple[str, str]]
) -> list[Relationship]:
    """The relationships of these (bot, user), as far as they are known."""
    known = [pair for pair in dict.fromkeys(pairs) if not _unheard_of(pair)]
    columns = ", ".join(f"r.{column}" for column in RELATIONSHIPS.columns)
    rows = await connection.fetch(
        f"SELECT {columns} FROM unnest($1::text[], $2::text[]) AS n(bot, person) "
        "JOIN relationships r ON r.bot = n.bot AND r.person = n.person",
        [bot for bot, _ in known],
        [user for _, user in known],
    )
    return [talks.relationship_of(tuple(row)) for row in rows]


async def read_key(connection: Connection, name: str) -> bytes | None:
    """The key of this name; None where nobody asked for it yet."""
    found: bytes | None = await connection.fetchval(numbered(talks.KEY_SQL), named(name))
    return found


async def make_key(connection: Connection, name: str, key: bytes) -> bytes:
    """Enter a key, or give the one that was there before."""
    found: bytes = await connection.fetchval(numbered(talks.NEW_KEY_SQL), named(name), key)
    return found


async def read_page(connection: Connection, query: Query) -> tuple[list[Any], int]:
    """A page of conversations or relationships, and how many there are in all."""
    if _unheard_of(query.given):
        return [], 0
    total: int = await connection.fetchval(numbered(query.count), *query.given)
    rows = await connection.fetch(numbered(query.page), *query.given, query.limit, query.offset)
    return [query.make(tuple(row)) for row in rows], total


def _unheard_of(given: Sequence[object]) -> bool:
    """Whether one of these names is none that this database could hold."""
    return any(isinstance(value, str) and clean(value) != value for value in given)
