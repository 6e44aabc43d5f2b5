"""Finds what is done in a text (it asks, holds a view, comforts, greets) by lists of words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from roomtone.models import _cue_more, _cue_words

CUES = (*_cue_words.WORDS, *_cue_more.WORDS)
LONGEST = 6  # words of a phrase
MOST_WORDS = 400  # of a text are looked at

_TOKEN = re.compile(r"[\w']+|[?!¿]")
# Scripts that do not part words by spaces, or whose marks no pattern counts as letters: there a
# phrase is sought as it stands.
_LOOSE = re.compile(
    "[\u0590-\u08ff\u0900-\u0dff\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
)


def tokens(text: str) -> list[str]:
    """Words in lower case and the marks that tell a question; at most MOST_WORDS.

    >>> tokens("Don’t you think so?")
    ["don't", 'you', 'think', 'so', '?']
    """
    return _TOKEN.findall(text.lower().replace("\u2019", "'"))[:MOST_WORDS]


def _phrases() -> Iterator[tuple[str, str]]:
    for cue, block in (*_cue_words.WORDS.items(), *_cue_more.WORDS.items()):
        for phrase in block.replace("\n", "|").split("|"):
            if phrase.strip():
                yield cue, phrase.strip()


def _tables() -> tuple[
    Mapping[tuple[str, ...], list[str]], Mapping[str, list[str]], list[tuple[str, str]]
]:
    """Phrases by their words, beginnings of words, and what is sought as it stands."""
    whole: dict[tuple[str, ...], set[str]] = {}
    begun: dict[str, set[str]] = {}
    loose: list[tuple[str, str]] = []
    for cue, phrase in _phrases():
        if _LOOSE.search(phrase):
            loose.append((phrase.rstrip("-"), cue))
        elif phrase.endswith("-") and len(words := tokens(phrase)) == 1:
            begun.setdefault(words[0], set()).add(cue)
        else:
            whole.setdefault(tuple(tokens(phrase)), set()).add(cue)
    return _ordered(whole), _ordered(begun), loose


def _ordered(found: Mapping[Any, set[str]]) -> dict[Any, list[str]]:
    """In the same order in every process, so that sums are equal to the last digit."""
    return {key: sorted(cues) for key, cues in found.items()}


_WHOLE, _BEGUN, _LOOSELY = _tables()
_LENGTHS = sorted({len(one) for one in _BEGUN})


def loose(text: str) -> bool:
    """Whether it is of a script in which phrases are sought as they stand.

    >>> loose("教えて"), loose("Tell me")
    (True, False)
    """
    return _LOOSE.search(text) is not None


def count(text: str) -> dict[str, int]:
    """How often each cue is in a text; cues that are not are left out.

    >>> count("Can you explain it?")["asks"], count("Das tut mir so leid")["comfort"]
    (2, 1)
    >>> count("お悔やみ申し上げます")
    {'comfort': 1}
    """
    found: dict[str, int] = {}
    words = tokens(text)
    for start in range(len(words)):
        for size in range(1, min(LONGEST, len(words) - start) + 1):
            for cue in _WHOLE.get(tuple(words[start : start + size]), ()):
                found[cue] = found.get(cue, 0) + 1
        for size in _LENGTHS:
            if size <= len(words[start]):
                for cue in _BEGUN.get(words[start][:size], ()):
                    found[cue] = found.get(cue, 0) + 1
    if loose(text):
        bare = text.strip(" .!?\u3002\uff01\uff1f\u061f")
        for phrase, cue in _LOOSELY:
            if phrase == bare or (len(phrase) > 1 and phrase in text):
                found[cue] = found.get(cue, 0) + 1
    return found
