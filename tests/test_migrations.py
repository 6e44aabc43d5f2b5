"""Databases are brought up to date once, whole, with their data, whoever starts first."""

import asyncio
import multiprocessing
import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from roomtone.contracts import WEATHER, a_summary, an_alert, weather
from roomtone.errors import StoreError
from roomtone.stores import _migrate
from roomtone.stores._schema import metadata, tables_of
from roomtone.stores.sqlite import SQLite


@pytest.fixture
def path(tmp_path):
    return tmp_path / "roomtone.db"


def older(path, to="001"):
    """A database as an older release left it."""
    engine = _migrate._engine(path)
    with engine.begin() as connection:
        _migrate.upgrade(connection, to)
    engine.dispose()


def ask(path, sql):
    connection = sqlite3.connect(path)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def test_migrations_build_the_declared_tables(path):
    """From nothing up, what stands is what the schema declares: no table or column apart."""
    _migrate.prepare_sqlite(path)
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    engine.dispose()

    assert differences == []


def test_the_second_time_nothing_happens(path, monkeypatch):
    """A database that is up to date is not locked, backed up or written."""
    tables = [tables_of(WEATHER)]
    _migrate.prepare_sqlite(path, tables)
    before = path.read_bytes()
    monkeypatch.setattr(_migrate, "_lock", None)
    _migrate.prepare_sqlite(path, tables)

    assert path.read_bytes() == before
    assert [p.name for p in path.parent.glob("*before*")] == []


def test_an_older_database_keeps_its_data(path):
    """A file of an earlier release is upgraded in place, and as it was lies beside it."""
    older(path)
    connection = sqlite3.connect(path)
    connection.execute(
        "INSERT INTO alerts VALUES ('a/b', 1000, 'it''s', 'SUDDEN_DROP', 'WARNING', 'anomaly', "
        "0.5, 1.0, 2.0, 'score', '', '{\"z\": 3.5}', 'false_alarm', 'ann', 2000)"
    )
    connection.commit()
    connection.close()

    async def upgrade():
        store = SQLite(f"sqlite:///{path}")
        await store.open([WEATHER])
        await store.write([weather(0, {"here": (1, 2)})])
        row = await store.alert("a/b")
        await store.close()
        return row

    row = asyncio.run(upgrade())
    assert (row["session"], row["evidence"], row["verdict"]) == ("it's", {"z": 3.5}, "false_alarm")
    assert ask(path, "SELECT version_num FROM alembic_version") == [(_migrate.head(),)]
    (backup,) = path.parent.glob("*.before-*")
    assert ask(backup, "SELECT version_num FROM alembic_version") == [("001",)]
    assert ask(backup, "SELECT count(*) FROM alerts") == [(1,)]


def test_a_step_that_fails_leaves_the_database_as_it_was(path, monkeypatch):
    """All steps and tables are one transaction: half an upgrade is none."""
    older(path)
    monkeypatch.setattr(_migrate, "missing", lambda *_: ["CREATE TABLE x (y)", "no SQL at all"])
    with pytest.raises(StoreError, match="check"):
        _migrate.prepare_sqlite(path)

    assert ask(path, "SELECT version_num FROM alembic_version") == [("001",)]
    names = {name for (name,) in ask(path, "SELECT name FROM sqlite_master")}
    assert not {"x", "dead_letters"} & names


def test_a_newer_database_is_left_alone(path):
    """A release that does not know the schema says so and touches nothing."""
    _migrate.prepare_sqlite(path)
    connection = sqlite3.connect(path)
    connection.execute("UPDATE alembic_version SET version_num = '999'")
    connection.commit()
    connection.close()

    with pytest.raises(StoreError, match="newer Roomtone"):
        _migrate.prepare_sqlite(path, [tables_of(WEATHER)])
    assert not ask(path, "SELECT 1 FROM sqlite_master WHERE name = 'points_weather'")


def test_what_is_no_database_is_refused(path):
    """A file of another kind is not overwritten."""
    path.write_text("my diary\n" * 500)
    with pytest.raises(StoreError, match="check that it is a Roomtone file"):
        _migrate.prepare_sqlite(path)

    assert path.read_text().startswith("my diary")


def start(path, barrier, answers):
    """What a process does at its start, at the same moment as another."""

    async def run():
        store = SQLite(f"sqlite:///{path}")
        barrier.wait()
        await store.open([WEATHER])
        await store.add_sessions([a_summary(0)])
        await store.add_alerts([an_alert(0)])
        await store.close()

    try:
        asyncio.run(run())
        answers.put("")
    except Exception as error:
        answers.put(repr(error))


@pytest.mark.parametrize("seeded", [False, True])
def test_two_processes_may_start_at_once(path, seeded):
    """One upgrades, the other waits and finds it done."""
    if seeded:
        older(path)
    spawn = multiprocessing.get_context("spawn")
    barrier, answers = spawn.Barrier(2), spawn.Queue()
    processes = [spawn.Process(target=start, args=(path, barrier, answers)) for _ in range(2)]
    for process in processes:
        process.start()
    told = [answers.get(timeout=60) for _ in processes]
    for process in processes:
        process.join(timeout=60)

    assert told == ["", ""]
    assert len(list(path.parent.glob("*.before-*"))) == seeded
    assert ask(path, "SELECT count(*) FROM alerts") == [(1,)]


def test_the_steps_are_part_of_the_package():
    """The migrations lie where the package looks for them, numbered in one line."""
    script = _migrate._script()
    steps = [step.revision for step in script.walk_revisions()][::-1]

    assert steps == [f"{i + 1:03}" for i in range(len(steps))]
    assert Path(script.dir).name == "migrations"
