"""Each edition of TimescaleDB is known by its licence, and gets the SQL that it can run."""

import asyncpg
import pytest

from roomtone.contracts import WEATHER, weather
from roomtone.stores import _pg_aggregates, _pg_edition, _pg_prepare
from roomtone.stores._pg_pool import Pool
from roomtone.stores._pg_prepare import _missing
from roomtone.stores._schema import tables_of
from roomtone.stores.postgres import PostgreSQL
from roomtone.testing import START, check_series_store

TABLES = tables_of(WEATHER)
MINUTE, HOUR = _pg_aggregates.aggregate_sql(TABLES)
servers = pytest.mark.servers


class Licence:
    """What a server would answer to the two questions of the probe."""

    def __init__(self, version, licence):
        self.answers = {"pg_extension": version, "timescaledb.license": licence}

    async def fetchval(self, sql):
        return next(answer for word, answer in self.answers.items() if word in sql)


@pytest.mark.parametrize(
    ("version", "licence", "most", "edition"),
    [
        (None, None, None, "none"),
        ("2.19.3", "apache", None, "apache"),
        ("2.28.3", "timescale", None, "timescale"),
        ("2.28.3", "timescale", "apache", "apache"),
        ("2.28.3", "timescale", "none", "none"),
        ("2.19.3", "apache", "timescale", "apache"),
    ],
)
async def test_the_licence_tells_the_edition(version, licence, most, edition):
    """An extension without the community's licence is the Apache edition; less may be asked for."""
    assert await _pg_edition.probe(Licence(version, licence), most) == edition


@servers
async def test_the_probe_says_what_the_servers_are(postgres_url, timescale_url):
    """Debian's PostgreSQL has no TimescaleDB, and its TimescaleDB is the Apache edition."""
    found = []
    for url in (postgres_url, timescale_url):
        store = PostgreSQL(url)
        await store.open([WEATHER])
        found.append(store.edition)
        await store.close()

    assert found == ["none", "apache"]


def test_aggregates_have_the_columns_of_our_own_rollups():
    """Minutes from the points and hours from the minutes, in real time, in their weights."""
    assert MINUTE == (
        'CREATE MATERIALIZED VIEW "points_weather_1m" WITH (timescaledb.continuous, '
        "timescaledb.materialized_only = false) AS SELECT time_bucket(INTERVAL '60 seconds', "
        '"time") AS "time", series, avg("warm") AS "warm", min("warm") AS "warm_min", '
        'max("warm") AS "warm_max", count("warm")::float8 AS "warm_n", avg("wet") AS "wet", '
        'min("wet") AS "wet_min", max("wet") AS "wet_max", count("wet")::float8 AS "wet_n" '
        'FROM "points_weather" GROUP BY time_bucket(INTERVAL \'60 seconds\', "time"), series '
        "WITH NO DATA"
    )
    assert "FROM \"points_weather_1m\" GROUP BY time_bucket(INTERVAL '3600 seconds'" in HOUR
    assert 'sum("warm" * "warm_n") / nullif(sum("warm_n"), 0) AS "warm"' in HOUR


@servers
async def test_what_aggregates_select_is_what_we_roll_up(timescale_url):
    """As plain queries, on a real TimescaleDB, they give the very rows of our rollup tables."""
    store = PostgreSQL(timescale_url)
    await store.open([WEATHER])
    chance = iter(range(1000))
    for second in range(0, 7260, 30):
        await store.write([weather(second, {"a": (next(chance), float("nan")), "b": (1, second)})])
    await store.retain(START)
    await store._writers["weather"].make_good(store._pool)
    await store.close()
    connection = await asyncpg.connect(timescale_url)
    for sql, step_s in ((MINUTE, 60), (HOUR, 3600)):
        select = sql.partition(" AS ")[2].removesuffix(" WITH NO DATA")
        columns = ", ".join(f'"{c}"' for c in ("time", "series", *TABLES.columns(step_s)))
        kept = f'SELECT {columns} FROM "{TABLES.name(step_s)}"'
        for one, other in ((select, kept), (kept, select)):
            odd = await connection.fetchval(f"SELECT count(*) FROM ({one} EXCEPT {other}) AS x")
            assert odd == 0
    assert await connection.fetchval("SELECT count(*) FROM points_weather_1h") == 6
    await connection.close()


