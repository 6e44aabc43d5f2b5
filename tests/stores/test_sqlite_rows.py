"""Columns of rows are the same by the quick way and by sqlite3, in value, type and error."""

from __future__ import annotations

import os
import sqlite3
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from roomtone.stores import _sqlite_rows as rows
from roomtone.stores._sqlite_rows import columns, columns_plainly

needed = pytest.mark.skipif(rows.quick is None, reason="nothing is compiled here")

TABLE = (
    "CREATE TABLE t (id INTEGER PRIMARY KEY, text TEXT, number REAL, whole INTEGER, raw BLOB, some)"
)
VALUES: list[tuple[Any, ...]] = [
    (1, "", 0.1 + 0.2, 0, b"", None),
    (2, "bot", -0.0, -(2**63), b"\x00\xff", 7),
    (3, "bot", 1e308, 2**63 - 1, None, "seven"),
    (4, "🎉 grüße", float("inf"), 1, b"x" * 70_000, 7.5),
    (5, "a\x00b", 5e-324, None, None, b"seven"),
    (6, "x" * 100_000, None, 2, b"", ""),
    (7, "é", 1 / 3, 3, b"", "é"),
]


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A database of everything that a value can be."""
    made = sqlite3.connect(tmp_path / "all.db", isolation_level=None)
    made.execute(TABLE)
    made.executemany("INSERT INTO t VALUES (?, ?, ?, ?, ?, ?)", VALUES)
    yield made
    made.close()


def test_in_ci_the_quick_way_is_there() -> None:
    """Where it was not built, or sqlite3 is not what is known of it, all would go the other way."""
    if not os.environ.get("CI"):
        pytest.skip("outside CI a machine may have no compiler")

    assert rows.quick is not None


def told(found: list[list[Any]]) -> list[list[tuple[type, str]]]:
    """Values with their types, and zeros with their signs."""
    return [[(type(one), repr(one)) for one in column] for column in found]


@needed
def test_every_value_is_what_it_is_to_sqlite3(connection: sqlite3.Connection) -> None:
    """Whole and real numbers to the bit, texts of any length with any character, bytes, nothing."""
    found = columns(connection, "SELECT * FROM t ORDER BY id", ())

    assert rows.quick is not None
    assert rows.quick.columns(connection, "SELECT * FROM t ORDER BY id", ()) == found
    assert found == [list(column) for column in zip(*VALUES, strict=True)]
    assert told(found) == told(columns_plainly(connection, "SELECT * FROM t ORDER BY id", ()))


def test_what_is_asked_for_can_be_given(connection: sqlite3.Connection) -> None:
    """Each kind of parameter; and no row at all gives as many empty columns."""
    for given in ([2, "bot"], [4.0, "🎉 grüße"], [None, None], [2**63 - 1, ""]):
        asked = "SELECT id, text FROM t WHERE id = ? AND text = ?"
        assert columns(connection, asked, given) == columns_plainly(connection, asked, given)
    assert columns(connection, "SELECT id, text FROM t WHERE id = 99", ()) == [[], []]
    assert columns(connection, "SELECT 1 WHERE ?", [True]) == [[1]]
    assert columns(connection, "SELECT ?", [b"bytes"]) == [[b"bytes"]]


def test_many_rows_come_whole_and_in_order(connection: sqlite3.Connection) -> None:
    """More than are read at once, with words that come again and others that do not."""
    asked = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2503) "
        "SELECT i, CASE i % 7 WHEN 0 THEN 'user' WHEN 1 THEN 'bot' WHEN 2 THEN 'ünö' ELSE 'w' || i "
        "END FROM n"
    )

    assert columns(connection, asked, ()) == columns_plainly(connection, asked, ())


@pytest.mark.parametrize(
    ("sql", "given"),
    [
        ("SELECT nothing FROM t", ()),
        ("SELECT", ()),
        ("SELECT ?", ()),
        ("SELECT 1", (1,)),
        ("SELECT ?", (2**64,)),
        ("SELECT ?", (object(),)),
        ("SELECT ?", ("\ud800",)),
        ("SELECT CAST(x'ff' AS TEXT)", ()),
        ("SELECT abs(-9223372036854775807 - 1)", ()),
        ("SELECT 1; SELECT 2", ()),
    ],
)
def test_an_error_is_the_one_of_sqlite3(
    connection: sqlite3.Connection, sql: str, given: tuple[Any, ...]
) -> None:
    """Whoever asks hears what they would have heard."""
    seen = []
    for way in (columns, columns_plainly):
        try:
            seen.append(repr(way(connection, sql, given)))
        except Exception as error:
            seen.append(f"{type(error).__name__}: {error}")
    assert seen[0] == seen[1]


def test_what_writes_is_left_to_sqlite3(connection: sqlite3.Connection) -> None:
    """It is done once, and within the transaction that it belongs to."""
    connection.execute("BEGIN")
    assert columns(connection, "UPDATE t SET whole = whole + 1 WHERE id = 1", ()) == []
    assert columns(connection, "SELECT whole FROM t WHERE id = 1", ()) == [[1]]
    connection.execute("ROLLBACK")
    assert columns(connection, "SELECT whole FROM t WHERE id = 1", ()) == [[0]]


def test_a_closed_connection_says_so(tmp_path: Path) -> None:
    """And no library is asked about what is gone."""
    connection = sqlite3.connect(tmp_path / "closed.db")
    connection.close()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        columns(connection, "SELECT 1", ())


def test_a_busy_database_is_told_as_such(tmp_path: Path) -> None:
    """Another connection holds it for itself alone."""
    path = tmp_path / "busy.db"
    mine, other = (sqlite3.connect(path, isolation_level=None, timeout=0) for _ in range(2))
    mine.execute(TABLE)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        columns(mine, "SELECT * FROM t", ())
    other.execute("ROLLBACK")
    assert columns(mine, "SELECT id FROM t", ()) == [[]]
    mine.close()
    other.close()


@needed
def test_another_kind_of_connection_is_not_looked_into(connection: sqlite3.Connection) -> None:
    """A subclass may be anything, and a stranger is no connection."""
    assert rows.quick is not None

    class Own(sqlite3.Connection):
        pass

    own = Own(":memory:")
    assert rows.quick.columns(own, "SELECT 1", ()) is None
    assert columns(own, "SELECT 1", ()) == [[1]]
    own.close()
    stranger: Any = object()
    assert rows.quick.columns(stranger, "SELECT 1", ()) is None


@needed
def test_nothing_is_kept_of_what_was_read(connection: sqlite3.Connection) -> None:
    """Values are held by the lists alone; statements are ended, or no table could be dropped."""
    found = columns(connection, "SELECT text, number FROM t WHERE id = 6", ())
    held = [sys.getrefcount(found), sys.getrefcount(found[0]), sys.getrefcount(found[0][0])]
    assert held == [2, 2, 2]
    (short,) = columns(connection, "SELECT 'w' || id FROM t ORDER BY id", ())
    assert {sys.getrefcount(one) for one in short} == {3}
    for _ in range(3):
        columns(connection, "SELECT * FROM t", ())
        with pytest.raises(sqlite3.OperationalError):
            columns(connection, "SELECT CAST(x'ff' AS TEXT) FROM t", ())
    connection.execute("DROP TABLE t")


def test_who_waits_for_a_lock_keeps_nobody_else_from_work(tmp_path: Path) -> None:
    """A thread of this process holds the database, and lets it go once it gets to run."""
    path = tmp_path / "held.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as own:
        own.execute("PRAGMA journal_mode = DELETE")
        own.execute(TABLE)
    mine = sqlite3.connect(path, isolation_level=None, timeout=30)
    held = threading.Event()

    def hold() -> None:
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            held.set()
            for n in range(50):
                other.execute("INSERT INTO t (whole) VALUES (?)", (n,))
            other.execute("COMMIT")

    thread = threading.Thread(target=hold)
    thread.start()
    assert held.wait(30)
    begun = monotonic()
    assert columns(mine, "SELECT count(*) FROM t", ()) == [[50]]
    assert monotonic() - begun < 20
    thread.join()
    mine.close()
