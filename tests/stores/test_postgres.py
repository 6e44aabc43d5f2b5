"""What is PostgreSQL's own: COPY, connections that break, editions, secrets, several processes."""

import asyncio
import multiprocessing

import asyncpg
import pytest

from roomtone.contracts import WEATHER, a_summary, an_alert, weather
from roomtone.errors import MissingExtra, StoreAway, StoreError
from roomtone.records import DeadLetter
from roomtone.runtime import plugins
from roomtone.stores import _archive, _pg_archive, _pg_points, _pg_pool, _pg_talks
from roomtone.stores._pg_address import parse
from roomtone.stores.postgres import PostgreSQL
from roomtone.testing import START
from tests.stores.asking import ask, read, talks_queries

servers = pytest.mark.servers


# -- the address ---------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+asyncpg"])
def test_a_url_chooses_it(scheme):
    """All spellings of the scheme lead here, also the one of a DATABASE_URL for SQLAlchemy."""
    store = plugins.series_store(f"{scheme}://u:secret@h:5433/d?sslmode=require&pool=3", {0: 1})

    assert isinstance(store, PostgreSQL)
    assert isinstance(plugins.archive(f"{scheme}://h/d"), PostgreSQL)
    assert store._address.dsn == "postgresql://u:secret@h:5433/d?sslmode=require"
    assert (store._address.pool, store._address.shown) == (3, "postgresql://h:5433/d")


@pytest.mark.parametrize(
    "wrong",
    ["pool=0", "pool=x", "timeout=-1", "edition=enterprise", 'schema=a"b', "chunk_hours=0", "x"],
)
def test_what_cannot_be_in_a_url_is_refused(wrong):
    """In a sentence that says what can, without the password."""
    with pytest.raises(StoreError) as told:
        parse(f"postgresql://u:secret@h/d?{wrong}")

    assert "secret" not in str(told.value)
    assert any(word in str(told.value) for word in ("give", "choose", "use", "write"))


def test_without_its_driver_it_says_how_to_get_it(monkeypatch):
    """The driver is an extra; who lacks it is told the command, when the store is made."""
    monkeypatch.setitem(__import__("sys").modules, "asyncpg", None)
    with pytest.raises(MissingExtra, match=r"pip install 'roomtone\[postgres\]'"):
        PostgreSQL("postgresql://h/d")


async def test_a_server_that_is_not_there_is_named_without_the_password():
    """The sentence says where, not with what, and ends in what to do."""
    store = PostgreSQL("postgresql://ann:secret@127.0.0.1:1/db")
    with pytest.raises(StoreError, match=r"127\.0\.0\.1:1/db.*see that the server runs") as told:
        await store.open([WEATHER])

    assert "secret" not in str(told.value)
    assert "ann" not in str(told.value)


@servers
async def test_a_database_that_is_not_there_is_named(postgres_url):
    """What is to be made first is said as a command."""
    with pytest.raises(StoreError, match="createdb"):
        await PostgreSQL(postgres_url + "_not").open()


# -- text ----------------------------------------------------------------------------------------


@servers
async def test_text_that_it_cannot_hold_is_marked_and_names_are_refused(server_store):
    """A NUL or a lone surrogate in what people wrote never keeps the others from being kept."""
    odd = "a\0b\ud800c"
    await server_store.add_dead_letters(
        [DeadLetter(at=START, source=odd, reason=odd, raw=b"\0"), *_letters(3)]
    )
    await server_store.add_alerts([an_alert(0, "s", message=odd), an_alert(1, "s")])

    assert [d.reason for d in await server_store.dead_letters()][-1] == "a\ufffdb\ufffdc"
    assert [row["message"] for row in await server_store.alerts()] == ["", "a\ufffdb\ufffdc"]
    with pytest.raises(StoreError, match="replace them"):
        await server_store.add_alerts([an_alert(2, "a\0b")])
    assert await server_store.alerts(session="a\0b") == []
    assert await server_store.alert("\ud800") is None
    assert await read(server_store, "\0") == []


def _letters(count):
    return [DeadLetter(at=START, source="s", reason=str(i), raw=b"") for i in range(count)]


# -- servers that go away ------------------------------------------------------------------------


