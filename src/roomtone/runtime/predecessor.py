"""Reads a database of the documents' companion: conversations, messages, memories, agent logs.

Its tables may lack the documents' newer columns or have them; what we have no place for is kept as
JSON beside what its agents found.
"""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from roomtone.errors import BadEvent
from roomtone.records import TIERS, Link, Memory, memory_id
from roomtone.training_data import AgentLog, KeptConversation, KeptMessage, Role

Row = dict[str, Any]
TABLES = ("conversations", "messages", "memories", "agent_logs")
NOTE = "imported"
"""Under this name what we have no column for stands among the agents' outputs."""

_SPAN = {"user_feedback": (1.0, 5.0)}
_SHARES = ("quality_score", "emotion_confidence", "emotion_intensity", "audio_quality")


@dataclass
class Found:
    """What a file holds, and which rows cannot be taken, each with its table, id and reason."""

    conversations: list[KeptConversation] = field(default_factory=list)
    memories: list[Memory] = field(default_factory=list)
    refused: list[tuple[str, Any, str]] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)


def read(path: Path, bot: str) -> Found:
    """All of a file. `bot` is whose conversations it holds, where it does not say so itself.

    Raises BadEvent where it is no such database.
    """
    if not path.is_file():
        raise BadEvent(
            f"{path} is not there; name the predecessor's SQLite file, or a native export"
        )
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            names = "SELECT name FROM sqlite_master WHERE type = 'table'"
            there = {row[0] for row in connection.execute(names)}
            if not {"conversations", "messages"} <= there or "alembic_version" in there:
                raise BadEvent(
                    f"{path} has no conversations and messages of the predecessor's shape; "
                    "name its database, or use `roomtone restore` for one of ours"
                )
            tables = {
                name: [dict(row) for row in connection.execute(f"SELECT * FROM {name}")]
                if name in there
                else []
                for name in TABLES
            }
    except sqlite3.Error as error:
        raise BadEvent(f"{path} cannot be read ({error}); see that it is an SQLite file") from error
    found = Found(rows={name: len(rows) for name, rows in tables.items()})
    _talks(found, tables, bot)
    for row in tables["memories"]:
        if (memory := _memory(found, row, bot)) is not None:
            found.memories.append(memory)
    found.memories = _placed(found.memories, found.conversations)
    return found


def _placed(memories: Sequence[Memory], talks: Sequence[KeptConversation]) -> list[Memory]:
    """Memories with the session that they are likely of: the person's last one that had begun, or
    their first. Exports tell of memories beside the conversation that they come from."""
    begun: dict[str, list[tuple[int, str]]] = {}
    for talk in talks:
        begun.setdefault(talk.user, []).append((talk.started_ms, talk.session))
    placed = []
    for one in memories:
        own = sorted(begun.get(one.user, ()))
        at = round(one.at.timestamp() * 1000)
        before = [session for started, session in own if started <= at]
        session = before[-1] if before else own[0][1] if own else ""
        placed.append(replace(one, session=session))
    return placed


def _talks(found: Found, tables: Mapping[str, Sequence[Row]], bot: str) -> None:
    said: dict[Any, list[Row]] = {}
    for row in tables["messages"]:
        said.setdefault(row.get("conversation_id"), []).append(row)
    logs: dict[Any, list[Row]] = {}
    of = {row.get("id"): row.get("conversation_id") for row in tables["messages"]}
    for row in tables["agent_logs"]:
        id = _first(row, "conversation_id")
        logs.setdefault(of.get(row.get("message_id")) if id is None else id, []).append(row)
    for row in tables["conversations"]:
        talk = _talk(found, row, said.pop(row.get("id"), []), bot)
        if talk is not None:
            _log_all(found, talk, logs.pop(talk.id, []))
            found.conversations.append(talk)
    for id, rows in said.items():
        why = f"its conversation {id} is not there"
        found.refused += [("messages", row.get("id"), why) for row in rows]
    for rows in logs.values():
        why = "it tells of no conversation that is there"
        found.refused += [("agent_logs", row.get("id"), why) for row in rows]


