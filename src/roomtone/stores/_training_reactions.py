"""Reads what was given to the messages of conversations, in bulk, and whom a dataset holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Any, Literal

import msgspec

from roomtone.reactions import rated
from roomtone.stores._jobs import Ask, Columns, Steps, ask_of
from roomtone.stores._steps import from_ms
from roomtone.stores._training_counts import OF_AGREED, among
from roomtone.training_data import KeptConversation, KeptReaction
from roomtone.verdicts import Meaning

REACTED = (  # from the messages on: all reactions would be looked at for each few of them
    "SELECT DISTINCT r.person FROM messages m CROSS JOIN reactions r CROSS JOIN consents k "
    "WHERE m.conversation_id IN ({}) AND r.session = m.session AND r.target = m.turn "
    "AND k.person = r.person AND k.purpose = 'training' AND k.granted = 1"
)
_AGREED = (
    "SELECT person FROM consents WHERE purpose = 'training' AND granted = 1 AND person IN ({})"
)


class _Of(msgspec.Struct, gc=False):
    id: str
    emoji: str
    user: str = ""
    target: str = ""
    target_is: Literal["bot", "user", "other", ""] = ""


class _Ruling(msgspec.Struct, gc=False):
    meaning: Meaning | None = None
    confidence: float = 0.0
    satisfaction: float | None = None
    score: float | None = None


class _Told(msgspec.Struct, gc=False):
    """Of a reacted.ReactionRecord as much as a row can need."""

    of: _Of
    state: str
    meaning: Meaning | None = None
    by: Literal["person", "model", ""] = ""
    ruling: _Ruling | None = None


_UNRATED = (  # whose messages' feedback has no mean, as there is none
    "SELECT c.id, (SELECT 1 FROM messages m WHERE m.conversation_id = c.id{} LIMIT 1) "
    "FROM conversations c WHERE c.id {} AND c.user_satisfaction IS NULL AND NOT EXISTS "
    "(SELECT 1 FROM reactions r WHERE r.session = c.session AND r.meaning = 'RATING') AND NOT "
    "EXISTS (SELECT 1 FROM revisions v WHERE v.session = c.session)"
)
_UNREAD = (
    "SELECT c.id, r.told, r.at FROM conversations c CROSS JOIN reactions r WHERE c.id {} AND "
    "r.session = c.session AND EXISTS (SELECT 1 FROM messages m WHERE m.session = r.session AND "
    "m.turn = r.target AND m.conversation_id = c.id {}) ORDER BY c.id, r.at, r.id"
)

_told = msgspec.json.Decoder(_Told)
_turn = attrgetter("turn")


def unrated(some: str, trainable: bool) -> Steps[dict[int, bool]]:
    """Conversations in which nothing was rated or revised; True where they have a message."""
    flagged = " AND m.training_flag = 1" * trainable
    ids, there = yield Columns(_UNRATED.format(flagged, some))
    return {id: one is not None for id, one in zip(ids, there, strict=True)}


def reactions(every: Mapping[int, KeptConversation], some: str, trainable: bool) -> Steps[None]:
    """What was given to messages; where it is to be learnt from, by those who agreed."""
    told = yield from nearer("reactions", every, some)
    if told is None:
        return
    own = {id: talk for id, talk in every.items() if talk.messages}
    if unread := [id for id in every if id not in own]:
        asked = _UNREAD.format(among(unread, exact=True), OF_AGREED * trainable)
        for id, said, at in (yield Ask(asked)):
            every[id].reactions.append(_reaction_of(at, said))
    # Where all messages of a conversation were read, they tell which reactions are its own.
    whole = {
        id: talk
        for id, talk in own.items()
        if len(talk.messages) == talk.total_messages and not told.startswith("messages")
    }
    if len(whole) < len(own):
        rest = {id: talk for id, talk in own.items() if id not in whole}
        yield from _joined(rest, among(rest, exact=True), trainable)
    if whole:
        yield from _matched(whole, among(whole, exact=True), trainable)


def _joined(own: Mapping[int, KeptConversation], some: str, trainable: bool) -> Steps[None]:
    """The database finds whose they are: each comes once for each side of its turn."""
    told = yield from nearer("reactions", own, some)
    if told is None:
        return

    def made(rows: Iterable[Sequence[Any]]) -> None:
        for (id, at, _), ((*_, said), *_) in groupby(rows, itemgetter(0, 1, 2)):  # of both sides
            if id in own:
                own[id].reactions.append(_reaction_of(at, said))

    yield Ask(
        f"SELECT m.conversation_id, r.at, r.id, r.told FROM {told} AND r.session = m.session AND "
        f"r.target = m.turn {OF_AGREED * trainable}ORDER BY m.conversation_id, r.at, r.id",
        made=made,
    )


def _matched(own: Mapping[int, KeptConversation], some: str, trainable: bool) -> Steps[None]:
    """Those of their sessions, given to the conversations that have a message of that turn."""
    sessions, targets, people, times, told = yield Columns(
        "SELECT r.session, r.target, r.person, r.at, r.told FROM reactions r WHERE r.session IN "
        f"(SELECT c.session FROM conversations c WHERE c.id {some}) ORDER BY r.at, r.id"
    )
    asked: dict[str, set[str]] = {}
    for session, target in zip(sessions, targets, strict=True):
        asked.setdefault(session, set()).add(target)
    by_turn: dict[tuple[str, str], list[KeptConversation]] = {}
    for talk in own.values():
        if reacted_to := asked.get(talk.session):
            for turn in reacted_to.intersection(map(_turn, talk.messages)):
                by_turn.setdefault((talk.session, turn), []).append(talk)
    agreed: set[str] = set()
    if trainable:
        others = {
            person
            for place, person in zip(zip(sessions, targets, strict=True), people, strict=True)
            for talk in by_turn.get(place, ())
            if person != talk.user
        }
        agreed = {person for (person,) in (yield from ask_of(_AGREED, sorted(others)))}
    for place, person, at, said in zip(
        zip(sessions, targets, strict=True), people, times, told, strict=True
    ):
        for talk in by_turn.get(place, ()):
            if not trainable or person == talk.user or person in agreed:
                talk.reactions.append(_reaction_of(at, said))


def _reaction_of(at: int, said: str) -> KeptReaction:
    record = _told.decode(said)
    of, ruling = record.of, record.ruling
    satisfaction = score = None
    if record.meaning == "RATING":  # by its judge or by its emoji, as reacted.rating_of tells
        if ruling is not None and ruling.meaning == "RATING":
            satisfaction, score = ruling.satisfaction, ruling.score
        if satisfaction is None or score is None:
            satisfaction, score = rated(of.emoji)
    return KeptReaction(
        turn=of.target,
        emoji=of.emoji,
        at=from_ms(at),
        id=of.id,
        target_is=of.target_is,
        meaning=record.meaning or "",
        state=record.state,
        by=record.by,
        confidence=0.0 if ruling is None else ruling.confidence,
        satisfaction=satisfaction,
        score=score,
        person=of.user,
    )


def reacted(ids: Sequence[int], people: Iterable[str]) -> Steps[list[str]]:
    """Who agreed and reacted to these conversations, beside these people.

    Mostly nobody else reacted in their sessions, which is seen without their messages.
    """
    found = yield Ask(
        "SELECT DISTINCT r.person FROM conversations c CROSS JOIN reactions r WHERE c.id "
        f"{among(ids, exact=True)} AND r.session = c.session AND r.person <> c.person"
    )
    known = set(people)
    if all(person in known for (person,) in found):
        return []
    return [who for (who,) in (yield from ask_of(REACTED, ids)) if who not in known]


def nearer(table: str, of: Mapping[int, KeptConversation], some: str) -> Steps[str | None]:
    """How to come to rows of these conversations' messages: None where there are none.

    From the rows of their sessions, where those are fewer than the messages; else from messages.
    """
    most = sum(len(talk.messages) or talk.total_messages for talk in of.values())
    sessions = f"r.session IN (SELECT c.session FROM conversations c WHERE c.id {some})"
    ((many,),) = yield Ask(
        f"SELECT count(*) FROM (SELECT 1 AS one FROM {table} r WHERE {sessions} LIMIT {most + 1}) s"
    )
    if many > most:
        return f"messages m CROSS JOIN {table} r WHERE m.conversation_id {some}"
    from_them = f"{table} r CROSS JOIN messages m WHERE {sessions} AND m.conversation_id {some}"
    return from_them if many else None
