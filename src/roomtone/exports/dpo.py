"""Two replies to one message, the better one first, for TRL's DPO and its kin."""

from __future__ import annotations

from collections.abc import Iterator

from roomtone.exports._pairs import pairs
from roomtone.exports._ratings import RATED
from roomtone.ports_exports import Export
from roomtone.training_data import ONLY_RATED, KeptConversation
from roomtone.training_rows import Chat, Excluded, ExportOptions, Row


class Preference(Row, gc=False):
    """A preference: both answer `prompt`, and `chosen` is the better one."""

    prompt: list[Chat]
    chosen: list[Chat]
    rejected: list[Chat]


class DPO(Export):
    """A row for each text of a reply that was replaced by a better one, or rated worse."""

    name = "dpo"
    title = "DPO"
    phrase = "two replies to the same, of which one was kept, put right, or rated better"
    made_of = "revisions"
    trainable_by = "TRL DPOTrainer, ORPOTrainer, RewardTrainer"
    row = Preference
    needs = RATED | {ONLY_RATED}

    def rows(
        self, conversation: KeptConversation, options: ExportOptions, excluded: Excluded
    ) -> Iterator[Row]:
        """Of regenerated, corrected and edited replies."""
        for reply, chosen, rejected in pairs(conversation, options, excluded):
            yield Preference(
                reply.prompt,
                [Chat("assistant", chosen)],
                [Chat("assistant", rejected)],
                conversation_id=conversation.id,
                message_id=reply.message.id,
            )
