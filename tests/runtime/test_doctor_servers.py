"""The doctor tells what is wrong with a server, on servers that really are so."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import pytest

from roomtone.runtime.clock import WallClock
from roomtone.runtime.config import Settings
from roomtone.runtime.doctor_servers import Found, examine_servers, without
from roomtone.testing import ManualClock
from tests.discord_fake import Discord
from tests.servers import Running, free_port, redis_server

pytestmark = pytest.mark.servers


def postgres(url: str, clock=None) -> dict[str, Found]:
    """The findings about a PostgreSQL, by their name's last part."""
    settings = Settings(stores={"archive": url, "series": url})
    found = examine_servers(settings, clock or WallClock())
    return {f.name.removeprefix("PostgreSQL (series and archive)").lstrip(": "): f for f in found}


def redis(url: str) -> dict[str, Found]:
    found = examine_servers(Settings(sources={"listen": [url]}), WallClock())
    return {f.name.removeprefix("Redis (events)").lstrip(": "): f for f in found}


def sick(found: dict[str, Found]) -> dict[str, Found]:
    """Those that are not well; each names a remedy."""
    ill = {name: its for name, its in found.items() if not its.ok}
    assert all(its.remedy for its in ill.values())
    return ill


def run_sql(url: str, *statements: str) -> None:
    async def run() -> None:
        import asyncpg

        connection = await asyncpg.connect(url)
        for statement in statements:
            await connection.execute(statement)
        await connection.close()

    asyncio.run(run())


def test_no_server_no_finding():
    """With SQLite and local news there is nobody to ask."""
    assert examine_servers(Settings(), WallClock()) == []
    assert without("redis://h/0?mode=pubsub&db=1", ("mode",)) == "redis://h/0?db=1"


def test_a_fresh_database_is_well(postgres_url):
    """Nothing is made by looking; the options of ours in the URL do no harm."""
    found = postgres(postgres_url + "?pool=2&edition=none")

    assert sick(found) == {}
    assert "plain" in found[""].detail
    assert "first start" in found["schema"].detail


def test_timescale_is_named(timescale_url):
    """By version and edition, where the extension is there."""
    run_sql(timescale_url, "CREATE EXTENSION timescaledb")

    assert "apache" in postgres(timescale_url)[""].detail


def test_a_database_that_is_not_there_is_created_by_one_command(postgres_url):
    """And the command names it."""
    (ill,) = sick(postgres(postgres_url + "_gone")).values()

    assert "createdb" in ill.remedy and ill.remedy.endswith("_gone")


def test_a_schema_of_another_release_is_told_apart(postgres_url):
    """An older one is brought up by the next start, a newer one needs its release."""
    run_sql(
        postgres_url,
        "CREATE TABLE alembic_version (version_num text)",
        "INSERT INTO alembic_version VALUES ('001')",
    )
    older = postgres(postgres_url)["schema"]
    run_sql(postgres_url, "UPDATE alembic_version SET version_num = '999'")
    newer = postgres(postgres_url)

    assert older.ok and "next start" in older.detail
    assert "newer" in sick(newer)["schema"].remedy


def test_the_schema_of_the_url_is_looked_at(postgres_url):
    """Another program's migrations beside it say nothing about ours, nor do rights elsewhere."""
    name = postgres_url.rpartition("/")[2]
    run_sql(
        postgres_url,
        "CREATE TABLE alembic_version AS SELECT 'f00'::text AS version_num",
        f"DROP ROLE IF EXISTS owner_{name}",
        f"CREATE ROLE owner_{name} LOGIN",
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        f"CREATE SCHEMA ours AUTHORIZATION owner_{name}",
    )
    owner = postgres_url.replace("postgres@", f"owner_{name}@")

    assert sick(postgres(owner + "?schema=ours")) == {}
    assert "first start" in postgres(owner + "?schema=ours")["schema"].detail
    assert [*sick(postgres(owner + "?schema=unmade"))] == ["tables"]


