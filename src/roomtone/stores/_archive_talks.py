"""Keeps turns, conversations, relationships and keys in SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar

from roomtone.records import Relationship, TurnRecord
from roomtone.stores import _talks as talks
from roomtone.stores._jobs import Ask, Columns, Steps, Texts
from roomtone.stores._sqlite_rows import columns
from roomtone.stores._steps import to_ms
from roomtone.stores._talks import RELATIONSHIPS, Query

T = TypeVar("T")

WITHIN = "instr"
NAMED = str


def storable(text: str) -> str:
    """A text with what SQLite cannot hold (halves of surrogate pairs) marked as lost."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


STORED = storable
TEXTS = Texts(NAMED, STORED, "CAST({} AS INTEGER)")


def fetch(connection: sqlite3.Connection, sql: str, given: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The rows of one statement."""
    return connection.execute(sql, given).fetchall()


def put(connection: sqlite3.Connection, sql: str, rows: Sequence[Sequence[Any]]) -> None:
    """Run a statement for each of these rows."""
    connection.executemany(sql, rows)


def run(connection: sqlite3.Connection, steps: Steps[T]) -> T:
    """Run what takes several statements."""
    answer: Any = None
    try:
        while True:
            step = steps.send(answer)
            if isinstance(step, Ask):
                answer = step.made(connection.execute(step.sql, step.given))
            elif isinstance(step, Columns):
                answer = columns(connection, step.sql, step.given)
            else:
                connection.executemany(step.sql, step.rows)
                answer = None
    except StopIteration as end:
        result: T = end.value
        return result


def read_turns(
    connection: sqlite3.Connection, session: str, before: tuple[datetime, str] | None, limit: int
) -> list[TurnRecord]:
    """A page of a session's turns, newest first."""
    cursor = () if before is None else (to_ms(before[0]), before[1])
    count = max(0, min(limit, talks.PAGE_ROWS))
    rows = connection.execute(talks.turns_sql(before is not None), (session, *cursor, count))
    return [talks.turn_of(row) for row in rows]


def read_page(connection: sqlite3.Connection, query: Query) -> tuple[list[Any], int]:
    """A page of conversations or relationships, and how many there are in all."""
    (total,) = connection.execute(query.count, query.given).fetchone()
    rows = connection.execute(query.page, (*query.given, query.limit, query.offset))
    return [query.make(row) for row in rows], total


def read_facets(connection: sqlite3.Connection) -> dict[str, dict[str, int]]:
    """The most frequent bots and emotions of conversations."""
    return {
        column: dict(connection.execute(talks.facet_sql(column)).fetchall())
        for column in ("bot", "emotion")
    }


def add_relationships(
    connection: sqlite3.Connection, relationships: Sequence[Relationship]
) -> None:
    """Add or renew by bot and person."""
    rows = [talks.relationship_row(relationship, str) for relationship in relationships]
    connection.executemany(RELATIONSHIPS.upsert, rows)


def read_pairs(
    connection: sqlite3.Connection, pairs: Sequence[tuple[str, str]]
) -> list[Relationship]:
    """The relationships of these (bot, user), as far as they are known."""
    columns = ", ".join(RELATIONSHIPS.columns)
    sql = f"SELECT {columns} FROM relationships WHERE bot = ? AND person = ?"
    return [
        talks.relationship_of(row)
        for pair in dict.fromkeys(pairs)
        for row in connection.execute(sql, pair)
    ]


def read_key(connection: sqlite3.Connection, name: str) -> bytes | None:
    """The key of this name; None where nobody asked for it yet."""
    row = connection.execute(talks.KEY_SQL, (name,)).fetchone()
    return None if row is None else bytes(row[0])


def make_key(connection: sqlite3.Connection, name: str, key: bytes) -> bytes:
    """Enter a key, or give the one that was there before."""
    return bytes(connection.execute(talks.NEW_KEY_SQL, (name, key)).fetchone()[0])
