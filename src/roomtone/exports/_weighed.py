"""A conversation in turns, each reply with whether it is to be learnt."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from roomtone.exports._dialogue import blank, changed_since, paired, why_not
from roomtone.training_data import KeptConversation, KeptMessage
from roomtone.training_rows import Excluded, ExportOptions


class Weighed(NamedTuple):
    """Messages of one role in a row, as one; `learnt` is False of what is only to be read."""

    role: str
    content: str
    learnt: bool
    id: int  # of the last one


def weighed(
    conversation: KeptConversation, options: ExportOptions, excluded: Excluded
) -> Iterator[list[Weighed]]:
    """Conversations from the person's message to a reply, at least one reply of which is learnt."""
    past: list[Weighed] = []
    asked: dict[str, KeptMessage] = {}
    by_turn = paired(conversation)
    for message in conversation.messages:
        if blank(message.content):
            excluded.add("empty_text", conversation.id)
            continue
        mine = message.role == "user"
        if mine and past and past[-1].role != "user" and 0 < options.context < len(past) + 2:
            yield from _learnable(past, conversation, excluded)
            past = []
        astray = by_turn and not mine and message.turn not in asked
        if not mine and (astray or not past):
            excluded.add("no_prompt", conversation.id)
            continue
        if mine:
            asked[message.turn] = message
        why = "" if mine else _why(message, asked.get(message.turn), options)
        if why:
            excluded.add(why, conversation.id)
        one = Weighed(message.role, message.content, not mine and not why, message.id)
        past.append(_joined(past.pop(), one) if past and past[-1].role == one.role else one)
    yield from _learnable(past, conversation, excluded)


def _learnable(
    past: list[Weighed], conversation: KeptConversation, excluded: Excluded
) -> Iterator[list[Weighed]]:
    if past and past[-1].role == "user":
        past = past[:-1]
    if any(one.learnt for one in past):
        yield past
    elif past:
        excluded.add("no_reply", conversation.id)


def _joined(one: Weighed, other: Weighed) -> Weighed:
    text = f"{one.content}\n{other.content}"
    return Weighed(one.role, text, one.learnt and other.learnt, other.id)


def _why(message: KeptMessage, question: KeptMessage | None, options: ExportOptions) -> str:
    if question and changed_since(question, message):
        return "question_changed"
    return why_not(message, options)