def test_one_who_may_not_write_is_found(postgres_url):
    """A user without CREATE, and a database that is read only."""
    name = postgres_url.rpartition("/")[2]
    run_sql(
        postgres_url,
        f"DROP ROLE IF EXISTS reader_{name}",
        f"CREATE ROLE reader_{name} LOGIN",
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
    )
    reader = sick(postgres(postgres_url.replace("postgres@", f"reader_{name}@")))
    run_sql(postgres_url, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    locked = sick(postgres(postgres_url))
    run_sql(
        postgres_url.rpartition("/")[0] + "/postgres",
        f"ALTER DATABASE {name} RESET default_transaction_read_only",
    )
    run_sql(postgres_url, f"DROP ROLE reader_{name}")

    assert list(reader) == ["tables"] and "GRANT CREATE" in reader["tables"].remedy
    assert list(locked) == ["writing"]


def test_clocks_apart_are_found(postgres_url):
    """Times in the database and here would not compare."""
    assert "clock" in sick(postgres(postgres_url, ManualClock()))


def test_a_postgres_that_asks_for_a_password(own_postgres: Running):
    """A wrong one, then a server that is stopped: two remedies; the password is never shown."""
    data = own_postgres.folder / "data"
    run_sql(own_postgres.url, "CREATE ROLE ann LOGIN PASSWORD 'right'")
    (data / "pg_hba.conf").write_text("host all ann 127.0.0.1/32 scram-sha-256\n")
    run_sql_reload(own_postgres)
    url = own_postgres.url.replace("postgres@", "ann:{}@")
    wrong = sick(postgres(url.format("hunter2")))
    right = postgres(url.format("right"))
    own_postgres.stop(signal.SIGINT)
    stopped = sick(postgres(url.format("hunter2")))

    assert "password" in wrong[""].remedy
    assert sick(right).keys() <= {"tables"}
    assert "start the server" in stopped[""].remedy
    assert "hunter2" not in repr(wrong) + repr(stopped)


def run_sql_reload(server: Running) -> None:
    """Have a server read its pg_hba.conf again, which SIGHUP does."""
    import os

    os.kill(server.pid, signal.SIGHUP)
    import time

    give_up = time.monotonic() + 20
    while time.monotonic() < give_up:
        found = postgres(server.url)
        if not found[""].ok:
            return  # the superuser is no longer let in: the new rules hold
        time.sleep(0.05)
    raise AssertionError("the rules were not read")


def test_a_redis_that_keeps_what_it_is_told_is_well(own_redis: Running):
    """With an append-only file and no eviction; the group is looked at where there is one."""
    found = redis(own_redis.url)

    assert sick(found) == {}
    assert {"", "role", "memory", "persistence"} <= found.keys()


def test_a_redis_that_forgets_is_found(redis_url):
    """Eviction and no persistence cost unread events; for pub/sub they do not matter."""
    import redis as driver

    with driver.Redis.from_url(redis_url) as client:
        client.config_set("maxmemory", "100mb")
        client.config_set("maxmemory-policy", "allkeys-lru")
        try:
            streams = sick(redis(redis_url))
            pubsub = sick(redis(redis_url + "?mode=pubsub"))
        finally:
            client.config_set("maxmemory-policy", "noeviction")
            client.config_set("maxmemory", "0")

    assert "noeviction" in streams["memory"].remedy
    assert "appendonly" in streams["persistence"].remedy
    assert pubsub == {}


def test_what_waits_in_the_group_is_told(own_redis: Running):
    """How many entries nobody has read yet."""
    import redis as driver

    from roomtone.sources.redis import Redis

    stream = next(iter(Redis(own_redis.url)._address.channels))
    with driver.Redis.from_url(own_redis.url) as client:
        client.xgroup_create(stream, "roomtone", "0", mkstream=True)
        for _ in range(3):
            client.xadd(stream, {"data": "{}"})
    found = redis(own_redis.url)

    assert found["group"].ok and "3 not yet read" in found["group"].detail


def test_a_replica_is_told_from_its_master(own_redis: Running, tmp_path: Path):
    """A replica cannot acknowledge."""
    copy = redis_server(
        tmp_path / "copy", "--replicaof", "127.0.0.1", str(own_redis.port), "--appendonly", "yes"
    )
    copy.start()
    try:
        ill = sick(redis(copy.url))
    finally:
        copy.stop()

    assert "master" in ill["role"].remedy


def test_a_redis_that_asks_for_a_password(tmp_path: Path):
    """None, a wrong one, and one that is not there at all."""
    server = redis_server(tmp_path / "redis")
    server.start()
    import redis as driver

    try:
        with driver.Redis.from_url(server.url) as client:
            client.config_set("requirepass", "right")
            none = sick(redis(server.url))
            wrong = sick(redis(server.url.replace("redis://", "redis://:hunter2@")))
            client.execute_command("AUTH", "right")
            client.config_set("requirepass", "")
    finally:
        server.stop()
    gone = sick(redis(f"redis://:hunter2@127.0.0.1:{free_port()}"))

    assert "password" in none[""].remedy and "password" in wrong[""].remedy
    assert "start the server" in gone[""].remedy
    assert "hunter2" not in repr(wrong) + repr(gone)


def test_an_old_redis_is_too_old():
    """By the version that it says."""
    from roomtone.runtime.doctor_servers import _look_at_redis

    info = {"redis_version": "5.0.14", "role": "master", "aof_enabled": 1}
    first, *rest = _look_at_redis("Redis", info, "noeviction", durable=True)

    assert not first.ok and "6.2" in first.remedy
    assert all(found.ok for found in rest)


async def test_token_and_intents_of_discord_are_looked_at():
    """What the bot may hear and what not, a token that is none; the gateway is left alone."""

    async def look(url: str) -> dict[str, Found]:
        settings = Settings(sources={"listen": [url]})
        found = await asyncio.to_thread(examine_servers, settings, WallClock())
        return {f.name: f for f in found}

    async with Discord() as fake:
        well = await look(fake.url("guilds=1"))
        fake.http["/oauth2/applications/@me"]["flags"] = 0
        ill = sick(await look(fake.url("guilds=1")))
        stale = sick(await look(fake.url("guilds=1", token="stale")))
        nothing = sick(await look(fake.url("")))

    assert sick(well) == {}
    assert "Luna" in well["Discord: token"].detail
    assert "message_content" in well["Discord: intents"].detail
    assert "MESSAGE CONTENT INTENT" in ill["Discord: intents"].remedy
    assert "copy it anew" in stale["Discord"].remedy
    assert "guilds=ID" in nothing["Discord"].detail
    assert fake.opened == 0
