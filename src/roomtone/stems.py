"""The words of a text as they are matched: without the common ones, without their endings."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

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
    if not text.isascii():
        plain = unicodedata.normalize("NFKD", text)
        text = unicodedata.normalize(
            "NFC", "".join(c for c in plain if not "\u0300" <= c <= "\u036f")
        )
    found: list[str] = []
    for word in _WORD.findall(text):
        if word in COMMON:
            continue
        if word[0] > "\u3000" and _DENSE_ONE.match(word):
            found += [word[i : i + 2] for i in range(max(1, len(word) - 1))]
        else:
            found.append(stem(word))
    return found


_DENSE_ONE = re.compile(f"[{_DENSE}]")


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
