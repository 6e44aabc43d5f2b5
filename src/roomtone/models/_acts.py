"""What a text does sentence by sentence: whether something is asked for in it, and how it opens."""

from __future__ import annotations

import re
from typing import NamedTuple

from roomtone.models import _cues

HALF = 0.3  # what a question counts that asks for a view, or of the other, beside a request
FIRST = 4  # words in which a request begins that is no question: "tell me …", "I need a …"
LAST = 2  # or with which it ends: "…, please"
OPENING = 5  # words of the first sentence by which a reply opens

_END = re.compile(r"(?<=[.!?…。！？؟।])\s+|(?<=[。！？])|\n+")
_ASKING = re.compile(r"[?？؟]")


class Asked(NamedTuple):
    """How many requests a text holds, whether it holds a question, and what its last sentence is:
    `a request`, `a question to you`, `a question`, `what is told`, or empty where there is none."""

    requests: float = 0.0
    questions: bool = False
    last: str = ""

    @property
    def nothing(self) -> bool:
        """Whether something was said, and nothing asked."""
        return bool(self.last) and not self.requests and not self.questions


def sentences(text: str) -> list[str]:
    """The sentences of a text, with what ends them.

    >>> sentences("I see. Which one?  That one!")
    ['I see.', 'Which one?', 'That one!']
    """
    return [one.strip() for one in _END.split(text) if one and one.strip()]


def asked(text: str) -> Asked:
    """What is asked for in a text. Words of asking inside of what is told ask for nothing.

    >>> asked("Tell me how tides work."), asked("I heard how they did it, which is sad.").nothing
    (Asked(requests=1.0, questions=False, last='a request'), True)
    """
    requests, questions, last = 0.0, False, ""
    for one in sentences(text):
        question = bool(_ASKING.search(one[-LAST * 2 :]))
        cues = _cues.count(one)
        asks = "asks" in cues and (question or _cues.loose(one) or _framed(one))
        if asks and not cues.keys().isdisjoint(("asks_you", "asks_view")):
            requests, last = requests + HALF, "a question to you"
        elif asks:
            requests, last = requests + 1.0, "a request"
        else:
            last = "a question" if question else "what is told"
        questions = questions or question
    return Asked(requests, questions, last)


def _framed(sentence: str) -> bool:
    """Whether the words of asking stand where a request begins or ends."""
    words = sentence.split()
    return any("asks" in _cues.count(" ".join(one)) for one in (words[:FIRST], words[-LAST:]))


def opening(text: str) -> tuple[list[str], str]:
    """The cues in the first words of a message, and its first sentence.

    >>> opening("Same here, I love it! Which one?")
    (['agrees'], 'Same here, I love it!')
    """
    first = next(iter(sentences(text)), "")
    return sorted(_cues.count(" ".join(first.split()[:OPENING]))), first
