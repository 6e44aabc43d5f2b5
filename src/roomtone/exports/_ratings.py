"""Which texts of replies were called good or bad: ratings, each of what stood there then."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from roomtone.exports._dialogue import DISLIKED, SAID, Reply, blank
from roomtone.reactions import rated
from roomtone.training_data import KeptConversation, KeptMessage, KeptReaction, Revision
from roomtone.training_rows import Excluded, ExportOptions

RATED = SAID | {"user_feedback", "feedback_source", "reactions", "revisions"}
"""What is needed to tell what was called good or bad."""

LIKED = 4.0
"""A person's rating, 1 to 5, from which on it calls a reply good."""

_OTHERS = {
    "AGREEMENT": "agreement",
    "EMOTIONAL": "emotional",
    "CONVERSATIONAL": "conversational",
    "": "unjudged",
}


class Text(NamedTuple):
    """A text that a reply had, from when on, and what became of it; "" if it stayed."""

    content: str
    since_ms: int
    why: str = ""


class Rated(NamedTuple):
    """A text of a reply with what it was called: True good, False bad, None nothing, or both."""

    text: Text
    good: bool | None
    both: bool


def milliseconds(at: datetime) -> int:
    """Epoch milliseconds."""
    return round(at.timestamp() * 1000)


class Ratings:
    """All ratings of a conversation, by turn; what rates nothing is counted."""

    def __init__(
        self, conversation: KeptConversation, options: ExportOptions, excluded: Excluded
    ) -> None:
        self._conversation, self._excluded = conversation.id, excluded
        self._given: dict[str, list[tuple[int, bool]]] = {}
        for reaction in conversation.reactions:
            why = _no_rating(reaction, options)
            score = None if why else _score(reaction)
            if score == 0.5:
                why = "neutral"
            if why or score is None:
                excluded.add(why, conversation.id)
                continue
            given = self._given.setdefault(reaction.turn, [])
            given.append((milliseconds(reaction.at), score > 0.5))
        self._starred = {
            one.turn for one in conversation.messages if one.feedback_source and _starred(one)
        }
        self._revisions: dict[str, list[Revision]] = {}
        for revision in conversation.revisions:
            if revision.role == "assistant":
                self._revisions.setdefault(revision.turn, []).append(revision)

    @property
    def turns(self) -> set[str]:
        """Of which there are ratings or revisions."""
        return self._given.keys() | self._revisions.keys() | self._starred

    def of(self, reply: Reply) -> list[Rated]:
        """The texts of a reply, what stands there last, the same ones together, each as called."""
        message = reply.message
        if message.turn not in self._revisions and message.edited_ms is None:
            return [self._unchanged(reply)]
        revisions = sorted(self._revisions.get(message.turn, ()), key=lambda one: one.number)
        texts = _texts(revisions, message.content, message.at_ms)
        changed = [milliseconds(one.at) for one in revisions]
        given = self._given.get(message.turn, [])
        if not revisions and message.edited_ms is not None:  # what stood there is not known
            before = Text("", message.at_ms, "edited")
            texts = [before, Text(message.content, message.edited_ms)]
            changed = [message.edited_ms]
        calls: dict[str, set[bool]] = {}
        for at, good in given:
            content = texts[bisect_right(changed, at)].content
            if blank(content):
                self._excluded.add("edited_since", self._conversation)
            else:
                calls.setdefault(content, set()).add(good)
        word = self._word(reply, edited=bool(changed))
        if word is not None:
            calls.setdefault(message.content, set()).add(word)
        return [_called(text, calls) for text in _distinct(texts)]

    def _unchanged(self, reply: Reply) -> Rated:
        """The one text of a reply that always was as it is."""
        message = reply.message
        calls = {good for _, good in self._given.get(message.turn, ())}
        word = self._word(reply, edited=False)
        if word is not None:
            calls.add(word)
        return _called(Text(message.content, message.at_ms), {message.content: calls})

    def _word(self, reply: Reply, *, edited: bool) -> bool | None:
        """What a person said of it without a reaction, 1 to 5."""
        message = reply.message
        stars = message.user_feedback
        if stars is None or not _starred(message):
            return None
        if edited or DISLIKED < stars < LIKED:
            self._excluded.add("edited_since" if edited else "neutral", self._conversation)
            return None
        return stars >= LIKED


def _starred(message: KeptMessage) -> bool:
    """Whether its feedback came without a reaction."""
    source = message.feedback_source
    return message.user_feedback is not None and source not in ("", "reaction")


def _no_rating(reaction: KeptReaction, options: ExportOptions) -> str:
    if reaction.state == "retracted":
        return "taken_back"
    if reaction.meaning != "RATING":
        return _OTHERS[reaction.meaning]
    if reaction.target_is == "user":
        return "not_of_a_reply"
    if reaction.by != "person" and reaction.confidence < options.min_confidence:
        return "unsure"
    return ""


def _score(reaction: KeptReaction) -> float:
    return reaction.score if reaction.score is not None else rated(reaction.emoji)[1]


def _texts(revisions: list[Revision], content: str, at_ms: int) -> list[Text]:
    texts = []
    for revision in revisions:
        texts.append(Text(revision.before, at_ms, revision.why))
        at_ms = milliseconds(revision.at)
    return [*texts, Text(content, at_ms)]


def _distinct(texts: Iterable[Text]) -> list[Text]:
    """Each text once, where it stood last: what was brought back stands behind what it replaced."""
    last: dict[str, Text] = {}
    for text in texts:
        if not blank(text.content):
            last.pop(text.content, None)
            last[text.content] = text
    return list(last.values())


def _called(text: Text, calls: dict[str, set[bool]]) -> Rated:
    said = calls.get(text.content, set())
    return Rated(text, next(iter(said)) if len(said) == 1 else None, len(said) == 2)
