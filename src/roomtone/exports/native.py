"""Whole conversations with all that is known of them, in the documents' shape, and back again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec

from roomtone.ports_exports import Export
from roomtone.training_data import (
    AgentLog,
    KeptConversation,
    KeptMessage,
    KeptReaction,
    Revision,
    Role,
)
from roomtone.training_rows import EPOCH, Excluded, ExportOptions, Row, encoded, moment

VERSION = 1
"""Of the shape; fields may be added without a new one."""


class Metadata(msgspec.Struct, gc=False, omit_defaults=True):
    """Of the conversation; the first five are the documents'. Times in seconds."""

    model_used: str
    total_messages: int
    avg_response_time: float | None
    conversation_quality: float | None
    topics_discussed: tuple[str, ...]
    bot: str
    started_at: datetime
    ended_at: datetime
    platform: str = ""
    language: str = ""
    is_active: bool = False
    avg_emotion_score: float | None = None
    user_satisfaction: float | None = None
    training_data_exported: bool = False
    version: int = VERSION


class NativeMessage(msgspec.Struct, gc=False, omit_defaults=True):
    """One message. Its first six fields always stand there; others only where they are known.

    `agent_outputs` and `memory_context` are objects or lists, as they were told; a text where they
    are no JSON.
    """

    role: Role
    content: str
    emotion: str
    quality_score: float | None
    message_id: int
    at: datetime
    turn: str = ""
    processing_time: float | None = None
    memory_context: Any = None
    agent_outputs: Any = None
    emotion_raw: str = ""
    emotion_confidence: float | None = None
    emotion_intensity: float | None = None
    quality_v2: float | None = None
    user_feedback: float | None = None
    feedback_source: str = ""
    training_flag: bool = False
    voice_pitch: float | None = None
    voice_emotion: str = ""
    audio_quality: float | None = None
    context_embedding: str = ""
    content_hash: str = ""
    edited_at: datetime | None = None


class Native(Row, gc=False):
    """A conversation, whole: what comes out goes in again."""

    session_id: str
    user_id: str
    metadata: Metadata
    messages: list[NativeMessage]
    memories: list[dict[str, Any]]
    agent_logs: list[AgentLog]
    reactions: list[KeptReaction]
    revisions: list[Revision]


class Whole(Export):
    """A row for each conversation; nothing of it is left out."""

    name = "native"
    title = "Native JSON"
    phrase = "a whole conversation: messages, metadata, memories, reactions, revisions, agent logs"
    made_of = "conversations"
    trainable_by = "Roomtone itself; scripts of your own"
    row = Native
    task = ""
    schema_file = "native.schema.json"

    def rows(
        self, conversation: KeptConversation, options: ExportOptions, excluded: Excluded
    ) -> Iterator[Row]:
        """One row."""
        of = conversation
        yield Native(
            of.session,
            of.user,
            Metadata(
                of.model_used,
                of.total_messages,
                of.avg_response_time,
                of.conversation_quality,
                of.topics_discussed,
                of.bot,
                moment(of.started_ms),
                moment(of.ended_ms),
                of.platform,
                of.language,
                of.is_active,
                of.avg_emotion_score,
                of.user_satisfaction,
                of.training_data_exported,
            ),
            [_told(message) for message in of.messages],
            of.memories,
            of.agent_logs,
            of.reactions,
            of.revisions,
            conversation_id=of.id,
        )

    def back(self, row: Native) -> KeptConversation:
        """The conversation that a row was made of."""
        return conversation_of(row)

    def beside(self, name: str, files: Any) -> dict[str, bytes]:
        """The shape, so that others can check what they read."""
        return {self.schema_file: encoded(schema()) + b"\n"}


def schema() -> dict[str, Any]:
    """The shape of a row as a JSON Schema (2020-12)."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A conversation as Roomtone exports it",
        **msgspec.json.schema(Native),
    }


def conversation_of(row: Native) -> KeptConversation:
    """The conversation that a row was made of."""
    about = row.metadata
    id = row.conversation_id if isinstance(row.conversation_id, int) else 0
    return KeptConversation(
        id=id,
        session=row.session_id,
        bot=about.bot,
        user=row.user_id,
        started_ms=_ms(about.started_at),
        ended_ms=_ms(about.ended_at),
        platform=about.platform,
        model_used=about.model_used,
        language=about.language,
        is_active=about.is_active,
        total_messages=about.total_messages,
        avg_response_time=about.avg_response_time,
        avg_emotion_score=about.avg_emotion_score,
        conversation_quality=about.conversation_quality,
        user_satisfaction=about.user_satisfaction,
        topics_discussed=about.topics_discussed,
        training_data_exported=about.training_data_exported,
        messages=[_kept(message, id) for message in row.messages],
        reactions=row.reactions,
        revisions=row.revisions,
        agent_logs=row.agent_logs,
        memories=row.memories,
    )


def _told(one: KeptMessage) -> NativeMessage:
    return NativeMessage(
        one.role,
        one.content,
        one.emotion,
        one.quality_score,
        one.id,
        moment(one.at_ms),
        one.turn,
        one.processing_time,
        _object(one.memory_context) if one.memory_context else None,
        _object(one.agent_outputs) if one.agent_outputs else None,
        one.emotion_raw,
        one.emotion_confidence,
        one.emotion_intensity,
        one.quality_v2,
        one.user_feedback,
        one.feedback_source,
        one.training_flag,
        one.voice_pitch,
        one.voice_emotion,
        one.audio_quality,
        one.context_embedding,
        one.content_hash,
        None if one.edited_ms is None else moment(one.edited_ms),
    )


def _kept(one: NativeMessage, conversation: int) -> KeptMessage:
    return KeptMessage(
        one.message_id,
        conversation,
        one.turn,
        one.role,
        one.content,
        _ms(one.at),
        one.user_feedback,
        one.quality_score,
        one.processing_time,
        one.emotion,
        one.emotion_confidence,
        one.emotion_intensity,
        one.quality_v2,
        one.feedback_source,
        None if one.edited_at is None else _ms(one.edited_at),
        one.voice_pitch,
        one.voice_emotion,
        one.audio_quality,
        one.emotion_raw,
        _text(one.memory_context),
        _text(one.agent_outputs),
        one.context_embedding,
        one.content_hash,
        one.training_flag,
    )


def _ms(at: datetime) -> int:
    return (at - EPOCH) // timedelta(milliseconds=1)


def _object(text: str) -> Any:
    """What a text of JSON says, if that is an object or a list; else the text."""
    try:
        said = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return text
    return said if isinstance(said, dict | list) else text


def _text(said: Any) -> str:
    if said is None:
        return ""
    return said if isinstance(said, str) else msgspec.json.encode(said).decode()
