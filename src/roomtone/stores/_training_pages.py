"""Reads conversations with their messages in bulk, and counts them, for every dialect."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import groupby
from math import fsum
from operator import itemgetter
from typing import Any

import msgspec

from roomtone.reacted import ReactionRecord, rating_of
from roomtone.stores._jobs import Ask, Steps, Texts
from roomtone.stores._steps import from_ms, to_ms
from roomtone.stores._talks import FACETS
from roomtone.training_data import (
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
_MESSAGE = ", ".join(
    column if "(" in (column := _COLUMN.get(name, name)) else f"m.{column}"
    for name in KeptMessage.__struct_fields__
)
_FLAG, _FED, _SOURCE = (
    KeptMessage.__struct_fields__.index(name)
    for name in ("training_flag", "user_feedback", "feedback_source")
)
_AGREED_FEEDBACK = (  # of those who agreed, as their reactions are
    "CASE WHEN m.feedback_source = 'reaction' THEN (SELECT 1 + 4 * avg(r.score) FROM reactions r "
    "WHERE r.session = m.session AND r.target = m.turn AND (m.edited IS NULL OR "
    "r.at >= m.edited) AND (r.person = m.person OR EXISTS (SELECT 1 FROM consents k WHERE "
    "k.person = r.person AND k.purpose = 'training' AND k.granted = 1))) ELSE m.user_feedback END"
)
_AGREED = (
    "EXISTS (SELECT 1 FROM consents k WHERE k.person = c.person AND k.purpose = 'training' "
    "AND k.granted = 1)"
)
_OF_AGREED = (  # reactions of those who agreed, or to what they said themselves
    "AND (r.person = m.person OR EXISTS (SELECT 1 FROM consents k WHERE k.person = r.person "
    "AND k.purpose = 'training' AND k.granted = 1)) "
)
_MEANS = (
    "EXISTS (SELECT 1 FROM messages m JOIN reactions r ON r.session = m.session AND "
    "r.target = m.turn WHERE m.conversation_id = c.id AND r.meaning = ?)"
)
_SPOKEN = (
    "EXISTS (SELECT 1 FROM messages m WHERE m.conversation_id = c.id AND "
    "(m.voice_pitch IS NOT NULL OR m.voice_emotion <> ''))"
)
_MEMORY = (
    *("id", "content", "response", "context", "tier", "importance", "tags", "emotion_at_creation"),
    *("related_memories", "access_count", "training_relevance", "verified", "at"),
)
_record = msgspec.json.Decoder(ReactionRecord)


def where(texts: Texts, sought: TrainingSought, *, trainable: bool) -> tuple[str, list[Any]]:
    """What holds of the conversations `c` that are asked for, with the values for its `?`."""
    given: dict[str, Any] = {
        "c.bot = ?": sought.get("bot"),
        "c.person = ?": sought.get("user"),
        "c.language = ?": sought.get("language"),
        "c.emotion = ?": sought.get("emotion"),
        "c.conversation_quality >= ?": sought.get("least_quality"),
        _MEANS: sought.get("meaning"),
        "c.ended >= ?": None if (at := sought.get("start")) is None else to_ms(at),
        "c.ended < ?": None if (at := sought.get("end")) is None else to_ms(at),
    }
    given = {what: value for what, value in given.items() if value is not None}
    conditions = list(given)
    if (ids := sought.get("ids")) is not None:
        conditions.append(f"c.id IN ({', '.join(str(int(id)) for id in ids) or 'NULL'})")
    if (exported := sought.get("exported")) is not None:
        conditions.append(f"c.training_data_exported = {int(exported)}")
    if (voice := sought.get("voice")) is not None:
        conditions.append(_SPOKEN if voice else f"NOT {_SPOKEN}")
    if trainable:
        conditions.append(_AGREED)
    return " AND ".join(["c.total_messages > 0", *conditions]), list(given.values())


# -- pages ---------------------------------------------------------------------------------------


def page(
    texts: Texts, after: int, messages: int, whole: bool, sought: TrainingSought
) -> Steps[tuple[list[KeptConversation], int | None]]:
    """Conversations behind `after` until there are so many messages, and where to go on."""
    trainable = sought.get("trainable", True)
    condition, given = where(texts, sought, trainable=trainable)
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
    yield from _fill(own, among, trainable)
    if whole:
        yield from _fill_whole(own, among, trainable)
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
    topics = json.loads(row[15]) if row[15] else []
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
        topics_discussed=tuple(map(str, topics)),
        training_data_exported=bool(row[16]),
    )


def message_of(row: Sequence[Any]) -> KeptMessage:
    """A message made of its columns."""
    if row[_FED] is None and row[_SOURCE]:  # by people who have not agreed
        row = (*row[:_SOURCE], "", *row[_SOURCE + 1 :])
    values: tuple[Any, ...] = (*row[:_FLAG], row[_FLAG] == 1, *row[_FLAG + 1 :])
    return KeptMessage(*values)


def messages_sql(among: str, *, trainable: bool) -> str:
    """The messages of conversations, in their order, in the order of KeptMessage's fields."""
    columns = _MESSAGE.replace("m.user_feedback", _AGREED_FEEDBACK) if trainable else _MESSAGE
    return (
        f"SELECT {columns} FROM messages m WHERE m.conversation_id {among} "
        f"{'AND m.training_flag = 1 ' * trainable}ORDER BY m.conversation_id, m.timestamp, m.id"
    )


