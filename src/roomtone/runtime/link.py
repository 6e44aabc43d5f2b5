"""The Redis that joins the processes of one partition: its keys, its lines, its way of failing."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import msgspec

from roomtone.errors import BadConfig, MissingExtra, ServerError
from roomtone.events import Event, Refusal
from roomtone.ports import Channel
from roomtone.runtime import plugins
from roomtone.runtime.config import Settings

CALL_S = 3.0
"""How long one command may take: Redis answers in a millisecond, or it is in trouble."""

ANSWER_S = 10.0
"""How long whoever sent events waits for the receipt. An entry that is older is nobody's any more:
its sender was told that nothing was acknowledged, and will send it again."""

LINES = 32
"""How many commands are under way at once; more wait for a line."""

ASKS = "asks"
LINE_QUEUE = 20_000
"""How many questions, or answers, wait for one process."""


class Asked(msgspec.Struct):
    """A question to the engine; `id` 0 wants no answer."""

    to: str
    id: int
    what: str
    args: list[Any]


class Told(msgspec.Struct):
    """An answer: a value, or the kind of an error with its sentence."""

    id: int
    value: Any = None
    error: str = ""
    reason: str = ""


class Inbound(msgspec.Struct):
    """Events on their way to the engine; the answer is the Receipt of the Door."""

    to: str
    id: int
    source: str
    history: bool
    client: str
    events: list[Event]
    kept: list[int]


class Refused(msgspec.Struct):
    """What could not be taken in, for the engine's inspector and dead letters."""

    source: str
    refusals: list[Refusal]
    samples: list[bytes]


def joined(settings: Settings) -> bool:
    """Whether the settings join this process to others."""
    return urlsplit(settings.channels.news).scheme in ("redis", "rediss")


class Link:
    """Commands by `client`, each within `talking`; questions and answers by `line`."""

    def __init__(self, settings: Settings) -> None:
        url, partition = settings.channels.news, settings.cluster.partition
        if not joined(settings):
            raise BadConfig(
                f"channels.news = {url!r} stays in this process; name the Redis that joins the "
                "roles, as in redis://host:6379/0"
            )
        self.line: Channel = plugins.channel(url, f"{partition}:line", queue=LINE_QUEUE)
        try:
            from redis.asyncio import BlockingConnectionPool, Redis
            from redis.asyncio.retry import Retry
            from redis.backoff import NoBackoff
            from redis.exceptions import AuthenticationError, RedisError, ResponseError
        except ImportError:
            raise MissingExtra("redis", "redis") from None
        pool = BlockingConnectionPool.from_url(
            url,
            protocol=2,
            socket_timeout=None,  # `talking` has the only one: wait_for can lose a cancellation
            retry=Retry(NoBackoff(), 0),
            max_connections=LINES,
            timeout=None,
        )
        self.client: Any = Redis.from_pool(pool)
        self._failures = (RedisError, OSError)
        self._no = (ResponseError, AuthenticationError)
        parts = urlsplit(url)
        self.where = f"{parts.hostname or 'localhost'}:{parts.port or 6379}"
        self.partition = partition
        self.inbound = f"roomtone:{partition}:inbound"
        self.owner = f"roomtone:{partition}:owner"
        self.epoch = f"roomtone:{partition}:epoch"

    @contextlib.asynccontextmanager
    async def talking(self, within_s: float = CALL_S) -> AsyncIterator[Any]:
        """Talk to Redis. Raises ServerError when it does not answer in time, or says no."""
        try:
            async with asyncio.timeout(within_s):
                yield self.client
        except (*self._failures, TimeoutError) as error:
            with contextlib.suppress(*self._failures):  # idle lines to a Redis that was restarted
                await self.client.connection_pool.disconnect(inuse_connections=False)
            said_no = isinstance(error, self._no)
            said = "says no" if said_no else "does not answer"
            do = "see what its user may do and its memory" if said_no else "see that it runs"
            raise ServerError(
                f"the Redis at {self.where} {said} ({type(error).__name__}); nothing was "
                f"acknowledged, {do} and try again"
            ) from None

    async def close(self) -> None:
        """Hang up."""
        await self.line.close()
        with contextlib.suppress(*self._failures):
            await self.client.aclose()
