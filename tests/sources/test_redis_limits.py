"""Redis as a source where answers are larger than its output buffer."""

from __future__ import annotations

import asyncio
import json

import pytest
from redis.asyncio import Redis as Client

from roomtone.errors import SourceError
from roomtone.sources.redis import Redis

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
