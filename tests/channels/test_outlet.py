"""The outlet publishes on a real Redis, in order, and says when it cannot."""

from __future__ import annotations

import asyncio

import pytest
from redis.asyncio import Redis as Client

from roomtone.channels.outlet import RedisOutlet
from roomtone.errors import BadConfig, SourceError
from tests.servers import Running

pytestmark = pytest.mark.servers


async def test_many_payloads_go_out_in_order(redis_url: str) -> None:
    """More than are packed at once, on two channels; whoever subscribed gets them all."""
    outlet = RedisOutlet(redis_url)
    async with Client.from_url(redis_url) as client, client.pubsub() as ear:
        await ear.subscribe("a", "b")
        sent = [("ab"[n % 2], str(n).encode()) for n in range(700)]
        await outlet.send(sent)
        got = []
        async with asyncio.timeout(20):
            async for message in ear.listen():
                if message["type"] == "message":
                    got.append((message["channel"].decode(), message["data"]))
                if len(got) == 700:
                    break
    await outlet.close()
    await outlet.close()

    assert got == sent


async def test_names_that_others_told(redis_url: str) -> None:
    """Those that are known; an empty question is not asked."""
    outlet = RedisOutlet(redis_url)
    async with Client.from_url(redis_url) as client:
        await client.set("roomtone:event:s", "conf")
        assert await outlet.events_of(["s", "t"]) == {"s": "conf"}
    assert await outlet.events_of([]) == {}
    await outlet.close()


async def test_a_redis_that_goes_and_comes_back(own_redis: Running) -> None:
    """Gone or hanging: an error within seconds that names the remedy; then it goes on."""
    outlet = RedisOutlet(own_redis.url)
    await outlet.send([("a", b"1")])
    with own_redis.paused(), pytest.raises(SourceError, match="is it running"):
        async with asyncio.timeout(5):
            await outlet.send([("a", b"2")])
    await outlet.send([("a", b"3")])
    own_redis.kill()
    with pytest.raises(SourceError, match="is it running"):
        await outlet.send([("a", b"4")])
    own_redis.start()
    await outlet.send([("a", b"5")])
    await outlet.close()


@pytest.mark.parametrize("odd", ["h:port/0", "h/0?odd=1"])
def test_an_address_that_cannot_be_is_refused(odd: str) -> None:
    """At once, with how to write it, and without the password."""
    with pytest.raises(BadConfig, match="write it like redis://host:6379/0") as told:
        RedisOutlet(f"redis://:secret@{odd}")
    assert "secret" not in str(told.value)


async def test_a_user_who_may_not_is_no_redis_that_is_down(own_redis: Running) -> None:
    """What to do is to let it, and not to look whether it runs."""
    async with Client.from_url(own_redis.url) as client:
        await client.execute_command("ACL", "SETUSER", "me", "on", ">pw", "~*", "+ping", "+select")
    outlet = RedisOutlet(own_redis.url.replace("://", "://me:pw@"))
    with pytest.raises(SourceError, match="let its user PUBLISH"):
        await outlet.send([("a", b"1")])
    await outlet.close()
