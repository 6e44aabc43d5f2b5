"""Cuts texts into the word pieces of BERT's uncased vocabulary: the ids that encoders read.

The same ids as the reference tokenizers give, without their dependencies; two things are meant
otherwise. What a text says is never taken for a mark of the model ("[SEP]" is five characters), and
of a text only its first characters are looked at, 64 for each id that is wanted.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib.resources import files

from roomtone.errors import RoomtoneError

FILE = "wordpiece.txt.gz"
SHA256 = "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"  # unpacked
PAD, UNKNOWN, BEGIN, END = 0, 100, 101, 102
LONGEST_WORD = 100  # characters; what is longer is no word
CHARS_PER_ID = 64
KEPT_WORDS = 50_000  # whose pieces are remembered: some 10 MB

_ASCII = re.compile(r"[a-z0-9]+|[!-/:-@\[-`{-~]")
_DROPPED = {code: None for code in (*range(32), 127, 0xFFFD) if code not in (9, 10, 13)}


class WordPiece:
    """The tokenizer; it is made once (0.03 s) and may be asked from several threads.

    >>> WordPiece().ids(["Playing chess!", ""])
    [[101, 2652, 7433, 999, 102], [101, 102]]
    """

    def __init__(self) -> None:
        raw = gzip.decompress((files(__package__) / FILE).read_bytes())
        if hashlib.sha256(raw).hexdigest() != SHA256:
            raise RoomtoneError(f"{FILE} is not the vocabulary it was; install roomtone again")
        words = raw.decode().split("\n")
        self.size = len(words) - 1
        self._starts = {word: i for i, word in enumerate(words) if word and word[:2] != "##"}
        self._rest = {word[2:]: i for i, word in enumerate(words) if word[:2] == "##"}
        # "##" itself is made of two marks, and no vocabulary's word
        self._longest = max(map(len, self._starts))
        self._pieces = lru_cache(KEPT_WORDS)(self._cut)

    def ids(self, texts: Sequence[str], most: int = 256) -> list[list[int]]:
        """The ids of each text, BEGIN first and END last, at most so many (2 or more)."""
        return [self._text(text[: CHARS_PER_ID * most], most) for text in texts]

    def _text(self, text: str, most: int) -> list[int]:
        found = [BEGIN]
        for word in _words(text):
            found += self._pieces(word)
            if len(found) >= most:
                break
        return [*found[: most - 1], END]

    def _cut(self, word: str) -> tuple[int, ...]:
        """The longest pieces from the left, or UNKNOWN where something is left over."""
        if len(word) > LONGEST_WORD:
            return (UNKNOWN,)
        found: list[int] = []
        start, table = 0, self._starts
        while start < len(word):
            for end in range(min(len(word), start + self._longest), start, -1):
                place = table.get(word[start:end])
                if place is not None:
                    break
            else:
                return (UNKNOWN,)
            found.append(place)
            start, table = end, self._rest
        return tuple(found)


def _words(text: str) -> Iterator[str]:
    """Lower-case words without accents, and each mark or ideograph alone, in their order."""
    if text.isascii():
        for match in _ASCII.finditer(text.translate(_DROPPED).lower()):
            yield match[0]
        return
    word: list[str] = []
    plain = unicodedata.normalize("NFD", "".join(map(_spaced, text)))
    for c in plain:
        kind = _kind(c)
        if kind == "accent":
            continue
        if kind == "letter":
            word.append(c.lower())
            continue
        if word:
            yield "".join(word)
            word = []
        if kind == "mark":
            yield c
    if word:
        yield "".join(word)


@lru_cache(20_000)
def _spaced(c: str) -> str:
    """A character as it is cleaned: nothing, a space, itself, or apart where it is an ideograph."""
    if c in "\t\n\r":
        return " "
    if c == "\ufffd" or unicodedata.category(c) in ("Cc", "Cf", "Co", "Cs"):
        return ""
    if c.isspace():
        return " "
    return f" {c} " if _is_ideograph(ord(c)) else c


@lru_cache(20_000)
def _kind(c: str) -> str:
    if c.isspace():
        return "space"
    category = unicodedata.category(c)
    if category == "Mn":
        return "accent"
    if category[0] == "P" or (c.isascii() and not c.isalnum()):
        return "mark"
    return "letter"


def _is_ideograph(code: int) -> bool:
    return (
        0x4E00 <= code <= 0x9FFF
        or 0x3400 <= code <= 0x4DBF
        or 0x20000 <= code <= 0x2A6DF
        or 0x2A700 <= code <= 0x2B73F
        or 0x2B740 <= code <= 0x2B81F
        or 0x2B920 <= code <= 0x2CEAF
        or 0xF900 <= code <= 0xFAFF
        or 0x2F800 <= code <= 0x2FA1F
    )
