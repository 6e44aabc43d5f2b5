"""Replies that people called good or bad, for TRL's KTO: a label from ratings, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

from roomtone.exports._dialogue import replies
from roomtone.exports._ratings import RATED, Ratings
from roomtone.ports_exports import Export
from roomtone.training_data import ONLY_RATED, KeptConversation
from roomtone.training_rows import Chat, Excluded, ExportOptions, Row


class Labelled(Row, gc=False):
    """An unpaired preference: `label` is whether people liked the completion."""

    prompt: list[Chat]
    completion: list[Chat]
    label: bool


class KTO(Export):
    """A row for each text of a reply that was rated, with the text that stood there then.

    A reaction that agrees, feels with somebody or makes small talk rates nothing, however kind its
    emoji is. Who calls one text good while others call it bad leaves no row.
    """

    name = "kto"
    title = "KTO"
    phrase = "a reply, what it answered, and whether people called it good"
    made_of = "ratings"
    trainable_by = "TRL KTOTrainer"
    row = Labelled
    needs = RATED | {ONLY_RATED}

    def rows(
        self, conversation: KeptConversation, options: ExportOptions, excluded: Excluded
    ) -> Iterator[Row]:
        """The rated texts of each reply; a reply nobody rated is no row, and none is missed."""
        ratings = Ratings(conversation, options, excluded)
        if not ratings.turns:
            return
        for reply in replies(conversation, options, excluded, ratings.turns):
            message, question = reply.message, reply.question
            for text, good, both in ratings.of(reply):
                if both:
                    excluded.add("contradictory", conversation.id)
                elif good is None:
                    continue
                elif question.edited_ms is not None and question.edited_ms > text.since_ms:
                    excluded.add("question_changed", conversation.id)
                else:
                    yield Labelled(
                        reply.prompt,
                        [Chat("assistant", text.content)],
                        good,
                        conversation_id=conversation.id,
                        message_id=message.id,
                    )
