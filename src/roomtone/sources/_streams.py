"""Redis Streams read as one consumer of a group: what is not acknowledged comes again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from functools import partial
from hashlib import blake2b
from typing import Any

from roomtone.errors import SourceError
from roomtone.ports import Delivery
from roomtone.sources._address import Address
from roomtone.sources._batch import Batch, Tokens
from roomtone.sources._documents import Documents, Taken
from roomtone.sources._link import Link, ReplyError
from roomtone.sources._payloads import flat

BLOCK_MS = 500
"""How long Redis waits for something new before it says that there is nothing."""

AGAIN_S = 1.0
"""How soon what is ours is read again where its acknowledgement failed on a line that stands."""

READ_BYTES = 4_000_000
"""How much one read aims at: where entries are large, fewer are asked for."""

Recall = Callable[[Link], Awaitable[None]]
"""Told of a new connection, to learn from it what was known before."""


class Streams:
    """Reads the streams; `_look` counts what was trimmed before anybody read it."""

    def __init__(self, address: Address, documents: Documents, recall: Recall) -> None:
        self._address, self._documents, self._recall = address, documents, recall
        self._names = list(address.channels)
        self._count = self._most = address.count
        self._broken = False  # the last connection ended in the middle of reading
        self._unread: dict[str, int] = {}  # by stream: what was trimmed unread, at the last look
        self.lost = 0
        self.connected = False
        self.owed = False  # an acknowledgement failed: what is ours is to be read again

    async def deliveries(self, consumer: str) -> AsyncIterator[Delivery]:
        """First what is ours and not acknowledged, then what the dead left, then what is new."""
        link = await Link.open(self._address.urls)
        loop = asyncio.get_running_loop()
        if self._broken:  # an answer may have been too large for Redis to send: ask for less
            self._most = max(1, self._most // 2)
            self._count = min(self._count, self._most)
        self._broken = True
        try:
            await self._make_groups(link)
            await self._recall(link)
            self.connected = True
            claim_at = again_at = 0.0
            self.owed = True
            while True:
                if self.owed and loop.time() >= again_at:
                    self.owed = False
                    async for delivery in self._ours(link, consumer):
                        yield delivery
                    again_at = loop.time() + AGAIN_S
                if loop.time() >= claim_at:
                    async for delivery in self._left(link, consumer):
                        yield delivery
                    claim_at = loop.time() + self._address.idle_s / 2
                for delivery in self._deliver(await self._read(link, consumer, [">"], BLOCK_MS)):
                    yield delivery
        finally:
            self.connected = False
            await link.close()

    async def _make_groups(self, link: Link) -> None:
        for stream in self._names:
            try:
                await link.ask(
                    "XGROUP", "CREATE", stream, self._address.group, self._address.start, "MKSTREAM"
                )
            except ReplyError as error:
                if error.code != "BUSYGROUP":
                    raise

    async def _read(
        self, link: Link, consumer: str, since: Sequence[str | bytes], block_ms: int = 0
    ) -> Any:
        """One read of all streams, each since its id, or all since the same."""
        ids = since if len(since) > 1 else [since[0]] * len(self._names)
        words = ["XREADGROUP", "GROUP", self._address.group, consumer, "COUNT", self._count]
        if block_ms:
            words += ["BLOCK", block_ms]
        try:
            return await link.ask(
                *words, "STREAMS", *self._names, *ids, within_s=2.0 + block_ms / 1000
            )
        except ReplyError as error:
            if error.code == "NOGROUP":  # somebody deleted the stream, or emptied the server
                await self._make_groups(link)
                return None
            raise

    async def _ours(self, link: Link, consumer: str) -> AsyncIterator[Delivery]:
        """What this consumer was given before and did not acknowledge."""
        since: list[str | bytes] = ["0"] * len(self._names)
        while True:
            reply = await self._read(link, consumer, since)
            found = False
            for stream, entries in reply or ():
                if entries:
                    found = True
                    since[self._names.index(stream.decode())] = entries[-1][0]
            for delivery in self._deliver(reply):
                yield delivery
            if not found:
                return

    async def _left(self, link: Link, consumer: str) -> AsyncIterator[Delivery]:
        """What other consumers were given long ago and did not acknowledge: they are dead."""
        idle_ms = int(self._address.idle_s * 1000)
        group, count = self._address.group, self._count
        for stream in self._names:
            cursor: bytes = b"0-0"
            while True:
                answer = await link.ask(
                    "XAUTOCLAIM", stream, group, consumer, idle_ms, cursor, "COUNT", count
                )
                cursor = answer[0]
                entries = [entry for entry in answer[1] if entry]  # Redis 6.2 has none for trimmed
                gone = answer[2] if len(answer) > 2 else []
                self.lost += len(gone)  # trimmed while they were somebody's; Redis forgot them
                for delivery in self._deliver([[stream.encode(), entries]]):
                    yield delivery
                if cursor == b"0-0":
                    break

    def _deliver(self, reply: Any) -> Iterator[Delivery]:
        """The entries of a reply, as deliveries of bounded size."""
        batch = Batch()
        size = entries_read = 0
        for stream, entries in reply or ():
            name = stream.decode()
            kind = self._address.channels[name]
            for id, pairs in entries:
                entries_read += 1
                if pairs is None:  # trimmed while it was ours
                    self.lost += 1
                    batch.add(name, id, Taken(), 0)
                    continue
                payload = flat(pairs)
                size += len(payload)
                key = partial(_name, stream, id, payload)
                batch.add(name, id, self._documents.take(kind, payload, key), len(payload))
                if batch.full:
                    yield batch.close()
                    batch = Batch()
        if entries_read:
            self._broken = False
            self._most = min(self._address.count, self._most + 1)
            self._count = max(1, min(self._most, READ_BYTES * entries_read // max(size, 1)))
        if batch.tokens:
            yield batch.close()

    async def acknowledge(self, link: Link, tokens: Tokens) -> int:
        """Say that these are taken; returns how many entries that were."""
        answers = await link.ask_all(
            [["XACK", stream, self._address.group, *ids] for stream, ids in tokens.items()]
        )
        return int(sum(answers))

    async def look(self, link: Link) -> Mapping[str, int]:
        """How many entries are given and not acknowledged, not yet given, and lost."""
        pending = lag = 0
        for stream in self._names:
            try:
                groups = await link.ask("XINFO", "GROUPS", stream)
                info = _fields(await link.ask("XINFO", "STREAM", stream))
            except ReplyError:
                continue  # no such stream any more: it is made again at the next read
            for group in map(_fields, groups):
                if group.get(b"name") != self._address.group.encode():
                    continue
                pending += int(group[b"pending"])
                added, read = info.get(b"entries-added"), group.get(b"entries-read")
                if group.get(b"lag") is not None:
                    lag += int(group[b"lag"])
                elif added is not None and read is not None:
                    lag += max(0, int(added) - int(read))
                if added is not None and self._address.start == "0":
                    unread = max(0, int(added) - int(info[b"length"]) - int(read or 0))
                    self.lost += max(0, unread - self._unread.get(stream, 0))
                    self._unread[stream] = unread
        return {"pending": pending, "lag": lag, "lost": self.lost}


def _name(stream: bytes, id: bytes, payload: bytes) -> str:
    return blake2b(stream + b"\0" + id + b"\0" + payload, digest_size=12).hexdigest()


def _fields(pairs: Any) -> dict[bytes, Any]:
    if not isinstance(pairs, list):
        raise SourceError("Redis answered in a way that is not known here; use version 5 or later")
    return dict(zip(pairs[::2], pairs[1::2], strict=False))
