"""Messages, agents' outputs and revisions as rows, and how they are written, for every dialect.

What takes several statements is a generator: it yields `Ask` and `Put`, and the dialect runs each
in one transaction, waiting or not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from roomtone.records import Conversation, TurnRecord
from roomtone.reply_quality import anew
from roomtone.stores._jobs import (
    SOME,
    Ask,
    Put,
    Steps,
    Texts,
    ask_of,
    batched,
    finite,
    hash_of,
    json_of,
)
from roomtone.stores._steps import to_ms
from roomtone.stores._talks import CONVERSATIONS, TURNS, conversation_row, key_of, turn_row
from roomtone.stores._training_topics import TELLING, topics
from roomtone.training_data import AgentLog

_SAID = (
    *("conversation_id", "session", "turn", "role", "bot", "person", "timestamp"),
    *("emotion", "language", "emotion_raw", "emotion_confidence", "emotion_intensity"),
    *("processing_time", "quality_score", "quality_v2", "training_flag", "content_hash"),
    *("edited", "content", "agent_outputs", "memory_context"),
)
_RENEWED = ", ".join(
    f"{c} = coalesce(excluded.{c}, messages.{c})"
    if c in ("quality_v2", "conversation_id", "edited")
    else f"{c} = excluded.{c}"
    for c in _SAID
    if c not in ("session", "turn", "role")
)
_UPSERT = (
    f"INSERT INTO messages ({', '.join(_SAID)}) VALUES ({', '.join('?' * len(_SAID))}) "
    f"ON CONFLICT (session, turn, role) DO UPDATE SET {_RENEWED}"
)
_CONTENT, _HASH, _EDITED = (_SAID.index(name) for name in ("content", "content_hash", "edited"))
_QUALITY = _SAID.index("quality_score")
_LOG = (
    *("session", "turn", "role", "agent_name", "span", "timestamp", "duration_ms"),
    *("confidence_score", "accuracy_score", "training_quality", "output", "conversation_id"),
)
_LOG_INSERT = (
    f"INSERT INTO agent_logs ({{}}{', '.join(_LOG)}, message_id) VALUES "
    f"({{}}{', '.join('?' * len(_LOG))}, (SELECT id FROM messages WHERE session = ? AND turn = ? "
    "AND role = ?)) ON CONFLICT "
)
LOG_INSERT, LOG_INSERT_ID = (
    f"{_LOG_INSERT.format(*more)}DO NOTHING" for more in (("", ""), ("id, ", "?, "))
)
_LOG_UPSERT = (
    f"{_LOG_INSERT.format('', '')}(session, turn, role, agent_name) DO UPDATE SET "
    + ", ".join(f"{c} = excluded.{c}" for c in (*_LOG[4:], "message_id"))
)
_LINK_LOGS = (
    "UPDATE agent_logs SET message_id = m.id, conversation_id = m.conversation_id "
    "FROM messages m WHERE m.id = ? AND agent_logs.session = m.session AND "
    "agent_logs.turn = m.turn AND agent_logs.role = m.role"
)
_LOOSE = (  # of the conversations with these keys: messages that nobody knew to be theirs
    "SELECT c.id, m.id FROM conversations c CROSS JOIN messages m CROSS JOIN turns t "
    "WHERE c.key IN ({}) AND m.session = c.session AND m.conversation_id IS NULL AND "
    "t.session = m.session AND t.id = m.turn AND (t.conversation = c.key OR "
    "t.conversation = '' AND t.bot = c.bot AND t.person = c.person AND "
    "t.at >= c.started AND t.at <= c.ended)"
)
_COUNT = (
    "UPDATE conversations SET (total_messages, avg_response_time, avg_emotion_score, "
    "conversation_quality, user_satisfaction) = (SELECT count(*), avg(processing_time), "
    "avg(emotion_confidence), avg(quality_score), avg(user_feedback) FROM messages "
    "WHERE conversation_id = conversations.id) WHERE id = ?"
)
_LATEST = (
    "coalesce((SELECT t.{0} FROM turns t WHERE t.session = conversations.session AND "
    "t.at >= conversations.started AND t.at <= conversations.ended AND t.bot = conversations.bot "
    "AND t.person = conversations.person AND t.{0} <> '' ORDER BY t.at DESC, t.id DESC LIMIT 1), "
    "conversations.{1})"
)
_DESCRIBE = (
    f"UPDATE conversations SET model_used = {_LATEST.format('model', 'model_used')}, "
    f"platform = {_LATEST.format('platform', 'platform')}, "
    "language = coalesce((SELECT m.language FROM messages m WHERE m.conversation_id = "
    "conversations.id AND m.language <> '' GROUP BY m.language ORDER BY count(*) DESC, m.language "
    "LIMIT 1), conversations.language) WHERE key = ?"
)
_FEEDBACK = (  # the mean of the ratings of the text that stands; what else was said stays
    "UPDATE messages SET (user_feedback, feedback_source) = (SELECT 1 + 4 * avg(r.score), "
    "CASE WHEN count(r.score) > 0 THEN 'reaction' ELSE '' END FROM reactions r "
    "WHERE r.session = messages.session AND r.target = messages.turn AND "
    "(messages.edited IS NULL OR r.at >= messages.edited)) "
    "WHERE session = ? AND turn = ? AND role = 'assistant' AND "
    "feedback_source IN ('', 'reaction')"
)


def add_turns(texts: Texts, turns: Sequence[TurnRecord]) -> Steps[None]:
    """Add or renew turns with their messages, and count their conversations anew."""
    own = {(turn.session, turn.id): turn for turn in turns}
    keys = {one: key_of(one) for one in {turn.conversation for turn in own.values()} if one}
    found = yield from ask_of(
        "SELECT key, id, model_used, platform, language FROM conversations WHERE key IN ({})",
        keys.values(),
    )
    there = {key: row for key, *row in found}
    ids = {one: there[key][0] for one, key in keys.items() if key in there}
    known = yield from _known(texts, list(own))
    agreed = yield from trained(texts, {turn.user for turn in own.values()})
    touched = {row[3] for row in known.said.values() if row[3] is not None}
    rows, gone, logs = [], [], []
    for turn in own.values():
        id = ids.get(turn.conversation)
        for row in _messages(texts, turn, id, turn.user in agreed):
            place = (row[1], row[2], row[3])
            if row[_CONTENT] is None or known.is_deleted(place):
                gone += [place] if place in known.said else []
                continue
            if place in known.revised:  # what stands there since is told by revisions alone
                said = row[_CONTENT]
                _, row[_CONTENT], row[_EDITED] = known.revised[place]
                row[_QUALITY] = anew(row[_QUALITY], said, row[_CONTENT])
                row[_HASH] = hash_of(row[_CONTENT])
            rows.append(row)
        logs += [(one, id) for one in turn.agents if known.may_have(texts, one)]
    yield Put(TURNS.upsert, [turn_row(turn, texts.name, texts.text) for turn in own.values()])
    yield Put(_UPSERT, rows)
    if gone:
        yield Put("DELETE FROM messages WHERE session = ? AND turn = ? AND role = ?", gone)
    yield from _add_logs(texts, logs)
    if earlier := [
        (turn.before_quality, texts.name(turn.session), texts.name(turn.before), to_ms(turn.at))
        for turn in own.values()
        if turn.before and turn.before_quality is not None
    ]:
        yield Put(
            "UPDATE messages SET quality_v2 = ? WHERE session = ? AND turn = ? AND "
            "role = 'assistant' AND (edited IS NULL OR edited <= ?)",  # of the text as it was
            earlier,
        )
    rated = [place for place in known.rated if place not in known.fed]
    if rated:
        yield Put(_FEEDBACK, rated)
    touched |= {row[0] for row in rows if row[0] is not None}
    yield from count(touched)
    yield from topics(texts, _told_of(logs))
    news = {
        keys[turn.conversation]
        for turn in own.values()
        if turn.conversation in ids
        and any(
            said not in ("", was)
            for said, was in zip(
                (turn.model, turn.platform, turn.language),
                there[keys[turn.conversation]][1:],
                strict=True,
            )
        )
    }
    if news:
        yield Put(_DESCRIBE, [[key] for key in sorted(news)])


@dataclass(slots=True)
class _Known:
    """What the archive has of some turns already."""

    said: dict[tuple[str, str, str], Sequence[Any]]  # messages
    revised: dict[tuple[str, str, str], tuple[str, str, int]]  # the latest why, text and time
    rated: list[tuple[str, str]]  # turns with a rating
    fed: set[tuple[str, str]]  # of them, those whose reply has its feedback

    def is_deleted(self, place: tuple[str, str, str]) -> bool:
        return place in self.revised and self.revised[place][0] == "deleted"

    def may_have(self, texts: Texts, log: AgentLog) -> bool:
        """Whether what an agent made is of a text that is not deleted."""
        return not self.revised or not self.is_deleted((*_named(texts, log), log.role))


def _known(texts: Texts, turns: Sequence[tuple[str, str]]) -> Steps[_Known]:
    known = _Known({}, {}, [], set())
    for some in batched(turns, SOME):
        given = [texts.name(part) for turn in some for part in turn]
        wanted = f"WITH wanted(session, turn) AS (VALUES {', '.join(['(?, ?)'] * len(some))}) "
        for row in (
            yield Ask(
                f"{wanted}SELECT m.session, m.turn, m.role, m.conversation_id, m.feedback_source "
                "FROM wanted w CROSS JOIN messages m WHERE m.session = w.session "
                "AND m.turn = w.turn",
                given,
            )
        ):
            known.said[row[0], row[1], row[2]] = row
            if row[4]:
                known.fed.add((row[0], row[1]))
        for session, turn, role, why, content, at in (
            yield Ask(
                f"{wanted}SELECT r.session, r.turn, r.role, r.why, r.content, r.at FROM wanted w "
                "CROSS JOIN revisions r WHERE r.session = w.session AND r.turn = w.turn "
                "ORDER BY r.number",
                given,
            )
        ):
            if not known.is_deleted((session, turn, role)):
                known.revised[session, turn, role] = (why, content, at)
        for session, turn in (
            yield Ask(
                f"{wanted}SELECT DISTINCT r.session, r.target FROM wanted w CROSS JOIN reactions r "
                "WHERE r.session = w.session AND r.target = w.turn AND r.score IS NOT NULL",
                given,
            )
        ):
            known.rated.append((session, turn))
    return known


def _named(texts: Texts, log: AgentLog) -> tuple[str, str]:
    return texts.name(log.session), texts.name(log.turn)


def _messages(texts: Texts, turn: TurnRecord, id: int | None, agreed: bool) -> Iterable[list[Any]]:
    """The rows of both sides; that of a side without a text has None for it."""
    names = [texts.name(one) for one in (turn.session, turn.id, turn.bot, turn.user)]
    at, language = to_ms(turn.at), texts.name(turn.language)
    for role, said, felt in (
        ("user", turn.message, turn.values.get("user_emotion", {})),
        ("assistant", turn.reply, turn.values.get("bot_emotion", {})),
    ):
        reply = role == "assistant"
        content = None if said is None else texts.text(said)
        outputs = {one.agent: one.output for one in turn.agents if one.role == role}
        recalled = turn.recalled if reply else None
        took = turn.processing_time_ms if reply else None
        yield [
            *(id, names[0], names[1], role, names[2], names[3], at),
            *(texts.name(str(felt.get("emotion", ""))), language),
            texts.text(str(felt.get("raw_label", ""))),
            *(finite(felt.get("confidence")), finite(felt.get("intensity"))),
            *(
                None if took is None else finite(took / 1000),
                finite(turn.quality) if reply else None,
            ),
            *(finite(turn.quality_v2) if reply else None, int(agreed)),
            *("" if content is None else hash_of(content), None, content),
            *(json_of(texts, outputs) if outputs else None,),
            *(json_of(texts, recalled) if recalled is not None else None,),
        ]


def add_logs(texts: Texts, logs: Sequence[AgentLog]) -> Steps[None]:
    """Add or renew what agents made of messages; nothing of what is deleted."""
    placed = yield from place_logs(texts, logs)
    yield from _add_logs(texts, placed)
    yield from topics(texts, _told_of(placed))


def place_logs(texts: Texts, logs: Sequence[AgentLog]) -> Steps[list[tuple[AgentLog, int | None]]]:
    """Those of what is not deleted, with the ids of their conversations."""
    known = yield from _known(texts, list({(one.session, one.turn): None for one in logs}))
    of = {place: row[3] for place, row in known.said.items()}
    return [
        (one, of.get((*_named(texts, one), one.role))) for one in logs if known.may_have(texts, one)
    ]


def _told_of(logs: Iterable[tuple[AgentLog, int | None]]) -> set[int]:
    """Conversations of whose topics these tell."""
    return {id for one, id in logs if id is not None and one.agent in TELLING}


def log_row(texts: Texts, one: AgentLog, conversation: int | None) -> list[Any]:
    """A row of LOG, with the place of its message behind it."""
    place = [*_named(texts, one), one.role]
    numbers = (one.duration_ms, one.confidence, one.accuracy, one.training_quality)
    return [
        *(*place, texts.name(one.agent), texts.name(one.span), to_ms(one.at)),
        *(finite(number) for number in numbers),
        *(json_of(texts, one.output), conversation, *place),
    ]


def _add_logs(texts: Texts, logs: Sequence[tuple[AgentLog, int | None]]) -> Steps[None]:
    """Outputs with the ids of their conversations, behind their messages."""
    if logs:
        yield Put(_LOG_UPSERT, [log_row(texts, one, id) for one, id in logs])


def add_conversations(texts: Texts, conversations: Sequence[Conversation]) -> Steps[None]:
    """Add or renew, find what was said in them, and count that. Those before them are over."""
    own = {talk.id: talk for talk in conversations}
    was = yield from ask_of(
        "SELECT key, ended, is_active FROM conversations WHERE key IN ({})",
        [key_of(id) for id in own],
    )
    before = {key: (ended, active) for key, ended, active in was}
    yield Put(CONVERSATIONS.upsert, [conversation_row(talk, texts.name) for talk in conversations])
    fresh = [
        key
        for id, talk in own.items()
        if (key := key_of(id)) not in before or before[key][0] < to_ms(talk.ended)
    ]
    if fresh:
        yield Put(
            "UPDATE conversations SET is_active = 1, ended_at = NULL WHERE key = ?",
            [[key] for key in fresh],
        )
    names = {
        (texts.name(talk.session), texts.name(talk.bot), texts.name(talk.user)): None
        for talk in own.values()
    }
    yield Put(
        "UPDATE conversations SET is_active = 0, ended_at = ended WHERE session = ? AND bot = ? "
        "AND person = ? AND is_active = 1 AND ended < (SELECT max(o.ended) FROM conversations o "
        "WHERE o.session = conversations.session AND o.bot = conversations.bot "
        "AND o.person = conversations.person)",
        list(names),
    )
    yield from link(texts, [key_of(id) for id in own])


def link(texts: Texts, keys: Sequence[str]) -> Steps[None]:
    """Give messages that came before their conversation its id, and count it."""
    loose = yield from ask_of(_LOOSE, keys)
    if not loose:
        return
    yield Put("UPDATE messages SET conversation_id = ? WHERE id = ?", loose)
    yield Put(_LINK_LOGS, [[message] for _, message in loose])
    ids = {id for id, _ in loose}
    yield from count(ids)
    yield from topics(texts, ids)
    yield Put(_DESCRIBE, [[key] for key in keys])


def end_sessions(texts: Texts, ended: Sequence[tuple[str, int]]) -> Steps[None]:
    """The conversations of sessions that are over by a time are over, too."""
    yield Put(
        "UPDATE conversations SET is_active = 0, ended_at = ended WHERE session = ? AND "
        "is_active = 1 AND ended <= ?",
        [[texts.name(session), at] for session, at in ended],
    )


def count(ids: Iterable[int]) -> Steps[None]:
    """Count these conversations anew from their messages."""
    if some := [[id] for id in sorted(ids)]:
        yield Put(_COUNT, some)


def feed(places: Sequence[tuple[str, str]]) -> Steps[None]:
    """Renew the feedback of the replies of these (session, turn) from the reactions to them."""
    if not places:
        return
    yield Put(_FEEDBACK, places)
    ids: set[int] = set()
    for some in batched(places, SOME):
        wanted = f"WITH wanted(session, turn) AS (VALUES {', '.join(['(?, ?)'] * len(some))}) "
        found = yield Ask(
            f"{wanted}SELECT DISTINCT m.conversation_id FROM wanted w CROSS JOIN messages m "
            "WHERE m.session = w.session AND m.turn = w.turn AND m.conversation_id IS NOT NULL",
            [part for place in some for part in place],
        )
        ids |= {id for (id,) in found}
    yield from count(ids)


def trained(texts: Texts, people: Iterable[str]) -> Steps[set[str]]:
    """Those of these people who agreed to be learnt from."""
    names = {texts.name(user): user for user in people}
    found = yield from ask_of(
        "SELECT person FROM consents WHERE purpose = 'training' AND granted = 1 AND person IN ({})",
        names,
    )
    return {names[person] for (person,) in found}
