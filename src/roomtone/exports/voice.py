"""Spoken messages with how they sounded, for voice models."""

from __future__ import annotations

from collections.abc import Iterator

from roomtone.exports._dialogue import SAID, blank, felt
from roomtone.ports_exports import Export
from roomtone.training_data import KeptConversation
from roomtone.training_rows import Excluded, ExportOptions, Row


class Spoken(Row, gc=False):
    """What was said and how; pitch in hertz, the feeling by voice and by text."""

    text: str
    voice_pitch: float | None
    voice_emotion: str
    audio_quality: float | None
    text_emotion: str
    text_confidence: float | None
    role: str
    language: str


class Voice(Export):
    """A row for each message that was spoken."""

    name = "voice"
    title = "Voice"
    phrase = "a spoken message: its words, its pitch, and the feeling in the voice and in the words"
    made_of = "spoken messages"
    trainable_by = "voice and multimodal classifiers"
    row = Spoken
    task = "text-classification"
    needs = SAID | set(Spoken.__struct_fields__) | {"emotion", "emotion_confidence"}

    def rows(
        self, conversation: KeptConversation, options: ExportOptions, excluded: Excluded
    ) -> Iterator[Row]:
        """What was typed is no row and is not missed."""
        for one in map(felt, conversation.messages):
            if one.voice_pitch is None and not one.voice_emotion:
                continue
            if blank(one.content):
                excluded.add("empty_text", conversation.id)
                continue
            yield Spoken(
                one.content,
                one.voice_pitch,
                one.voice_emotion,
                one.audio_quality,
                one.emotion,
                one.emotion_confidence,
                one.role,
                conversation.language,
                conversation_id=conversation.id,
                message_id=one.id,
            )
