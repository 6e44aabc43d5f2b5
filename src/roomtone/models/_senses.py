"""What an English text feels like and speaks of, as numbers, by weights that are here anyway."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import numpy as np

from roomtone.emotions import LABELS
from roomtone.heard import ends
from roomtone.models import _alone, _pairs, _weights

FILES = ("emotion.npz", "coherence.npz")
"""Whose weights these are: who learnt from what is said here learns anew when they change."""

LEAST_KNOWN = 0.6  # of a text's words; of another language nothing is said
LEAST_FELT = 0.01
SCALE = 1.5  # how much an axis of meaning counts beside a cue


class Senses:
    """Reads one text at a time; the same text always gives the same."""

    def __init__(self) -> None:
        self._alone = _alone.Alone(_weights.load())
        self._words = _words()

    def of(self, text: str) -> dict[str, float]:
        """The roots of what it feels like by emotion, and its place on 32 axes of meaning.

        Empty where the text is no English.

        >>> felt = senses().of("I am so sad, my dog died")
        >>> max((one for one in felt if one.startswith("feels")), key=felt.get)
        'feels sadness'
        >>> senses().of("Das tut mir sehr leid")
        {}
        """
        short = ends(text, _alone.MOST_CHARS - 1)
        if not short.strip():
            return {}
        odds, heard = self._alone.hear(short)
        if heard.share < LEAST_KNOWN or not heard.words:
            return {}
        felt = 1.0 / (1.0 + np.exp(-np.asarray(odds, np.float64)[0, : len(LABELS)]))
        found = {
            f"feels {label}": round(float(how) ** 0.5, 4)
            for label, how in zip(LABELS, felt, strict=True)
            if how > LEAST_FELT
        }
        cut = _pairs.Text(text, self._words)
        told = float(self._words.tells[cut.places].sum())
        if told:
            place = SCALE * cut.vector / max(told, 0.5)
            found |= {f"axis {i}": round(float(x), 4) for i, x in enumerate(place)}
        return found


def _words() -> _pairs.Words:
    """The word vectors out of the weights of coherence, as they are read there."""
    with (
        (files(__package__) / FILES[1]).open("rb") as file,
        np.load(file, allow_pickle=False) as of,
    ):
        vectors = of["vectors"].astype(np.float64)
        lengths = np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
        ids = np.cumsum(of["words"].astype(np.int64))
        return _pairs.Words(ids, vectors / lengths, of["tells"] / 255.0)


@cache
def senses() -> Senses:
    """Loaded once, when first asked for."""
    return Senses()
