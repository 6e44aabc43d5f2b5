"""Redis as a source where answers are larger than its output buffer."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing

import pytest
from redis.asyncio import Redis as Client

from roomtone.errors import SourceError
from roomtone.ports import Delivery
from roomtone.sources import _pubsub
from roomtone.sources.redis import Redis
from tests.servers import Running

pytestmark = pytest.mark.servers

CHAT = "platform.events.chat.message.v1"


async def test_answers_that_redis_will_not_send_are_asked_for_in_parts(redis_url) -> None:
    """A small output buffer cuts the connection at each large answer; less is asked for then."""
    body = json.dumps({"sessionId": "s", "message": "x" * 10_000})
    client = Client.from_url(redis_url)
    for _ in range(100):
        await client.xadd(CHAT, {"data": body})
    await client.config_set("client-output-buffer-limit", "normal 200000 0 0")
    feed = Redis(redis_url)
    taken = breaks = 0
    try:
        async with asyncio.timeout(30):
            while taken < 100:
                try:
                    async for delivery in feed.deliveries("me"):
                        await feed.acknowledge(delivery)
                        taken += len(delivery.events)
                        if taken >= 100:
                            break
                except SourceError:
                    breaks += 1
    finally:
        await client.config_set("client-output-buffer-limit", "normal 0 0 0")
        await feed.close()

    assert taken == 100
    assert 1 <= breaks < 20
    assert (await client.xpending(CHAT, "roomtone"))["pending"] == 0
    await client.aclose()


VOTE = "platform.events.poll.vote.v1"


async def given(feed: Redis, count: int) -> list[Delivery]:
    """So many deliveries, not acknowledged."""
    got: list[Delivery] = []
    async with asyncio.timeout(20), aclosing(feed.deliveries("me")) as deliveries:
        async for delivery in deliveries:
            got.append(delivery)
            if sum(len(d.events) for d in got) >= count:
                return got
    return got


async def test_a_master_that_became_a_replica_is_left(own_redis: Running, redis_url: str) -> None:
    """Acknowledging goes on at the promoted one: the old connection lives, and takes no writes."""
    async with Client.from_url(own_redis.url) as old:
        await old.xadd(CHAT, {"data": '{"sessionId":"s","message":"x"}'})
        host = own_redis.url.removeprefix("redis://").removesuffix("/0")
        new = redis_url.removeprefix("redis://").removesuffix("/0")
        feed = Redis(f"redis://{host},{new}/0")
        (delivery,) = await given(feed, 1)
        await feed.acknowledge(delivery)
        await old.replicaof("127.0.0.1", new.rpartition(":")[2])
        with pytest.raises(SourceError, match="name the master"):
            await feed.acknowledge(delivery)
        await feed.acknowledge(delivery)
    await feed.close()


async def test_full_memory_keeps_nothing_from_being_acknowledged(own_redis: Running) -> None:
    """To tell of names and polls takes memory, to acknowledge does not; they are told later."""
    async with Client.from_url(own_redis.url) as client:
        await client.xadd(
            VOTE, {"data": '{"sessionId":"s","eventId":"e","pollId":"p","userId":"u"}'}
        )
        feed = Redis(own_redis.url)
        (delivery,) = await given(feed, 1)
        await client.config_set("maxmemory", "1")
        with pytest.raises(SourceError, match="raise maxmemory"):
            await feed.acknowledge(delivery)
        assert (await client.xpending(VOTE, "roomtone"))["pending"] == 0
        await client.config_set("maxmemory", "0")
        await feed._shared.recall(await feed._aside())
        assert feed._shared.is_behind
        await feed.acknowledge(delivery)
        assert await client.get("roomtone:event:s") == b"e"
        assert len(await client.keys("roomtone:polls:*")) == 1
    await feed.close()


async def test_who_acknowledges_at_once_shares_a_connection(own_redis: Running) -> None:
    """Eight deliveries that land together open one line, not eight."""
    async with Client.from_url(own_redis.url) as client:
        await client.xadd(CHAT, {"data": '{"sessionId":"s","message":"x"}'})
        feed = Redis(own_redis.url)
        (delivery,) = await given(feed, 1)
        before = int((await client.info("stats"))["total_connections_received"])
        await asyncio.gather(*(feed.acknowledge(delivery) for _ in range(8)))
        after = int((await client.info("stats"))["total_connections_received"])
    await feed.close()

    assert after - before == 1


@pytest.mark.parametrize(
    ("user", "said"),
    [("me:wrong", "mend user and password"), ("me:pw", "grant the user of the URL this command")],
)
@pytest.mark.parametrize("mode", ["streams", "pubsub"])
async def test_who_may_not_is_told_what_to_mend(
    own_redis: Running, user: str, said: str, mode: str
) -> None:
    """A wrong password and a missing permission are no Redis that is down."""
    async with Client.from_url(own_redis.url) as client:
        may = ["~*", "+ping", "+select", "+role", "+time", "+hlen", "+hgetall"]
        await client.execute_command("ACL", "SETUSER", "me", "on", ">pw", *may)
    feed = Redis(own_redis.url.replace("://", f"://{user}@") + f"?mode={mode}")
    with pytest.raises(SourceError, match=said):
        await given(feed, 1)
    await feed.close()


async def test_large_messages_wait_in_bounds(
    own_redis: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While nobody takes them no more are read, by their bytes; then all come."""
    monkeypatch.setattr(_pubsub, "MOST_BYTES", 100_000)
    body = '{"sessionId":"s","message":"' + "x" * 5_000 + '"}'
    feed = Redis(own_redis.url + "?mode=pubsub")
    async with (
        asyncio.timeout(20),
        Client.from_url(own_redis.url) as client,
        aclosing(feed.deliveries("me")) as deliveries,
    ):
        first = asyncio.create_task(anext(deliveries))
        while not feed.connected:
            await asyncio.sleep(0.01)
        await client.publish(CHAT, body)
        taken = len((await first).events)
        for _ in range(100):
            await client.publish(CHAT, body)
        waiting = feed._pubsub._waiting
        while sum(len(payload) for _, payload in waiting) < 95_000:
            await asyncio.sleep(0.01)
        for _ in range(5):
            await asyncio.sleep(0.01)
            assert len(waiting) <= 25
        while taken < 101:
            taken += len((await anext(deliveries)).events)
    await feed.close()


