"""Messages as rows of a table: for JSON Lines, CSV and Parquet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from roomtone.exports._dialogue import blank, felt
from roomtone.training_data import KeptConversation
from roomtone.training_rows import Excluded, Row

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_EXACT_MS = 2**32 * 1000
"""Up to here seconds as a float are nearer to a time than half a microsecond."""


class Flat(Row, gc=False):
    """A message. `index` counts those of a conversation; times in seconds, pitch in hertz."""

    session_id: str
    user_id: str
    bot: str
    platform: str
    language: str
    turn: str
    index: int
    at: datetime
    role: str
    content: str
    emotion: str
    emotion_confidence: float | None
    emotion_intensity: float | None
    processing_time: float | None
    quality_score: float | None
    quality_v2: float | None
    user_feedback: float | None
    feedback_source: str
    voice_pitch: float | None
    voice_emotion: str
    audio_quality: float | None
    model_used: str
    conversation_quality: float | None


NEEDS = frozenset({"at_ms", "edited_ms", *Flat.__struct_fields__})
"""What is read of messages for it."""


def moment(ms: int) -> datetime:
    """Epoch milliseconds in UTC, exactly."""
    if 0 <= ms < _EXACT_MS:
        return datetime.fromtimestamp(ms / 1000, UTC)
    return EPOCH + timedelta(milliseconds=ms)


def flat(conversation: KeptConversation, excluded: Excluded) -> Iterator[Row]:
    """All messages of a conversation that have a text."""
    of = conversation
    for index, one in enumerate(of.messages):
        if blank(one.content):
            excluded.add("empty_text", of.id)
            continue
        if one.edited_ms is not None:
            one = felt(one)
        yield Flat(
            of.session,
            of.user,
            of.bot,
            of.platform,
            of.language,
            one.turn,
            index,
            moment(one.at_ms),
            one.role,
            one.content,
            one.emotion,
            one.emotion_confidence,
            one.emotion_intensity,
            one.processing_time,
            one.quality_score,
            one.quality_v2,
            one.user_feedback,
            one.feedback_source,
            one.voice_pitch,
            one.voice_emotion,
            one.audio_quality,
            of.model_used,
            of.conversation_quality,
            conversation_id=of.id,
            message_id=one.id,
        )
