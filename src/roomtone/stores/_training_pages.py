"""Reads conversations with their messages in bulk, as much of each as is needed."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from itertools import groupby, starmap
from math import fsum
from operator import attrgetter, itemgetter
from typing import Any

import msgspec

from roomtone.reacted import ReactionRecord, rating_of
from roomtone.stores._jobs import Ask, Steps
from roomtone.stores._steps import from_ms
from roomtone.stores._training_counts import OF_AGREED, where
from roomtone.training_data import (
    BESIDE,
    AgentLog,
    KeptConversation,
    KeptMessage,
    KeptReaction,
    Revision,
    TrainingSought,
)

CONVERSATION = (
    *("id", "session", "bot", "person", "started", "ended", "platform", "model_used", "language"),
    *("is_active", "total_messages", "avg_response_time", "avg_emotion_score"),
    *("conversation_quality", "user_satisfaction", "topics_discussed", "training_data_exported"),
)
_OPTIONAL = ("agent_outputs", "memory_context")
_COLUMN = {
    "conversation": "conversation_id",
    "at_ms": "timestamp",
    "edited_ms": "edited",
    "context_embedding": "coalesce(m.context_embedding, '')",
    **{name: f"coalesce(CAST(m.{name} AS TEXT), '')" for name in _OPTIONAL},
}
_FIELDS = KeptMessage.__struct_fields__
_FED = _FIELDS.index("feedback_source") + 1
"""So many fields are always read: whose feedback it is decides what may be told."""

_source = attrgetter("feedback_source")
_AGREED_FEEDBACK = (  # of those who agreed, as their reactions are
    "CASE WHEN m.feedback_source = 'reaction' THEN (SELECT 1 + 4 * avg(r.score) FROM reactions r "
    "WHERE r.session = m.session AND r.target = m.turn AND (m.edited IS NULL OR "
    "r.at >= m.edited) AND (r.person = m.person OR EXISTS (SELECT 1 FROM consents k WHERE "
    "k.person = r.person AND k.purpose = 'training' AND k.granted = 1))) ELSE m.user_feedback END"
)
_MEMORY = (
    *("id", "content", "response", "context", "tier", "importance", "tags", "emotion_at_creation"),
    *("related_memories", "access_count", "training_relevance", "verified", "at"),
)
_NONE = ("", "[]", None)
_record = msgspec.json.Decoder(ReactionRecord)


def page(
    after: int, messages: int, needs: Collection[str] | None, sought: TrainingSought
) -> Steps[tuple[list[KeptConversation], int | None]]:
    """Conversations behind `after` until there are so many messages, and where to go on."""
    trainable = sought.get("trainable", True)
    condition, given = where(sought, trainable=trainable)
    columns = ", ".join(f"c.{name}" for name in CONVERSATION)
    most = max(20, messages // 20)
    talks: list[KeptConversation] = []
    total, last, more = 0, after, True
    while more and total < max(1, messages):
        rows = yield Ask(
            f"SELECT {columns} FROM conversations c WHERE c.id > ? AND {condition} "
            "ORDER BY c.id LIMIT ?",
            [last, *given, most],
        )
        more = len(rows) == most
        for row in rows:
            if total >= max(1, messages):
                more = True
                break
            talk = conversation_of(row)
            talks.append(talk)
            total, last = total + talk.total_messages, talk.id
    if not talks:
        return [], None
    own = {talk.id: talk for talk in talks}
    among = _among(own)
    yield from _fill(own, among, trainable, _read(needs))
    for name in BESIDE:
        if needs is None or name in needs:
            yield from _BESIDE[name](own, among, trainable)
    kept = [talk for talk in talks if talk.messages]
    return kept, last if more else None


def _among(ids: Mapping[int, Any]) -> str:
    """Which conversations, in SQL: a stretch of ids where most of it is meant."""
    low, high = min(ids), max(ids)
    if high - low < 3 * len(ids):
        return f"BETWEEN {low} AND {high}"
    return f"IN ({', '.join(map(str, ids))})"


def conversation_of(row: Sequence[Any]) -> KeptConversation:
    """A conversation without its messages."""
    return KeptConversation(
        id=row[0],
        session=row[1],
        bot=row[2],
        user=row[3],
        started_ms=row[4],
        ended_ms=row[5],
        platform=row[6],
        model_used=row[7],
        language=row[8],
        is_active=bool(row[9]),
        total_messages=row[10],
        avg_response_time=row[11],
        avg_emotion_score=row[12],
        conversation_quality=row[13],
        user_satisfaction=row[14],
        topics_discussed=tuple(map(str, json.loads(row[15]))) if row[15] not in _NONE else (),
        training_data_exported=bool(row[16]),
    )


def _read(needs: Collection[str] | None) -> int:
    """How many of a message's fields are read: up to the last one that is needed."""
    if needs is None:
        return len(_FIELDS)
    return max(_FED, *(place + 1 for place, name in enumerate(_FIELDS) if name in needs), 0)


