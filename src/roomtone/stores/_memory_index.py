"""Which of a bot's memories hold which word: numbers for words, beside the rows that have them."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from roomtone.stems import numbered

MOST_WORDS = 200
"""How many words of a memory are looked up: its first ones."""

FEW = 8
"""Of rows that are less than this part of all, words are looked for among theirs alone."""

SPARE = 8
"""A column that is full grows by this part of itself."""


@lru_cache(50_000)
def code_of(stem: str) -> int:
    """A word as a number; what meets another by chance is only one candidate more."""
    return zlib.crc32(stem.encode("utf-8", "surrogatepass")) >> 1 or 1


def codes_of(texts: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The words of each text as numbers from 1 on, one text behind the other, and how many."""
    words, ends = numbered(texts, code_of)
    lengths = np.diff(ends, prepend=0)
    nth = np.arange(len(words)) - np.repeat(ends - lengths, lengths)
    return words[nth < MOST_WORDS], np.minimum(lengths, MOST_WORDS)


def grown(array: NDArray[Any], used: int, more: int, *, axis: int = 0) -> NDArray[Any]:
    """An array with room for more behind what is used: itself, or a copy with some to spare."""
    room = array.shape[axis]
    if used + more <= room:
        return array
    shape = list(array.shape)
    shape[axis] = used + more + used // SPARE
    made = np.zeros(shape, array.dtype)
    here = tuple(slice(used) if at == axis else slice(None) for at in range(array.ndim))
    made[here] = array[here]
    return made


def kept(array: NDArray[Any], rows: NDArray[np.intp], *, axis: int = 0) -> NDArray[Any]:
    """Some rows of an array as one of their own, with room behind them as `grown` leaves it."""
    shape = list(array.shape)
    shape[axis] = len(rows) + len(rows) // SPARE
    made = np.zeros(shape, array.dtype)
    here = tuple(slice(len(rows)) if at == axis else slice(None) for at in range(array.ndim))
    np.take(array, rows, axis=axis, out=made[here], mode="clip")  # else it is copied twice
    return made


class Words(NamedTuple):
    """Words, for each the row that holds it, and where those of each row begin and end."""

    words: NDArray[np.int32]
    rows: NDArray[np.int32]
    spans: NDArray[np.int64]

    def of(self, mine: NDArray[np.bool_]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Those of the rows that are mine, where these are few; else all. Of a row that holds
        something else since, none."""
        if FEW * np.count_nonzero(mine) > len(self.spans):
            return self.words, self.rows
        rows = np.flatnonzero(mine)
        spans = self.spans[rows]  # a copy: who writes moves them on, to words that came later
        here = (spans[:, 0] <= spans[:, 1]) & (spans[:, 1] <= len(self.words))
        first, lengths = spans[:, 0], np.where(here, spans[:, 1] - spans[:, 0], 0)
        begin = np.repeat(first - np.cumsum(lengths) + lengths, lengths)
        places = begin + np.arange(len(begin))
        return self.words[places], self.rows[places]


class Index:
    """Words as numbers and the rows that hold them, one behind the other; 0 is a word no more."""

    def __init__(self) -> None:
        self._words: NDArray[np.int32] = np.empty(0, np.int32)
        self._rows: NDArray[np.int32] = np.empty(0, np.int32)
        self._used = 0
        self._spans: NDArray[np.int64] = np.zeros((0, 2), np.int64)  # of each row: from, to

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        return self._words.nbytes + self._rows.nbytes + self._spans.nbytes

    def whole(self) -> Words:
        """All words as they stand now."""
        return Words(self._words[: self._used], self._rows[: self._used], self._spans)

    def put(self, rows: NDArray[np.intp], texts: Sequence[str]) -> None:
        """What these rows hold from now on; each is named once."""
        last = int(rows.max(initial=-1)) + 1
        self._spans = grown(self._spans, len(self._spans), max(0, last - len(self._spans)))
        words, lengths = codes_of(texts)
        ends = np.cumsum(lengths)
        same = np.zeros(len(rows), np.bool_)
        for n in np.flatnonzero(self._spans[rows, 1] > 0).tolist():  # those that held something
            first, end = self._spans[rows[n]].tolist()
            same[n] = np.array_equal(self._words[first:end], words[ends[n] - lengths[n] : ends[n]])
            if not same[n]:
                self._words[first:end] = 0
        words = words[np.repeat(~same, lengths)]
        rows, lengths = rows[~same], lengths[~same]
        ends = self._used + np.cumsum(lengths)
        self._spans[rows, 0], self._spans[rows, 1] = ends - lengths, ends
        self._words = grown(self._words, self._used, len(words))
        self._rows = grown(self._rows, self._used, len(words))
        there = slice(self._used, self._used + len(words))
        self._words[there], self._rows[there] = words, np.repeat(rows, lengths)
        self._used += len(words)

    def keep(self, rows: NDArray[np.intp], before: int) -> None:
        """These rows alone, of so many, numbered anew; of the others no word is left."""
        words, whose, _ = self.whole()
        place = np.full(before, -1, np.int32)
        place[rows] = np.arange(len(rows), dtype=np.int32)
        there = (words != 0) & (place[whose] >= 0)
        words, whose = words[there], place[whose[there]]
        self._used = len(words)
        self._words, self._rows = grown(words, self._used, 1), grown(whose, self._used, 1)
        first = np.flatnonzero(np.diff(whose, prepend=-1))
        self._spans = np.zeros((len(rows), 2), np.int64)
        self._spans[whose[first], 0] = first
        self._spans[whose[first], 1] = np.append(first[1:], self._used)[: len(first)]