async def test_a_broken_side_line_costs_no_acknowledgement(own_redis: Running) -> None:
    """The connection that acknowledges may break alone, as after a fail-over: a new one is made."""
    client = Client.from_url(own_redis.url)
    feed = Redis(own_redis.url)
    async with asyncio.timeout(20), aclosing(feed.deliveries("me")) as deliveries:
        for text in ("one", "two"):
            await client.xadd(CHAT, {"data": json.dumps({"sessionId": "s", "message": text})})
            delivery = await anext(deliveries)
            for line in await client.client_list():
                if line["cmd"] == "xack":
                    await client.client_kill_filter(_id=line["id"])
            await feed.acknowledge(delivery)

    assert (await client.xpending(CHAT, "roomtone"))["pending"] == 0
    await feed.close()
    await client.aclose()


async def test_what_could_not_be_acknowledged_comes_again_soon(own_redis: Running) -> None:
    """Not only after `idle_s`, and without a new connection."""
    client = Client.from_url(own_redis.url)
    feed = Redis(own_redis.url)
    async with asyncio.timeout(10), aclosing(feed.deliveries("me")) as deliveries:
        await client.xadd(CHAT, {"data": json.dumps({"sessionId": "s", "message": "one"})})
        delivery = await anext(deliveries)
        await client.execute_command("ACL", "SETUSER", "default", "-xack")
        with pytest.raises(SourceError, match="grant the user"):
            await feed.acknowledge(delivery)
        await client.execute_command("ACL", "SETUSER", "default", "+xack")
        again = await anext(deliveries)
        await feed.acknowledge(again)

    assert again.token == delivery.token
    assert (await client.xpending(CHAT, "roomtone"))["pending"] == 0
    await feed.close()
    await client.aclose()
