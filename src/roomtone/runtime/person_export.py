"""All that is kept of one person, as one JSON document that is written as it is read."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import msgspec

from roomtone.blanking import Blank
from roomtone.points import Measurement
from roomtone.ports import Archive
from roomtone.runtime.host import Host
from roomtone.runtime.pseudonyms import KEY, TAG, pseudonym
from roomtone.unread import users_in

PAGE = 500
EPOCH, FOREVER = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
POINTS = 10_000

_encode = msgspec.json.Encoder().encode


async def export(host: Host, user: str) -> AsyncIterator[bytes]:
    """The document, in pieces: each list is read page by page, so that memory stays bounded.

    Every part is read from where it is kept at that moment. Raises StoreError before anything is
    given where the archive is away.
    """
    consents = await host.archive.consents([user])
    head = {"user": user, "consents": consents}
    yield _encode(head)[:-1]
    parts = {
        "conversations": _conversations(host.archive, user),
        "relationships": _relationships(host.archive, user),
        "reactions": _reactions(host.archive, user),
        "memories": _memories(host, user),
        "series": _series(host, user),
        "datasets": _datasets(host.archive, user),
        "alerts": _alerts(host.archive, user),
        "dead_letters": _letters(host.archive, lambda raw: users_in(raw) == {user}),
    }
    for name, rows in parts.items():
        yield b',"%s":[' % name.encode()
        first = True
        async for row in rows:
            yield (b"" if first else b",") + _encode(row)
            first = False
        yield b"]"
    yield b',"events_in_journal":%d}' % await host.person_in_journal(user)


async def _conversations(archive: Archive, user: str) -> AsyncIterator[Any]:
    after: int | None = 0
    while after is not None:
        page, after = await archive.training_page(after=after, user=user, trainable=False)
        for one in page:
            yield one


async def _relationships(archive: Archive, user: str) -> AsyncIterator[Any]:
    found, _ = await archive.relationships(user=user, limit=100_000)
    for one in found:
        yield one


async def _reactions(archive: Archive, user: str) -> AsyncIterator[Any]:
    offset = 0
    while True:
        found, total = await archive.reactions(user=user, offset=offset, limit=PAGE)
        for one in found:
            yield one
        offset += len(found)
        if offset >= total or not found:
            return


async def _memories(host: Host, user: str) -> AsyncIterator[Any]:
    store = await host.memory.ready()
    offset = 0
    while True:
        found, total = await store.memories(user=user, offset=offset, limit=PAGE)
        for one in found:
            yield one
        offset += len(found)
        if offset >= total or not found:
            return


async def _series(host: Host, user: str) -> AsyncIterator[Any]:
    """Points under the person's pseudonym; those of rooms name nobody."""
    name = pseudonym(await host.archive.key(KEY), user)
    for measurement in host.measurements:
        if TAG in measurement.tags:
            async for point in _points(host, measurement, name):
                yield point


async def _points(host: Host, measurement: Measurement, name: str) -> AsyncIterator[Any]:
    start = EPOCH
    seen: set[bytes] = set()
    while True:
        found = await host.series.read(
            measurement.name, tags={TAG: name}, start=start, end=FOREVER, limit=POINTS
        )
        rows = [_encode(one) for one in found]
        for row in rows:
            if row not in seen:
                yield msgspec.Raw(row)
        if len(found) < POINTS or found[-1].time == start:
            return
        start = found[-1].time  # of this instant there may be more
        seen = {row for row, one in zip(rows, found, strict=True) if one.time == start}


async def _datasets(archive: Archive, user: str) -> AsyncIterator[Any]:
    for one in await archive.datasets(user=user):
        yield {"id": one.id, "name": one.name, "format": one.format, "made": one.made}


async def _alerts(archive: Archive, user: str) -> AsyncIterator[Any]:
    blank = Blank(user, "")
    before: str | None = None
    while page := await archive.alerts(before=before, limit=PAGE):
        for row in page:
            told = {"message": row["message"], "evidence": row["evidence"]}
            if blank.document(told) != told:
                yield dict(row)
        before = page[-1]["id"]


async def _letters(archive: Archive, is_it: Callable[[bytes], bool]) -> AsyncIterator[Any]:
    before: int | None = None
    while page := await archive.dead_letters(before=before, limit=PAGE):
        for letter in page:
            if is_it(letter.raw):
                told = {"at": letter.at, "source": letter.source, "reason": letter.reason}
                yield {**told, "raw": letter.raw.decode("utf-8", "replace")}
        before = page[-1].id


async def would_erase(host: Host, user: str) -> dict[str, Any]:
    """How much an erasure would remove, store by store, without removing anything."""
    archive = host.archive
    _, talks = await archive.conversations(user=user, limit=1)
    _, pairs = await archive.relationships(user=user, limit=1)
    _, reactions = await archive.reactions(user=user, limit=1)
    _, memories = await (await host.memory.ready()).memories(user=user, limit=1)
    letters = [one async for one in _letters(archive, Blank(user, "").is_in)]
    alerts = [one async for one in _alerts(archive, user)]
    rows = talks + pairs + reactions + len(letters) + len(alerts)
    said = f"{talks:,} conversations, {pairs:,} relationships, {reactions:,} reactions, "
    named = f"{len(letters):,} dead letters, {len(alerts):,} alerts that name them"
    points = 0
    async for _ in _series(host, user):
        points += 1
    events = await host.person_in_journal(user)
    told = {
        "series": (points, "points, and their steps"),
        "archive": (rows, said + named),
        "memory": (memories, "memories and their vectors"),
        "journal": (events, "events"),
    }
    return {
        "person": pseudonym(await archive.key(KEY), user),
        "stores": [
            {"store": name, "removed": many, "ok": True, "detail": detail}
            for name, (many, detail) in told.items()
        ],
        "datasets": [one async for one in _datasets(archive, user)],
        "tombstone": False,
        "done": False,
    }
