"""Redis pub/sub: hears what is published while it listens; what nobody hears is gone."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Mapping

from roomtone.errors import SourceError
from roomtone.ports import Delivery
from roomtone.sources._address import Address
from roomtone.sources._batch import Batch
from roomtone.sources._documents import Documents
from roomtone.sources._link import Link, driver, refused
from roomtone.sources._streams import Recall

MOST_WAITING = 20_000
"""How many messages wait here before we stop reading; Redis then keeps some, and hangs up."""

MOST_BYTES = 64_000_000
"""The same in bytes, where messages are large."""

PING_S = 1.0
SILENT_S = 2.0
"""A Redis that has not even answered a ping for so long hangs, or the way to it does."""


class PubSub:
    """Listens to the channels; there is nothing to acknowledge."""

    def __init__(self, address: Address, documents: Documents, recall: Recall) -> None:
        self._address, self._documents, self._recall = address, documents, recall
        self._waiting: deque[tuple[str, bytes]] = deque()
        self.connected = False

    async def deliveries(self) -> AsyncIterator[Delivery]:
        """What is published, as it comes, up to a thousand at once."""
        link = await Link.open(self._address.urls)
        try:
            await self._recall(link)
            ear = _Ear(link, self._waiting)
            await link.send("SUBSCRIBE", *self._address.channels)
            jobs = [asyncio.create_task(ear.listen()), asyncio.create_task(ear.ping())]
            try:
                await ear.wait_for_subscription(len(self._address.channels))
                self.connected = True
                while True:
                    await ear.news.wait()
                    while self._waiting:
                        yield self._collect()
                    ear.news.clear()
                    ear.check()
            finally:
                for job in jobs:
                    job.cancel()
                await asyncio.gather(*jobs, return_exceptions=True)
        finally:
            self.connected = False
            await link.close()

    def _collect(self) -> Delivery:
        batch = Batch()
        while self._waiting and not batch.full:
            channel, payload = self._waiting.popleft()
            kind = self._address.channels[channel]
            batch.add(channel, b"", self._documents.take(kind, payload), len(payload))
        return batch.close()

    def look(self) -> Mapping[str, int]:
        """How many messages wait here; of those that were lost nobody knows."""
        return {"pending": len(self._waiting), "lag": 0, "lost": 0}


class _Ear:
    """Takes messages off the wire, and notices when there is nobody at the other end."""

    def __init__(self, link: Link, waiting: deque[tuple[str, bytes]]) -> None:
        self._link, self._waiting = link, waiting
        self._heard = asyncio.get_running_loop().time()
        self._subscribed = 0
        self._size = 0  # of what waits, at most
        self._trouble: SourceError | None = None  # a ReplyError where Redis said no
        self.news = asyncio.Event()

    def check(self) -> None:
        """Raise what went wrong."""
        if self._trouble is not None:
            raise self._trouble

    async def wait_for_subscription(self, channels: int) -> None:
        """Until Redis has said of each channel that it is listened to."""
        while self._subscribed < channels:
            await self.news.wait()
            self.news.clear()
            self.check()
        self.news.set()

    async def listen(self) -> None:
        """Read for good, as fast as it comes."""
        redis = driver()
        loop = asyncio.get_running_loop()
        count = 0
        try:
            while True:
                said = await self._link.read()
                self._heard = loop.time()
                if said[0] == b"message":
                    self._waiting.append((said[1].decode("utf-8", "replace"), said[2]))
                elif said[0] == b"subscribe":
                    self._subscribed += 1
                self.news.set()
                count += 1
                if count % 500 == 0:
                    await asyncio.sleep(0)
                self._size += len(said[2]) if said[0] == b"message" else 0
                while self._is_full():
                    await asyncio.sleep(0.01)
                    self._heard = loop.time()
        except redis.ResponseError as error:  # it may not listen to one of them, say
            self._trouble = self._trouble or refused(error)
            self.news.set()
        except (OSError, redis.RedisError) as error:
            self._fail(f"{type(error).__name__}: {error}")

    def _is_full(self) -> bool:
        if len(self._waiting) >= MOST_WAITING:
            return True
        if self._size > MOST_BYTES:  # counted anew only now: messages are taken away elsewhere
            self._size = sum(len(payload) for _, payload in self._waiting)
        return self._size > MOST_BYTES

    async def ping(self) -> None:
        """Ask every second whether Redis is there; one that does not answer is given up."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(PING_S)
            if loop.time() - self._heard > SILENT_S:
                self._fail(f"no answer for {SILENT_S} s")
                return
            with contextlib.suppress(SourceError):  # `listen` hears of it as well
                await self._link.send("PING")

    def _fail(self, reason: str) -> None:
        if self._trouble is None:
            self._trouble = SourceError(
                f"the connection to {self._link.shown} broke ({reason}); it is made anew, and what "
                "was published meanwhile is lost: read streams where that matters"
            )
        self.news.set()
