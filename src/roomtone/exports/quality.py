"""Replies with their quality and what it depends on, for models of quality."""

from __future__ import annotations

from collections.abc import Iterator

from roomtone.exports._dialogue import LEARNT, changed_since, quality, replies
from roomtone.exports._memories import recalled
from roomtone.ports_exports import Export
from roomtone.training_data import KeptConversation
from roomtone.training_rows import Excluded, ExportOptions, Row


class Graded(Row, gc=False):
    """A message, its reply, what the reply's quality is counted from, and that quality, 0 to 1.

    `emotion_confidence` is of the message, as the documents' formula takes it.
    """

    message: str
    reply: str
    words: int
    processing_time: float | None
    emotion_confidence: float | None
    memories: int
    quality_score: float | None
    quality_v2: float | None
    user_feedback: float | None
    feedback_source: str


class Quality(Export):
    """A row for each reply whose quality is known."""

    name = "quality"
    title = "Quality"
    phrase = "a message and its reply, with the reply's quality and what that is counted from"
    made_of = "replies"
    trainable_by = "regression: scikit-learn, transformers"
    row = Graded
    task = "text-classification"
    needs = LEARNT | set(Graded.__struct_fields__) | {"memory_context"}

    def rows(
        self, conversation: KeptConversation, options: ExportOptions, excluded: Excluded
    ) -> Iterator[Row]:
        """Poor replies too."""
        for reply in replies(conversation, options, excluded):
            one = reply.message
            if quality(one, options) is None:
                excluded.add("unscored", conversation.id)
                continue
            if changed_since(reply.question, one):
                excluded.add("question_changed", conversation.id)
                continue
            yield Graded(
                reply.question.content,
                one.content,
                len(one.content.split()),
                one.processing_time,
                reply.question.emotion_confidence,
                len(recalled(one)),
                one.quality_score,
                one.quality_v2,
                one.user_feedback,
                one.feedback_source,
                conversation_id=conversation.id,
                message_id=one.id,
            )
