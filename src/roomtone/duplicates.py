"""Knows texts again: those that were there to the word, and those that were there but for a few."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from hashlib import sha256
from typing import NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

THRESHOLD = 0.8
"""From what share of common shingles on a text is near another (Jaccard's index, estimated)."""

LEAST_WORDS = 16
"""Shorter texts are compared to the word only: a word more or less is another text, and stock
phrases ("ok", "thanks!") stand in every conversation."""

KEPT = 1 << 17
"""Of how many texts it is known what they are near to, the latest; the first are let go."""

_SHINGLE = 3  # words
_BANDS, _ROWS = 18, 7  # found with .985 at a likeness of .8, with .9999 at .9
_HASHES = _BANDS * _ROWS
_MOST_WORDS = 20_000  # of a text; what follows is not looked at
_PENDING = 1 << 16

_DENSE = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\u0e00-\u0e7f"  # without spaces
_WORD = re.compile(rf"[{_DENSE}]|[^\W{_DENSE}]+")

Words = NDArray[np.uint64]


class Repeat(NamedTuple):
    """Which text is repeated, by its place among all that were looked at, and how near it is."""

    of: int
    near: float  # 1.0: to the word
    exact: bool


def folded(text: str) -> str:
    """A text as it is compared: forms, cases and spaces do not tell texts apart.

    >>> folded("  Ｈｅｌｌｏ\\n WORLD ")
    'hello world'
    """
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return " ".join(text.casefold().split())


def fingerprint(text: str) -> str:
    """SHA-256 of the folded text: what `content_hash` of a message is."""
    return sha256(folded(text).encode("utf-8", "surrogatepass")).hexdigest()


def _columns(seed: int, count: int) -> Words:
    """Numbers without a pattern, always the same (splitmix64)."""
    numbers = []
    for _ in range(count):
        seed = (seed + 0x9E3779B97F4A7C15) % 2**64
        mixed = (seed ^ seed >> 30) * 0xBF58476D1CE4E5B9 % 2**64
        mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB % 2**64
        numbers.append(mixed ^ mixed >> 31)
    return np.array(numbers, np.uint64)


_TIMES = _columns(1, _HASHES) | np.uint64(1)
_PLUS = _columns(2, _HASHES)
_PLACE = _columns(3, _SHINGLE) | np.uint64(1)
_BAND = _columns(4, _ROWS) | np.uint64(1)


class Duplicates:
    """Texts that were there: to the word by their hash, nearly by MinHash in bands.

    To the word all are known, at 12 bytes each. Nearly, `kept` of them, at 400 bytes each: a ring,
    so that memory has a bound whatever comes. A text that repeats another is not remembered itself:
    a chain of small changes cannot lead away from what is there.

    What is a text is for whoever asks: a row that is learnt from, or all texts of a conversation as
    one. Never single messages of it: what everybody says would then take conversations with it.
    """

    def __init__(self, *, threshold: float = THRESHOLD, kept: int = KEPT) -> None:
        self.threshold, self._kept = threshold, kept
        self.looked = 0
        self._exact = _Exact()
        self._signs = np.zeros((kept, _HASHES), np.uint16)
        self._places = np.zeros(kept, np.int64)
        self._slots = 1 << (2 * kept - 1).bit_length()
        self._tables = np.full((_BANDS, self._slots), -1, np.int32)
        self._next = 0

    def seen(self, text: str, before: str = "") -> str:
        """ "" for a new text, else `exact_duplicate` or `near_duplicate`.

        `before` is what led to it: it is compared to the word, but makes no texts alike, as what
        was said before a reply stands before the next one as well.
        """
        repeat = self.look([text], [before])[0]
        return "" if repeat is None else "exact_duplicate" if repeat.exact else "near_duplicate"

    def look(self, texts: Sequence[str], befores: Sequence[str] = ()) -> list[Repeat | None]:
        """For each of these texts which earlier one it repeats, or None; a batch is quicker."""
        answers: list[Repeat | None] = [None] * len(texts)
        long: list[tuple[int, list[str]]] = []
        for i, text in enumerate(texts):
            place = self.looked + i
            plain = folded(text)
            whole = f"{folded(befores[i])}\n{plain}" if befores and befores[i] else plain
            digest = sha256(whole.encode("utf-8", "surrogatepass")).digest()
            first = self._exact.first(int.from_bytes(digest[:8], "little"), place)
            if first is not None:
                answers[i] = Repeat(first, 1.0, True)
            elif len(plain) >= 2 * LEAST_WORDS or not plain.isascii():
                words = _WORD.findall(plain)
                if len(words) >= LEAST_WORDS:
                    long.append((i, words[:_MOST_WORDS]))
        if long:
            for (i, _), sign in zip(long, signatures([words for _, words in long]), strict=True):
                answers[i] = self._near(sign, self.looked + i)
        self.looked += len(texts)
        return answers

    def _near(self, sign: Words, place: int) -> Repeat | None:
        short = sign.astype(np.uint16)
        slots = _slots(sign, self._slots)
        bands = np.arange(_BANDS)
        others = self._tables[bands, slots]
        others = np.unique(others[others >= 0])
        if len(others):
            alike = (self._signs[others] == short).mean(axis=1)
            best = int(alike.argmax())
            if alike[best] >= self.threshold:
                return Repeat(int(self._places[others[best]]), float(alike[best]), False)
        at = self._next % self._kept
        self._signs[at] = short
        self._places[at] = place
        self._tables[bands, slots] = at
        self._next += 1
        return None


def signatures(texts: Sequence[Sequence[str]]) -> Words:
    """The least hash of each text's shingles under each of 126 orders: a row for each text.

    The share of places in which two rows agree is about the share of shingles that both have.
    """
    rows = np.empty((len(texts), _HASHES), np.uint64)
    for row, words in zip(rows, texts, strict=True):
        hashes = np.fromiter(
            (crc32(word.encode("utf-8", "surrogatepass")) for word in words), np.uint64
        )
        wide = len(hashes) - _SHINGLE + 1
        shingles = np.zeros(wide, np.uint64)
        for i, times in enumerate(_PLACE):
            shingles += hashes[i : i + wide] * times
        shingles ^= shingles >> np.uint64(29)
        least = np.full(_HASHES, np.iinfo(np.uint64).max, np.uint64)
        for start in range(0, wide, 2_048):
            block = shingles[start : start + 2_048, None] * _TIMES + _PLUS
            np.minimum(least, block.min(axis=0), out=least)
        row[:] = least >> np.uint64(24)
    return rows


def _slots(sign: Words, slots: int) -> NDArray[np.int64]:
    mixed = (sign.reshape(_BANDS, _ROWS) * _BAND).sum(axis=1, dtype=np.uint64)
    mixed ^= mixed >> np.uint64(31)
    mixed *= np.uint64(0x9E3779B97F4A7C15)
    mixed >>= np.uint64(64 - slots.bit_length() + 1)
    places: NDArray[np.int64] = mixed.astype(np.int64)
    return places


class _Exact:
    """Numbers that were there, and where first: sorted columns, and the latest in a dict."""

    def __init__(self) -> None:
        self._keys: Words = np.zeros(0, np.uint64)
        self._places: NDArray[np.uint32] = np.zeros(0, np.uint32)
        self._late: dict[int, int] = {}

    def first(self, key: int, place: int) -> int | None:
        """Where it was first; None if it is new, which is noted."""
        late = self._late.get(key)
        if late is not None:
            return late
        if len(self._keys):
            at = int(np.searchsorted(self._keys, np.uint64(key)))
            if at < len(self._keys) and int(self._keys[at]) == key:
                return int(self._places[at])
        self._late[key] = place
        if len(self._late) >= _PENDING:
            keys = np.fromiter(self._late, np.uint64)
            places = np.fromiter(self._late.values(), np.uint32)
            self._keys = np.concatenate([self._keys, keys])
            self._places = np.concatenate([self._places, places])
            order = self._keys.argsort(kind="stable")
            self._keys, self._places = self._keys[order], self._places[order]
            self._late = {}
        return None
