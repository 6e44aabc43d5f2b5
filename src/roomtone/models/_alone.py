"""One short text alone: the features of `_hashed` with fewer NumPy calls.

A call costs about a microsecond, for one text or a hundred. So there is one array for all hashes
of a text, and what is rare is asked for first. What comes out equals what a batch gives, to the
last bit.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from math import sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from roomtone.models import _hashed, _weights
from roomtone.models._emoji import TABLE
from roomtone.models._hashed import PUNCTUATION, SPACE, SYMBOL, WORD, Hashes, Ints, Mask

Floats = NDArray[np.float64]
Kinds = NDArray[np.uint8]

MOST_CHARS = 400  # a text beyond is as fast as a batch of one

_ALL = (1 << 64) - 1
_SIZES = _hashed.SIZES.tolist()
_ORDER = _hashed.seeds()[[22, 23, 24, 2, 3, 4, 1, 0]]  # the seed of `more` is in it already
_THREE = np.uint64(3)
_BEGUN_SHIFT = np.uint64(int(_weights.ID_SHIFT) + _weights.SLOT_SHIFT)
_CAPITALS = re.compile("[A-Z]{2,}").search
_CAPITALS_ONLY = re.compile("[A-Z]{2,}").fullmatch


class Heard(NamedTuple):
    """What a text is beside its features."""

    share: float  # of its words that are known: see `_weights.understood`
    voiced: int  # tokens that are no symbols
    words: int
    emoji: list[str]  # the label of each that our table knows, in their order
    loud: float  # see `_hashed.emphasis`


def _class(kind: int) -> str:
    """The characters of a kind as the inside of a regular expression's brackets."""
    kinds = _hashed.kinds()
    at = np.flatnonzero(kinds == kind).tolist()
    ranges = []
    first = before = at[0]
    for code in [*at[1:], -1]:
        if code != before + 1:
            ranges.append(f"\\U{first:08x}-\\U{before:08x}")
            first = code
        before = code
    if kind == kinds[-1]:  # what lies beyond the table is as its last
        ranges.append(f"\\U{len(kinds):08x}-\\U0010ffff")
    return "".join(ranges)


def _spelling() -> dict[int, int]:
    """What `str.translate` needs to lower letters and to make one space of each."""
    lowers, kinds = _hashed.lowers(), _hashed.kinds()
    table = {i: int(code) for i, code in enumerate(lowers) if code != i}
    space = np.flatnonzero(kinds == SPACE).tolist()
    return table | dict.fromkeys(space, 32)