@cache
def messages_sql(fields: int, *, trainable: bool) -> str:
    """The messages of some conversations, in their order: the first fields of KeptMessage."""
    columns = []
    for name in _FIELDS[:fields]:
        column = _COLUMN.get(name, name)
        columns.append(column if "(" in column else f"m.{column}")
    if trainable:
        columns[_FED - 2] = _AGREED_FEEDBACK
    return (
        f"SELECT {', '.join(columns)} FROM messages m WHERE m.conversation_id {{}} "
        f"{'AND m.training_flag = 1 ' * trainable}ORDER BY m.conversation_id, m.timestamp, m.id"
    )


def _fill(
    own: Mapping[int, KeptConversation], among: str, trainable: bool, fields: int
) -> Steps[None]:
    make = _flagged if fields == len(_FIELDS) else KeptMessage

    def made(rows: Iterable[Sequence[Any]]) -> None:
        """Messages of rows as they come, of which none is held."""
        for id, some in groupby(rows, itemgetter(1)):
            if (talk := own.get(id)) is None:
                continue
            messages = talk.messages = list(starmap(make, some))
            if any(map(_source, messages)):
                talk.messages = list(map(_fed, messages))
            if trainable and talk.user_satisfaction is not None:
                fed = [said for one in messages if (said := one.user_feedback) is not None]
                talk.user_satisfaction = fsum(fed) / len(fed) if fed else None

    yield Ask(messages_sql(fields, trainable=trainable).format(among), made=made)


def _flagged(*row: Any) -> KeptMessage:
    """A message of all its fields: its flag is a number in a database."""
    values: tuple[Any, ...] = (*row[:-1], row[-1] == 1)
    return KeptMessage(*values)


def _fed(one: KeptMessage) -> KeptMessage:
    """The same without a word on feedback that is by people who have not agreed."""
    if one.user_feedback is None and one.feedback_source:
        return msgspec.structs.replace(one, feedback_source="")
    return one


def _nearer(table: str, of: Mapping[int, KeptConversation], among: str) -> Steps[str | None]:
    """How to come to rows of these conversations' messages: None where there are none.

    From the rows of their sessions, where those are fewer than the messages; else from messages.
    """
    most = sum(len(talk.messages) for talk in of.values())
    sessions = f"r.session IN (SELECT c.session FROM conversations c WHERE c.id {among})"
    ((many,),) = yield Ask(
        f"SELECT count(*) FROM (SELECT 1 AS one FROM {table} r WHERE {sessions} LIMIT {most + 1}) s"
    )
    if many > most:
        return f"messages m CROSS JOIN {table} r WHERE m.conversation_id {among}"
    from_them = f"{table} r CROSS JOIN messages m WHERE {sessions} AND m.conversation_id {among}"
    return from_them if many else None


