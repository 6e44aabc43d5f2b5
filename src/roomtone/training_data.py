"""What is learnt from: conversations as they are kept, message by message, and what leaves them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal, TypedDict

import msgspec

from roomtone.verdicts import Meaning

Role = Literal["user", "assistant"]
Why = Literal["edited", "regenerated", "corrected", "deleted"]
"""What became of a text: its author changed it; the bot answered anew; a person wrote what it
should have been; it is gone."""

PURPOSES = ("analytics", "memory", "training")
"""What a person may agree to, each by itself. Training needs a word; the others need none."""

DEFAULTS = {"analytics": True, "memory": True, "training": False}
"""What holds for whom nobody asked."""


class Revision(msgspec.Struct, frozen=True, kw_only=True):
    """A message's text was replaced, or deleted: then `content` is "".

    `number` counts the revisions of a message from 1 on. `before` is what stood there, which the
    archive knows: who tells of a revision may leave it out. Of what was deleted nothing is kept.
    """

    session: str
    turn: str
    role: Role
    number: int
    why: Why
    at: datetime
    before: str = ""
    content: str = ""
    by: str = ""
    bot: str = ""  # of the turn, where it is known
    user: str = ""


class AgentLog(msgspec.Struct, frozen=True, kw_only=True):
    """What a component made of a message: one row of `agent_logs`.

    Shares are 0 to 1. `accuracy` is known once a person or an outcome has said so.
    """

    id: int = 0  # the archive's; 0 before it is kept
    session: str
    turn: str
    role: Role = "assistant"
    agent: str
    at: datetime
    output: dict[str, Any] = {}
    duration_ms: float | None = None
    confidence: float | None = None
    accuracy: float | None = None
    training_quality: float | None = None
    span: str = ""  # of OpenTelemetry, in hexadecimal digits


class KeptReaction(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What somebody gave a message, and what it was found to mean; "" where nobody knows."""

    turn: str
    emoji: str
    at: datetime
    id: str = ""
    target_is: Literal["bot", "user", "other", ""] = ""  # whose message it was given to
    meaning: Meaning | Literal[""] = ""
    state: str = ""  # one of reacted.State
    by: Literal["person", "model", ""] = ""  # whose word the meaning is
    confidence: float = 0.0  # the judge's
    satisfaction: float | None = None  # 0 to 1, of a RATING
    score: float | None = None  # 0 to 1, of a RATING
    person: str = ""  # who reacted


class KeptMessage(msgspec.Struct, frozen=True, gc=False):
    """One side of a turn: a row of `messages`, its fields in the order in which it is read.

    `processing_time` is in seconds, `voice_pitch` in hertz, `user_feedback` 1 to 5, the scores and
    shares 0 to 1. What is not known is None or "". Positional, as a million of them are made; what
    most messages have and most formats need stands first (`stores/_training_pages.py`).
    """

    id: int
    conversation: int
    turn: str
    role: Role
    content: str
    at_ms: int
    user_feedback: float | None = None
    quality_score: float | None = None  # by the documents' formula; of replies
    processing_time: float | None = None
    emotion: str = ""  # canonical
    emotion_confidence: float | None = None
    emotion_intensity: float | None = None
    quality_v2: float | None = None  # by ours; of replies
    feedback_source: str = ""
    edited_ms: int | None = None
    voice_pitch: float | None = None
    voice_emotion: str = ""
    audio_quality: float | None = None
    emotion_raw: str = ""  # in the reader's own word
    memory_context: str = ""  # JSON
    agent_outputs: str = ""  # JSON
    context_embedding: str = ""
    content_hash: str = ""  # SHA-256 of the folded text, for exact duplicates
    training_flag: bool = False


class KeptConversation(msgspec.Struct, gc=False):
    """A conversation with its messages, oldest first, and what else is known of it.

    `conversation_quality` is the mean of its replies' `quality_score`, `avg_response_time` (s) of
    `processing_time`, `avg_emotion_score` of emotion confidences, `user_satisfaction` (1 to 5) of
    `user_feedback`; None where nothing is known.
    """

    id: int
    session: str
    bot: str
    user: str
    started_ms: int
    ended_ms: int
    platform: str = ""
    model_used: str = ""
    language: str = ""  # ISO 639-1, "" where it is not known
    is_active: bool = False
    total_messages: int = 0
    avg_response_time: float | None = None
    avg_emotion_score: float | None = None
    conversation_quality: float | None = None
    user_satisfaction: float | None = None
    topics_discussed: tuple[str, ...] = ()
    training_data_exported: bool = False
    messages: list[KeptMessage] = []
    reactions: list[KeptReaction] = []
    revisions: list[Revision] = []
    agent_logs: list[AgentLog] = []
    memories: list[dict[str, Any]] = []  # of the person, from this session


BESIDE = ("reactions", "revisions", "agent_logs", "memories")
"""What else is kept of a conversation: each is read only where it is needed."""

ONLY_RATED = "only_rated"
"""Among what is needed: messages are, of conversations in which something was rated or revised."""


CONTEXT, IMPORTED_TOPICS = "context", "imported topics"
"""Whose outputs tell what was talked about."""

MOST_TOPICS = 50


def topics_of(outputs: Iterable[Mapping[str, Any]]) -> list[str]:
    """What these outputs say was talked about, each once, as it came up, at most MOST_TOPICS.

    >>> topics_of([{"topic": "tea"}, {"topics": ["cats", "tea"]}, {"mode": "play"}])
    ['tea', 'cats']
    """
    found: dict[str, None] = {}
    for one in outputs:
        many = one.get("topics")
        for topic in (one.get("topic"), *(many if isinstance(many, list) else ())):
            if isinstance(topic, str) and topic.strip():
                found[topic.strip()] = None
    return list(found)[:MOST_TOPICS]


class TrainingSought(TypedDict, total=False):
    """Which conversations; what is absent or None does not narrow it.

    `start` and `end` are those of when it ended. `trainable` leaves out whom training was not
    granted, and messages without their flag; it is False only for what stays with its owner.
    """

    ids: tuple[int, ...] | None
    bot: str | None
    user: str | None
    language: str | None
    emotion: str | None
    meaning: str | None  # some reaction in it has this meaning
    least_quality: float | None  # of conversation_quality
    voice: bool | None
    exported: bool | None
    start: datetime | None
    end: datetime | None
    trainable: bool


class Consent(msgspec.Struct, frozen=True, kw_only=True):
    """What a person agreed to, or not, for one purpose: the latest word."""

    user: str
    purpose: str  # one of PURPOSES
    granted: bool
    at: datetime
    basis: str = "consent"  # or the words of a law: "contract", "legitimate interest" …
    by: str = ""


class Dataset(msgspec.Struct, frozen=True, kw_only=True):
    """An export that was made: its manifest as JSON, and where its files lie."""

    id: str
    name: str
    format: str
    made: datetime
    status: Literal["running", "done", "failed", "cancelled", "stale"]
    folder: str = ""
    rows: int = 0
    bytes: int = 0
    progress: float = 0.0  # 0 to 1
    error: str = ""
    manifest: str = ""
