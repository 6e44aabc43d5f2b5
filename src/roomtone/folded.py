"""A text as personal data is looked for in it, and where each of its characters stood."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

BARRIER = "\0"
"""Stands for what was replaced already; no rule looks into it or over it."""

PLACEHOLDER = re.compile(r"\[[A-Z]{2,10}_[bcdfghjkmnpqrstvwxyz]{7}\]")
"""What personal data is replaced by: its kind, and letters that tell one value from another."""


class Found(NamedTuple):
    """Personal data: where it stands, what it is, which rule says so, and what it amounts to."""

    start: int
    end: int
    kind: str
    rule: str
    value: str  # the same for all ways to write it


_DROPPED = ("Cf", "Mn", "Me")  # invisible, and marks that sit on what stands before them


class _Fold(dict[int, str | None]):
    """What stands for a character while looking: one character, or none."""

    def __missing__(self, code: int) -> str | None:
        char = chr(code)
        kind = unicodedata.category(char)
        folded: str | None = char
        if kind in _DROPPED:
            folded = None
        elif kind == "Nd":
            folded = str(unicodedata.decimal(char))
        elif kind == "Zs":
            folded = " "
        elif kind == "Pd" or code == 0x2212:
            folded = "-"
        elif kind in ("Zl", "Zp"):
            folded = "\n"
        elif kind == "Cc" and char not in "\t\n\r":
            folded = " "
        elif char in "‘’‛ʼ":
            folded = "'"
        elif char in "“”„‟":
            folded = '"'
        elif char == "İ":  # the one letter whose small form has two characters
            folded = "I"
        elif code > 127:
            folded = _alike(char, kind)
        if len(self) < 20_000:
            self[code] = folded
        return folded


def _alike(char: str, kind: str) -> str:
    """Wide and decorated forms as plain ones; raised and lowered digits are left: they count."""
    if kind == "No":
        digit = unicodedata.digit(char, None)
        plain = unicodedata.decomposition(char).startswith(("<super>", "<sub>"))
        return char if digit is None or plain else str(digit)
    alike = unicodedata.normalize("NFKC", char)
    return alike if len(alike) == 1 and alike.isascii() and alike.isprintable() else char


_FOLD = _Fold()


class Folded:
    """A text made plain: digits of all scripts as ASCII, no invisible signs, spaces and dashes of
    one kind. What was replaced before is one BARRIER.

    >>> Folded("＋358\u00a040\u200b1234567").text
    '+358 401234567'
    """

    __slots__ = ("lower", "places", "text")

    def __init__(self, text: str) -> None:
        if text.isascii() and "[" not in text and text.isprintable():
            self.text = text
            self.places: list[int] | range = range(len(text) + 1)
        else:
            self.text, self.places = _folded(text)
        self.lower = self.text.lower()

    def blanked(self, spans: list[tuple[int, int]]) -> None:
        """Put a BARRIER in place of each of these spans, which are in order and apart."""
        pieces: list[str] = []
        places: list[int] = []
        at = 0
        for start, end in spans:
            pieces += (self.text[at:start], BARRIER)
            places += self.places[at : start + 1]
            at = end
        pieces.append(self.text[at:])
        places += self.places[at:]
        self.text = "".join(pieces)
        self.lower = self.text.lower()
        self.places = places


def _folded(text: str) -> tuple[str, list[int] | range]:
    pieces: list[str] = []
    places: list[int] = []
    at = 0
    for found in PLACEHOLDER.finditer(text):
        _fold(text[at : found.start()], at, pieces, places)
        pieces.append(BARRIER)
        places.append(found.start())
        at = found.end()
    _fold(text[at:], at, pieces, places)
    places.append(len(text))
    return "".join(pieces), places


def _fold(text: str, at: int, pieces: list[str], places: list[int]) -> None:
    """Add this piece, which stood at that place."""
    folded = text.translate(_FOLD)
    pieces.append(folded)
    if len(folded) == len(text):
        places.extend(range(at, at + len(text)))
    else:
        places.extend(at + i for i, char in enumerate(text) if _FOLD[ord(char)] is not None)