@servers
@pytest.mark.parametrize(
    "statement",
    [
        MINUTE.replace("points_weather_1m", "v"),
        *_pg_aggregates.compress_sql("points_weather"),
        _pg_aggregates.refresh_sql("points_weather", 0, 60_000),
    ],
    ids=["aggregate", "compress", "policy", "refresh"],
)
async def test_the_apache_edition_understands_and_declines(timescale_url, statement):
    """What only the community edition does is refused for its licence, not for its wording."""
    store = PostgreSQL(timescale_url)
    await store.open([WEATHER])
    await store.close()
    connection = await asyncpg.connect(timescale_url)
    with pytest.raises(asyncpg.FeatureNotSupportedError, match="license"):
        await connection.execute(statement)
    await connection.close()


@servers
async def test_aggregates_become_tables_when_a_field_is_added(postgres_url):
    """The statements keep all rows, give the tables their key, and leave what a release makes.

    The server here has no aggregates; ordinary views stand for them, and are dropped as such.
    """
    store = PostgreSQL(postgres_url)
    await store.open([WEATHER])
    await store.write([weather(0, {"a": (1, 2)}), weather(120, {"a": (1, 2)})])
    await store.close()
    connection = await asyncpg.connect(postgres_url)
    for step_s in (60, 3600):
        name = TABLES.name(step_s)
        await connection.execute(
            f'ALTER TABLE "{name}" RENAME TO "{name}_was"; ALTER TABLE "{name}_was" '
            f'DROP CONSTRAINT "{name}_pkey"; '
            f'CREATE MATERIALIZED VIEW "{name}" AS SELECT * FROM "{name}_was"'
        )
    for statement in _pg_aggregates.takeover_sql(TABLES):
        await connection.execute(statement)
    missing = await _missing(connection, [TABLES])
    kind = await connection.fetchval(
        "SELECT relkind::text FROM pg_class WHERE oid = $1::regclass", "points_weather_1m"
    )
    await connection.close()
    await store.open([WEATHER])
    end = START.replace(hour=13)
    minutes = await store.read("weather", tags={}, start=START, end=end, step_s=60)
    await store.write([weather(180, {"a": (1, 2)})])
    await store.close()

    assert (missing, kind) == ([], "r")
    assert [p.fields["warm"] for p in minutes] == [1, 1]


@servers
async def test_what_is_written_while_it_is_refreshed_stays_due(postgres_url):
    """The books give up only what nobody touched since they were read."""
    store = PostgreSQL(postgres_url)
    await store.open([WEATHER])
    await store.write([weather(0, {"a": (1, 2)})])
    await store.write([weather(30, {"a": (1, 2)})])
    pool: Pool = store._pool
    versions = await pool.ask(lambda c: _pg_aggregates._versions(c, "weather", 60))
    await store.write([weather(45, {"a": (3, 4)})])
    await pool.write(lambda c: _pg_aggregates._done(c, "weather", 60, versions))
    due = await pool.ask(lambda c: _pg_aggregates._versions(c, "weather", 60))
    assert due.keys() == versions.keys()

    await pool.write(lambda c: _pg_aggregates._done(c, "weather", 60, due))
    assert await pool.ask(lambda c: _pg_aggregates._versions(c, "weather", 60)) == {}
    hours = await pool.ask(lambda c: _pg_aggregates._versions(c, "weather", 3600))
    assert [*hours] == [int(START.timestamp() * 1000)]
    await store.close()


@servers
async def test_with_views_in_the_place_of_rollups_the_contract_holds(timescale_url, monkeypatch):
    """All but the server's own part of the community edition: views are read, refreshed, replaced.

    No community server is at hand. Ordinary views of the same SELECT stand for its aggregates.
    """

    def plain(sql):
        head, _, select = sql.partition(" AS ")
        return head.partition(" WITH ")[0].replace("MATERIALIZED ", "") + (
            " AS " + select.removesuffix(" WITH NO DATA") if select else ""
        )

    async def community(*_):
        return "timescale"

    aggregates, takeover = _pg_aggregates.aggregate_sql, _pg_aggregates.takeover_sql
    for name, instead in {
        "probe": community,
        "aggregate_sql": lambda tables: [plain(sql) for sql in aggregates(tables)],
        "compress_sql": lambda table: [],
        "takeover_sql": lambda tables: [s.replace("MATERIALIZED ", "") for s in takeover(tables)],
    }.items():
        monkeypatch.setattr(_pg_prepare, name, instead)
    asked = []
    monkeypatch.setattr(
        _pg_aggregates, "refresh_sql", lambda *given: asked.append(given) or "SELECT 1"
    )
    await check_series_store(PostgreSQL(timescale_url))

    views = {view for view, _, _ in asked}
    assert {"points_weather_1m", "points_weather_1h"} <= views
    assert all(view.endswith(("_1m", "_1h")) for view in views), views
    store = PostgreSQL(timescale_url)
    await store.open([WEATHER])
    assert not store._writers["weather"].aggregated  # a field was added: now it is ours to do
    await store.close()
