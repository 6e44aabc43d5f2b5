"""Features of a message beside what was said before it: words shared, words near, questions."""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from roomtone.heard import ends

Floats = NDArray[np.float64]

# What is longer is read at both ends: a topic is taken up where a message begins and given where
# it stops.
MOST_CHARS = 1_000

_TOKEN = re.compile(r"[^\W_]+(?:'[^\W_]+)*|[?!.,]")
_SENTENCE = re.compile(r"[^.!?]+[.!?]*")

_EVERYDAY = """
    a an and are as at be but by for from has have i i'm i've it it's its is in me my of on or so
    that that's the this to was we what what's with you you're your do did does not no yes just
    can how like about they them there would if when who why where really am don't don t s m re
    he she his her their were been also think than then oh well okay ok know get got go will too
    very more much some any all one out up because could should had which yeah
"""
_POINTING = "it that this he she they him her them those these there one"
_NODDING = """
    yes no yeah nope sure ok okay cool nice wow oh awesome great that same me haha lol sounds
    really thanks thank agreed exactly true
"""
STOP = frozenset(_EVERYDAY.split())
"""Words that every conversation has: they tie no message to another."""
POINTING = frozenset(_POINTING.split())
"""Words that point at what was said."""
NODDING = frozenset(_NODDING.split())
"""Words with which an answer begins."""


class Words(NamedTuple):
    """Words that are known: sorted hashes, a vector of length 1 for each, how much each tells."""

    ids: NDArray[np.int64]
    vectors: Floats  # words x dimensions
    tells: Floats  # 0..1, small for frequent words


class Text:
    """One text, cut up once."""

    def __init__(self, text: str, words: Words) -> None:
        text = ends(text, MOST_CHARS).lower().replace("’", "'")
        self.tokens = _TOKEN.findall(text)
        self.spoken = [token for token in self.tokens if token[0] not in "?!.,"]
        self.sentences = [
            tokens for part in _SENTENCE.findall(text) if (tokens := _TOKEN.findall(part))
        ]
        self.asks = "?" in self.tokens
        self.ends_asking = bool(self.tokens) and self.tokens[-1] == "?"
        self._words = words

    @cached_property
    def content(self) -> frozenset[str]:
        """The words that say what it is about."""
        return content(self.spoken)

    @cached_property
    def places(self) -> NDArray[np.int64]:
        """Where its different words stand among the known ones."""
        return places(self.spoken, self._words)

    @cached_property
    def known(self) -> float:
        """Which share of its different words is known; 0 without any."""
        return len(self.places) / len(set(self.spoken)) if self.spoken else 0.0

    @cached_property
    def vector(self) -> Floats:
        """The sum of its words' vectors, each as much as it tells."""
        return self._words.tells[self.places] @ self._words.vectors[self.places]


def content(words: Sequence[str]) -> frozenset[str]:
    """Those that are no stop words and have three letters or more."""
    return frozenset(word for word in words if len(word) > 2 and word not in STOP)


def hash_of(feature: str) -> int:
    """32 bits of a feature, the same on every machine."""
    return zlib.crc32(feature.encode("utf-8", "surrogatepass"))


def places(spoken: Sequence[str], words: Words) -> NDArray[np.int64]:
    """Where words stand among the known ones, each once, in the order of their hashes."""
    if not spoken or not len(words.ids):
        return np.empty(0, np.int64)
    ids = np.array(sorted({hash_of(word) for word in spoken}), np.int64)
    at = np.minimum(np.searchsorted(words.ids, ids), len(words.ids) - 1)
    known: NDArray[np.int64] = at[words.ids[at] == ids]
    return known


def facts(message: Text, last: Text, earlier: Text, words: Words) -> Floats:
    """Numbers about a message beside the text just before it and the one before that.

    Some of `earlier` may be missing: then it is an empty text.
    """
    before = last.content | earlier.content
    ends = message.sentences[-1] if message.sentences else []
    begins = message.sentences[0] if message.sentences else []
    end, begin = content(ends), content(begins)
    spoken = frozenset(message.spoken)
    first = message.spoken[0] if message.spoken else ""
    asks, asked = float(message.ends_asking), float(last.ends_asking)
    around = last.vector + earlier.vector
    vectors = [_sum(part, words) for part in message.sentences] or [np.zeros(len(around))]
    near = [_cosine(vector, around) for vector in vectors]
    both = np.union1d(last.places, earlier.places)
    numbers = [
        _shared(message.content, last.content),
        _shared(message.content, earlier.content),
        float(bool(message.content & before)),
        _shared(end, before),
        _shared(begin, last.content),
        float(len(message.content - before)),
        float(len(message.sentences)),
        math.log1p(len(message.spoken)),
        math.log1p(len(last.spoken)),
        asks,
        asked,
        asks * asked,
        asks * (1 - asked),
        float(message.asks),
        float(last.asks),
        float(last.asks) * asks,
        float(earlier.asks),
        float(bool(spoken & POINTING)),
        float(bool(POINTING.intersection(ends))),
        float(first in POINTING),
        float(first in NODDING),
        float("you" in spoken),
        float("your" in spoken),
        float("i" in spoken),
        float("my" in spoken),
        float(not earlier.tokens),
        _cosine(message.vector, last.vector),
        _cosine(message.vector, earlier.vector),
        _cosine(message.vector, around),
        _cosine(last.vector, earlier.vector),
        min(near),
        max(near),
        near[0],
        near[-1],
        *_nearest(message.places, last.places, words),
        *_nearest(message.places, both, words),
        *_nearest(places(ends, words), both, words),
    ]
    return np.array(numbers)


def grams(message: Text, last: Text) -> Iterator[str]:
    """What a logistic regression weighs by itself: words and pairs of words, each once.

    Of the message, of its last sentence, of the text before it; and words of the message by whether
    that text asked.
    """
    found: dict[str, None] = {}
    for place, tokens in (
        ("m", ["<", *message.tokens, ">"]),
        ("l", ["<", *(message.sentences[-1] if message.sentences else [])]),
        ("p", [*last.tokens, ">"]),
    ):
        for token in tokens:
            found[f"{place} {token}"] = None
        for one, two in pairwise(tokens):
            found[f"{place} {one} {two}"] = None
    mark = "q" if last.ends_asking else "s"
    for token in message.tokens:
        found[f"{mark} {token}"] = None
    yield from found


def _sum(tokens: Sequence[str], words: Words) -> Floats:
    at = places(tokens, words)
    return words.tells[at] @ words.vectors[at]


def _shared(one: frozenset[str], two: frozenset[str]) -> float:
    return len(one & two) / math.sqrt(len(one) * len(two)) if one and two else 0.0


def _cosine(one: Floats, two: Floats) -> float:
    lengths = math.sqrt(float(one @ one) * float(two @ two))
    return float(one @ two) / lengths if lengths > 0 else 0.0


def _nearest(own: NDArray[np.int64], others: NDArray[np.int64], words: Words) -> Floats:
    """How near the nearest word of the others is to each own one: the mean, and the best.

    Each counts as much as it tells; the second number is of those alone that tell something.
    """
    if not len(own) or not len(others):
        return np.zeros(2)
    nearest = (words.vectors[own] @ words.vectors[others].T).max(axis=1)
    tells = words.tells[own]
    telling = nearest[tells > 0.5]
    return np.array([nearest @ tells / tells.sum(), telling.max() if len(telling) else 0.0])
