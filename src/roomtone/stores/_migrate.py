"""Brings a database up to this release: migrations and declared tables, under a lock."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic.config import Config
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from roomtone.errors import StoreError
from roomtone.stores._schema import Tables, missing

LOCK_TIMEOUT_S = 300.0  # another process may be in the middle of a large upgrade


def upgrade(connection: sa.Connection, to: str = "head") -> None:
    """Run the migrations that this database has not seen, inside the caller's transaction."""
    options = {"fn": _steps(to), "render_as_batch": True}
    context = MigrationContext.configure(connection, opts=options)
    with Operations.context(context):
        context.run_migrations()


def downgrade_sqlite(path: Path, to: str) -> None:
    """Bring a file back to an earlier migration, for the release that knows no later one.

    A copy of it as it was lies beside it afterwards.
    """
    engine = _engine(path)
    try:
        with _lock(path):
            _back_up(path, head(), to)
            with engine.begin() as connection:
                connection.exec_driver_sql("PRAGMA secure_delete = ON")
                script = _script()
                options = {
                    "fn": lambda revision, context: script._downgrade_revs(to, revision),
                    "render_as_batch": True,
                }
                context = MigrationContext.configure(connection, opts=options)
                with Operations.context(context):
                    context.run_migrations()
    finally:
        engine.dispose()


def upgrade_sql(dialect: str, stands_at: str | None, to: str = "head") -> str:
    """The same migrations as one text of SQL, for a driver that Alembic cannot use."""
    text = StringIO()
    options = {
        "fn": _steps(to),
        "as_sql": True,
        "output_buffer": text,
        "starting_rev": stands_at,
        "literal_binds": True,
    }
    context = MigrationContext.configure(dialect_name=dialect, opts=options)
    with Operations.context(context):
        context.run_migrations()
    return text.getvalue()


def _steps(to: str) -> Callable[[Any, Any], Any]:
    script = _script()
    return lambda revision, context: script._upgrade_revs(to, revision)


def revision(connection: sa.Connection) -> str | None:
    """The migration that this database stands at; None before the first."""
    return MigrationContext.configure(connection).get_current_revision()


@cache
def head() -> str:
    """The newest migration that this release knows."""
    newest = _script().get_current_head()
    assert newest is not None
    return newest


def stands_at(path: Path) -> str | None:
    """The migration that a file stands at; None where there is no such file, or nothing in it."""
    if not path.exists():
        return None
    engine = _engine(path)
    try:
        with engine.connect() as connection:
            return revision(connection)
    except (sa.exc.DBAPIError, sqlite3.Error) as error:
        raise StoreError(
            f"{path} cannot be opened as a database ({error}); check that it is a Roomtone file"
        ) from error
    finally:
        engine.dispose()


def prepare_sqlite(path: Path, all_tables: Sequence[Tables] = ()) -> None:
    """Bring the file at `path` up to date, creating it where there is none.

    Whether anything is to be done is asked without the lock first, since mostly nothing is, and
    once more under it. A file that holds data is backed up beside itself before a migration.
    Raises StoreError when the file was written by a newer release or the lock does not come free.
    """
    engine = _engine(path)
    try:
        if path.exists() and _is_ready(engine, all_tables):
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        with _lock(path):
            _enter_wal(path)
            if _is_ready(engine, all_tables):
                return
            with engine.connect() as connection:
                was = revision(connection)
            if was is not None and was != head():
                _back_up(path, was)
            with engine.begin() as connection:
                connection.exec_driver_sql("PRAGMA secure_delete = ON")  # no text stays behind
                upgrade(connection)
                for statement in missing(connection, all_tables):
                    connection.exec_driver_sql(statement)
    except (sa.exc.DBAPIError, sqlite3.Error, OSError) as error:
        raise StoreError(
            f"{path} cannot be opened as a database ({error}); "
            "check that it is a Roomtone file, writable, with room on its disk"
        ) from error
    finally:
        engine.dispose()


def _script() -> ScriptDirectory:
    folder = str(Path(__file__).parents[1] / "migrations")
    config = Config()
    config.set_main_option("script_location", folder.replace("%", "%%"))
    return ScriptDirectory(folder, version_locations=[folder])


def _is_ready(engine: sa.Engine, all_tables: Sequence[Tables]) -> bool:
    with engine.connect() as connection:
        stands_at = revision(connection)
        if stands_at != head():
            refuse_newer(stands_at)
            return False
        return not missing(connection, all_tables)


def refuse_newer(stands_at: str | None) -> None:
    """Raise StoreError for a database that stands at a migration this release does not know."""
    if stands_at is None:
        return
    try:
        _script().get_revision(stands_at)
    except CommandError as error:
        raise StoreError(
            f"the database was written by a newer Roomtone (schema {stands_at}, this one knows "
            f"{head()}); install that release or choose another file"
        ) from error


def _engine(path: Path) -> sa.Engine:
    """An engine whose transactions also cover DDL, which the driver would commit by itself."""

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(path, isolation_level=None, timeout=30)

    def begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    engine = sa.create_engine("sqlite://", creator=connect, poolclass=sa.pool.NullPool)
    sa.event.listen(engine, "begin", begin)
    return engine


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    """Hold the file's lock: an exclusive transaction in a small database beside it.

    It falls with the process that holds it, on every system that SQLite runs on.
    """
    lock = sqlite3.connect(f"{path}.lock", isolation_level=None, timeout=LOCK_TIMEOUT_S)
    try:
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            raise StoreError(
                f"another process holds {path}.lock since {LOCK_TIMEOUT_S:.0f} s; "
                "end it, or wait for its upgrade, and start again"
            ) from error
        yield
    finally:
        lock.close()


def _enter_wal(path: Path) -> None:
    connection = sqlite3.connect(path, isolation_level=None, timeout=30)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
    finally:
        connection.close()


def _back_up(path: Path, was: str, to: str = "") -> None:
    """Write a compact copy beside the file; a half-written one never has the final name."""
    copy = path.with_name(f"{path.name}.before-{to or head()}-from-{was}")
    half = copy.with_name(copy.name + ".part")
    half.unlink(missing_ok=True)
    connection = sqlite3.connect(path, isolation_level=None, timeout=30)
    try:
        connection.execute("VACUUM INTO ?", (str(half),))
    finally:
        connection.close()
    os.replace(half, copy)
