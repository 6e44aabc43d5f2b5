"""The local channel keeps the contract, and leaves nothing behind."""

import asyncio
import gc

import pytest

from roomtone.channels.local import Local
from roomtone.errors import BadConfig
from roomtone.testing import check_channel


async def test_it_keeps_the_contract_of_a_channel():
    """What holds for every channel holds for this one."""
    await check_channel(Local("local://"))


async def test_the_oldest_is_dropped_and_counted():
    """A listener that does not keep up finds the newest, and the number of what it missed."""
    channel = Local(queue=3)
    async with channel.subscribe("a") as news:
        for i in range(10):
            await channel.publish("a", bytes([i]))

        assert [await anext(news) for _ in range(3)] == [b"\x07", b"\x08", b"\x09"]
        assert news.missed == 7


async def test_listening_begins_with_the_subscription():
    """What is published between subscribing and the first wait is not lost."""
    channel = Local()
    news = channel.subscribe("a")
    await channel.publish("a", b"early")

    assert await anext(news) == b"early"


async def test_all_listeners_get_the_very_same_bytes():
    """A frame is encoded once, however many listen."""
    channel, payload = Local(), b"frame" * 100
    listeners = [channel.subscribe("a") for _ in range(5)]
    await channel.publish("a", payload)

    assert all([await anext(listener) is payload for listener in listeners])


async def test_a_cancelled_listener_is_forgotten():
    """A viewer that goes away in the middle of a wait leaves no topic behind."""
    channel = Local()

    async def listen():
        async with channel.subscribe("a") as news:
            async for _ in news:
                pass

    task = asyncio.create_task(listen())
    await asyncio.sleep(0)
    assert channel.topics == 1
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert channel.topics == 0


async def test_a_listener_dropped_without_a_word_is_forgotten():
    """Even who iterates without `async with` and is cancelled does not leak."""
    channel = Local()

    async def listen():
        async for _ in channel.subscribe("a"):
            pass

    task = asyncio.create_task(listen())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    del task
    await asyncio.sleep(0)  # the loop lets go of the cancelled task's traceback
    gc.collect()

    assert channel.topics == 0


async def test_thousands_of_topics_do_not_leak():
    """A topic lives as long as somebody listens to it, and publishing creates none."""
    channel = Local()
    for i in range(5_000):
        await channel.publish(f"unheard {i}", b"")
        async with channel.subscribe(f"session:{i}"):
            await channel.publish(f"session:{i}", b"")

    assert channel.topics == 0


async def test_what_was_queued_before_closing_is_still_read():
    """Closing ends the news without taking away what had come."""
    channel = Local()
    news = channel.subscribe("a")
    await channel.publish("a", b"last")
    await channel.close()

    assert [payload async for payload in news] == [b"last"]


@pytest.mark.parametrize("bad", [{"url": "redis://h"}, {"queue": 0}])
def test_a_setting_that_cannot_work_is_refused(bad):
    """A channel says at once what it cannot be."""
    with pytest.raises(BadConfig):
        Local(**bad)
