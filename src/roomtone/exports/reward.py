"""Replies with how good they were, for reward models: a score, and what it is made of."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from roomtone.exports._dialogue import LEARNT, changed_since, quality, replies
from roomtone.exports._ratings import RATED, Ratings
from roomtone.ports_exports import Export
from roomtone.training_data import KeptConversation
from roomtone.training_rows import Chat, Excluded, ExportOptions, Row


class Parts(msgspec.Struct, gc=False):
    """What is known of how good it was, 0 to 1; `rated` is what people called it."""

    quality_score: float | None
    quality_v2: float | None
    feedback: float | None
    rated: bool | None


class Scored(Row, gc=False):
    """A reply and its score, 0 to 1."""

    prompt: list[Chat]
    completion: list[Chat]
    score: float
    parts: Parts


class Reward(Export):
    """A row for each reply whose quality is known; poor ones too, as they teach what poor is."""

    name = "reward"
    title = "Reward"
    phrase = "a reply, what it answered, and its quality from 0 to 1 with its parts"
    made_of = "replies"
    trainable_by = "reward and regression models: transformers, scikit-learn"
    row = Scored
    task = "text-classification"
    needs = RATED | LEARNT

    def rows(
        self, conversation: KeptConversation, options: ExportOptions, excluded: Excluded
    ) -> Iterator[Row]:
        """The replies as they stand now."""
        ratings = Ratings(conversation, options, excluded)
        turns = ratings.turns
        for reply in replies(conversation, options, excluded):
            message = reply.message
            score = quality(message, options)
            if score is None:
                excluded.add("unscored", conversation.id)
                continue
            if changed_since(reply.question, message):
                excluded.add("question_changed", conversation.id)
                continue
            stars = message.user_feedback
            known = ratings.of(reply) if message.turn in turns else []
            yield Scored(
                reply.prompt,
                [Chat("assistant", message.content)],
                score,
                Parts(
                    message.quality_score,
                    message.quality_v2,
                    None if stars is None else (stars - 1) / 4,
                    known[-1].good if known else None,
                ),
                conversation_id=conversation.id,
                message_id=message.id,
            )
