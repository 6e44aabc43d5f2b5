"""Takes whole conversations in that were kept elsewhere: their ids where free, nothing twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from roomtone.reacted import records_of
from roomtone.records import Conversation, TurnRecord, conversation_id
from roomtone.stores._jobs import Ask, Put, Steps, Texts, ask_of, hash_of, json_of
from roomtone.stores._reactions import add
from roomtone.stores._steps import from_ms
from roomtone.stores._talks import CONVERSATIONS, TURNS, conversation_row, key_of, turn_row
from roomtone.stores._training_revisions import revise
from roomtone.stores._training_rows import (
    LOG_INSERT,
    LOG_INSERT_ID,
    count,
    log_row,
    place_logs,
    trained,
)
from roomtone.stores._training_topics import TELLING, topics
from roomtone.training_data import (
    IMPORTED_TOPICS,
    AgentLog,
    KeptConversation,
    KeptMessage,
    topics_of,
)

_COLUMNS = (
    *("conversation_id", "session", "turn", "role", "bot", "person", "timestamp", "emotion"),
    *("language", "emotion_raw", "emotion_confidence", "emotion_intensity", "processing_time"),
    *("quality_score", "quality_v2", "user_feedback", "feedback_source", "training_flag"),
    *("voice_pitch", "voice_emotion", "audio_quality", "content_hash", "edited", "content"),
    *("agent_outputs", "memory_context", "context_embedding"),
)
_INSERT = "INSERT INTO {} ({}) VALUES ({}) ON CONFLICT DO NOTHING"
_GONE = "SELECT session, turn, role FROM revisions WHERE session IN ({}) AND why = 'deleted'"
_ABOUT = (
    "UPDATE conversations SET platform = ?, model_used = ?, language = ?, is_active = ?, "
    "ended_at = CASE WHEN ? = 1 THEN NULL ELSE ended END, "
    "training_data_exported = ? WHERE id = ?"
)


def keep(
    texts: Texts, talks: Sequence[KeptConversation]
) -> Steps[tuple[dict[int, int], list[int]]]:
    """Take them in; the id that each got by the one it had, and the ids of those that are new.

    A conversation that is there already (by session, bot, person and start) gets what it lacks.
    """
    keys = {_key(talk): talk for talk in talks}
    found = yield from ask_of("SELECT key, id FROM conversations WHERE key IN ({})", keys)
    ids: dict[str, int] = {key: id for key, id in found}
    new = {key: talk for key, talk in keys.items() if key not in ids}
    taken = {id for (id,) in (yield from _taken("conversations", [t.id for t in new.values()]))}
    plain = ", ".join(CONVERSATIONS.columns)
    places = ", ".join("?" * len(CONVERSATIONS.columns))
    for free in (True, False):  # those that keep their ids first, as others get the next
        rows = [
            [*([talk.id] if free else []), *conversation_row(_talk(talk), texts.name)]
            for talk in new.values()
            if (talk.id > 0 and talk.id not in taken) == free
        ]
        columns, marks = (f"id, {plain}", f"?, {places}") if free else (plain, places)
        yield Put(_INSERT.format("conversations", columns, marks), rows)
        yield from _go_on_behind(texts, "conversations")
    found = yield from ask_of("SELECT key, id FROM conversations WHERE key IN ({})", keys)
    ids = {key: id for key, id in found}
    agreed = yield from trained(texts, {talk.user for talk in talks})
    gone = yield from _deleted(texts, talks)
    own = yield from _with_ids(texts, talks)
    for free in (True, False):
        rows = [
            [*([one.id] if free else []), *_row(texts, talk, one, ids[_key(talk)], agreed)]
            for talk in (own if free else talks)
            for one in talk.messages
            if (texts.name(talk.session), texts.name(one.turn), one.role) not in gone
        ]
        columns = ("id, " if free else "") + ", ".join(_COLUMNS)
        marks = ", ".join("?" * (len(_COLUMNS) + free))
        yield Put(_INSERT.format("messages", columns, marks), rows)
        yield from _go_on_behind(texts, "messages")
    turns = [turn_row(turn, texts.name, texts.text) for talk in talks for turn in _turns(talk)]
    marks = ", ".join("?" * len(TURNS.columns))
    yield Put(_INSERT.format("turns", ", ".join(TURNS.columns), marks), turns)
    yield from revise(texts, [one for talk in talks for one in talk.revisions], whole=True)
    yield from _keep_logs(texts, [one for talk in talks for one in _logs(talk)])
    yield Put(_ABOUT, [_about(texts, talk, ids[key]) for key, talk in new.items()])
    yield from count(ids.values())
    yield from topics(texts, ids.values())
    yield from _keep_reactions(texts, talks)
    return {talk.id: ids[key] for key, talk in keys.items()}, [ids[key] for key in new]


def _deleted(texts: Texts, talks: Sequence[KeptConversation]) -> Steps[set[tuple[Any, ...]]]:
    """Messages of their sessions that were deleted here, and do not come back."""
    sessions = {texts.name(talk.session): None for talk in talks}
    return set(map(tuple, (yield from ask_of(_GONE, sessions))))


def _with_ids(texts: Texts, talks: Sequence[KeptConversation]) -> Steps[list[KeptConversation]]:
    """Those whose messages keep their ids, as all are free: of one moment they go by their ids, so
    that a reply whose message got another would stand before it."""
    asked = [one.id for talk in talks for one in talk.messages]
    found = yield from ask_of(
        "SELECT id, session, turn, role FROM messages WHERE id IN ({})", asked
    )
    owner = {id: tuple(place) for id, *place in found}
    kept = []
    for talk in talks:
        session = texts.name(talk.session)
        places = {one.id: (session, texts.name(one.turn), one.role) for one in talk.messages}
        if all(id > 0 and owner.get(id, place) == place for id, place in places.items()):
            owner.update(places)
            kept.append(talk)
    return kept


def _keep_logs(texts: Texts, logs: Sequence[AgentLog]) -> Steps[None]:
    """What agents made of messages, where nothing of that agent is there; with free ids' own."""
    placed = yield from place_logs(texts, logs)
    taken = {id for (id,) in (yield from _taken("agent_logs", [one.id for one, _ in placed]))}
    rows = [(one.id, log_row(texts, one, id)) for one, id in placed]
    yield Put(LOG_INSERT_ID, [[id, *row] for id, row in rows if id > 0 and id not in taken])
    yield from _go_on_behind(texts, "agent_logs")
    yield Put(LOG_INSERT, [row for _, row in rows])


