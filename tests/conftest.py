"""Servers that all tests may ask for: one of each per process, a fresh database per test."""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from roomtone.compiled import loops
from roomtone.stores import _migrate, sqlite
from roomtone.stores._schema import Tables
from tests.each_way import plainly
from tests.servers import (
    Running,
    influx_server,
    influxql,
    postgres_server,
    redis_server,
    timescale_server,
)

_names = itertools.count(1)

# How busy a machine is proves nothing of what is tested on it.
settings.register_profile("here", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("here")


@pytest.fixture(scope="session", autouse=True)
def new_files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What a new SQLite file is made by is run once for the same tables, then copied.

    Migrations take a fifth of a second, and thousands of tests begin with a new file.
    """
    folder, made = tmp_path_factory.mktemp("new"), dict[tuple[object, ...], Path]()
    prepare = _migrate.prepare_sqlite

    def copied(path: Path, all_tables: Sequence[Tables] = ()) -> None:
        named = [one.measurement for one in all_tables]
        key = tuple((m.name, tuple(m.numbers), tuple(m.texts)) for m in named)
        if key not in made:
            new = folder / f"{next(_names)}.db"
            prepare(new, all_tables)
            made[key] = new
        if path.parent.is_dir() and not path.exists():
            half = folder / f"{next(_names)}.part"
            shutil.copyfile(made[key], half)
            with suppress(FileExistsError):  # somebody else made it
                os.link(half, path)
            half.unlink()
        prepare(path, all_tables)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite, "prepare_sqlite", copied)
        yield


@pytest.fixture(params=["compiled", "plain"])
def each_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Runs a test with the loops compiled and again in Python."""
    if request.param == "plain":
        plainly(monkeypatch)
    elif loops is None:
        if os.environ.get("CI"):
            pytest.fail("the loops are not compiled; install gcc and Python's headers")
        pytest.skip("the loops are not compiled here")
    return str(request.param)


@pytest.fixture(scope="session")
def redis_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One Redis for all; a test that breaks it starts its own."""
    server = redis_server(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def redis_url(redis_process: Running) -> str:
    """The address of an empty Redis."""

    async def empty() -> None:
        from redis.asyncio import Redis

        async with Redis.from_url(redis_process.url) as client:
            await client.flushall()

    asyncio.run(empty())
    return redis_process.url


def _fresh_database(server: Running) -> str:
    """The address of a new, empty database in a running PostgreSQL."""
    name = f"test_{next(_names)}"

    async def create() -> None:
        import asyncpg

        connection = await asyncpg.connect(server.url)
        await connection.execute(f"CREATE DATABASE {name}")
        await connection.close()

    asyncio.run(create())
    return server.url.rpartition("/")[0] + f"/{name}"


@pytest.fixture(scope="session")
def postgres_process() -> Iterator[Running]:
    """One plain PostgreSQL for all; a test that breaks it starts its own."""
    with _postgres() as server:
        yield server


@pytest.fixture
def postgres_url(postgres_process: Running) -> str:
    """The address of an empty database without TimescaleDB."""
    return _fresh_database(postgres_process)


@pytest.fixture(scope="session")
def timescale_process() -> Iterator[Running]:
    """One PostgreSQL with TimescaleDB for all."""
    server = timescale_server()
    server.start()
    yield server
    server.stop(signal.SIGQUIT)  # at once: nobody reads these databases again
    shutil.rmtree(server.folder, ignore_errors=True)


@pytest.fixture
def timescale_url(timescale_process: Running) -> str:
    """The address of an empty database in a server that has TimescaleDB."""
    return _fresh_database(timescale_process)


@pytest.fixture(scope="session")
def influx_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One InfluxDB for all; a test that breaks it starts its own."""
    server = influx_server(tmp_path_factory.mktemp("influxdb"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def influx_url(influx_process: Running) -> str:
    """The address of a new, empty bucket: a database, as the server is a 1.x."""
    name = f"test_{next(_names)}"
    influxql(influx_process, f"CREATE DATABASE {name}")
    return f"{influx_process.url}/org/{name}"


@pytest.fixture
def own_influx(tmp_path: Path) -> Iterator[Running]:
    """An InfluxDB of this test's own, to be paused and killed; it has a bucket `room`."""
    server = influx_server(tmp_path / "influxdb")
    server.start()
    influxql(server, "CREATE DATABASE room")
    yield server
    server.stop()


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[Running]:
    """A Redis of this test's own, to be paused and killed; it keeps what it was told."""
    server = redis_server(tmp_path / "redis", "--appendonly", "yes", "--appendfsync", "always")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def own_postgres() -> Iterator[Running]:
    """A PostgreSQL of this test's own, to be paused and killed."""
    with _postgres() as server:
        yield server


@contextmanager
def _postgres() -> Iterator[Running]:
    """One that runs. Not in pytest's folders: each pytest that starts closes them to other users,
    and PostgreSQL is another user where the tests are root."""
    folder = Path(tempfile.mkdtemp(prefix="roomtone-"))
    server = postgres_server(folder)
    server.start()
    yield server
    server.stop(signal.SIGQUIT)  # at once: nobody reads these databases again
    shutil.rmtree(folder, ignore_errors=True)
