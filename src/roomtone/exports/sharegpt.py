"""Conversations in ShareGPT's words, with the page that LLaMA-Factory finds them by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

import msgspec

from roomtone.exports._dialogue import LEARNT
from roomtone.exports._stretches import stretches
from roomtone.ports_exports import Export
from roomtone.training_data import KeptConversation
from roomtone.training_rows import Excluded, ExportOptions, Row


class Said(msgspec.Struct, rename={"by": "from"}, frozen=True, gc=False):
    """A message, by its side."""

    by: Literal["human", "gpt"]
    value: str


class Shared(Row, gc=False):
    """A conversation: human and gpt in turns, from a human's message to a reply."""

    conversations: list[Said]
    system: str


class ShareGPT(Export):
    """A row for each stretch of a conversation without a reply that nothing should learn."""

    name = "sharegpt"
    title = "ShareGPT"
    phrase = "a conversation as human and gpt in turns, every reply of it worth learning"
    made_of = "conversations"
    trainable_by = "LLaMA-Factory, Axolotl, Unsloth"
    row = Shared
    needs = LEARNT

    def rows(
        self, conversation: KeptConversation, options: ExportOptions, excluded: Excluded
    ) -> Iterator[Row]:
        """The stretches, in their order."""
        for messages, last in stretches(conversation, options, excluded):
            yield Shared(
                [Said("human" if m.role == "user" else "gpt", m.content) for m in messages],
                options.system,
                conversation_id=conversation.id,
                message_id=last,
            )

    def beside(self, name: str, files: Mapping[str, Sequence[str]]) -> Mapping[str, bytes]:
        """`dataset_info.json`: a data set for each split, so that either can be named."""
        info: dict[str, Any] = {}
        for split, paths in files.items():
            for number, path in enumerate(paths):
                key = "_".join([name, split, *([str(number)] if number else [])])
                info[key] = {
                    "file_name": path,
                    "formatting": "sharegpt",
                    "columns": {"messages": "conversations", "system": "system"},
                }
        return {"dataset_info.json": msgspec.json.format(msgspec.json.encode(info)) + b"\n"}
