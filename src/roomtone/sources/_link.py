"""One connection to a Redis, the first host that is a master; no answer without a deadline."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from roomtone.errors import BadConfig, MissingExtra, SourceError

CONNECT_S = 2.0
REPLY_S = 2.0
"""A Redis that does not answer for so long hangs, or the way to it does: we look for another."""


class ReplyError(SourceError):
    """Redis answered with an error; `code` is its first word."""

    def __init__(self, text: str) -> None:
        super().__init__(f"Redis says: {text}{_remedy(text)}")
        self.code = text.partition(" ")[0]


class Link:
    """A connection that is opened once: when it breaks, it is for its owner to know of the gap."""

    def __init__(self, connection: Any, shown: str) -> None:
        self._connection = connection
        self._turn = asyncio.Lock()
        self.shown = shown
        self.alive = True  # the driver would connect again by itself, to whatever is there

    @classmethod
    async def open(cls, urls: Sequence[str]) -> Link:
        """Connect to the first that is there and takes writes. Raises SourceError without one."""
        said = []
        for url in urls:
            shown = hide(url)
            try:
                return await cls._open_one(url, shown)
            except SourceError as error:
                said.append(f"{shown}: {error}" if len(urls) > 1 else str(error))
        raise SourceError("; ".join(said))

    @classmethod
    async def _open_one(cls, url: str, shown: str) -> Link:
        redis = driver()
        pool = redis.asyncio.ConnectionPool.from_url(
            url,
            protocol=2,
            socket_timeout=None,  # the deadline is ours
            socket_connect_timeout=CONNECT_S,
            retry=redis.asyncio.retry.Retry(redis.backoff.NoBackoff(), 0),
        )
        link = cls(pool.make_connection(), shown)
        try:
            async with asyncio.timeout(CONNECT_S + REPLY_S):
                await link._connection.connect()
            role = await link.ask("ROLE")
            if role and role[0] == b"slave":
                raise SourceError("it is a replica; wait until it is promoted, or name the master")
        except ReplyError as error:
            if error.code != "NOPERM":
                await link.close()
                raise
        except (TimeoutError, OSError, redis.RedisError) as error:
            await link.close()
            do = _remedy(_code(error)) or "; is it running?"
            raise SourceError(f"no Redis at {shown} ({_short(error)}){do}") from None
        except SourceError:
            await link.close()
            raise
        return link

    async def ask(self, *words: Any, within_s: float = REPLY_S) -> Any:
        """One command and its answer. Raises ReplyError, or SourceError when the link is broken."""
        (answer,) = await self.ask_all([words], within_s=within_s)
        return answer

    async def ask_all(self, commands: Sequence[Sequence[Any]], within_s: float = REPLY_S) -> Any:
        """Several commands in one round trip; raises for the first error, after all answers."""
        redis = driver()
        said_no: Exception | None = None
        answers = []
        async with self._turn:
            if not self.alive:
                raise SourceError(f"the connection to {self.shown} broke; it is made anew")
            try:
                async with asyncio.timeout(within_s):
                    packed = self._connection.pack_commands(commands)
                    await self._connection.send_packed_command(packed, check_health=False)
                    for _ in commands:
                        try:
                            answers.append(await self.read())
                        except redis.ResponseError as error:
                            said_no = said_no or error
            except (TimeoutError, OSError, redis.RedisError) as error:
                await self.close()
                do = _remedy(_code(error)) or "; it is made anew"
                raise SourceError(
                    f"the connection to {self.shown} broke ({_short(error)}){do}"
                ) from None
            except asyncio.CancelledError:
                await self.close()  # an answer is still on its way: nobody may read it as his
                raise
        if said_no is not None:
            raise refused(said_no)
        return answers

    async def send(self, *words: Any) -> None:
        """A command whose answer comes among the messages."""
        redis = driver()
        try:
            async with asyncio.timeout(REPLY_S):
                await self._connection.send_command(*words, check_health=False)
        except (TimeoutError, OSError, redis.RedisError) as error:
            raise SourceError(
                f"the connection to {self.shown} broke ({_short(error)}); it is made anew"
            ) from None

    async def read(self) -> Any:
        """The next answer or message, however long it takes."""
        return await self._connection.read_response(
            disable_decoding=True, disconnect_on_error=False
        )

    async def close(self) -> None:
        """Hang up."""
        self.alive = False
        await self._connection.disconnect(nowait=True)


def check(urls: Sequence[str]) -> None:
    """Raise BadConfig for a URL that the driver cannot use, before anything is tried."""
    redis = driver()
    for url in urls:
        try:
            redis.asyncio.ConnectionPool.from_url(url).make_connection()
        except (ValueError, TypeError, redis.RedisError) as error:
            raise BadConfig(
                f"{hide(url)} is no address of a Redis ({error}); write it like "
                "redis://host:6379/0, and options as docs/redis.md has them"
            ) from None


def driver() -> Any:
    """The driver. Raises MissingExtra where it is not installed."""
    try:
        import redis
        import redis.asyncio
        import redis.asyncio.retry
        import redis.backoff
    except ImportError:
        raise MissingExtra("redis", "redis") from None
    return redis


def hide(url: str) -> str:
    """A URL as it may be shown: without password and options."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _short(error: BaseException) -> str:
    text = str(error).partition("\n")[0]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def refused(error: BaseException) -> ReplyError:
    """What Redis answered, whatever the driver made of it."""
    return ReplyError(f"{_code(error)} {error}".strip())


def _code(error: BaseException) -> str:
    """The first word of Redis's answer where the driver made a type of it and left it out."""
    return {
        "AuthenticationError": "WRONGPASS",
        "AuthenticationWrongNumberOfArgsError": "WRONGPASS",
        "BusyLoadingError": "LOADING",
        "NoPermissionError": "NOPERM",
        "OutOfMemoryError": "OOM",
        "ReadOnlyError": "READONLY",
    }.get(type(error).__name__, "")


def _remedy(text: str) -> str:
    code = text.partition(" ")[0]
    return {
        "WRONGPASS": "; mend user and password in the URL, as in redis://USER:PASSWORD@host",
        "OOM": "; its memory is full: raise maxmemory, or trim the streams",
        "NOPERM": "; grant the user of the URL this command and these keys",
        "WRONGTYPE": "; a key of that name is no stream: name others with channels=",
        "READONLY": "; it is a replica: name the master, or both hosts",
        "LOADING": "; it is starting, and is asked again",
    }.get(code, "")
