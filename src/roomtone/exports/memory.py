"""Memories with what they are related to and what recalled them, for memory models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from roomtone.exports._dialogue import SAID, blank
from roomtone.exports._memories import nearness, number, recalled, words
from roomtone.ports_exports import Export
from roomtone.training_data import KeptConversation, KeptMessage
from roomtone.training_rows import Excluded, ExportOptions, Row


class Remembered(Row, gc=False):
    """A memory. Where a reply was made with it, `query` is what was asked, and how near it was.

    `related` are the ids of memories it belongs to. What is not known is None or empty.
    """

    text: str
    memory_id: str
    query: str
    reply: str
    similarity: float | None
    quality_score: float | None
    tier: str
    importance: float | None
    tags: list[str]
    emotion_at_creation: str
    related: list[str]
    access_count: int | None
    training_relevance: float | None
    verified: bool | None


class Memories(Export):
    """A row for each memory that was kept of a conversation, and for each that a reply recalled."""

    name = "memory"
    title = "Memory"
    phrase = "a memory: its words, what it is related to, and what recalled it for which reply"
    made_of = "memories"
    trainable_by = "retrieval models: sentence-transformers"
    row = Remembered
    task = "sentence-similarity"
    needs = SAID | {"quality_score", "memory_context", "memories"}

    def rows(
        self, conversation: KeptConversation, options: ExportOptions, excluded: Excluded
    ) -> Iterator[Row]:
        """First what replies recalled, in their order, then what was kept."""
        asked: dict[str, KeptMessage] = {}
        known = {str(one.get("id", "")): one for one in conversation.memories}
        for message in conversation.messages:
            if message.role == "user":
                asked[message.turn] = message
                continue
            question = asked.get(message.turn)
            for told in recalled(message):
                memory = {**known.get(str(told.get("id", "")), {}), **told}
                why = "" if words(memory) else "no_memory"
                if question is None or blank(question.content):
                    why = "no_prompt"
                elif question.edited_ms is not None:  # it was recalled for what stood there before
                    why = "question_changed"
                if why or question is None:
                    excluded.add(why, conversation.id)
                else:
                    yield _row(memory, conversation, question.content, message)
        for memory in conversation.memories:
            if words(memory):
                yield _row(memory, conversation)
            else:
                excluded.add("empty_text", conversation.id)


def _row(
    memory: Mapping[str, Any],
    conversation: KeptConversation,
    query: str = "",
    reply: KeptMessage | None = None,
) -> Remembered:
    accesses = number(memory.get("access_count", memory.get("accesses")))
    verified = memory.get("verified")
    return Remembered(
        words(memory),
        _text(memory.get("id")),
        query,
        reply.content if reply else "",
        nearness(memory),
        reply.quality_score if reply else None,
        _text(memory.get("tier")),
        number(memory.get("importance")),
        _list(memory.get("tags")),
        _text(memory.get("emotion_at_creation") or memory.get("emotion")),
        _list(memory.get("related_memories") or memory.get("related")),
        None if accesses is None else int(accesses),
        number(memory.get("training_relevance")),
        verified if isinstance(verified, bool) else None,
        conversation_id=conversation.id,
        message_id=reply.id if reply else None,
    )


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _list(value: Any) -> list[str]:
    """Words or ids; also where they stand with commas in one text, or as objects with an id."""
    if isinstance(value, str):
        value = value.split(",")
    if not isinstance(value, list | tuple):
        return []
    plain = (one.get("id") if isinstance(one, Mapping) else one for one in value)
    return [text for one in plain if (text := _text(one).strip())]