def _revisions(own: Mapping[int, KeptConversation], among: str, trainable: bool) -> Steps[None]:
    told = yield from _nearer("revisions", own, among)
    if told is None:
        return
    found = yield Ask(
        "SELECT DISTINCT m.conversation_id, r.session, r.turn, r.role, r.number, r.why, r.at, "
        f"r.before, r.content, r.said_by FROM {told} AND r.session = m.session AND "
        "r.turn = m.turn ORDER BY m.conversation_id, r.at, r.turn, r.role, r.number"
    )
    for id, session, turn, role, number, why, at, before, content, by in found:
        if id in own:
            of = own[id]
            of.revisions.append(
                Revision(
                    session=session,
                    turn=turn,
                    role=role,
                    number=number,
                    why=why,
                    at=from_ms(at),
                    before=before,
                    content=content,
                    by=by,
                    bot=of.bot,
                    user=of.user,
                )
            )


def _agent_logs(own: Mapping[int, KeptConversation], among: str, trainable: bool) -> Steps[None]:
    found = yield Ask(
        "SELECT m.conversation_id, m.id, m.session, m.turn, m.role, m.agent_name, m.timestamp, "
        "CAST(m.output AS TEXT), m.duration_ms, m.confidence_score, m.accuracy_score, "
        f"m.training_quality, m.span FROM agent_logs m WHERE m.conversation_id {among} "
        "ORDER BY m.conversation_id, m.timestamp, m.id"
    )
    for row in found:
        if row[0] in own:
            own[row[0]].agent_logs.append(log_of(row[1:]))


def _memories(own: Mapping[int, KeptConversation], among: str, trainable: bool) -> Steps[None]:
    columns = ", ".join(f"e.{name}" for name in _MEMORY)
    found = yield Ask(
        f"SELECT c.id, {columns} FROM conversations c CROSS JOIN memories e WHERE c.id {among} "
        "AND e.bot = c.bot AND e.person = c.person AND e.session = c.session "
        "ORDER BY c.id, e.at, e.id"
    )
    for row in found:
        if row[0] in own:
            own[row[0]].memories.append(_memory_of(row[1:]))


def _reactions(own: Mapping[int, KeptConversation], among: str, trainable: bool) -> Steps[None]:
    """What was given to messages; where it is to be learnt from, by those who agreed."""
    told = yield from _nearer("reactions", own, among)
    if told is None:
        return

    def made(rows: Iterable[Sequence[Any]]) -> None:
        for (id, at, _), ((*_, said), *_) in groupby(rows, itemgetter(0, 1, 2)):  # of both sides
            if id in own:
                own[id].reactions.append(_reaction_of(at, _record.decode(said)))

    yield Ask(
        f"SELECT m.conversation_id, r.at, r.id, r.told FROM {told} AND r.session = m.session AND "
        f"r.target = m.turn {OF_AGREED * trainable}ORDER BY m.conversation_id, r.at, r.id",
        made=made,
    )


_BESIDE = {
    "reactions": _reactions,
    "revisions": _revisions,
    "agent_logs": _agent_logs,
    "memories": _memories,
}


def _reaction_of(at: int, record: ReactionRecord) -> KeptReaction:
    satisfaction, score = rating_of(record)
    return KeptReaction(
        turn=record.of.target,
        emoji=record.of.emoji,
        at=from_ms(at),
        id=record.of.id,
        target_is=record.of.target_is,
        meaning=record.meaning or "",
        state=record.state,
        by=record.by,
        confidence=record.confidence,
        satisfaction=satisfaction,
        score=score,
        person=record.of.user,
    )


def log_of(row: Sequence[Any]) -> AgentLog:
    """What an agent made of a message, of its columns from `id` on."""
    id, session, turn, role, agent, at, output, duration, sure, accuracy, training, span = row
    return AgentLog(
        id=0 if id is None else id,
        session=session,
        turn=turn,
        role=role,
        agent=agent,
        at=from_ms(at),
        output=json.loads(output),
        duration_ms=duration,
        confidence=sure,
        accuracy=accuracy,
        training_quality=training,
        span=span,
    )


def _memory_of(row: Sequence[Any]) -> dict[str, Any]:
    told = dict(zip(_MEMORY, row, strict=True))
    told["tags"] = [tag for tag in told["tags"].split(",") if tag]
    told["related_memories"] = json.loads(told["related_memories"])
    told["verified"] = bool(told["verified"])
    told["at"] = from_ms(told["at"]).isoformat()
    return told