def _talk(found: Found, row: Row, rows: Sequence[Row], bot: str) -> KeptConversation | None:
    left = dict(row)
    id = left.pop("id", None)
    user = _pop(left, "user_id", "user", "user_name")
    if not isinstance(id, int) or user in (None, ""):
        found.refused.append(("conversations", id, "it names no person" if id else "it has no id"))
        found.refused += [
            ("messages", one.get("id"), "its conversation is refused") for one in rows
        ]
        return None
    rows = sorted(rows, key=lambda one: (_ms(one.get("timestamp")) or 0, one.get("id") or 0))
    session = str(_pop(left, "session_id", "session") or f"conversation {id}")
    started = _ms(_pop(left, "started_at", "created_at", "start_time"))
    ended = _ms(_pop(left, "ended_at", "end_time"))
    named = str(_pop(left, "bot", "bot_name", "character") or bot)
    talk = KeptConversation(
        id=id,
        session=session,
        bot=named,
        user=str(user),
        started_ms=0,
        ended_ms=0,
        platform=str(_pop(left, "platform") or ""),
        model_used=str(_pop(left, "model_used", "model") or ""),
        language=str(_pop(left, "language") or "")[:8],
        is_active=bool(_pop(left, "is_active")) and ended is None,
        topics_discussed=_words(_pop(left, "topics_discussed", "topics")),
        training_data_exported=bool(_pop(left, "training_data_exported")),
        messages=list(_messages(found, rows, id, started)),
    )
    times = [one.at_ms for one in talk.messages]
    known = started if started is not None else min(times, default=None)
    if known is None:
        found.refused.append(("conversations", id, "nothing says when it was"))
        return None
    talk.started_ms = min([known, *times])
    talk.ended_ms = max([talk.started_ms if ended is None else ended, *times])
    for counted in ("total_messages", "avg_response_time", "avg_emotion_score"):
        left.pop(counted, None)  # these are counted anew
    rest = {name: value for name, value in left.items() if value is not None}
    if rest and talk.messages:
        first = talk.messages[0]
        talk.agent_logs.append(_log(talk, first, f"{NOTE} conversation", rest))
    return talk


def _messages(
    found: Found, rows: Sequence[Row], talk: int, started: int | None
) -> Iterator[KeptMessage]:
    turn, answered = "", True
    for row in rows:
        left = dict(row)
        id, role, content = (left.pop(name, None) for name in ("id", "role", "content"))
        at = _ms(left.pop("timestamp", None))
        at = started if at is None else at
        why = (
            "it has no id"
            if not isinstance(id, int)
            else f"its role {role!r} is neither user nor assistant"
            if role not in ("user", "assistant")
            else "it has no text"
            if not isinstance(content, str)
            else "nothing says when it was"
            if at is None
            else ""
        )
        if why or at is None:
            found.refused.append(("messages", id, why))
            continue
        if role == "user" or answered:
            turn = f"imported {id}"
        answered = role == "assistant"
        yield _message(left, id, talk, turn, role, content, at)


def _message(
    left: Row, id: int, talk: int, turn: str, role: Role, content: str, at: int
) -> KeptMessage:
    left.pop("conversation_id", None)
    left.pop("training_flag", None)  # who agreed is asked here
    numbers: dict[str, Any] = {}
    for name in ("user_feedback", *_SHARES, "voice_pitch", "processing_time"):
        low, high = _SPAN.get(name, (0.0, 1.0 if name in _SHARES else math.inf))
        value = left.get(name)
        if isinstance(value, int | float) and low <= value <= high:
            numbers[name] = float(left.pop(name))
    emotion = str(left.pop("emotion", None) or "")
    voice, vector = (str(left.pop(n, None) or "") for n in ("voice_emotion", "context_embedding"))
    outputs, memories = (_json(left.pop(n, None)) for n in ("agent_outputs", "memory_context"))
    rest = {name: value for name, value in left.items() if value is not None}
    if rest:
        known = outputs if isinstance(outputs, dict) else {} if outputs is None else {"": outputs}
        outputs = {**known, NOTE: rest}
    return KeptMessage(
        id=id,
        conversation=talk,
        turn=turn,
        role=role,
        content=content,
        at_ms=at,
        emotion=emotion,
        emotion_raw=emotion,
        voice_emotion=voice,
        context_embedding=vector,
        agent_outputs="" if outputs is None else json.dumps(outputs, default=str),
        memory_context="" if memories is None else json.dumps(memories),
        feedback_source="import" if "user_feedback" in numbers else "",
        **numbers,
    )


