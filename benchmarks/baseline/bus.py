"""Publish and subscribe: inside the process, or over Redis as the documents have it."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Protocol


class Bus(Protocol):
    """What the service needs of a bus."""

    async def publish(self, channel: str, payload: str | bytes) -> None: ...

    def listen(self, channel: str) -> AsyncIterator[str | bytes]: ...

    async def feed(self, channel: str, events: Sequence[bytes]) -> None: ...

    async def close(self) -> None: ...


class LocalBus:
    """Queues inside the process: no socket, no protocol, no second process."""

    def __init__(self) -> None:
        self.queues: dict[str, asyncio.Queue[str | bytes]] = {}

    async def publish(self, channel: str, payload: str | bytes) -> None:
        """Hand a payload to whoever listens."""
        queue = self.queues.get(channel)
        if queue is not None:
            await queue.put(payload)

    async def listen(self, channel: str) -> AsyncIterator[str | bytes]:
        """What is published on a channel from now on, for good."""
        queue = self.queues.setdefault(channel, asyncio.Queue())
        while True:
            yield await queue.get()

    async def feed(self, channel: str, events: Sequence[bytes]) -> None:
        """Publish what the platform sends."""
        for event in events:
            await self.publish(channel, event)

    async def close(self) -> None:
        """Nothing to let go of."""


class RedisBus:
    """Redis Pub/Sub through redis-py. The server and the platform that feeds it are processes of
    their own; what they cost is not counted.
    """

    def __init__(self, folder: Path) -> None:
        import redis.asyncio

        server = find_redis()
        assert server is not None
        self.path = str(folder / "redis.sock")
        self._server = subprocess.Popen(
            [server, "--port", "0", "--unixsocket", self.path, "--save", "", "--dir", str(folder)],
            stdout=subprocess.DEVNULL,
        )
        while not Path(self.path).exists():
            assert self._server.poll() is None, "redis-server did not start"
        self._redis = redis.asyncio.Redis(unix_socket_path=self.path)
        self._platform = subprocess.Popen(
            [sys.executable, "-c", _PLATFORM, self.path], stdin=subprocess.PIPE
        )

    async def publish(self, channel: str, payload: str | bytes) -> None:
        """One PUBLISH, awaited."""
        await self._redis.publish(channel, payload)

    async def listen(self, channel: str) -> AsyncIterator[str | bytes]:
        """What Redis delivers on a channel, for good."""
        pubsub = self._redis.pubsub()
        await pubsub.subscribe(channel)
        async for message in pubsub.listen():
            if message["type"] == "message":
                yield message["data"]

    async def feed(self, channel: str, events: Sequence[bytes]) -> None:
        """Have the platform's process publish these."""
        assert self._platform.stdin is not None
        head = f"{channel} {len(events)}".encode()
        self._platform.stdin.write(b"\n".join([head, *events, b""]))
        self._platform.stdin.flush()

    async def close(self) -> None:
        """End both processes."""
        await self._redis.aclose()
        assert self._platform.stdin is not None
        self._platform.stdin.close()
        self._platform.wait(10)
        self._server.terminate()
        self._server.wait(10)


_PLATFORM = """
import sys, redis
connection = redis.Redis(unix_socket_path=sys.argv[1])
while head := sys.stdin.buffer.readline():
    channel, _, count = head.partition(b" ")
    pipe = connection.pipeline(transaction=False)
    for _ in range(int(count)):
        pipe.publish(channel, sys.stdin.buffer.readline().rstrip())
    pipe.execute()
"""


def find_redis() -> str | None:
    """The redis-server to start, by BENCHMARK_REDIS_SERVER or on the path; None: there is none."""
    if not all(map(importlib.util.find_spec, ("redis", "aiosqlite", "greenlet"))):
        return None
    return os.environ.get("BENCHMARK_REDIS_SERVER") or shutil.which("redis-server")
