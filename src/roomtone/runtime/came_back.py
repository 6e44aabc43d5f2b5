"""Finds people in all that is kept who are not to be there: those whom a restore brought back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from roomtone.errors import StoreAway
from roomtone.runtime.journal_segments import list_segments, read_segments
from roomtone.unread import users_in

if TYPE_CHECKING:
    from roomtone.runtime.pipeline import Pipeline

PAGE = 500

_decode = msgspec.msgpack.Decoder().decode


async def came_back(pipeline: Pipeline, bars: Callable[[str], bool]) -> set[str]:
    """Everybody of whom anything is kept and whom `bars` names. Raises StoreError.

    All of the journal and of the archive is read, page by page; it is done once after a restore.
    """
    if not pipeline.opening.opened.is_set():
        raise StoreAway("the archive is not there yet; start it, and people are looked for then")
    found = await asyncio.to_thread(_in_journal, pipeline.journal.folder, bars)
    async for user in _in_stores(pipeline):
        if bars(user):
            found.add(user)
    return found


def _in_journal(folder: Path, bars: Callable[[str], bool]) -> set[str]:
    found: set[str] = set()
    for _, body in read_segments(list_segments(folder), 0, torn=True):
        for event in _decode(body).get("events", ()):
            found.update(user for user in named(event) if bars(user))
    return found


def named(told: Any) -> Iterator[str]:
    """Who is named as somebody in plain values, however deep.

    >>> sorted(named({"user": "ann", "of": {"user": "ben"}, "text": "eve", "people": [1]}))
    ['ann', 'ben']
    """
    if isinstance(told, Mapping):
        user = told.get("user")
        if isinstance(user, str) and user:
            yield user
        for value in told.values():
            yield from named(value)
    elif isinstance(told, list | tuple):
        for one in told:
            yield from named(one)


async def _in_stores(pipeline: Pipeline) -> AsyncIterator[str]:
    archive = pipeline.archive
    for consent in await archive.consents():
        yield consent.user
    async for one in _pages(archive.relationships):
        yield one.user
    after: int | None = 0
    while after is not None:
        page, after = await archive.training_page(after=after, needs=(), trainable=False)
        for talk in page:
            yield talk.user
    async for one in _pages(archive.reactions):
        for user in named(msgspec.to_builtins(one)):
            yield user
    async for user in _in_letters(pipeline):
        yield user
    async for one in _pages((await pipeline.memory.ready()).memories):
        yield one.user


async def _pages(asked: Callable[..., Any]) -> AsyncIterator[Any]:
    offset = 0
    while True:
        found, total = await asked(offset=offset, limit=PAGE)
        for one in found:
            yield one
        offset += len(found)
        if offset >= total or not found:
            return


async def _in_letters(pipeline: Pipeline) -> AsyncIterator[str]:
    before: int | None = None
    while page := await pipeline.archive.dead_letters(before=before, limit=PAGE):
        for letter in page:
            for user in users_in(letter.raw):
                yield user
        before = page[-1].id
