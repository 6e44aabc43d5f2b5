"""What joins processes is a Redis, and every way it fails is one sentence."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from roomtone.errors import BadConfig, ServerError
from roomtone.runtime.config import Settings
from roomtone.runtime.link import Link
from tests.runtime.joined import joined
from tests.servers import Running

pytestmark = pytest.mark.servers


def test_without_redis_there_is_no_link(tmp_path: Path) -> None:
    """It says which setting is missing."""
    with pytest.raises(BadConfig, match="redis://host:6379/0"):
        Link(Settings(data=tmp_path))


async def test_partitions_do_not_meet(tmp_path: Path, redis_url: str) -> None:
    """Each name has keys of its own."""
    one = Link(joined(tmp_path, redis_url))
    two = Link(joined(tmp_path, redis_url, cluster={"partition": "two"}))

    assert {one.inbound, one.owner, one.epoch}.isdisjoint({two.inbound, two.owner, two.epoch})
    await one.close()
    await two.close()


async def test_a_redis_that_hangs_or_dies_is_a_sentence(tmp_path: Path, own_redis: Running) -> None:
    """Within the time that was given; and it goes on as soon as Redis does."""
    link = Link(joined(tmp_path, own_redis.url))
    with (
        own_redis.paused(),
        pytest.raises(ServerError, match=r"does not answer .*; .*see that it runs"),
    ):
        async with link.talking(0.3) as client:
            await client.ping()
    await asyncio.to_thread(own_redis.kill)
    with pytest.raises(ServerError, match="nothing was acknowledged"):
        async with link.talking() as client:
            await client.ping()
    await asyncio.to_thread(own_redis.start)
    async with link.talking() as client:
        assert await client.ping()
    await link.close()