def _logs(talk: KeptConversation) -> Iterable[AgentLog]:
    """Its logs, and one of its topics where they do not tell them."""
    yield from talk.agent_logs
    told = topics_of(one.output for one in talk.agent_logs if one.agent in TELLING)
    if not set(talk.topics_discussed) <= set(told) and talk.messages:
        first = talk.messages[0]
        yield AgentLog(
            session=talk.session,
            turn=first.turn,
            role=first.role,
            agent=IMPORTED_TOPICS,
            at=from_ms(first.at_ms),
            output={"topics": list(talk.topics_discussed)},
        )


def _keep_reactions(texts: Texts, talks: Sequence[KeptConversation]) -> Steps[None]:
    """Reactions that are not there, and what they say of the replies that they were given to."""
    records = {one.of.id: one for talk in talks for one in records_of(talk)}
    found = yield from ask_of(
        "SELECT id FROM reactions WHERE id IN ({})", [texts.name(id) for id in records]
    )
    there = {id for (id,) in found}
    yield from add(texts, [one for id, one in records.items() if texts.name(id) not in there])


def _key(talk: KeptConversation) -> str:
    started = from_ms(talk.started_ms)
    return key_of(conversation_id(talk.session, talk.bot, talk.user, started))


def _talk(talk: KeptConversation) -> Conversation:
    felt = Counter(one.emotion for one in talk.messages if one.role == "user" and one.emotion)
    took = [1000 * s for one in talk.messages if (s := one.processing_time) is not None]
    return Conversation(
        session=talk.session,
        bot=talk.bot,
        user=talk.user,
        started=from_ms(talk.started_ms),
        ended=from_ms(talk.ended_ms),
        turns=len({one.turn for one in talk.messages}),
        emotion=max(felt, key=lambda one: (felt[one], one), default=""),
        processing_time_ms=sum(took) / len(took) if took else None,
    )


def _taken(table: str, ids: Iterable[int]) -> Steps[list[Sequence[Any]]]:
    return (yield from ask_of(f"SELECT id FROM {table} WHERE id IN ({{}})", ids))


def _go_on_behind(texts: Texts, table: str) -> Steps[None]:
    """Have the database count on behind the largest id, where it does not by itself."""
    if texts.counts_on:
        yield Ask(texts.counts_on.format(table))


def _about(texts: Texts, talk: KeptConversation, id: int) -> list[Any]:
    names = [texts.name(one) for one in (talk.platform, talk.model_used, talk.language)]
    active = int(talk.is_active)
    return [*names, active, active, int(talk.training_data_exported), id]


def _row(
    texts: Texts, talk: KeptConversation, one: KeptMessage, id: int, agreed: set[str]
) -> list[Any]:
    content = texts.text(one.content)
    return [
        *(id, texts.name(talk.session), texts.name(one.turn), one.role),
        *(texts.name(talk.bot), texts.name(talk.user), one.at_ms, texts.name(one.emotion)),
        *(texts.name(talk.language), texts.text(one.emotion_raw), one.emotion_confidence),
        *(one.emotion_intensity, one.processing_time, one.quality_score, one.quality_v2),
        *(one.user_feedback, texts.name(one.feedback_source), int(talk.user in agreed)),
        *(one.voice_pitch, texts.name(one.voice_emotion), one.audio_quality, hash_of(content)),
        *(one.edited_ms, content, _json(texts, one.agent_outputs)),
        *(_json(texts, one.memory_context), texts.text(one.context_embedding) or None),
    ]


def _json(texts: Texts, said: str) -> str | None:
    return json_of(texts, msgspec.json.decode(said)) if said else None


def _turns(talk: KeptConversation) -> list[TurnRecord]:
    """What is known of both sides, as a turn has it: what they felt like."""
    by_turn: dict[str, list[KeptMessage]] = {}
    for one in talk.messages:
        by_turn.setdefault(one.turn, []).append(one)
    started = from_ms(talk.started_ms)
    return [
        TurnRecord(
            id=turn,
            session=talk.session,
            bot=talk.bot,
            user=talk.user,
            at=from_ms(min(one.at_ms for one in sides)),
            values={_SIDE[one.role]: felt for one in sides if (felt := _felt(one))},
            conversation=conversation_id(talk.session, talk.bot, talk.user, started),
            model=talk.model_used,
            platform=talk.platform,
        )
        for turn, sides in by_turn.items()
    ]


_SIDE = {"user": "user_emotion", "assistant": "bot_emotion"}


def _felt(one: KeptMessage) -> dict[str, float | str]:
    told: dict[str, float | str | None] = {
        "emotion": one.emotion or None,
        "raw_label": one.emotion_raw or None,
        "confidence": one.emotion_confidence,
        "intensity": one.emotion_intensity,
    }
    return {name: value for name, value in told.items() if value is not None}
