"""Who is near among a bot's memories as they stood at a moment, and who holds which word."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from roomtone.errors import StoreError
from roomtone.stores._memory_index import FEW, Words, code_of
from roomtone.stores._steps import to_ms

Rows = NDArray[np.intp]
Floats = NDArray[np.float32]
Differ = NDArray[np.uint16]
Mask = NDArray[np.bool_]

EXACT = 1_000
"""Up to how many vectors are compared exactly. Of more, those whose signs differ least: of vectors
of 384 dimensions the ten nearest are among them (docs/memory.md has the measured share)."""

SCALE = 32_767
"""What a vector's numbers, -1 to 1, are held times, as whole numbers: as exact as half a float of
their size, and made floats seven times as fast."""

COMMON, BLOCK = 1_000, 1 << 17
"""Of a word that more memories of a person hold than these, the last that came in are looked at:
words are looked through from the last that came in, so many at a time."""

NEVER = np.iinfo(np.int64).max


class Found(NamedTuple):
    """Where memories lie, and how near they are; None where they have no vector."""

    places: list[int]
    cosines: list[float | None]


def code(text: str) -> int:
    """A text as 64 bits: two that differ are told apart, and the text itself is not kept."""
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little", signed=True)


def signs(rows: NDArray[Any]) -> NDArray[np.uint64]:
    """The signs of vectors, 64 to a word: one row of words for every 64 dimensions."""
    width = -(-rows.shape[1] // 64) * 64
    bits = np.zeros((len(rows), width), np.bool_)
    bits[:, : rows.shape[1]] = rows > 0
    return np.ascontiguousarray(np.packbits(bits, axis=1).view(np.uint64).T)


def held(rows: NDArray[Any]) -> NDArray[np.int16]:
    """Unit vectors as they are held."""
    scaled = np.round(rows.astype(np.float32) * SCALE)
    return np.clip(scaled, -SCALE, SCALE).astype(np.int16)


class Moment(NamedTuple):
    """Columns as they stood: what comes later lies behind them, and moves nothing in them."""

    own: Mapping[str, NDArray[Any]]
    vectors: NDArray[np.int16]
    signs: NDArray[np.uint64]
    words: Words

    def fits(self, vector: Floats) -> bool:
        """Whether there is anything to compare; raises StoreError for a vector of another model."""
        dim = int(self.vectors.shape[1])
        if dim and vector.shape != (dim,):
            raise StoreError(
                f"a vector of {vector.size} numbers was sought among those of {dim}; name the "
                "model that made it"
            )
        return dim > 0

    def told(self, rows: Rows, cosines: Floats) -> Found:
        """Rows by their places."""
        known = self.own["present"][rows].tolist()
        near = np.clip(cosines, -1, 1).astype(float).round(6).tolist()
        places = self.own["place"][rows].tolist()
        return Found(places, [one if k else None for one, k in zip(near, known, strict=True)])

    def cosines(self, vector: Floats, rows: Rows) -> Floats:
        """How near each row is."""
        near: Floats = self.vectors[rows].astype(np.float32) @ (vector / np.float32(SCALE))
        return near

    def nearest(
        self, vector: Floats, rows: Rows, limit: int, exact: int, differ: Differ | None = None
    ) -> tuple[Rows, Floats]:
        """The nearest of these rows, the nearest first; equally near ones by their ids.

        `differ` is what `differs` says of all rows, for who knows it already.
        """
        if len(rows) > exact:
            rows = self._alike(
                self._differ(vector, rows) if differ is None else differ[rows], rows, exact
            )
        cosines = self.cosines(vector, rows)
        if len(rows) > 4 * limit > 0:  # enough that a sort of all would be felt
            least = np.partition(cosines, len(cosines) - limit)[len(cosines) - limit]
            kept = cosines >= least
            rows, cosines = rows[kept], cosines[kept]
        best = np.lexsort((self.own["order"][rows], -np.round(cosines, 5)))[:limit]
        return rows[best], cosines[best]

    def parted(self, mine: Mask, tiers: int) -> list[Rows]:
        """Those of mine that have a vector, by their tiers."""
        there, nth = mine & self.own["present"], self.own["nth"]
        if FEW * np.count_nonzero(there) > len(there):
            return [np.flatnonzero(there & (nth == tier)) for tier in range(tiers)]
        rows = np.flatnonzero(there)
        return [rows[np.flatnonzero(nth[rows] == tier)] for tier in range(tiers)]

    def differs(self, vector: Floats) -> Differ:
        """In how many signs each row differs: all of them in their order are passed fastest."""
        return _differ(vector, self.signs)

    def _differ(self, vector: Floats, rows: Rows) -> Differ:
        if FEW * len(rows) > self.signs.shape[1]:
            return self.differs(vector)[rows]
        return _differ(vector, self.signs[:, rows])

    def _alike(self, differ: Differ, rows: Rows, most: int) -> Rows:
        """The rows that differ in the fewest signs; of equal ones the first by their id."""
        least = int(np.searchsorted(np.cumsum(np.bincount(differ)), most))
        near, on_edge = rows[differ < least], rows[differ == least]
        first = np.argsort(self.own["order"][on_edge])[: most - len(near)]
        return np.concatenate([near, on_edge[first]])

    def worded(self, words: Sequence[str], each: int, mine: Mask, without: Rows) -> Rows:
        """Of each word those of mine that hold it, the `each` said last; not `without`."""
        parts = self.words.of(mine)
        found = [without[:0]]
        for word in dict.fromkeys(map(code_of, words)):
            having = _having(word, *parts, mine)
            at = self.own["at"][having]
            if len(having) > 4 * each > 0:
                late = at >= np.partition(at, len(at) - each)[len(at) - each]
                having, at = having[late], at[late]
            found.append(having[np.lexsort((self.own["order"][having], at))[::-1][:each]])
        every = np.unique(np.concatenate(found))
        return every[~np.isin(every, without)]

    def mine(self, sought: Mapping[str, Any]) -> Mask:
        """Which rows are sought, with a vector or without one."""
        own = self.own
        mask: Mask = np.ones(len(own["place"]), np.bool_)
        for name in ("user", "session", "tier", "interaction_type"):
            if sought.get(name) is not None:
                mask &= own[name] == code(sought[name])
        for name in ("hidden", "superseded", "verified"):
            if sought.get(name) is not None:
                mask &= own[name] == bool(sought[name])
        moments: dict[str, datetime | None] = {n: sought.get(n) for n in ("start", "end", "alive")}
        if moments["start"] is not None:
            mask &= own["at"] >= to_ms(moments["start"])
        if moments["end"] is not None:
            mask &= own["at"] < to_ms(moments["end"])
        if moments["alive"] is not None:
            mask &= own["expires"] > to_ms(moments["alive"])
        return mask


def _differ(vector: Floats, own: NDArray[np.uint64]) -> Differ:
    differ = np.zeros(own.shape[1], np.uint16)
    for word, of_word in zip(signs(vector[None])[:, 0], own, strict=True):
        differ += np.bitwise_count(of_word ^ word)
    return differ


def _having(word: int, words: NDArray[np.int32], whose: NDArray[np.int32], mine: Mask) -> Rows:
    """My rows that hold a word: all of them, or of more than `COMMON` those that came in last."""
    found: list[NDArray[np.int32]] = [whose[:0]]
    many = 0
    for end in range(len(words), 0, -BLOCK):
        part = slice(max(0, end - BLOCK), end)
        rows = whose[part][np.flatnonzero(words[part] == word)]
        found.append(rows[mine[rows]])
        many += len(found[-1])
        if many >= COMMON:
            break
    having = np.concatenate(found[::-1])  # the words of a row lie beside one another
    return having[np.flatnonzero(np.diff(having, prepend=-1))].astype(np.intp)
