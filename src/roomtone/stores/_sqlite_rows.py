"""The rows of a statement on SQLite as columns: compiled where it was built, or by sqlite3."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Sequence
from typing import Any

try:
    import roomtone.stores._sqlite_columns as quick
except ImportError:  # built without a compiler, or for another Python
    quick = None  # type: ignore[assignment]

if quick is not None:
    loaded = False
    with contextlib.suppress(ImportError):  # it says why; then sqlite3 alone is asked
        import _sqlite3

        quick.load(sqlite3.Connection, _sqlite3.__file__)
        loaded = True
    if not loaded:
        quick = None  # type: ignore[assignment]


def columns(connection: sqlite3.Connection, sql: str, given: Sequence[Any]) -> list[list[Any]]:
    """The columns of a statement's rows, a list each; raises what sqlite3 does."""
    if quick is not None:
        found = quick.columns(connection, sql, given)
        if found is not None:
            return found
    return columns_plainly(connection, sql, given)


def columns_plainly(
    connection: sqlite3.Connection, sql: str, given: Sequence[Any]
) -> list[list[Any]]:
    """The same by sqlite3 alone."""
    cursor = connection.execute(sql, given)
    if rows := cursor.fetchall():
        return list(map(list, zip(*rows, strict=True)))
    return [[] for _ in cursor.description or ()]
