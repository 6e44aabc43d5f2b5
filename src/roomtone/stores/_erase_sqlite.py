"""Erases in a SQLite file: rows, series and what the file still held of rows that went before."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from roomtone.blanking import Blank
from roomtone.stores._erase import Columns, Steps, erasing, run
from roomtone.stores._expire import expiring


def columns(connection: sqlite3.Connection) -> Columns:
    """What there is."""
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    return {
        name: frozenset(row[1] for row in connection.execute(f'PRAGMA table_info("{name}")'))
        for (name,) in tables
    }


def erase(connection: sqlite3.Connection, blank: Blank) -> dict[str, int]:
    """Take a person out of the archive; rows by table."""
    return _run(connection, erasing(blank, columns(connection)))


def expire(connection: sqlite3.Connection, kind: str, before: int) -> dict[str, int]:
    """Delete a slice of what is older; rows by table, nothing when there is no more."""
    return _run(connection, expiring(kind, before, columns(connection)))


def _run(connection: sqlite3.Connection, steps: Steps) -> dict[str, int]:
    def do(sql: str, given: Sequence[Any]) -> Any:
        cursor = connection.execute(sql, tuple(given))
        return cursor.fetchall() if sql.startswith(("SELECT", "WITH")) else cursor.rowcount

    return run(steps, do)


def forget(connection: sqlite3.Connection, tags: Mapping[str, str]) -> int:
    """Delete all series with these tags, at every step, and their names; how many rows went."""
    every = " INTERSECT ".join(
        ["SELECT series FROM series_tags WHERE name = ? AND value = ?"] * len(tags)
    )
    given = [part for pair in tags.items() for part in pair]
    rows = connection.execute(
        f"SELECT id, measurement FROM series WHERE id IN ({every})", given
    ).fetchall()
    there, gone = columns(connection), 0
    for id, measurement in rows:
        for suffix in ("", "_1m", "_1h"):
            table = f"points_{measurement}{suffix}"
            if table in there:
                sql = f'DELETE FROM "{table}" WHERE series = ?'
                gone += connection.execute(sql, (id,)).rowcount
        connection.execute("DELETE FROM series_tags WHERE series = ?", (id,))
        connection.execute("DELETE FROM series WHERE id = ?", (id,))
    return gone
