"""The words of a text as they are matched: without the common ones, without their endings."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

MOST_CHARS = 4_000

_COMMON = """
a about after again all also am an and any are aren as at be because been before being but by can
could couldn d did didn do does doesn doing don down for from get getting go going got had has
have having he her here hers hey hi him his how i if in into is isn it its just let like ll m me
more most much my no not now of off oh ok okay on one only or other our out over re really s she
should so some such t than that the their them then there these they this those through to too up
us ve very was wasn way we well were what when where which while who whom whose why will with won
would wow yeah yes you your yours
"""
COMMON = frozenset(_COMMON.split())
"""English words that stand in most texts, whatever they speak of."""

_DENSE = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"  # written without spaces
_WORD = re.compile(rf"[{_DENSE}]+|[^\W_{_DENSE}]+")
_PLAIN = re.compile("[a-z0-9]+")
_SPACED = bytes(
    c + 32 if 65 <= c < 91 else c if chr(c).isalnum() or not c else 32 for c in range(128)
)
_LOWER = _SPACED.decode()  # of each plain character: a small letter, a digit, NUL, or a space
_COMMON_WORD, _END = -2, -1
_VOWELS = "aeiouy"
_ENDINGS = (
    *(("sses", "ss", 2), ("ies", "y", 2), ("ied", "y", 2), ("ing", "", 3), ("edly", "", 3)),
    *(("ed", "", 3), ("ly", "", 5), ("ers", "", 3), ("er", "", 4), ("es", "", 3), ("s", "", 2)),
)


def stems(text: str) -> list[str]:
    """What the words of a text are matched by, in their order; only its first 4,000 characters.

    Case and accents are dropped; of scripts without spaces each two characters in a row are one.

    >>> stems("She was painting the old bridges, painted by Zoë")
    ['paint', 'old', 'bridg', 'paint', 'zoe']
    >>> stems("東京タワー")
    ['東京', '京タ', 'タワ', 'ワー']
    """
    text = text[:MOST_CHARS].lower()
    if text.isascii():
        return [one for word in _PLAIN.findall(text) if (one := _matched(word))]
    plain = unicodedata.normalize("NFKD", text)
    text = unicodedata.normalize("NFC", "".join(c for c in plain if not "\u0300" <= c <= "\u036f"))
    found: list[str] = []
    for word in _WORD.findall(text):
        if word in COMMON:
            continue
        if word[0] > "\u3000" and _DENSE_ONE.match(word):
            found += [word[i : i + 2] for i in range(max(1, len(word) - 1))]
        else:
            found.append(stem(word))
    return found


def numbered(
    texts: Sequence[str], number: Callable[[str], int]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The numbers (0 or more) of texts' stems, one text behind the other, and where each ends.

    The same as `stems` of each text; many texts are looked through at once, if they are plain.

    >>> numbered(["a dog barks", "", "cats"], {"dog": 7, "bark": 8, "cat": 9}.__getitem__)
    (array([7, 8, 9]), array([2, 2, 3]))
    """
    numbers = _Numbers(number)
    short = [text[:MOST_CHARS] for text in texts]
    plain = [text.isascii() and "\0" not in text for text in short]
    whole = " \0 ".join(text for text, alone in zip(short, plain, strict=True) if alone)
    words = whole.translate(_LOWER).split()
    found = np.fromiter(map(numbers.__getitem__, words), np.int64, len(words))
    found = found[found != _COMMON_WORD]
    parted = np.flatnonzero(found == _END)
    if all(plain):
        ends = np.append(parted, len(found))[: len(texts)]
        return found[found != _END], ends - np.arange(len(ends))
    left = iter(np.split(found, parted))
    own = [
        next(left) if alone else np.array([number(one) for one in stems(text)], np.int64)
        for text, alone in zip(texts, plain, strict=True)
    ]
    each = [one[one != _END] for one in own]
    return np.concatenate(each), np.cumsum([len(one) for one in each])


class _Numbers(dict[str, int]):
    """Numbers of words by their stems; each word is stemmed once."""

    def __init__(self, number: Callable[[str], int]) -> None:
        super().__init__({"\0": _END})
        self._number = number

    def __missing__(self, word: str) -> int:
        stem = _matched(word)
        self[word] = self._number(stem) if stem else _COMMON_WORD
        return self[word]


_DENSE_ONE = re.compile(f"[{_DENSE}]")


@lru_cache(50_000)
def _matched(word: str) -> str:
    return "" if word in COMMON else stem(word)


@lru_cache(50_000)
def stem(word: str) -> str:
    """A word of small letters without its English ending; others come as they are.

    A short list of endings, so that forms of a word meet more often than other words do.

    >>> [stem(one) for one in ("hiking", "hikes", "stopped", "families", "family", "class")]
    ['hik', 'hik', 'stop', 'family', 'family', 'clas']
    """
    if len(word) < 4 or not word.isascii() or not word.isalpha():
        return word
    for ending, instead, least in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= least:
            if ending == "s" and word[-2] in "su":
                break
            word = word[: -len(ending)] + instead
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in _VOWELS:
        word = word[:-1]
    return word[:-1] if len(word) > 3 and word[-1] == "e" else word