@servers
async def test_a_server_that_comes_back_is_used_again(own_postgres):
    """While it is away each call fails in a sentence; afterwards nobody has to do anything."""
    store = PostgreSQL(own_postgres.url + "?timeout=5")
    await store.open([WEATHER])
    await store.write([weather(0, {"here": (1, 2)})])
    own_postgres.kill()
    for call in (store.write([weather(5, {"here": (1, 2)})]), store.alerts(), read(store)):
        with pytest.raises(StoreError, match=";"):
            await call
    own_postgres.start()
    await store.write([weather(5, {"here": (1, 2)})])

    assert len(await read(store)) == 2
    await store.close()


@servers
async def test_a_server_that_hangs_holds_nobody_longer_than_the_limit(own_postgres):
    """Calls end in time, also a cancelled one and the closing, and the pool is whole afterwards."""
    store = PostgreSQL(own_postgres.url + "?timeout=0.5&pool=2")
    await store.open([WEATHER])
    await store.write([weather(0, {"here": (1, 2)})])
    async with asyncio.timeout(30):
        with own_postgres.paused():
            calls = [store.write([weather(5, {"here": (1, 2)})]), store.alerts(), read(store)]
            told = await asyncio.gather(*calls, return_exceptions=True)
            cancelled = asyncio.create_task(store.write([weather(10, {"here": (1, 2)})]))
            await asyncio.sleep(0)
            cancelled.cancel()
            await asyncio.gather(cancelled, return_exceptions=True)
        assert [type(error) for error in told] == [StoreAway] * 3
        assert all("see that the server" in str(error) for error in told)
        await store.write([weather(5, {"here": (3, 4)})])
        assert [p.fields["warm"] for p in await read(store)] == [1, 3]
        with own_postgres.paused():
            await store.close()


@servers
async def test_a_call_that_was_cut_does_not_go_on_in_the_server(server_url):
    """Nobody waits for its answer, so the server stops working on it."""
    store = PostgreSQL(server_url + "?timeout=1")
    await store.open([WEATHER])
    with pytest.raises(StoreError, match="within 1 s"):
        await store._pool.ask(lambda c: c.execute("SELECT pg_sleep(600)"))
    running = (
        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' "
        "AND state = 'active' AND pid <> pg_backend_pid()"
    )
    async with asyncio.timeout(60):
        while await ask(server_url, running) != [(0,)]:
            await asyncio.sleep(0.2)
    await store.close()


@servers
async def test_connections_are_few_and_shared(server_url):
    """Series and archive of one URL have one pool, with a bound that many readers wait at."""
    url = server_url + "?pool=2"
    series, archive = PostgreSQL(url), PostgreSQL(url)
    await series.open([WEATHER])
    await archive.open()
    await asyncio.gather(*(archive.alerts() for _ in range(50)), *(read(series) for _ in range(50)))
    count = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
    mine = await ask(server_url, count + "application_name = 'roomtone'")

    assert series._pool is archive._pool
    assert mine[0][0] <= 2
    await series.close()
    assert await archive.alerts() == []
    await archive.close()
    assert series._address not in {address for address, _ in _pg_pool.Pool._in_use}


# -- several processes, several servers ----------------------------------------------------------


def start(url, barrier, answers):
    """What a process does at its start, at the same moment as another."""

    async def run():
        store = PostgreSQL(url)
        barrier.wait()
        await store.open([WEATHER])
        await store.write([weather(0, {"here": (1, 2)})])
        await store.add_alerts([an_alert(0)])
        await store.close()
        return store.edition

    try:
        answers.put(asyncio.run(run()))
    except Exception as error:
        answers.put(repr(error))


@servers
async def test_two_processes_may_start_at_once(server_url):
    """One makes the tables and the extension, the other waits and finds it done."""
    spawn = multiprocessing.get_context("spawn")
    barrier, answers = spawn.Barrier(2), spawn.Queue()
    processes = [spawn.Process(target=start, args=(server_url, barrier, answers)) for _ in "ab"]
    for process in processes:
        process.start()
    told = [await asyncio.to_thread(answers.get, timeout=60) for _ in processes]
    for process in processes:
        await asyncio.to_thread(process.join, 60)

    assert told in (["none"] * 2, ["apache"] * 2)
    assert await ask(server_url, "SELECT count(*) FROM alerts") == [(1,)]


