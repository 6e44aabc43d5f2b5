"""Publishes on the channels of a Redis: many payloads in one round trip, never waiting for long."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from roomtone.errors import BadConfig, MissingExtra, SourceError

EVENT_KEY = "roomtone:event:"
"""Before a session's name: where a source tells which event it belongs to."""

REPLY_S = 2.0
AT_ONCE = 250
"""How many commands are packed without a breath in between: a millisecond."""

_RUNNING = "is it running?"


class RedisOutlet:
    """An Outlet to `redis://host:6379/0`, over one connection that is made anew when it breaks."""

    def __init__(self, url: str) -> None:
        try:
            import redis
            import redis.asyncio
            import redis.asyncio.retry
            import redis.backoff
        except ImportError:
            raise MissingExtra("redis", "redis") from None
        parts = urlsplit(url)
        self._shown = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
        try:
            redis.asyncio.ConnectionPool.from_url(url).make_connection()  # type: ignore[no-untyped-call]
        except (ValueError, TypeError, redis.RedisError) as error:
            raise BadConfig(
                f"channels.documents is no address of a Redis ({error}); write it like "
                "redis://host:6379/0"
            ) from None
        self._no = (redis.ResponseError, redis.AuthenticationError)
        self._troubles = (TimeoutError, OSError, redis.RedisError)
        self._pool: Any = redis.asyncio.ConnectionPool.from_url(
            url,
            protocol=2,
            socket_timeout=None,  # the deadline is ours
            socket_connect_timeout=REPLY_S,
            retry=redis.asyncio.retry.Retry(redis.backoff.NoBackoff(), 0),
        )
        self._connection: Any = None
        self._turn = asyncio.Lock()

    async def send(self, messages: Sequence[tuple[str, bytes]]) -> None:
        """See `Outlet`."""
        await self._ask([("PUBLISH", channel, payload) for channel, payload in messages])

    async def events_of(self, sessions: Sequence[str]) -> Mapping[str, str]:
        """See `Outlet`."""
        if not sessions:
            return {}
        (found,) = await self._ask([("MGET", *(EVENT_KEY + session for session in sessions))])
        return {
            session: name.decode("utf-8", "replace")
            for session, name in zip(sessions, found, strict=True)
            if name
        }

    async def close(self) -> None:
        """See `Outlet`."""
        if self._connection is not None:
            connection, self._connection = self._connection, None
            await connection.disconnect(nowait=True)

    async def _ask(self, commands: Sequence[tuple[Any, ...]]) -> list[Any]:
        async with self._turn:
            done = False
            try:
                async with asyncio.timeout(REPLY_S):
                    if self._connection is None:
                        self._connection = self._pool.make_connection()
                        await self._connection.connect()
                    for start in range(0, len(commands), AT_ONCE):
                        packed = self._connection.pack_commands(commands[start : start + AT_ONCE])
                        await self._connection.send_packed_command(packed, check_health=False)
                        await asyncio.sleep(0)
                    answers = [
                        await self._connection.read_response(disable_decoding=True)
                        for _ in commands
                    ]
                done = True
                return answers
            except self._troubles as error:
                reason = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
                do = "let its user PUBLISH, and GET" if isinstance(error, self._no) else _RUNNING
                raise SourceError(
                    f"{self._shown} does not take what is published ({reason}); {do}"
                ) from None
            finally:
                if not done:
                    await self.close()  # an answer may be on its way still: nobody may read it
