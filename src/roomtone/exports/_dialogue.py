"""A conversation as trainers read it: roles in turns, each reply with what was said before it."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from typing import Any, NamedTuple

from msgspec.structs import replace

from roomtone.training_data import KeptConversation, KeptMessage
from roomtone.training_rows import Chat, Excluded, ExportOptions

SAID = frozenset({"turn", "role", "content", "at_ms", "edited_ms"})
"""What is needed of messages to tell what each reply answers."""

LEARNT = SAID | {"user_feedback", "quality_score", "quality_v2"}
"""And to tell which reply may be learnt."""

DISLIKED = 2.0
"""A person's rating, 1 to 5, up to which nothing learns to say that reply."""


class Reply(NamedTuple):
    """A reply of the bot, and what it answers; `prompt` ends in a message of the person."""

    message: KeptMessage
    prompt: list[Chat]
    question: KeptMessage


def blank(text: str) -> bool:
    """Whether there is nothing to read in it."""
    return not text or text.isspace()


def replies(
    conversation: KeptConversation,
    options: ExportOptions,
    excluded: Excluded,
    only: Container[str] | None = None,
) -> Iterator[Reply]:
    """Each reply that answers something; of these turns only, where they are told.

    What follows each other of one role is one message.
    """
    system = [Chat("system", options.system)] if options.system else []
    past: list[Chat] = []
    asked: dict[str, tuple[int, KeptMessage] | None] = {}
    last: KeptMessage | None = None  # the message before, where it is the person's
    by_turn = paired(conversation)
    messages = conversation.messages
    end = len(messages)
    while only is not None and end and messages[end - 1].turn not in only:
        end -= 1  # what stands behind all that is asked for
    for message in messages[:end]:
        mine, text, turn = message.role == "user", message.content, message.turn
        if not text or text.isspace():
            if only is None or turn in only:
                excluded.add("empty_text", conversation.id)
            if mine:
                asked[turn], last = None, None
            continue
        if mine:
            said(past, "user", text)
            asked[turn], last = (len(past), message), message
            continue
        if only is None or turn in only:
            near = (len(past), last) if last and not by_turn else None
            question = asked.get(turn, near)
            if question is None:
                excluded.add("no_prompt", conversation.id)
            else:
                prompt = window(past, question[0], options.context)
                yield Reply(message, system + prompt, question[1])
        said(past, "assistant", text)
        last = None


def paired(conversation: KeptConversation) -> bool:
    """Whether its turns tell what each reply answers. Where they do not, it is what stands before;
    where they do, a reply whose message is gone answers nothing that is there."""
    asked = {message.turn for message in conversation.messages if message.role == "user"}
    return any(m.turn in asked for m in conversation.messages if m.role == "assistant")


def said(past: list[Chat], role: str, text: str) -> None:
    """Add what was said; to the last message, if it is the same one's: templates want turns."""
    if past and past[-1].role == role:
        text = f"{past.pop().content}\n{text}"
    past.append(Chat("user" if role == "user" else "assistant", text))


def window(past: list[Chat], end: int, most: int) -> list[Chat]:
    """The last of so many messages, from a message of the person on."""
    first = max(0, end - most) if most else 0
    if past[first].role != "user":
        first += 1
    return past[first:end]


def quality(message: KeptMessage, options: ExportOptions) -> float | None:
    """The reply's quality, by the formula that was asked for."""
    return message.quality_score if options.quality == "v1" else message.quality_v2


def born(message: KeptMessage) -> int:
    """When its text was written, in epoch milliseconds."""
    return message.at_ms if message.edited_ms is None else message.edited_ms


def changed_since(question: KeptMessage, reply: KeptMessage) -> bool:
    """Whether a message was changed after a reply to it was written, which so answers another."""
    return question.edited_ms is not None and question.edited_ms > born(reply)


UNFELT: Mapping[str, Any] = {
    "emotion": "",
    "emotion_raw": "",
    "emotion_confidence": None,
    "emotion_intensity": None,
}


def felt(message: KeptMessage) -> KeptMessage:
    """The message as it stands: what a text felt like that was changed since is not its label."""
    return message if message.edited_ms is None else replace(message, **UNFELT)


def why_not(message: KeptMessage, options: ExportOptions) -> str:
    """Why nothing should learn to say this reply; "" where it may."""
    if message.user_feedback is not None and message.user_feedback <= DISLIKED:
        return "disliked"
    if options.min_quality is not None:
        score = quality(message, options)
        if score is None:
            return "unscored"
        if score < options.min_quality:
            return "low_quality"
    return ""


def unlearnt(reply: Reply, options: ExportOptions) -> str:
    """The same of a reply to its message: what was asked otherwise later is not what it answers."""
    if changed_since(reply.question, reply.message):
        return "question_changed"
    return why_not(reply.message, options)
