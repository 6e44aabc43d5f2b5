"""Judges that tests hand in, and reactions to hand them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from roomtone.contracts import START
from roomtone.events import Message, Reaction
from roomtone.reactions import MEANINGS, Case, Judgement


def says(meaning: str | None, **more: Any) -> Judgement:
    """A sure word, or an unsure one."""
    sure = 0.91 if meaning else 0.31
    likely = meaning or "RATING"
    shares = {one: sure if one == likely else (1 - sure) / 3 for one in MEANINGS}
    rates = {"satisfaction": 0.95, "score": 1.0} if meaning == "RATING" else {}
    told = {"confidence": sure, "reasoning": "It looks like it.", "calls": 1, **rates, **more}
    return Judgement(probabilities=shares, meaning=meaning, **told)


class Told:
    """A judge that says what it is told to, and remembers whom it was asked about."""

    name, version = "told", "1"

    def __init__(self, word: Callable[[Case], Judgement] | str | None = "RATING") -> None:
        self.word = word
        self.cases: list[Case] = []
        self.calls = 0
        self.broken: Exception | None = None
        self._lock = threading.Lock()

    def judge(self, cases: Sequence[Case]) -> Sequence[Judgement]:
        with self._lock:
            self.calls += 1
            if self.broken is not None:
                raise self.broken
            self.cases += cases
        word = self.word
        model = {"model": self.name, "version": self.version}
        return [word(case) if callable(word) else says(word, **model) for case in cases]


def said(id: str, user: str = "luna", role: str = "bot", at: float = 0, **more: Any) -> Message:
    """Something said in a room."""
    told = {"session": "s", "text": f"text of {id}", **more}
    return Message(id=id, user=user, role=role, at=START + timedelta(seconds=at), **told)  # type: ignore[arg-type]


def heart(target: str = "m1", user: str = "ann", at: float = 5, **more: Any) -> Reaction:
    """A heart on it."""
    told = {"session": "s", "emoji": "❤️", "target": target, "bot": "luna", **more}
    return Reaction(user=user, at=START + timedelta(seconds=at), **told)
