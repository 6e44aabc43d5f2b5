"""Reads emotion from English text and from emoji, offline: hashed n-grams, two linear stages.

Trained on GoEmotions by `training/emotion.py`; figures and licence are in `emotion.md` beside the
weights. NumPy is all it needs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from roomtone.emotions import EKMAN, GROUPS, LABELS, UNSURE, Reading, ekman, group, mixed, valence
from roomtone.errors import BadConfig
from roomtone.models import _hashed, _weights

MODEL = "goemotions-hashed"
VERSION = "1"

# Below the lower share of known words (see `_weights.understood`) nothing of a text counts, above
# the upper one all of it; a reading that counts for less than a fifth is called unsure. On the
# development split one text in 200 is, and no line of ours in another language is not.
LEAST_KNOWN, ENOUGH_KNOWN = 0.5, 0.75
LEAST_TRUST = 0.2

# What our table says of an emoji counts half. Of the 750 training lines that hold one it names a
# label that people gave for 23 %, and a label of Ekman's for 62 %; but people had read the words.
EMOJI_TRUST = 0.5

# Where there is nothing but emoji, what was learnt of them in English lines counts a fifth.
EMOJI_ALONE = 0.2

DIGITS = 4

Floats = NDArray[np.float64]
# The three heads stand side by side: 28 fine labels with neutral as the last, Ekman's, groups.
FINE, COARSE = len(LABELS), len(LABELS) + len(EKMAN)
NEUTRAL = FINE - 1
_NAMES = (*LABELS, *EKMAN, *GROUPS)
_ROW = {
    label: np.array(
        [one == label for one in LABELS]
        + [one == ekman(label) for one in EKMAN]
        + [one == group(label) for one in GROUPS],
        np.float64,
    )
    for label in LABELS
}


class Emotion:
    """`local://`: the model inside the package.

    >>> one, two = Emotion().read(["Thank you so much, this made my day!", "Olen surullinen"])
    >>> one.primary, one.confidence > 0.9, two.primary, two.confidence < 0.2
    ('gratitude', True, 'unsure', True)
    """

    def __init__(self, url: str = "local://") -> None:
        if url != "local://":
            raise BadConfig(
                f"the model inside the package has no address; write local://, not {url}"
            )
        self._weights = _weights.load()

    def read(self, texts: Sequence[str]) -> Sequence[Reading]:
        """One reading for each text, in their order; the same in whatever company."""
        readings: list[Reading] = []
        for chunk in _hashed.chunks(texts):
            readings += self._chunk(chunk)
        return readings

    def _chunk(self, chunk: _hashed.Chunk) -> Iterator[Reading]:
        odds = _weights.log_odds(self._weights, chunk)
        trust, told, shown = self._trust(chunk)
        learnt = 1.0 / (1.0 + np.exp(-odds))
        scores = (trust[:, None] * learnt + (1.0 - trust[:, None]) * told).round(DIGITS)
        understood = trust >= LEAST_TRUST
        said = np.where((trust > LEAST_TRUST)[:, None], odds > self._weights.cuts, shown >= 0.5)
        loud = _hashed.emphasis(chunk).tolist()
        sure = understood.copy()
        sure[[text for text, _ in chunk.emoji]] = True
        for i, row in enumerate(scores.tolist()):
            if sure[i]:
                yield _reading(row, np.flatnonzero(said[i]).tolist(), loud[i])
            else:
                yield _unsure(row, float(trust[i]))

    def _trust(self, chunk: _hashed.Chunk) -> tuple[Floats, Floats, Floats]:
        """How far each text was understood; what is likely where it was not; what emoji show.

        Likely is what a text's emoji show, and without any how often each label is true at all.
        """
        share = _weights.understood(self._weights, chunk)
        trust = ((share - LEAST_KNOWN) / (ENOUGH_KNOWN - LEAST_KNOWN)).clip(0.0, 1.0)
        voiced = chunk.tokens.text[chunk.tokens.kind != _hashed.SYMBOL]
        spoken = np.bincount(voiced, minlength=chunk.size)
        trust[spoken == 0] = 0.0  # nothing there, or signs that say nothing to us
        shown = np.zeros((chunk.size, len(_NAMES)))
        told = shown + self._weights.base
        if chunk.emoji:
            count = np.bincount([text for text, _ in chunk.emoji], minlength=chunk.size)
            for text, label in chunk.emoji:
                shown[text] += _ROW[label] / count[text]
            told[count > 0] += EMOJI_TRUST * (shown - told)[count > 0]
            words = np.bincount(_hashed.words(chunk)[0], minlength=chunk.size)
            trust[(count > 0) & (words == 0)] = EMOJI_ALONE
        return trust, told, shown


def _reading(row: list[float], said: list[int], loud: float) -> Reading:
    """The likeliest label first; how strong is what the strongest feeling is beside neutral."""
    own = dict(zip(LABELS, row, strict=False))
    primary = max(LABELS, key=own.__getitem__)
    feeling, neutral = max(row[:NEUTRAL]), row[NEUTRAL]
    intensity = feeling / (feeling + neutral) if feeling else 0.0
    return Reading(
        primary=primary,
        raw=primary,
        intensity=round(min(1.0, intensity + loud), DIGITS),
        confidence=own[primary],
        valence=valence(own),
        mixed=mixed(primary, own),
        labels=tuple([_NAMES[i] for i in said if i < FINE]),
        ekman_labels=tuple([_NAMES[i] for i in said if FINE <= i < COARSE]),
        group_labels=tuple([_NAMES[i] for i in said if i >= COARSE]),
        scores=own,
        ekman_scores=dict(zip(EKMAN, row[FINE:COARSE], strict=True)),
        group_scores=dict(zip(GROUPS, row[COARSE:], strict=True)),
        model=MODEL,
        version=VERSION,
    )


def _unsure(row: list[float], trust: float) -> Reading:
    """No label at all; the confidence says how little there was to go by, always below a fifth."""
    return Reading(
        primary=UNSURE,
        raw=UNSURE,
        confidence=round(trust * max(row[:FINE]), DIGITS),
        scores=dict(zip(LABELS, row, strict=False)),
        ekman_scores=dict(zip(EKMAN, row[FINE:COARSE], strict=True)),
        group_scores=dict(zip(GROUPS, row[COARSE:], strict=True)),
        model=MODEL,
        version=VERSION,
    )
