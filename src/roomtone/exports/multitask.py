"""Turns with all that was heard in them: text, voice, feeling, agents' outputs, quality."""

from __future__ import annotations

from collections.abc import Iterator

from roomtone.exports._dialogue import SAID, changed_since, felt, replies
from roomtone.ports_exports import Export
from roomtone.training_data import KeptConversation
from roomtone.training_rows import Chat, Excluded, ExportOptions, Row


class Heard(Row, gc=False):
    """A turn. Agents' outputs, memories and embeddings are JSON as they were told; "" for none."""

    prompt: list[Chat]
    completion: list[Chat]
    user_emotion: str
    user_emotion_confidence: float | None
    bot_emotion: str
    voice_pitch: float | None
    voice_emotion: str
    audio_quality: float | None
    agent_outputs: str
    memory_context: str
    context_embedding: str
    processing_time: float | None
    quality_score: float | None
    quality_v2: float | None
    user_feedback: float | None
    language: str


class Multitask(Export):
    """A row for each reply that answers something, poor ones too."""

    name = "multitask"
    title = "Multitask"
    phrase = "a turn with its text, voice, feelings, agents' outputs, memories and quality"
    made_of = "turns"
    trainable_by = "multi-task and multimodal models of your own"
    row = Heard
    task = ""
    needs = SAID | set(Heard.__struct_fields__) | {"emotion", "emotion_confidence"}

    def rows(
        self, conversation: KeptConversation, options: ExportOptions, excluded: Excluded
    ) -> Iterator[Row]:
        """What is not known is None or empty."""
        for message, prompt, asked in replies(conversation, options, excluded):
            if changed_since(asked, message):
                excluded.add("question_changed", conversation.id)
                continue
            heard = felt(asked)
            yield Heard(
                prompt,
                [Chat("assistant", message.content)],
                heard.emotion,
                heard.emotion_confidence,
                felt(message).emotion,
                asked.voice_pitch,
                asked.voice_emotion,
                asked.audio_quality,
                message.agent_outputs or asked.agent_outputs,
                message.memory_context,
                message.context_embedding or asked.context_embedding,
                message.processing_time,
                message.quality_score,
                message.quality_v2,
                message.user_feedback,
                conversation.language,
                conversation_id=conversation.id,
                message_id=message.id,
            )
