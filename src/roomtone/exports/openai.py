"""Conversations as OpenAI's fine-tuning reads them: poor replies are read, and not learnt."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from roomtone.exports._dialogue import LEARNT
from roomtone.exports._weighed import weighed
from roomtone.ports_exports import Export
from roomtone.training_data import KeptConversation
from roomtone.training_rows import Excluded, ExportOptions, Row


class WeighedChat(msgspec.Struct, frozen=True, gc=False):
    """A message; of a reply `weight` is 1 where it is learnt, else 0."""

    role: Literal["system", "user", "assistant"]
    content: str
    weight: Literal[0, 1] | UnsetType = UNSET


class WeighedMessages(Row, gc=False):
    """A conversation."""

    messages: list[WeighedChat]


class OpenAI(Export):
    """A row for each conversation with a reply to learn; their checks refuse further columns."""

    name = "openai"
    title = "OpenAI chat"
    phrase = "a conversation as messages, each reply with a weight: 1 to learn it, 0 to read it"
    made_of = "conversations"
    trainable_by = "OpenAI-style fine-tuning: Together, Fireworks, Mistral"
    row = WeighedMessages
    needs = LEARNT
    traceable = False

    def rows(
        self, conversation: KeptConversation, options: ExportOptions, excluded: Excluded
    ) -> Iterator[Row]:
        """The conversation, in pieces of at most so many messages."""
        system = [WeighedChat("system", options.system)] if options.system else []
        for past in weighed(conversation, options, excluded):
            yield WeighedMessages(
                system
                + [
                    WeighedChat("user", one.content)
                    if one.role == "user"
                    else WeighedChat("assistant", one.content, 1 if one.learnt else 0)
                    for one in past
                ],
                conversation_id=conversation.id,
                message_id=past[-1].id,
            )
