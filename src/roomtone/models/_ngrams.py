"""Vectors of texts by hashing: each feature has a place and a sign, its weight is added there.

Signed feature hashing after Weinberger et al., "Feature Hashing for Large Scale Multitask
Learning" (ICML 2009), over the features of `_hashed`. It needs no weights and learns nothing, so
that vectors of different machines and years can be compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from roomtone.models import _hashed

VERSION = "1"
DIM = 384
"""As many as the small encoder gives: a store laid out for one can keep the other."""

WEIGHTS = {"word": 1.0, "pair": 0.5, "char3": 0.25, "char4": 0.25}
"""What a feature of each kind counts; all others of `_hashed` say how something is said."""

COMMON = 0.15
"""What a word counts that stands in most texts, whatever they speak of."""

PLACE, SIGN = np.uint64(33), np.uint64(32)

COMMON_WORDS = """
a about after again all also am an and any are aren't as at be because been before being but by
can can't could couldn't did didn't do does doesn't doing don't down for from get getting go going
got had has have having he he's her here hers him his how i i'd i'll i'm i've if in into is isn't
it it's its just let like me more most much my no not now of off oh ok okay on one only or other
our out over really she she's should so some such than that that's the their them then there these
they they're this those through to too up us very was wasn't way we we're well were what when where
which while who whom whose why will with won't would wow yeah yes you you're your yours
"""


def vectors(texts: Sequence[str]) -> NDArray[np.float32]:
    """A unit row for each text, or a zero row: texts x DIM."""
    rows = [_chunk(chunk) for chunk in _hashed.chunks(texts)]
    return np.concatenate(rows) if rows else np.zeros((0, DIM), np.float32)


def _chunk(chunk: _hashed.Chunk) -> NDArray[np.float32]:
    found = _hashed.features(chunk)
    weight = np.repeat([WEIGHTS.get(kind, 0.0) for kind in found.kinds], found.lengths)
    weight[: found.lengths[0]] *= np.where(_is_common(found.hash[: found.lengths[0]]), COMMON, 1.0)
    told = np.flatnonzero(weight)
    hashes, weight = found.hash[told], weight[told]
    sign = 1.0 - 2.0 * ((hashes >> SIGN) & np.uint64(1)).astype(np.float64)
    place = ((hashes >> PLACE) % np.uint64(DIM)).astype(np.int64)
    cells = np.bincount(
        found.text[told] * DIM + place, weight * sign, minlength=chunk.size * DIM
    ).reshape(chunk.size, DIM)
    rows = np.sign(cells) * np.sqrt(np.abs(cells))  # what is said ten times counts three times
    length = np.sqrt(np.einsum("ij,ij->i", rows, rows))
    return (rows / np.where(length > 0, length, 1.0)[:, None]).astype(np.float32)


def _is_common(hashes: _hashed.Hashes) -> NDArray[np.bool_]:
    table = _common()
    found: NDArray[np.bool_] = (
        table[np.minimum(np.searchsorted(table, hashes), len(table) - 1)] == hashes
    )
    return found


@cache
def _common() -> _hashed.Hashes:
    """Hashes of the common words as `_hashed.features` gives them: the first kind is the word."""
    plain = np.array([_hashed.hash_of(word) for word in COMMON_WORDS.split()], np.uint64)
    return np.sort(_hashed.mix(plain + _hashed.seeds()[1]))
