"""Events out of Redis: Streams in a consumer group, at least once; or pub/sub, at best."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping

from roomtone.errors import SourceError
from roomtone.events import Event
from roomtone.ports import Delivery
from roomtone.sources._address import parse_address
from roomtone.sources._documents import Documents
from roomtone.sources._link import Link, ReplyError, check, driver
from roomtone.sources._pubsub import PubSub
from roomtone.sources._shared import Shared
from roomtone.sources._streams import Streams


class Redis:
    """`redis://host:6379/0?mode=streams`, or `mode=pubsub`; docs/redis.md tells of all options."""

    def __init__(self, url: str) -> None:
        driver()
        self._address = parse_address(url)
        check(self._address.urls)
        documents = Documents()
        self._shared = Shared(documents)
        self._streams = Streams(self._address, documents, self._shared.recall)
        self._pubsub = PubSub(self._address, documents, self._shared.recall)
        self.durable = self._address.mode == "streams"
        self.name = "redis-streams" if self.durable else "redis-pubsub"
        self._side: Link | None = None  # acknowledges and looks while the other one waits
        self._opening = asyncio.Lock()  # one for all who want it at once

    @property
    def connected(self) -> bool:
        """Whether it listens at this moment."""
        return self._streams.connected if self.durable else self._pubsub.connected

    def deliveries(self, consumer: str) -> AsyncIterator[Delivery]:
        """See `Feed`. A `consumer` in the URL goes before the one given."""
        if self.durable:
            return self._streams.deliveries(self._address.consumer or consumer)
        return self._pubsub.deliveries()

    async def acknowledge(self, delivery: Delivery) -> None:
        """See `Feed`. Other processes can read which event a session belongs to as well."""
        fresh = self._shared.news(delivery.names)
        if not (self.durable or fresh or self._shared.is_behind):
            return
        try:
            try:
                await self._say(delivery, fresh)
            except ReplyError:
                raise
            except SourceError:  # the connection broke unseen, as while Redis was away: a new one
                await self._say(delivery, fresh)
        except SourceError:
            self._streams.owed = True
            raise

    async def _say(self, delivery: Delivery, fresh: Mapping[str, str]) -> None:
        link = await self._aside()
        try:
            try:
                if fresh or self._shared.is_behind:
                    await self._shared.tell(link, fresh)
            finally:  # what takes memory may be refused; that is no reason to read it all again
                if self.durable:
                    await self._streams.acknowledge(link, delivery.token)
        except ReplyError:  # it may be a replica by now: look for the master the next time
            await link.close()
            raise

    async def look(self) -> Mapping[str, int]:
        """See `Feed`."""
        if not self.durable:
            return self._pubsub.look()
        return await self._streams.look(await self._aside())

    async def events(self) -> AsyncIterator[Event]:
        """As a plain source: each is acknowledged once the next delivery is asked for."""
        async for delivery in self.deliveries("reader"):
            for event in delivery.events:
                yield event
            await self.acknowledge(delivery)

    async def close(self) -> None:
        """See `Feed`."""
        if self._side is not None:
            side, self._side = self._side, None
            with contextlib.suppress(OSError):
                await side.close()

    async def _aside(self) -> Link:
        async with self._opening:
            if self._side is None or not self._side.alive:
                self._side = await Link.open(self._address.urls)
            return self._side
