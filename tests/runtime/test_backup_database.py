"""The database is copied as of one moment while others write, and verdicts are read from it."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from roomtone.errors import BackupError
from roomtone.runtime.backup_database import copy_database, database_paths, read_verdicts
from roomtone.runtime.config import Settings


def test_a_copy_is_of_one_moment(tmp_path: Path) -> None:
    """Two tables written together agree in every copy, whoever writes meanwhile."""
    source = tmp_path / "a.db"
    with sqlite3.connect(source) as made:
        made.execute("PRAGMA journal_mode = WAL")
        made.execute("CREATE TABLE one (n)")
        made.execute("CREATE TABLE two (n)")
    stop = threading.Event()
    begun = threading.Event()

    def write() -> None:
        connection = sqlite3.connect(source, isolation_level=None)
        while not stop.is_set():
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("INSERT INTO one VALUES (1)")
            connection.execute("INSERT INTO two VALUES (1)")
            connection.execute("COMMIT")
            begun.set()
        connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    begun.wait(20)
    try:
        for n in range(10):
            copy_database(source, tmp_path / f"{n}.copy.db")
    finally:
        stop.set()
        writer.join()
    for n in range(10):
        with sqlite3.connect(tmp_path / f"{n}.copy.db") as copy:
            (one,), (two,) = (
                copy.execute(f"SELECT count(*) FROM {table}").fetchone() for table in ("one", "two")
            )
            assert one == two > 0
            assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_what_is_no_database_is_said(tmp_path: Path) -> None:
    """And nothing is left of the attempt."""
    (tmp_path / "a.db").write_bytes(b"not a database, however long it may be" * 100)

    with pytest.raises(BackupError, match="doctor"):
        copy_database(tmp_path / "a.db", tmp_path / "b.db")
    assert [path.name for path in tmp_path.iterdir()] == ["a.db"]
    assert read_verdicts(tmp_path / "none.db") == {}


def test_the_settings_say_which_files_there_are(tmp_path: Path) -> None:
    """One for all stores, or one each, or only that of memory, or none where they are servers."""
    one = Settings(data=tmp_path)
    two = Settings(data=tmp_path, stores={"series": f"sqlite:///{tmp_path}/s%20x.db"})
    servers = {"series": "postgresql://h/d", "archive": "postgresql://h/d"}
    near = Settings(data=tmp_path, stores=servers)
    far = Settings(data=tmp_path, stores=servers | {"memory": "qdrant://h:6333"})

    assert database_paths(one) == [tmp_path / "roomtone.db"]
    assert database_paths(two) == [tmp_path / "s x.db", tmp_path / "roomtone.db"]
    assert database_paths(near) == [tmp_path / "roomtone.db"]
    assert database_paths(far) == []
