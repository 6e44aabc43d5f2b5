"""News spreads between processes over a real Redis, and a broken line is told, not hidden."""

from __future__ import annotations

import asyncio
import sys

import pytest

from roomtone.channels import redis as module
from roomtone.channels.redis import Redis
from roomtone.errors import BadConfig, MissingExtra, ServerError
from roomtone.testing import check_channel
from tests.servers import Running

pytestmark = pytest.mark.servers


async def until_listened(channel: Redis, topic: str, *, there: bool = True) -> None:
    """Wait until a process is told that a topic is, or is no longer, listened to elsewhere."""
    async with asyncio.timeout(20):
        while (topic in await channel.listened()) is not there:
            await asyncio.sleep(0.01)


async def test_it_keeps_the_contract_of_a_channel(redis_url: str) -> None:
    """What holds for every channel holds for this one."""
    await check_channel(Redis(redis_url))


async def test_two_processes_hear_the_same(redis_url: str) -> None:
    """One speaks, two listen elsewhere; whoever has another name hears nothing of it."""
    speaker, one, two = Redis(redis_url), Redis(redis_url), Redis(redis_url)
    other = Redis(redis_url, "other")
    async with (
        one.subscribe("pulse") as first,
        two.subscribe("pulse") as second,
        other.subscribe("pulse") as stranger,
    ):
        for i in range(3):
            await speaker.publish("pulse", bytes([i]))
        await other.publish("pulse", b"ours")
        assert [await anext(first) for _ in range(3)] == [b"\0", b"\1", b"\2"]
        assert [await anext(second) for _ in range(3)] == [b"\0", b"\1", b"\2"]
        assert await anext(stranger) == b"ours"
    for channel in (speaker, one, two, other):
        await channel.close()


async def test_who_listens_is_known_elsewhere(redis_url: str) -> None:
    """The one who makes the frames learns of a page at another process, and of its leaving."""
    engine, web = Redis(redis_url, "a*b"), Redis(redis_url, "a*b")
    async with web.subscribe("session:\N{SNOWMAN} *"):
        await until_listened(engine, "session:\N{SNOWMAN} *")
    await until_listened(engine, "session:\N{SNOWMAN} *", there=False)
    for channel in (engine, web):
        await channel.close()


async def test_thousands_of_topics_come_and_go(redis_url: str) -> None:
    """Entering and leaving at once leaves nothing behind, here or in Redis."""
    channel, watcher = Redis(redis_url), Redis(redis_url)

    async def look(number: int) -> None:
        for _ in range(3):
            async with channel.subscribe(f"session:{number}") as news:
                await channel.publish(f"session:{number}", b"x")
                assert await anext(news) == b"x"

    await asyncio.gather(*(look(number) for number in range(500)))
    async with watcher.subscribe("last"):
        await until_listened(watcher, "last")
        async with asyncio.timeout(20):
            while await watcher.listened() != {"last"}:
                await asyncio.sleep(0.01)
    for each in (channel, watcher):
        await each.close()


async def test_a_restart_of_redis_is_a_hole_and_not_an_end(own_redis: Running) -> None:
    """Listeners go on by themselves and are told that they missed something."""
    speaker, listener = Redis(own_redis.url), Redis(own_redis.url)
    async with listener.subscribe("pulse") as news:
        await speaker.publish("pulse", b"before")
        assert await anext(news) == b"before"
        await asyncio.to_thread(own_redis.kill)
        async with asyncio.timeout(20):
            while not (speaker.trouble and listener.trouble):
                await speaker.publish("pulse", b"lost")
                await asyncio.sleep(0.05)
        assert "see that it runs" in str(listener.trouble)
        await asyncio.to_thread(own_redis.start)
        await until_listened(speaker, "pulse")
        await speaker.publish("pulse", b"after")
        async with asyncio.timeout(20):
            while await anext(news) != b"after":
                pass
        assert news.missed > 0
        assert speaker.dropped > 0
        assert speaker.trouble is listener.trouble is None
    for channel in (speaker, listener):
        await channel.close()


async def test_a_redis_that_hangs_delays_nobody(
    own_redis: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Publishing returns at once, whatever Redis does, and keeps a bounded number."""
    monkeypatch.setattr(module, "OUTGOING", 100)
    channel = Redis(own_redis.url)
    async with channel.subscribe("pulse") as news:
        with own_redis.paused():
            async with asyncio.timeout(2):
                for i in range(1_000):
                    await channel.publish("pulse", str(i).encode())
                    await asyncio.sleep(0)
            assert len(channel._outgoing) <= 100
        got = [int(await anext(news))]
        while got[-1] != 999:
            got.append(int(await anext(news)))
        assert got == sorted(set(got))
        assert len(got) + news.missed == 1_000
    await channel.close()


async def test_a_topic_that_cannot_be_asked_for_ends_no_line(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a character cannot be sent; it troubles the others only until its listener is gone."""
    monkeypatch.setattr(module, "ENTER_S", 0.5)
    channel = Redis(redis_url)
    with pytest.raises(ServerError):
        async with channel.subscribe("session:\ud800"):
            pass
    await channel.publish("session:\ud800", b"x")
    async with asyncio.timeout(20):
        while True:
            try:
                async with channel.subscribe("pulse") as news:
                    heard = asyncio.ensure_future(anext(news))
                    while not heard.done():  # what is told while a line is made anew is lost
                        await channel.publish("pulse", b"x")
                        await asyncio.wait({heard}, timeout=0.1)
                    assert await heard == b"x"
                break
            except ServerError:
                continue
        while channel.trouble:
            await asyncio.sleep(0.01)
    await channel.close()


async def test_without_a_redis_nobody_is_let_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever would listen is told what is wrong, and closing does not hang."""
    monkeypatch.setattr(module, "ENTER_S", 0.2)
    channel = Redis("redis://127.0.0.1:1/0")
    with pytest.raises(ServerError, match=r"127\.0\.0\.1:1 .*see that it runs"):
        async with channel.subscribe("pulse"):
            pass
    await channel.publish("pulse", b"lost")
    async with asyncio.timeout(5):
        await channel.close()


@pytest.mark.parametrize("bad", ["redis://host:port/0", "http://host/", "redis://host/0?odd=1"])
def test_an_address_that_cannot_be_is_refused(bad: str) -> None:
    """With how to write it, and without a password that stands in it."""
    with pytest.raises(BadConfig, match="redis://host:6379/0"):
        Redis(bad)


def test_without_the_driver_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message is the command that installs it."""
    monkeypatch.setitem(sys.modules, "redis.asyncio", None)
    with pytest.raises(MissingExtra, match=r"roomtone\[redis\]"):
        Redis("redis://host:6379/0")