@servers
async def test_a_schema_of_its_own(server_url):
    """What another program keeps in the same database is not touched."""
    await ask(server_url, "CREATE TABLE sessions (theirs int)")
    store = PostgreSQL(server_url + "?schema=roomtone")
    await store.open([WEATHER])
    await store.write([weather(0, {"here": (1, 2)}), weather(120, {"here": (1, 2)})])
    await store.add_sessions([a_summary(0)])

    assert len(await store.sessions()) == len(await read(store, step_s=60)) - 1 == 1
    assert await ask(server_url, "SELECT count(*) FROM roomtone.points_weather") == [(2,)]
    assert await ask(server_url, "SELECT count(*) FROM public.sessions") == [(0,)]
    await store.close()


@servers
async def test_a_schema_beside_another_roomtone(server_url):
    """Two that share a database, each in its own schema, know nothing of each other."""
    await ask(server_url, "CREATE TABLE alembic_version AS SELECT 'a1b2'::text AS version_num")
    first = PostgreSQL(server_url + "?schema=one")
    await first.open([WEATHER])
    await first.close()
    await ask(server_url, "DROP TABLE alembic_version")
    public, other = PostgreSQL(server_url), PostgreSQL(server_url + "?schema=two")
    await public.open([WEATHER])
    await public.write([weather(0, {"theirs": (1, 2)})])
    await other.open([WEATHER])
    await other.write([weather(0, {"ours": (1, 2)})])

    assert len(await read(other, "ours")) == 1
    assert await read(other, "theirs") == []
    assert await ask(server_url, "SELECT count(*) FROM public.points_weather") == [(1,)]
    assert await ask(server_url, "SELECT count(*) FROM two.series") == [(1,)]
    await public.close()
    await other.close()


@servers
async def test_a_database_that_went_back_in_time_mixes_nothing(server_store, server_url):
    """After a failover or a restore the ids that we remember may be lost, or be others'."""
    await server_store.write([weather(0, {"here": (1, 2)})])
    await ask(server_url, "TRUNCATE points_weather, series, series_tags RESTART IDENTITY")
    other = PostgreSQL(server_url + "?pool=2")
    await other.open([WEATHER])
    await other.write([weather(0, {"theirs": (5, 6)})])
    await server_store.write([weather(1, {"here": (3, 4)})])

    assert [point.fields["warm"] for point in await read(other, "theirs")] == [5]
    assert [point.fields["warm"] for point in await read(other, "here")] == [3]
    assert len(await read(server_store, "")) == 2
    await other.close()


@servers
async def test_every_query_uses_an_index(postgres_url):
    """With sequential scans switched off a plan that still has one could not do without."""
    store = PostgreSQL(postgres_url)
    await store.open([WEATHER])
    await store.close()
    queries = [
        _pg_archive.page_sql("alerts", "time", [], True),
        _pg_archive.page_sql("alerts", "time", ["session = ?"], True),
        _pg_archive.page_sql("alerts", "time", ["severity = ?"], True),
        _pg_archive.page_sql("alerts", "time", ["session = ?", "time >= ?", "time < ?"], False),
        _pg_archive.page_sql("alerts", "time", ["id = ?"], False),
        _pg_archive.page_sql("sessions", "started", ["session = ?"], True),
        _pg_points.select_sql("points_weather", ["warm"], [1]),
        _pg_points.select_sql("points_weather", ["warm"], None),
        _pg_points.select_sql("points_weather", ["warm"], range(99)),
        *map(_pg_talks.numbered, talks_queries("strpos")),
    ]
    connection = await asyncpg.connect(postgres_url)
    await connection.execute("SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan")
    await connection.execute("SET enable_sort = off; SET enable_bitmapscan = off")
    for sql in queries:
        places = sql.count("$") if "WITH RECURSIVE" not in sql else 4
        await connection.execute(f"PREPARE q AS {sql}")
        filled = ", ".join(["NULL"] * min(places, len(set(_places(sql)))))
        rows = await connection.fetch(f"EXPLAIN EXECUTE q{f'({filled})' if filled else ''}")
        plan = "\n".join(row[0] for row in rows)
        await connection.execute("DEALLOCATE q")
        assert "Index" in plan, (sql, plan)
        assert "Seq Scan" not in plan, (sql, plan)
        assert "Sort" not in plan, (sql, plan)
    await connection.close()


def _places(sql):
    return [part[0] for part in sql.split("$")[1:]]


def test_an_alert_has_the_same_columns_in_both():
    """What SQLite and PostgreSQL keep of an alert is made by the same function."""
    assert set(_archive.ALERT_COLUMNS) == _archive.alert_row(an_alert(0)).keys()
