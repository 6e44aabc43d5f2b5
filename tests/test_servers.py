"""The servers that tests run against are what they say they are."""

import asyncpg
import pytest
from redis.asyncio import Redis

pytestmark = pytest.mark.servers


async def test_a_redis_can_be_asked_and_killed(own_redis):
    """What is kept survives a kill, and a paused one answers later."""
    async with Redis.from_url(own_redis.url) as client:
        await client.set("a", "1")
    own_redis.kill()
    own_redis.start()
    async with Redis.from_url(own_redis.url) as client:
        assert await client.get("a") == b"1"


async def test_each_test_has_a_fresh_database(postgres_url):
    """A plain PostgreSQL knows of no TimescaleDB."""
    connection = await asyncpg.connect(postgres_url)
    offered = await connection.fetchval(
        "SELECT count(*) FROM pg_available_extensions WHERE name = 'timescaledb'"
    )
    tables = await connection.fetchval(
        "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'"
    )
    await connection.close()

    assert (offered, tables) == (0, 0)


async def test_the_other_one_has_timescaledb(timescale_url):
    """The extension is there, in the edition that Debian may distribute."""
    connection = await asyncpg.connect(timescale_url)
    await connection.execute("CREATE EXTENSION IF NOT EXISTS timescaledb")
    edition = await connection.fetchval("SHOW timescaledb.license")
    await connection.close()

    assert edition == "apache"
