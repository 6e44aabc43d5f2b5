"""Reads conversations with their messages in bulk, as much of each as is needed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from itertools import compress, count, islice, repeat
from math import fsum
from typing import Any, NamedTuple

from roomtone.kept_columns import FIELDS, KeptColumns
from roomtone.stores._jobs import Ask, Columns, Steps, columns_of
from roomtone.stores._steps import from_ms
from roomtone.stores._training_counts import among, where
from roomtone.stores._training_reactions import nearer, reactions, unrated
from roomtone.training_data import (
    BESIDE,
    ONLY_RATED,
    AgentLog,
    KeptConversation,
    KeptMessage,
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
_SELDOM = {  # what few messages have, and how those are told; the first two are always read
    "user_feedback": "m.user_feedback IS NOT NULL",
    "feedback_source": "m.feedback_source <> ''",
    "edited_ms": "m.edited IS NOT NULL",
    "voice_pitch": "m.voice_pitch IS NOT NULL",
    "voice_emotion": "m.voice_emotion <> ''",
    "audio_quality": "m.audio_quality IS NOT NULL",
}
_MARK = FIELDS.index("user_feedback")
_COMMON = FIELDS.index("feedback_source")
"""Of so many fields each message has most; behind them stand those of which few have any."""

_BARE = KeptMessage(0, 0, "", "user", "", 0)
"""One of which nothing else is known."""

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


def page(
    after: int, messages: int, needs: Collection[str] | None, sought: TrainingSought
) -> Steps[tuple[list[KeptConversation], int | None]]:
    """Conversations behind `after` until there are so many messages, and where to go on."""
    trainable = sought.get("trainable", True)
    talks, last = yield from _talks(after, messages, sought)
    if not talks:
        return [], None
    own = {talk.id: talk for talk in talks}
    some = among(own)
    left: Mapping[int, bool] = {}
    if needs is not None and ONLY_RATED in needs:
        left = yield from unrated(some, trainable)
    read = {id: talk for id, talk in own.items() if id not in left}
    if read:
        some_read = among(read, exact=bool(left))
        kept = yield from _messages(list(read.values()), some_read, trainable, reading(needs))
        _fill(kept, trainable)
    for name in BESIDE:
        if needs is None or name in needs:
            yield from _BESIDE[name](own, some, trainable)
    return [talk for talk in talks if talk.messages or left.get(talk.id)], last


def columns(
    after: int, messages: int, needs: Collection[str], sought: TrainingSought
) -> Steps[tuple[KeptColumns, int | None]]:
    """The same conversations with their messages as columns."""
    talks, last = yield from _talks(after, messages, sought)
    if not talks:
        return KeptColumns([], [], dict.fromkeys(FIELDS, ())), None
    some, trainable = among([talk.id for talk in talks]), sought.get("trainable", True)
    return (yield from _messages(talks, some, trainable, reading(needs))), last


def _messages(
    talks: Sequence[KeptConversation], some: str, trainable: bool, read: Reading
) -> Steps[KeptColumns]:
    """The messages of conversations, in the order of these."""
    own = {talk.id for talk in talks}
    found = yield Columns(messages_sql(read, trainable=trainable).format(some))
    told: dict[str, list[Any]] = dict(zip(FIELDS, found, strict=False))
    counts = Counter(told["conversation"])
    if not counts.keys() <= own:  # a stretch of ids holds others too
        kept = [id in own for id in told["conversation"]]
        told = {name: list(compress(column, kept)) for name, column in told.items()}
        counts = Counter(told["conversation"])
    if read.seldom:
        yield from _seldom(told, trainable, read)
    if any(told["feedback_source"]):  # without a word on feedback by who has not agreed
        pairs = zip(told["feedback_source"], told["user_feedback"], strict=True)
        told["feedback_source"] = ["" if rated is None else by for by, rated in pairs]
    if "training_flag" in told:
        told["training_flag"] = [flag == 1 for flag in told["training_flag"]]
    there = [talk for talk in talks if talk.id in counts]
    return KeptColumns(there, [counts[talk.id] for talk in there], told)


def _seldom(told: dict[str, list[Any]], trainable: bool, read: Reading) -> Steps[None]:
    """Columns of what few messages have, of those that are marked."""
    marks = told["user_feedback"]
    ids = list(compress(told["id"], marks))
    places = dict(zip(ids, compress(count(), marks), strict=True))
    found = yield from columns_of(seldom_sql(read, trainable=trainable), ids)
    at = list(map(places.__getitem__, found[0])) if found else []
    for name, some in zip(read.seldom, found[1:] or repeat(()), strict=False):
        column = [getattr(_BARE, name)] * len(marks)
        for place, value in zip(at, some, strict=True):
            column[place] = value
        told[name] = column


def _fill(kept: KeptColumns, trainable: bool) -> None:
    """Give conversations their messages; what was not read of those is as if it were not known."""
    last = max(place for place, name in enumerate(FIELDS) if name in kept.columns)
    columns = [kept.columns.get(name, repeat(getattr(_BARE, name))) for name in FIELDS[: last + 1]]
    messages = map(KeptMessage, *columns)
    for talk, many in zip(kept.conversations, kept.counts, strict=True):
        talk.messages = list(islice(messages, many))
        if trainable and talk.user_satisfaction is not None:
            said = [it for one in talk.messages if (it := one.user_feedback) is not None]
            talk.user_satisfaction = fsum(said) / len(said) if said else None


def _talks(
    after: int, messages: int, sought: TrainingSought
) -> Steps[tuple[list[KeptConversation], int | None]]:
    """The conversations of a page, without their messages, and where to go on."""
    condition, given = where(sought, trainable=sought.get("trainable", True))
    asked = ", ".join(f"c.{name}" for name in CONVERSATION)
    talks: list[KeptConversation] = []
    total, last, more, wanted = 0, after, True, max(1, messages)
    most = max(20, messages // 20)
    while more and total < wanted:
        found = yield Columns(
            f"SELECT {asked} FROM conversations c WHERE c.id > ? AND {condition} "
            "ORDER BY c.id LIMIT ?",
            [last, *given, most],
        )
        more = len(found[0]) == most
        for talk in map(conversation_of, zip(*found, strict=True)):
            if total >= wanted:
                more = True
                break
            talks.append(talk)
            total, last = total + talk.total_messages, talk.id
        most = max(20, 21 * len(talks) * (wanted - total) // (20 * max(1, total)))
    return talks, last if more else None


def conversation_of(row: Sequence[Any]) -> KeptConversation:
    """A conversation without its messages."""
    topics = tuple(map(str, json.loads(row[15]))) if row[15] not in _NONE else ()
    values: tuple[Any, ...] = (*row[:9], bool(row[9]), *row[10:15], topics, bool(row[16]))
    return KeptConversation(*values)


class Reading(NamedTuple):
    """Which fields of messages are read: the first ones of all, and these of who has any."""

    fields: int
    seldom: tuple[str, ...] = ()


def reading(needs: Collection[str] | None) -> Reading:
    """What is to be read where this is needed: fields up to the last one that is, but of what few
    messages have only those that have it."""
    if needs is None:
        return Reading(len(FIELDS))
    last = max([_MARK, *(place for place, name in enumerate(FIELDS) if name in needs)])
    if last >= _COMMON + len(_SELDOM) - 1:
        return Reading(last + 1)
    seldom = [name for place, name in enumerate(_SELDOM) if name in needs or place < 2]
    plain = [_MARK, *(i for i, name in enumerate(FIELDS[:_COMMON]) if name in needs)]
    return Reading(max(plain) + 1, tuple(seldom))


def _column(name: str, *, trainable: bool) -> str:
    if trainable and name == "user_feedback":
        return _AGREED_FEEDBACK
    column = _COLUMN.get(name, name)
    return column if "(" in column else f"m.{column}"


def _any_of(seldom: Iterable[str]) -> str:
    return f"({' OR '.join(_SELDOM[name] for name in seldom)})"


@cache
def messages_sql(read: Reading, *, trainable: bool) -> str:
    """The messages of some conversations, in their order: the first fields of KeptMessage. Who has
    any of what few have is marked in the place of its feedback."""
    columns = [_column(name, trainable=trainable) for name in FIELDS[: read.fields]]
    if read.seldom:
        columns[_MARK] = f"CASE WHEN {_any_of(read.seldom)} THEN 1 END"
    return (
        f"SELECT {', '.join(columns)} FROM messages m WHERE m.conversation_id {{}} "
        f"{'AND m.training_flag = 1 ' * trainable}ORDER BY m.conversation_id, m.timestamp, m.id"
    )


@cache
def seldom_sql(read: Reading, *, trainable: bool) -> str:
    """What few of them have, of some: behind their ids."""
    columns = [_column(name, trainable=trainable) for name in read.seldom]
    return f"SELECT m.id, {', '.join(columns)} FROM messages m WHERE m.id IN ({{}})"


def _revisions(own: Mapping[int, KeptConversation], some: str, trainable: bool) -> Steps[None]:
    told = yield from nearer("revisions", own, some)
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


def _agent_logs(own: Mapping[int, KeptConversation], some: str, trainable: bool) -> Steps[None]:
    found = yield Ask(
        "SELECT m.conversation_id, m.id, m.session, m.turn, m.role, m.agent_name, m.timestamp, "
        "CAST(m.output AS TEXT), m.duration_ms, m.confidence_score, m.accuracy_score, "
        f"m.training_quality, m.span FROM agent_logs m WHERE m.conversation_id {some} "
        "ORDER BY m.conversation_id, m.timestamp, m.id"
    )
    for row in found:
        if row[0] in own:
            own[row[0]].agent_logs.append(log_of(row[1:]))


def _memories(own: Mapping[int, KeptConversation], some: str, trainable: bool) -> Steps[None]:
    columns = ", ".join(f"e.{name}" for name in _MEMORY)
    found = yield Ask(
        f"SELECT c.id, {columns} FROM conversations c CROSS JOIN memories e WHERE c.id {some} "
        "AND e.bot = c.bot AND e.person = c.person AND e.session = c.session "
        "ORDER BY c.id, e.at, e.id"
    )
    for row in found:
        if row[0] in own:
            own[row[0]].memories.append(_memory_of(row[1:]))


_BESIDE = {
    "reactions": reactions,
    "revisions": _revisions,
    "agent_logs": _agent_logs,
    "memories": _memories,
}


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
