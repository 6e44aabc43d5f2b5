"""Each reply worth learning with what was said before it: a prompt and its completion."""

from __future__ import annotations

from collections.abc import Iterator

from roomtone.exports._dialogue import LEARNT, replies, unlearnt
from roomtone.ports_exports import Export
from roomtone.training_data import KeptConversation
from roomtone.training_rows import Chat, Excluded, ExportOptions, Row


class Completion(Row, gc=False):
    """A prompt that ends in the person's message, and the reply."""

    prompt: list[Chat]
    completion: list[Chat]


class PromptCompletion(Export):
    """A row for each reply: the loss is on the completion alone, so that poor ones may be read."""

    name = "prompt_completion"
    title = "Prompt and completion"
    phrase = "a reply worth learning, and what was said before it"
    made_of = "replies"
    trainable_by = "TRL SFTTrainer, on completions alone"
    row = Completion
    needs = LEARNT

    def rows(
        self, conversation: KeptConversation, options: ExportOptions, excluded: Excluded
    ) -> Iterator[Row]:
        """The replies, in their order."""
        for reply in replies(conversation, options, excluded):
            why = unlearnt(reply, options)
            if why:
                excluded.add(why, conversation.id)
                continue
            yield Completion(
                reply.prompt,
                [Chat("assistant", reply.message.content)],
                conversation_id=conversation.id,
                message_id=reply.message.id,
            )
