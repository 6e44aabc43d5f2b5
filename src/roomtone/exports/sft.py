"""Conversations whose every reply may be learnt, for TRL's SFT: messages with roles."""

from __future__ import annotations

from collections.abc import Iterator

from roomtone.exports._dialogue import LEARNT
from roomtone.exports._stretches import stretches
from roomtone.ports_exports import Export
from roomtone.training_data import KeptConversation
from roomtone.training_rows import Chat, Excluded, ExportOptions, Row


class Messages(Row, gc=False):
    """A conversation: the person and the bot in turns, from the person's message to a reply."""

    messages: list[Chat]


class SFT(Export):
    """A row for each stretch of a conversation without a reply that nothing should learn."""

    name = "sft"
    title = "SFT"
    phrase = "a conversation as messages with roles, every reply of it worth learning"
    made_of = "conversations"
    trainable_by = "TRL SFTTrainer, Axolotl, Unsloth"
    row = Messages
    needs = LEARNT

    def rows(
        self, conversation: KeptConversation, options: ExportOptions, excluded: Excluded
    ) -> Iterator[Row]:
        """The stretches, in their order; each says which reply is its last."""
        system = [Chat("system", options.system)] if options.system else []
        for messages, last in stretches(conversation, options, excluded):
            yield Messages(system + messages, conversation_id=conversation.id, message_id=last)
