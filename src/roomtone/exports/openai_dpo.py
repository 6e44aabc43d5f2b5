"""The same preferences as OpenAI's preference fine-tuning, Together and Fireworks read them."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from roomtone.exports._pairs import pairs
from roomtone.exports._ratings import RATED
from roomtone.ports_exports import Export
from roomtone.training_data import ONLY_RATED, KeptConversation
from roomtone.training_rows import Chat, Excluded, ExportOptions, Row


class Input(msgspec.Struct, gc=False):
    """What was answered."""

    messages: list[Chat]


class Preferred(Row, gc=False):
    """A preference, by their names."""

    input: Input
    preferred_output: list[Chat]
    non_preferred_output: list[Chat]


class OpenAIDPO(Export):
    """A row for each preference; their checks refuse further columns."""

    name = "openai_dpo"
    title = "OpenAI preferences"
    phrase = "two replies to the same, of which one was kept, put right, or rated better"
    made_of = "revisions"
    trainable_by = "OpenAI-style preference tuning: Together, Fireworks"
    row = Preferred
    needs = RATED | {ONLY_RATED}
    traceable = False

    def rows(
        self, conversation: KeptConversation, options: ExportOptions, excluded: Excluded
    ) -> Iterator[Row]:
        """Of regenerated, corrected and edited replies."""
        for reply, chosen, rejected in pairs(conversation, options, excluded):
            yield Preferred(
                Input(reply.prompt),
                [Chat("assistant", chosen)],
                [Chat("assistant", rejected)],
                conversation_id=conversation.id,
                message_id=reply.message.id,
            )