def _fill(own: Mapping[int, KeptConversation], among: str, trainable: bool) -> Steps[None]:
    rows = yield Ask(messages_sql(among, trainable=trainable))
    for id, some in groupby(rows, itemgetter(1)):
        if (talk := own.get(id)) is not None:
            talk.messages = [message_of(row) for row in some]
            if trainable and talk.user_satisfaction is not None:
                fed = [said for one in talk.messages if (said := one.user_feedback) is not None]
                talk.user_satisfaction = fsum(fed) / len(fed) if fed else None


def _fill_whole(own: Mapping[int, KeptConversation], among: str, trainable: bool) -> Steps[None]:
    yield from _fill_reactions(own, among, trainable)
    of_turns = f"FROM messages m JOIN {{}} ON {{}} WHERE m.conversation_id {among}"
    same = "r.session = m.session AND r.turn = m.turn"
    found = yield Ask(
        "SELECT DISTINCT m.conversation_id, r.session, r.turn, r.role, r.number, r.why, r.at, "
        f"r.before, r.content, r.said_by {of_turns.format('revisions r', same)} "
        "ORDER BY m.conversation_id, r.at, r.turn, r.role, r.number"
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
    found = yield Ask(
        "SELECT m.conversation_id, m.id, m.session, m.turn, m.role, m.agent_name, m.timestamp, "
        "CAST(m.output AS TEXT), m.duration_ms, m.confidence_score, m.accuracy_score, "
        f"m.training_quality, m.span FROM agent_logs m WHERE m.conversation_id {among} "
        "ORDER BY m.conversation_id, m.timestamp, m.id"
    )
    for row in found:
        if row[0] in own:
            own[row[0]].agent_logs.append(log_of(row[1:]))
    columns = ", ".join(f"e.{name}" for name in _MEMORY)
    found = yield Ask(
        f"SELECT c.id, {columns} FROM conversations c CROSS JOIN memories e WHERE c.id {among} "
        "AND e.bot = c.bot AND e.person = c.person AND e.session = c.session "
        "ORDER BY c.id, e.at, e.id"
    )
    for row in found:
        if row[0] in own:
            own[row[0]].memories.append(_memory_of(row[1:]))


def _fill_reactions(
    own: Mapping[int, KeptConversation], among: str, trainable: bool
) -> Steps[None]:
    """What was given to messages; where it is to be learnt from, by those who agreed."""
    found = yield Ask(
        "SELECT DISTINCT m.conversation_id, r.at, r.id, r.told FROM messages m JOIN reactions r "
        f"ON r.session = m.session AND r.target = m.turn WHERE m.conversation_id {among} "
        f"{_OF_AGREED * trainable}ORDER BY m.conversation_id, r.at, r.id"
    )
    for id, at, _, told in found:
        if id in own:
            own[id].reactions.append(_reaction_of(at, _record.decode(told)))


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


# -- counts --------------------------------------------------------------------------------------


def brief(texts: Texts, sought: TrainingSought) -> Steps[dict[str, Any]]:
    """Conversations, messages and people, as the conversations have them."""
    told: dict[str, Any] = {}
    for only in (bool(sought.get("trainable", False)), True):
        condition, given = where(texts, sought, trainable=only)
        ((talks, messages, people),) = yield Ask(
            "SELECT count(*), coalesce(sum(c.total_messages), 0), count(DISTINCT c.person) "
            f"FROM conversations c WHERE {condition}",
            given,
        )
        amounts = {"conversations": talks, "messages": int(messages), "people": people}
        told = {**told, "trainable": amounts} if told else amounts
    return told


def counts(texts: Texts, sought: TrainingSought) -> Steps[dict[str, Any]]:
    """How much there is, and how much may be learnt from."""
    only = bool(sought.get("trainable", False))
    condition, given = where(texts, sought, trainable=only)
    told: dict[str, Any] = yield from _amounts(condition, given, "")
    agreed, _ = where(texts, sought, trainable=True)
    told["trainable"] = yield from _amounts(agreed, given, " AND m.training_flag = 1")
    exported = f"SELECT count(*) FROM conversations c WHERE {condition} "
    ((told["exported"],),) = yield Ask(f"{exported}AND c.training_data_exported = 1", given)
    ((flagged,),) = yield Ask(
        "SELECT coalesce(sum(m.training_flag), 0) FROM messages m JOIN conversations c "
        f"ON c.id = m.conversation_id WHERE {condition}",
        given,
    )
    told["training_messages"] = int(flagged)
    place = texts.floor.format("c.conversation_quality * 20")
    rows = yield Ask(
        f"SELECT {place} AS place, count(*) FROM conversations c WHERE {condition} AND "
        "c.conversation_quality IS NOT NULL GROUP BY place",
        given,
    )
    told["quality"] = [0] * 20
    for at, number in rows:
        told["quality"][max(0, min(19, int(at)))] += number
    for name in ("bot", "emotion", "language"):
        rows = yield Ask(
            f"SELECT c.{name}, count(*) AS n FROM conversations c WHERE {condition} AND "
            f"c.{name} <> '' GROUP BY c.{name} ORDER BY n DESC, c.{name} LIMIT {FACETS}",
            given,
        )
        told[name] = {value: number for value, number in rows}
    rows = yield Ask(
        "SELECT r.meaning, count(DISTINCT c.id) AS n FROM reactions r JOIN messages m ON "
        "m.session = r.session AND m.turn = r.target JOIN conversations c ON "
        f"c.id = m.conversation_id WHERE {condition} AND r.meaning <> '' GROUP BY r.meaning "
        f"ORDER BY n DESC, r.meaning LIMIT {FACETS}",
        given,
    )
    told["meaning"] = {value: number for value, number in rows}
    ((good, bad),) = yield Ask(
        "SELECT sum(CASE WHEN r.score > .5 THEN 1 ELSE 0 END), sum(CASE WHEN r.score < .5 THEN 1 "
        "ELSE 0 END) FROM reactions r JOIN messages m ON m.session = r.session AND "
        "m.turn = r.target AND m.role = 'assistant' JOIN conversations c ON "
        f"c.id = m.conversation_id WHERE {condition} AND r.meaning = 'RATING' {_OF_AGREED * only}",
        given,
    )
    told["ratings"] = {"desirable": int(good or 0), "undesirable": int(bad or 0)}
    return told


def _amounts(condition: str, given: Sequence[Any], of: str) -> Steps[dict[str, Any]]:
    ((talks, people),) = yield Ask(
        f"SELECT count(*), count(DISTINCT c.person) FROM conversations c WHERE {condition}", given
    )
    ((messages, characters),) = yield Ask(
        "SELECT count(*), coalesce(sum(length(m.content)), 0) FROM messages m JOIN conversations c "
        f"ON c.id = m.conversation_id WHERE {condition}{of}",
        given,
    )
    return {
        "conversations": talks,
        "messages": messages,
        "people": people,
        "characters": int(characters),
    }
