"""Spreads news between processes over Redis: one line out, one line in, and nobody waits for it."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter, deque
from collections.abc import Callable, Coroutine, Set
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from weakref import WeakSet

import structlog

from roomtone.channels._listener import QUEUE, Listener
from roomtone.errors import BadConfig, MissingExtra, ServerError

if TYPE_CHECKING:
    from redis.asyncio import Connection

OUTGOING = 4_096
"""How many payloads wait for Redis: half a minute of a busy server's news."""

OUTGOING_BYTES = 32_000_000
AT_ONCE = 500  # payloads in one write
POLL_S = 0.5
"""How often Redis is asked who listens."""

PING_S = 2.0
DEAD_S = 6.0
"""A line that says nothing for this long, though it is pinged, is dead."""

ENTER_S = 3.0
"""How long a listener waits to be let in."""

LONGEST_RETRY_S = 2.0
_HEAD = 4  # bytes before a payload: how many of its topic were dropped before it

log = structlog.get_logger()


class Redis:
    """A Channel of all processes that name the same Redis and the same `name`.

    `publish` puts a payload in a bounded queue, which one task writes out. Where it overflows, or
    Redis is away, the oldest go, and the next payload of their topic says how many. A line in
    that breaks is made anew, with one more `missed` for every listener: what was said meanwhile
    is lost to them.
    """

    def __init__(self, url: str, name: str = "main", *, queue: int = QUEUE) -> None:
        try:
            from redis.asyncio import ConnectionPool
            from redis.asyncio.retry import Retry
            from redis.backoff import NoBackoff
            from redis.exceptions import RedisError
        except ImportError:
            raise MissingExtra("redis", "redis") from None
        try:
            pool = ConnectionPool.from_url(
                url,
                protocol=2,
                socket_timeout=None,  # ours are asyncio.timeout: wait_for can lose a cancellation
                retry=Retry(NoBackoff(), 0),  # a line that broke is our business: news was lost
            )
            made: Connection = pool.make_connection()  # type: ignore[no-untyped-call]
            del made
        except (ValueError, TypeError, RedisError) as error:
            raise BadConfig(
                f"channels.news is no address of a Redis ({error}); write it like "
                "redis://host:6379/0"
            ) from None
        parts = urlsplit(url)
        self._where = f"{parts.hostname or 'localhost'}:{parts.port or 6379}"
        self._make_line: Callable[[], Connection] = pool.make_connection
        self._failures = (RedisError, OSError, TimeoutError)
        self._prefix = f"roomtone:{name}:news:"
        self._queue = queue
        self._topics: dict[str, _Topic] = {}
        self._changed = asyncio.Event()  # who listens to what here
        self._outgoing: deque[tuple[str, bytes]] = deque()
        self._outgoing_bytes = 0
        self._speech = asyncio.Event()
        self._lost: Counter[str] = Counter()
        self._elsewhere: Set[str] = frozenset()
        self._polling = False
        self._jobs: dict[str, asyncio.Task[None]] = {}
        self._closed = False
        self.published = 0
        self.dropped = 0
        self.troubles: dict[str, str] = {}  # of each line, while it is down

    # -- what a channel does -------------------------------------------------------------------

    async def publish(self, topic: str, payload: bytes) -> None:
        if self._closed:
            return
        self._outgoing.append((topic, payload))
        self._outgoing_bytes += len(payload)
        while len(self._outgoing) > OUTGOING or self._outgoing_bytes > OUTGOING_BYTES:
            oldest, gone = self._outgoing.popleft()
            self._outgoing_bytes -= len(gone)
            self._drop(oldest, 1)
        self._speech.set()
        self._run("speak", self._speak)

    def subscribe(self, topic: str) -> Listener:
        its = self._topics.get(topic)
        if its is None:
            its = self._topics[topic] = _Topic()
            self._changed.set()
        listener = _Entering(topic, self._queue, self._leave, its.ready, self._where)
        its.listeners.add(listener)
        if self._closed:
            listener.close()
        else:
            self._run("hear", self._hear)
        return listener

    async def listened(self) -> Set[str]:
        self._polling = True
        self._run("speak", self._speak)
        return self._elsewhere | self._topics.keys()

    async def close(self) -> None:
        speaking = self._jobs.get("speak")
        if speaking is not None and self._outgoing and not self._closed:
            with contextlib.suppress(TimeoutError):  # what was said last is heard, if it can be
                async with asyncio.timeout(1):
                    while self._outgoing and not speaking.done():  # noqa: ASYNC110
                        await asyncio.sleep(0.01)
        self._closed = True
        for job in self._jobs.values():
            job.cancel()
        await asyncio.gather(*self._jobs.values(), return_exceptions=True)
        for topic in list(self._topics.values()):
            for listener in list(topic.listeners):
                listener.close()

    @property
    def trouble(self) -> str | None:
        """Why news does not spread at the moment; None when it does."""
        return next(iter(self.troubles.values()), None)

    def _leave(self, listener: Listener) -> None:
        its = self._topics.get(listener.topic)
        if its is None:
            return
        its.listeners.discard(listener)
        if not len(its.listeners):
            del self._topics[listener.topic]
            self._changed.set()

    def _run(self, name: str, job: Callable[[], Coroutine[Any, Any, None]]) -> None:
        if self._closed or name in self._jobs:
            return
        self._jobs[name] = asyncio.create_task(self._keep_up(name, job), name=f"redis {name}")

    async def _keep_up(self, name: str, job: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run a line for good; when it breaks, say so and make it anew."""
        delay = 0.05
        loop = asyncio.get_running_loop()
        while True:
            begun = loop.time()
            try:
                await job()
            except* self._failures as errors:
                told = type(errors.exceptions[0]).__name__
                if name not in self.troubles:
                    log.warning("Redis does not answer", where=self._where, error=told)
                self.troubles[name] = (
                    f"the Redis at {self._where} does not answer ({told}); see that it runs, "
                    "or mend channels.news"
                )
            except* Exception as errors:  # of one topic, or one answer: the others must go on
                kind = type(errors.exceptions[0]).__name__
                log.error("a line to Redis failed and is made anew", line=name, exc_info=True)
                self.troubles[name] = (
                    f"a line to the Redis at {self._where} failed ({kind}) and is made anew; see "
                    "the log, and report it"
                )
            if loop.time() - begun > 2 * DEAD_S:
                delay = 0.05
            await asyncio.sleep(delay)
            delay = min(2 * delay, LONGEST_RETRY_S)

    # -- the line out --------------------------------------------------------------------------

    async def _speak(self) -> None:
        """Write what waits, and ask who listens."""
        line = self._make_line()
        loop = asyncio.get_running_loop()
        next_poll = 0.0
        try:
            await _connect(line)
            while True:
                wait = max(0.0, next_poll - loop.time()) if self._polling else None
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(wait):
                        await self._speech.wait()
                self._speech.clear()
                if self._polling and loop.time() >= next_poll:
                    self._elsewhere = await self._ask_who_listens(line)
                    next_poll = loop.time() + POLL_S
                while self._outgoing:
                    await self._write_some(line)
                self.troubles.pop("speak", None)
        finally:
            await line.disconnect(nowait=True)

    async def _write_some(self, line: Connection) -> None:
        some = [self._outgoing.popleft() for _ in range(min(len(self._outgoing), AT_ONCE))]
        self._outgoing_bytes -= sum(len(payload) for _, payload in some)
        lost = {topic: self._lost.pop(topic) for topic, _ in some if topic in self._lost}
        heads = dict(lost)
        commands = []
        for topic, payload in some:
            head = min(heads.pop(topic, 0), 0xFFFFFFFF).to_bytes(_HEAD, "big")
            commands.append(("PUBLISH", self._prefix + topic, head + payload))
        answered = 0
        try:
            async with asyncio.timeout(DEAD_S):
                await line.send_packed_command(line.pack_commands(commands))
                for _ in some:
                    await line.read_response()
                    answered += 1
        except BaseException:  # nobody knows who heard it: whoever did not is told of the hole
            self._lost.update(lost)
            for topic, _ in some[answered:]:
                self._drop(topic, 1)
            raise
        finally:
            self.published += answered

    async def _ask_who_listens(self, line: Connection) -> Set[str]:
        pattern = "".join(f"\\{c}" if c in "*?[]\\^" else c for c in self._prefix) + "*"
        async with asyncio.timeout(DEAD_S):
            await line.send_command("PUBSUB", "CHANNELS", pattern)
            names: list[bytes] = await line.read_response()
        return {name.decode("utf-8", "replace")[len(self._prefix) :] for name in names}

    def _drop(self, topic: str, count: int) -> None:
        self.dropped += count
        if len(self._lost) < 10_000 or topic in self._lost:
            self._lost[topic] += count

    # -- the line in ---------------------------------------------------------------------------

    async def _hear(self) -> None:
        """Listen to all that somebody here listens to."""
        line = self._make_line()
        asked: set[str] = set()
        unsure: Counter[str] = Counter()  # asked for or given up, not yet confirmed
        try:
            await _connect(line)
            async with asyncio.TaskGroup() as both:
                both.create_task(self._tend(line, asked, unsure))
                both.create_task(self._read(line, unsure))
        finally:
            for its in self._topics.values():
                if its.ready.is_set():
                    its.ready.clear()
                    for listener in its.listeners:
                        listener.missed += 1
            await line.disconnect(nowait=True)

    async def _tend(self, line: Connection, asked: set[str], unsure: Counter[str]) -> None:
        """Ask for what is wanted, give up what is not, and ping."""
        while True:
            self._changed.clear()
            wanted = set(self._topics)
            for command, topics in (
                ("UNSUBSCRIBE", asked - wanted),
                ("SUBSCRIBE", wanted - asked),
            ):
                if topics:
                    unsure.update(topics)
                    await line.send_command(command, *(self._prefix + topic for topic in topics))
            for topic in wanted & asked:  # left and entered again before we looked
                if not unsure[topic] and topic in self._topics:
                    self._topics[topic].ready.set()
            asked.clear()
            asked.update(wanted)
            try:
                async with asyncio.timeout(PING_S):
                    await self._changed.wait()
            except TimeoutError:
                await line.send_command("PING")

    async def _read(self, line: Connection, unsure: Counter[str]) -> None:
        skip = len(self._prefix.encode())
        while True:
            said = await line.read_response(timeout=DEAD_S, disconnect_on_error=False)
            if said is None:
                raise TimeoutError(f"nothing came for {DEAD_S:.0f} s")
            self.troubles.pop("hear", None)
            if not isinstance(said, list) or len(said) < 3:
                continue  # a pong
            kind, topic = said[0], said[1][skip:].decode("utf-8", "replace")
            its = self._topics.get(topic)
            if kind == b"message" and its is not None:
                lost, payload = int.from_bytes(said[2][:_HEAD], "big"), said[2][_HEAD:]
                for listener in list(its.listeners):
                    listener.missed += lost
                    listener.take(payload)
            elif kind in (b"subscribe", b"unsubscribe"):
                unsure[topic] -= 1
                if unsure[topic] <= 0:
                    del unsure[topic]
                    if its is not None and kind == b"subscribe":
                        its.ready.set()


async def _connect(line: Connection) -> None:
    async with asyncio.timeout(ENTER_S):
        await line.connect()  # type: ignore[no-untyped-call]


class _Topic:
    """Who listens to a topic here, and whether Redis knows it."""

    def __init__(self) -> None:
        self.listeners: WeakSet[Listener] = WeakSet()
        self.ready = asyncio.Event()


class _Entering(Listener):
    """A listener that is in once Redis says so."""

    def __init__(
        self,
        topic: str,
        queue: int,
        leave: Callable[[Listener], None],
        ready: asyncio.Event,
        where: str,
    ) -> None:
        super().__init__(topic, queue, leave)
        self._ready, self._where = ready, where

    async def __aenter__(self) -> Listener:
        try:
            async with asyncio.timeout(ENTER_S):
                while not (self._closed or self._ready.is_set()):
                    await self._ready.wait()
        except TimeoutError:
            self.close()
            raise ServerError(
                f"the Redis at {self._where} lets nobody listen; see that it runs"
            ) from None
        except BaseException:
            self.close()
            raise
        return self
