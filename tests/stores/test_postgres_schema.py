"""PostgreSQL databases are brought up to date once, whole, with data; hypertables are real."""

import asyncio
import re
from datetime import timedelta

import asyncpg
import msgspec
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy.ext.asyncio import create_async_engine

from roomtone.contracts import WEATHER, weather
from roomtone.contracts_reactions import judged
from roomtone.contracts_training import check_counts
from roomtone.errors import StoreError
from roomtone.stores import _migrate, _pg_prepare
from roomtone.stores._migrate import upgrade_sql
from roomtone.stores._schema import metadata
from roomtone.stores.postgres import PostgreSQL
from roomtone.testing import START
from roomtone.verdicts import Line, Ruling
from tests.stores.test_training import OLD

pytestmark = pytest.mark.servers
FOUR = {"points_weather", "alerts", "interventions", "agent_performance"}


async def ask(url, sql, *given):
    connection = await asyncpg.connect(url)
    try:
        return [tuple(row) for row in await connection.fetch(sql, *given)]
    finally:
        await connection.close()


async def run(url, script):
    connection = await asyncpg.connect(url)
    await connection.execute(script)
    await connection.close()


async def opened(url):
    store = PostgreSQL(url)
    await store.open([WEATHER])
    return store


async def hypertables(url):
    sql = "SELECT hypertable_name FROM timescaledb_information.hypertables"
    return {name for (name,) in await ask(url, sql)}


async def test_migrations_build_the_declared_tables(server_url):
    """From nothing up, what stands is what the schema declares: no table or column apart."""
    store = PostgreSQL(server_url)
    await store.open()
    await store.close()
    engine = create_async_engine(server_url.replace("postgresql:", "postgresql+asyncpg:"))
    async with engine.connect() as connection:
        differences = await connection.run_sync(
            lambda c: compare_metadata(MigrationContext.configure(c), metadata)
        )
    await engine.dispose()

    assert differences == []


async def test_an_older_database_keeps_its_data(server_url):
    """What stood at an earlier migration, in plain tables, is upgraded with all that is in it."""
    await run(server_url, upgrade_sql("postgresql", None, "002"))
    await run(
        server_url,
        "INSERT INTO alerts VALUES ('a/b', '2026-03-01T12:00:00.25Z', 'it''s', 'SUDDEN_DROP', "
        "'WARNING', 'anomaly', 0.5, 1, 2, 'score', '', '{\"z\": 3.5}', 'false_alarm', 'ann', "
        "'2026-03-01T13:00:00Z');"
        "INSERT INTO dead_letters (at, source, reason, raw) VALUES (now(), 's', 'r', 'x')",
    )
    store = await opened(server_url)
    row = await store.alert("a/b")
    await store.close()

    assert row["time"] == START.replace(microsecond=250_000)
    assert (row["session"], row["evidence"], row["verdict"]) == ("it's", {"z": 3.5}, "false_alarm")
    assert [d.reason for d in await _letters(server_url)] == ["r"]
    versions = await ask(server_url, "SELECT version_num FROM alembic_version")
    assert versions == [(_migrate.head(),)]


async def _letters(url):
    store = await opened(url)
    letters = await store.dead_letters()
    await store.close()
    return letters


async def test_the_second_time_nothing_happens(server_url):
    """A database that is up to date is opened without the lock: others' upgrades do not matter."""
    await (await opened(server_url)).close()
    connection = await asyncpg.connect(server_url)
    await connection.execute(f"SELECT pg_advisory_lock({_pg_prepare.LOCK})")
    async with asyncio.timeout(20):
        store = await opened(server_url)
        await store.close()
    await connection.close()

    assert store.edition in ("none", "apache")


async def test_a_step_that_fails_leaves_the_database_as_it_was(server_url, monkeypatch):
    """All steps and tables are one transaction: half an upgrade is none."""
    await run(server_url, upgrade_sql("postgresql", None, "001"))

    async def wrong(*_):
        return ["CREATE TABLE x (y int)", "no SQL at all"]

    monkeypatch.setattr(_pg_prepare, "_missing", wrong)
    with pytest.raises(StoreError, match="syntax"):
        await opened(server_url)

    assert await ask(server_url, "SELECT version_num FROM alembic_version") == [("001",)]
    found = await ask(server_url, "SELECT to_regclass('x'), to_regclass('dead_letters')")
    assert found == [(None, None)]


async def test_a_newer_database_is_left_alone(server_url):
    """A release that does not know the schema says so and touches nothing."""
    store = PostgreSQL(server_url)
    await store.open()
    await store.close()
    await run(server_url, "UPDATE alembic_version SET version_num = '999'")

    with pytest.raises(StoreError, match="newer Roomtone"):
        await opened(server_url)
    assert await ask(server_url, "SELECT to_regclass('points_weather')") == [(None,)]


