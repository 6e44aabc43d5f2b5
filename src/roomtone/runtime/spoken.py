"""Conversations, turns and relationships as the wire shows them, read in bounded pages."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Unpack
from weakref import WeakKeyDictionary

from roomtone.ports import Archive
from roomtone.records import (
    Conversation,
    ConversationsSought,
    Relationship,
    RelationshipsSought,
    TurnRecord,
)

Row = dict[str, Any]
Place = tuple[datetime, str]

PAGE_CHARS = 4_000_000
"""How much text one page of turns holds, but always one turn: some megabytes, which a browser
shows and a thread decodes in a moment. A turn may be a book, and a page of them a library."""

AT_ONCE = 50  # turns in one reading, so that a page of books is noticed early

WORTH, STALE_S = 50.0, 30.0
"""For how many times as long as it took to count facets the counts serve, and how long at most."""

_Counting = asyncio.Future[Mapping[str, Mapping[str, int]]]
_counted: WeakKeyDictionary[Archive, tuple[asyncio.AbstractEventLoop, _Counting, float]] = (
    WeakKeyDictionary()
)

MOST_TALKS = 200
"""How many conversations of one session are told with its turns; a session may last for years."""


def stamp(moment: datetime) -> str:
    """A moment in UTC with milliseconds.

    >>> stamp(datetime(2026, 11, 21, 12, tzinfo=UTC))
    '2026-11-21T12:00:00.000Z'
    """
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def show_conversation(conversation: Conversation) -> Row:
    """All that is kept of a conversation; what is not known is null."""
    shown = {name: getattr(conversation, name) for name in conversation.__struct_fields__}
    return shown | {"started": stamp(conversation.started), "ended": stamp(conversation.ended)}


def show_relationship(relationship: Relationship) -> Row:
    """How a pair stands; the scores are 0 to 1, whatever scale they were set on."""
    shown = {name: getattr(relationship, name) for name in relationship.__struct_fields__}
    return shown | {"first": stamp(relationship.first), "updated": stamp(relationship.updated)}


def show_turn(turn: TurnRecord) -> Row:
    """A turn with what was measured of it. The texts are hostile."""
    return {
        "id": turn.id,
        "at": stamp(turn.at),
        "bot": turn.bot,
        "user": turn.user,
        "message": turn.message,
        "reply": turn.reply,
        "revised": turn.revised,
        "values": turn.values,
    }


async def turns_page(
    archive: Archive, session: str, before: Place | None, limit: int
) -> tuple[list[TurnRecord], Place | None]:
    """Turns of a session, newest first, and the place to go on from; None at its beginning.

    There are fewer than `limit` where their texts are long.
    """
    page: list[TurnRecord] = []
    size = 0
    while len(page) < limit:
        wanted = min(AT_ONCE, limit - len(page))
        found = await archive.turns(session, before=before, limit=wanted)
        for turn in found:
            size += len(turn.message or "") + len(turn.reply or "")
            if page and size > PAGE_CHARS:
                return page, before
            page.append(turn)
            before = (turn.at, turn.id)
        if len(found) < wanted:
            return page, None
    return page, before


async def whole_conversation(
    archive: Archive, session: str, before: Place | None, limit: int
) -> tuple[Row, Place | None] | None:
    """A session's conversations and a page of its turns; None where nothing is kept of it."""
    talks, _ = await archive.conversations(session=session, limit=MOST_TALKS)
    turns, place = await turns_page(archive, session, before, limit)
    if not talks and not turns:
        return None
    told = {
        "session": session,
        "conversations": [show_conversation(talk) for talk in talks],
        "turns": [show_turn(turn) for turn in turns],
    }
    return told, place


async def conversations_page(archive: Archive, **asked: Unpack[ConversationsSought]) -> Row:
    """A page of conversations, how many there are in all, and by which bots and feelings."""
    found, total = await archive.conversations(**asked)
    return {
        "conversations": [show_conversation(talk) for talk in found],
        "total": total,
        "facets": await facets_of(archive),
    }


async def facets_of(archive: Archive) -> Mapping[str, Mapping[str, int]]:
    """How many conversations each bot has, and each feeling.

    They are counted over all that there are. So a count serves for WORTH times as long as it took,
    STALE_S at most: in a small archive it is always new, and a large one counts a fiftieth of the
    time. Those who ask while it is counted wait for the same count.
    """
    loop = asyncio.get_running_loop()
    known = _counted.get(archive)
    if known is not None and known[0] is loop and (not known[1].done() or loop.time() < known[2]):
        return await asyncio.shield(known[1])
    began = loop.time()
    counting = asyncio.ensure_future(archive.facets())
    _counted[archive] = loop, counting, began
    try:
        counts = await asyncio.shield(counting)
    except Exception:
        _counted.pop(archive, None)
        raise
    now = loop.time()
    _counted[archive] = loop, counting, now + min(WORTH * (now - began), STALE_S)
    return counts


async def relationship_of(archive: Archive, bot: str, user: str) -> Row | None:
    """How one pair stands, as it is kept."""
    found, _ = await archive.relationships(pairs=[(bot, user)], limit=1)
    return show_relationship(found[0]) if found else None


async def people_page(archive: Archive, **asked: Unpack[RelationshipsSought]) -> Row:
    """A page of pairs, the one that changed last first."""
    found, total = await archive.relationships(**asked)
    return {"people": shown_pairs(found), "total": total}


def shown_pairs(relationships: Sequence[Relationship]) -> list[Row]:
    """Several pairs."""
    return [show_relationship(one) for one in relationships]
