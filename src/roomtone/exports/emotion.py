"""Messages with what they feel like, for emotion models."""

from __future__ import annotations

from collections.abc import Iterator

from roomtone.exports._dialogue import blank, felt
from roomtone.ports_exports import Export
from roomtone.training_data import KeptConversation
from roomtone.training_rows import Excluded, ExportOptions, Row


class Felt(Row, gc=False):
    """A text and its feeling, in the common word and in the reader's own; shares 0 to 1."""

    text: str
    label: str
    label_raw: str
    confidence: float | None
    intensity: float | None
    role: str
    language: str
    voice_emotion: str


class Emotion(Export):
    """A row for each message whose feeling is known; what was unsure is left out."""

    name = "emotion"
    title = "Emotion"
    phrase = "a message and what it feels like, with how sure that is"
    made_of = "messages"
    trainable_by = "text classifiers: transformers, scikit-learn"
    row = Felt
    task = "text-classification"
    needs = frozenset(
        {"role", "content", "emotion", "emotion_raw", "emotion_confidence", "emotion_intensity"}
        | {"edited_ms", "voice_emotion"}
    )

    def rows(
        self, conversation: KeptConversation, options: ExportOptions, excluded: Excluded
    ) -> Iterator[Row]:
        """Both sides' messages, in their order."""
        for one in map(felt, conversation.messages):
            if blank(one.content):
                excluded.add("empty_text", conversation.id)
            elif one.emotion in ("", "unsure"):
                excluded.add("no_label", conversation.id)
            else:
                yield Felt(
                    one.content,
                    one.emotion,
                    one.emotion_raw,
                    one.emotion_confidence,
                    one.emotion_intensity,
                    one.role,
                    conversation.language,
                    one.voice_emotion,
                    conversation_id=conversation.id,
                    message_id=one.id,
                )
