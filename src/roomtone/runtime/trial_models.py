"""The smallest models that can learn from a dataset: hashed words in a line, and pairs of words."""

from __future__ import annotations

import math
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

BUCKETS = 1 << 15
"""Places of words and pairs of words: enough for some ten thousand rows."""

MOST_WORDS = 300
"""Of a text: what comes later changes little."""

EPOCHS = 8

T = TypeVar("T")
_WORD = re.compile(r"\w+|[^\w\s]")
Features = NDArray[np.int64]


def words(text: str) -> list[str]:
    """The words and marks of a text.

    >>> words("Well, no!")
    ['well', ',', 'no', '!']
    """
    return _WORD.findall(text.casefold())[:MOST_WORDS]


def hashed(text: str, asked: str = "") -> Features:
    """The places of its words and pairs of words; what was asked has places of its own."""
    said = words(text)
    found = [*said, *map(" ".join, pairwise(said))]
    found += ["?" + word for word in words(asked)]
    places = [zlib.crc32(word.encode(errors="replace")) % BUCKETS for word in found]
    return np.unique(np.array(places, np.int64))


class Linear:
    """A row of weights for each class, learnt one example at a time (AdaGrad), always alike."""

    def __init__(self, classes: int) -> None:
        self._weights = np.zeros((BUCKETS, classes))
        self._steps = np.full((BUCKETS, classes), 1e-8)
        self._bias = np.zeros(classes)

    def score(self, places: Features) -> NDArray[np.float64]:
        """What each class gets; a text of no word gets what most get."""
        root = max(1.0, math.sqrt(len(places)))
        total: NDArray[np.float64] = self._weights[places].sum(axis=0) / root + self._bias
        return total

    def classify(self, examples: Sequence[tuple[Features, int]], seed: int = 0) -> None:
        """Learn which class each text is of (softmax)."""
        for places, label in _often(examples, seed):
            scores = self.score(places)
            shares = np.exp(scores - scores.max())
            shares /= shares.sum()
            shares[label] -= 1
            self._step(places, shares)

    def regress(self, examples: Sequence[tuple[Features, float]], seed: int = 0) -> None:
        """Learn a number of each text (squares)."""
        self._bias[:] = np.mean([value for _, value in examples])
        for places, value in _often(examples, seed):
            self._step(places, self.score(places) - value)

    def prefer(self, pairs: Sequence[tuple[Features, Features]], seed: int = 0) -> None:
        """Learn to score the first of each pair higher (Bradley and Terry)."""
        for better, worse in _often(pairs, seed):
            gap = float(self.score(better)[0] - self.score(worse)[0])
            wrong = 1 / (1 + math.exp(min(50.0, gap)))
            self._step(better, np.array([-wrong]))
            self._step(worse, np.array([wrong]))

    def _step(self, places: Features, slope: NDArray[np.float64]) -> None:
        root = max(1.0, math.sqrt(len(places)))
        self._bias -= 0.01 * slope
        self._steps[places] += (slope / root) ** 2
        self._weights[places] -= 0.3 * (slope / root) / np.sqrt(self._steps[places])


def _often(examples: Sequence[T], seed: int) -> Iterator[T]:
    """Each example some times, in another order each time, which is the same for a seed."""
    dice = np.random.default_rng(seed)
    for _ in range(EPOCHS):
        for place in dice.permutation(len(examples)):
            yield examples[place]


class Bigrams:
    """How likely each word is after the one before it, mixed with how likely it is at all."""

    def __init__(self) -> None:
        self._one: Counter[str] = Counter()
        self._two: Counter[tuple[str, str]] = Counter()
        self._first: Counter[str] = Counter()

    def learn(self, text: str) -> None:
        """Count its words and pairs."""
        said = ["", *words(text)]
        self._one.update(said[1:])
        self._two.update(pairwise(said))
        self._first.update(said[:-1])

    def perplexity(self, texts: Iterable[str], *, mix: float = 0.5) -> float:
        """Among how many words it wavers at each; `mix` 0 looks at no word before."""
        total, count = 0.0, 0
        all_words, kinds = sum(self._one.values()), len(self._one) + 1
        for text in texts:
            said = ["", *words(text)]
            for before, word in pairwise(said):
                alone = (self._one[word] + 1) / (all_words + kinds)
                seen = self._first[before]
                after = self._two[before, word] / seen if seen else alone
                total -= math.log(mix * after + (1 - mix) * alone)
                count += 1
        return math.exp(total / count) if count else math.nan