def _log_all(found: Found, talk: KeptConversation, rows: Sequence[Row]) -> None:
    by_id = {one.id: one for one in talk.messages}
    often: dict[tuple[str, str, str], int] = {}
    for row in rows:
        left = dict(row)
        id, at = left.pop("id", None), _ms(_pop(left, "timestamp", "created_at"))
        left.pop("conversation_id", None)
        message = by_id.get(left.pop("message_id", None))
        if message is None:  # the one that was said last before it
            earlier = [one for one in talk.messages if at is None or one.at_ms <= at]
            message = earlier[-1] if earlier else next(iter(talk.messages), None)
        if message is None:
            found.refused.append(("agent_logs", id, "its conversation has no message"))
            continue
        agent = str(_pop(left, "agent_name", "agent", "agent_type") or "agent")
        place = (message.turn, message.role, agent)
        count = often[place] = often.get(place, 0) + 1
        shares = {
            ours: float(left.pop(name))
            for ours, name in _LOGGED.items()
            if isinstance(left.get(name), int | float) and 0 <= left[name] <= 1
        }
        took = _pop(left, "duration_ms", "processing_time_ms")
        output = _json(_pop(left, "output", "output_data", "result"))
        told = output if isinstance(output, dict) else {} if output is None else {"output": output}
        if rest := {name: value for name, value in left.items() if value is not None}:
            told = {**told, NOTE: rest}
        talk.agent_logs.append(
            _log(
                talk,
                message,
                agent if count == 1 else f"{agent} {count}",
                told,
                at=at,
                duration_ms=float(took) if isinstance(took, int | float) else None,
                **shares,
            )
        )


_LOGGED = {
    "confidence": "confidence_score",
    "accuracy": "accuracy_score",
    "training_quality": "training_quality",
}


def _log(
    talk: KeptConversation,
    message: KeptMessage,
    agent: str,
    output: Row,
    at: int | None = None,
    **more: Any,
) -> AgentLog:
    when = datetime.fromtimestamp((message.at_ms if at is None else at) / 1000, UTC)
    told = json.loads(json.dumps(output, default=str))
    return AgentLog(
        session=talk.session,
        turn=message.turn,
        role=message.role,
        agent=agent,
        at=when,
        output=told,
        **more,
    )


def _memory(found: Found, row: Row, bot: str) -> Memory | None:
    left = dict(row)
    id, content = left.pop("id", None), left.pop("content", None)
    user, at = _pop(left, "user_id", "user"), _ms(_pop(left, "created_at", "timestamp"))
    if user in (None, "") or not isinstance(content, str) or at is None:
        missing = "person" if user in (None, "") else "text" if content is None else "time"
        found.refused.append(("memories", id, f"it has no {missing}"))
        return None
    tier = str(_pop(left, "tier", "memory_tier") or "")
    importance = _pop(left, "importance", "importance_score")
    related = _json(_pop(left, "related_memories")) or []
    relevance, accesses = left.pop("training_relevance", None), left.pop("access_count", None)
    accessed = _ms(_pop(left, "last_accessed", "accessed_at"))
    if tier and tier not in TIERS:
        left["tier"] = tier
    tags, context = left.pop("tags", None), left.pop("context", None)
    emotion, verified = left.pop("emotion_at_creation", None), left.pop("verified", None)
    rest = {
        name: value if isinstance(value, int | float) else str(value)
        for name, value in left.items()
        if value is not None
    }
    return Memory(
        id=memory_id(bot, NOTE, str(id)),
        bot=bot,
        user=str(user),
        at=datetime.fromtimestamp(at / 1000, UTC),
        content=content,
        context=str(context or ""),
        source=f"{NOTE} {id}",
        tier=tier if tier in TIERS else "temporary",
        reason="as it was where it was imported from" if tier in TIERS else "imported",
        importance=min(1.0, max(0.0, float(importance)))
        if isinstance(importance, int | float)
        else 0.5,
        emotion=str(emotion or ""),
        tags=_words(tags),
        related=tuple(Link(id=memory_id(bot, NOTE, str(one))) for one in related)
        if isinstance(related, list)
        else (),
        accesses=accesses if isinstance(accesses, int) else 0,
        accessed=None if accessed is None else datetime.fromtimestamp(accessed / 1000, UTC),
        training_relevance=float(relevance) if isinstance(relevance, int | float) else None,
        verified=bool(verified),
        metadata=rest,
    )


def _first(row: Row, *names: str) -> Any:
    return next((row[name] for name in names if row.get(name) is not None), None)


def _pop(row: Row, *names: str) -> Any:
    """The first of these that is known, taken out; the others stay, as they say more."""
    for name in names:
        if row.get(name) is not None:
            return row.pop(name)
    for name in names:
        row.pop(name, None)
    return None


def _json(value: Any) -> Any:
    """What a JSON column holds; a text that is none stays a text."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value) if value else None
    except ValueError:
        return value


def _words(value: Any) -> tuple[str, ...]:
    """A list of words, in JSON or with commas between."""
    told = _json(value)
    if isinstance(told, str):
        told = told.split(",")
    return tuple(word for one in told or () if (word := str(one).strip())) if told else ()


def _ms(value: Any) -> int | None:
    """An instant as epoch milliseconds: ISO 8601, in UTC where it says no zone, or a number."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return round(value * (1 if value > 1e11 else 1000)) if math.isfinite(value) else None
    try:
        at = datetime.fromisoformat(str(value).strip())
    except ValueError:
        return None
    return round((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)