class Alone:
    """Reads one text at a time."""

    def __init__(self, of: _weights.Weights) -> None:
        self._of = of
        self._spelling = _spelling()
        dropped = _class(_hashed.DROPPED)
        self._rare = re.compile(f"([^ ])\\1\\1\\1|  |[{dropped}]").search
        self._dropped = re.compile(f"[{dropped}]").match
        self._kinds = _hashed.kinds()
        self._up, self._down = _hashed.powers(1 << 10)
        code = np.arange(len(self._kinds))
        self._telling = (self._kinds == WORD) & ~((code >= 48) & (code <= 57))
        self._denying = frozenset(_hashed.negators().tolist())
        self._seeds = _hashed.seeds().tolist()

    def hear(self, text: str) -> tuple[Floats, Heard]:
        """The log odds of every label, and what else there is to know. Not for long texts."""
        plain, drawn = text.translate(self._spelling), False
        if self._rare(plain):
            text, plain, drawn = self._short(text, plain)
        before = len(plain) - len(plain.lstrip(" ")) - 1
        plain = f" {plain.strip(' ')} "
        simple = plain.isascii()
        codes = np.frombuffer(plain.encode("utf-32-le", "surrogatepass"), np.uint32)
        codes = codes.astype(np.int64)
        kinds = self._kinds.take(codes, mode="clip")
        sums = np.zeros(len(codes) + 1, np.uint64)
        np.cumsum((codes + 1).view(np.uint64) * self._up[: len(codes)], out=sums[1:])
        starts, ends, kind = _tokens(kinds, simple)
        hashes = (sums.take(ends) - sums.take(starts)) * self._down.take(starts)
        _hashed.mix_here(hashes)
        shouts = _shouted(text, starts + before, ends + before) if _CAPITALS(text) else []
        emoji = [] if simple else [TABLE[one] for one in plain if one in TABLE]
        more = self._single(hashes.tolist(), kind, shouts, emoji, drawn)
        places = self._places(kinds, sums, hashes, more)
        count = len(starts)
        loud = (len(shouts) > 1 or len(shouts) * 2 > count) + drawn + (plain.count("!") > 1)
        real = self._telling.take(codes.take(starts), mode="clip")
        known = real & self._of.known.take((hashes >> _weights.KNOWN_SHIFT).view(np.int64))
        words = int(np.count_nonzero(real))
        return _weights.second_stage(self._of, self._margins(places)), Heard(
            (int(np.count_nonzero(known)) + 0.5) / (words + 0.5),
            count if simple else int(np.count_nonzero(kind != SYMBOL)),
            words,
            emoji,
            loud / 10,
        )

    def _places(self, kinds: Kinds, sums: Hashes, hashes: Hashes, more: list[int]) -> Ints:
        """Where each feature of the text stands among the weights, once each.

        All hashes stand in one array: characters two, three and four in a row from each place on,
        then each pair, each with a gap and each three in a row, then tokens, then `more`.
        """
        wide, many = len(kinds) - 1, len(hashes)
        near = max(many - 1, 0)
        cuts = 3 * wide, 3 * wide + 2 * near, 3 * (wide + near), 3 * (wide + near) + many
        found = np.empty(cuts[3] + len(more), np.uint64)
        grams = found[: cuts[0]].reshape(3, wide)
        np.subtract(sums[2:], sums[:-2], out=grams[0])
        np.subtract(sums[3:], sums[:-3], out=grams[1, :-1])
        np.subtract(sums[4:], sums[:-4], out=grams[2, :-2])
        grams *= self._down[:wide]
        valid = np.ones(len(found), bool)
        letters = kinds[1:] != SPACE
        valid[wide : 2 * wide] = letters  # no space in the middle of three, and of four
        np.logical_and(letters[:-1], letters[1:], out=valid[2 * wide : cuts[0] - 1])
        valid[cuts[0] - 1] = False
        if near:
            twice = hashes * _hashed.SECOND
            once = hashes[:-1] * _THREE
            np.add(once, twice[1:], out=found[cuts[0] : cuts[0] + near])
            np.add(once[:-1], twice[2:], out=found[cuts[0] + near : cuts[1] - 1])
            valid[cuts[1] - 1] = valid[cuts[2] - 1] = False  # nothing stands behind the last
        _hashed.mix_here(found[: cuts[1]])
        if near:
            three = found[cuts[1] : cuts[2] - 1]
            np.multiply(found[cuts[0] : cuts[0] + near - 1], _THREE, out=three)
            three += twice[2:]
            _hashed.mix_here(three)
        found[cuts[2] : cuts[3]] = hashes
        found[cuts[3] :] = more
        found += _ORDER.repeat((wide, wide, wide, near, near, near, many, len(more)))
        found ^= found >> _hashed.U32
        found *= _hashed.MIX  # what `mix` does further changes the lower bits alone
        return self._known(found, valid)

    def _known(self, found: Hashes, valid: Mask) -> Ints:
        """`_weights.find`, and each once."""
        ids = self._of.ids
        place = self._of.slots.take((found >> _BEGUN_SHIFT).view(np.int64))
        valid &= place >= 0
        place, sought = place[valid], (found[valid] >> _weights.ID_SHIFT).view(np.int64)
        for _ in range(self._of.crowd - 1):
            place += ids.take(place, mode="clip") < sought
        place = place[ids.take(place, mode="clip") == sought]
        place.sort()
        new = np.ones(len(place), bool)
        np.not_equal(place[1:], place[:-1], out=new[1:])
        once: Ints = place[new]
        return once

    def _margins(self, places: Ints) -> Floats:
        """`_weights.margins` of one text, as a matrix of one row."""
        of = self._of
        gain = of.gain.take(places)
        sums = np.add.reduce(of.weights.take(places, axis=0), 0, keepdims=True)
        square = max(float(gain.dot(gain)), 1.0)
        margins: Floats = sums.astype(np.float64) * of.unit / sqrt(square) + of.bias
        return margins

    def _short(self, cased: str, plain: str) -> tuple[str, str, bool]:
        """Both spellings with no run above three and without what is dropped; were there runs?"""
        keep: list[int] = []
        drawn = False
        run, before = 0, ""
        for i, one in enumerate(plain):
            run = run + 1 if one == before else 1
            before = one
            if one == " " and (not keep or plain[keep[-1]] == " "):
                continue
            if self._dropped(one):
                continue
            if run <= 3:
                keep.append(i)
            else:
                drawn = True
        return "".join([cased[i] for i in keep]), "".join([plain[i] for i in keep]), drawn

    def _single(
        self, hashes: list[int], kind: Kinds, shouts: list[int], emoji: list[str], drawn: bool
    ) -> list[int]:
        """The hashes of what stands in a text once: its ends and its length, and what is rare."""
        seeds = self._seeds
        size = bisect_right(_SIZES, max(len(hashes), 1))
        share = min(len(shouts) * 4 // max(len(hashes), 1), 3) + (len(shouts) > 0)
        found = [size + seeds[10], share + seeds[11]]
        if hashes:
            found += [hashes[0] + seeds[7], hashes[-1] + seeds[8]]
        found += [hashes[i] + seeds[5] for i in shouts]
        found += [_hashed.label_hash(one) + seeds[30] for one in emoji]
        if drawn:
            found.append(1 + seeds[6])
        if not self._denying.isdisjoint(hashes):
            reach = 0
            for one, sort in zip(hashes, kind.tolist(), strict=True):
                reach = 0 if sort == PUNCTUATION else reach
                if reach and sort == WORD:
                    found.append(one + seeds[9])
                reach = 3 if one in self._denying else max(reach - 1, 0)
        return [one & _ALL for one in found]


def _tokens(kinds: Kinds, simple: bool) -> tuple[Ints, Ints, Kinds]:
    """Where tokens begin and end, and of what kind each is; a space stands at both ends."""
    edge = kinds[1:] != kinds[:-1]
    if not simple:
        edge |= kinds[1:] == SYMBOL
    starts = edge.nonzero()[0] + 1
    kind = kinds.take(starts)
    told = kind.nonzero()[0]  # all but spaces
    return starts.take(told), starts.take(told + 1), kind.take(told)


def _shouted(cased: str, starts: Ints, ends: Ints) -> list[int]:
    """Which tokens are words of two letters or more, all capitals."""
    bounds = zip(starts.tolist(), ends.tolist(), strict=True)
    return [i for i, (start, end) in enumerate(bounds) if _CAPITALS_ONLY(cased, start, end)]