async def test_all_four_are_hypertables(timescale_url):
    """The documents' four tables really are hypertables, their keys hold the time, rows go in."""
    store = await opened(timescale_url)
    await store.write([weather(0, {"here": (1, 2)})])
    await store.close()
    await run(
        timescale_url,
        "INSERT INTO interventions VALUES ('i', now(), 's', 'POLL', 'PROPOSED', 0.7, NULL, '', "
        "NULL, '{}'); INSERT INTO agent_performance VALUES ('p', now(), 's', 'a', 'm', 1, '{}')",
    )
    keys = await ask(
        timescale_url,
        "SELECT relname::text, attname::text FROM pg_index JOIN pg_class c ON c.oid = indrelid "
        "JOIN pg_attribute a ON a.attrelid = c.oid AND attnum = ANY(indkey) "
        "WHERE indisprimary AND relname = ANY($1)",
        list(FOUR),
    )

    assert store.edition == "apache"
    assert await hypertables(timescale_url) >= FOUR | {"points_weather_1m", "points_weather_1h"}
    assert {table for table, column in keys if column in ("time", "timestamp")} == FOUR


async def test_the_documents_indexes_are_there(server_url):
    """Under their names, on the tables that stand for the documents'."""
    await (await opened(server_url)).close()
    found = await ask(
        server_url,
        "SELECT tablename::text, indexname::text FROM pg_indexes WHERE indexname LIKE 'idx%' "
        "AND schemaname = 'public'",
    )

    assert set(found) == {
        ("alerts", "idx_anomaly_session"),
        ("alerts", "idx_anomaly_severity"),
        ("interventions", "idx_intervention_session"),
        ("agent_performance", "idx_agent_performance"),
        ("enrichment_processing_log", "idx_enrichment_log_lookup"),
        ("enrichment_processing_log", "idx_enrichment_log_processed_at"),
    }


async def test_plain_tables_become_hypertables_with_what_is_in_them(timescale_url):
    """`edition=none` leaves TimescaleDB alone; where it is there, the same tables are turned."""
    store = await opened(timescale_url + "?edition=none")
    await store.write([weather(0, {"here": (1, 2)})])
    await store.close()
    extensions = await ask(timescale_url, "SELECT 1 FROM pg_extension WHERE extname ~ 'time'")
    await run(timescale_url, "CREATE EXTENSION timescaledb")
    store = await opened(timescale_url)
    end = START.replace(hour=13)
    points = await store.read("weather", tags={}, start=START, end=end)
    await store.close()

    assert (extensions, store.edition) == ([], "apache")
    assert await hypertables(timescale_url) >= FOUR
    assert [p.fields for p in points] == [{"warm": 1, "wet": 2}]


async def test_who_may_not_install_it_gets_plain_tables(timescale_url):
    """Without the right to create the extension the store works all the same."""
    name = timescale_url.rpartition("/")[2]
    await run(
        timescale_url,
        f"CREATE ROLE {name} LOGIN; GRANT CREATE ON SCHEMA public TO {name};",
    )
    store = await opened(timescale_url.replace("postgres@", f"{name}@"))
    await store.write([weather(0, {"here": (1, 2)})])
    await store.close()

    assert store.edition == "none"


async def test_chunks_that_are_past_keeping_are_dropped_whole(timescale_url):
    """On hypertables retention takes chunks, and none that holds an hour that is to stay."""
    store = PostgreSQL(timescale_url + "?chunk_hours=2", keep_s={0: 3600, 60: None, 3600: None})
    await store.open([WEATHER])
    hour = 3600
    await store.write([weather(at, {"here": (1, 2)}) for at in (0, hour, 2 * hour, 3 * hour)])
    chunks = "SELECT count(*) FROM timescaledb_information.chunks WHERE hypertable_name = $1"
    counts = []
    for hours in (3, 6, 7.5):
        await store.retain(START + timedelta(hours=hours))
        counts.append((await ask(timescale_url, chunks, "points_weather"))[0][0])
        if hours == 3:  # an hour of the first chunk is written anew: it is kept from then on
            await store.write([weather(hour, {"here": (3, 4)})])
    await store.close()

    assert counts == [2, 1, 0]
    # and the minutes, which are kept for ever, are all there
    assert await ask(timescale_url, "SELECT count(*) FROM points_weather_1m") == [(4,)]


async def test_what_an_older_release_kept_is_carried_over(postgres_url):
    """Texts become messages, linked, counted and rated as in a file; NUL in a log stops nothing."""
    await run(postgres_url, upgrade_sql("postgresql", None, "006"))
    await run(postgres_url, re.sub(r"\b([129][05]00)\b(?!\.)", r"to_timestamp(\1 / 1000.0)", OLD))
    of = {"id": "r", "session": "s", "target": "a", "user": "ann", "emoji": "x"}
    ruling = Ruling(meaning="RATING", satisfaction=0.6, score=0.5)
    lines = [Line(who="user", text="nothing\0")]
    told = judged(1, "RATING", 0.9, of=of, ruling=ruling, before=lines)
    connection = await asyncpg.connect(postgres_url)
    await connection.execute("UPDATE reactions SET told = $1", msgspec.json.encode(told).decode())
    await connection.close()
    store = await opened(postgres_url)
    turns = {turn.id: turn for turn in await store.turns("s")}
    (talk,), _ = await store.training_page(messages=100, trainable=False)
    await store.close()

    said = {id: (turn.message, turn.reply) for id, turn in turns.items()}
    assert said == {"a": ("hello", "hi you"), "b": (None, ""), "c": ("lone", None)}
    check_counts(talk)
    first, reply = talk.messages[:2]
    assert (first.emotion, first.emotion_raw, first.emotion_intensity) == ("joy", "glad", 0.8)
    assert (reply.processing_time, reply.user_feedback, reply.conversation) == (1.5, 3.0, talk.id)
