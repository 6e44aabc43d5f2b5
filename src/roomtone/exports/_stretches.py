"""Stretches of a conversation in which every reply may be learnt."""

from __future__ import annotations

from collections.abc import Iterator

from roomtone.exports._dialogue import blank, changed_since, paired, said, why_not
from roomtone.training_data import KeptConversation, KeptMessage
from roomtone.training_rows import Chat, Excluded, ExportOptions


def stretches(
    conversation: KeptConversation, options: ExportOptions, excluded: Excluded
) -> Iterator[tuple[list[Chat], int]]:
    """Messages in turns, from the person's to a reply, and the last one's id.

    A reply that nothing should learn ends a stretch and stands in none; what follows begins anew.
    """
    past: list[Chat] = []
    done, last_id = 0, 0  # how far it ends in a reply, and which
    asked: dict[str, KeptMessage] = {}
    by_turn = paired(conversation)
    for message in conversation.messages:
        if message.role == "user":
            if blank(message.content):
                excluded.add("empty_text", conversation.id)
                continue
            if done == len(past) and done and 0 < options.context < done + 2:
                yield past, last_id
                past, done = [], 0
            asked[message.turn] = message
            said(past, "user", message.content)
            continue
        question = asked.get(message.turn)
        astray = not past or (by_turn and question is None)
        why = "no_prompt" if astray else _why(message, question, options)
        if why:
            excluded.add(why, conversation.id)
            if done:
                yield past[:done], last_id
            past, done = [], 0
        else:
            said(past, "assistant", message.content)
            done, last_id = len(past), message.id
    if done:
        yield past[:done], last_id


def _why(message: KeptMessage, question: KeptMessage | None, options: ExportOptions) -> str:
    if blank(message.content):
        return "empty_text"
    if question and changed_since(question, message):
        return "question_changed"
    return why_not(message, options)
