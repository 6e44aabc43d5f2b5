"""The class of a turn by its quality: the word that the documents have for each stretch of it."""

from __future__ import annotations

CLASSES = ((0.85, "EXCELLENT"), (0.70, "GOOD"), (0.50, "AVERAGE"), (0.30, "POOR"), (0.0, "FAILED"))
"""From which quality on a turn is called what."""


def quality_class(quality: float) -> str:
    """The word for the overall quality of a turn, 0 to 1.

    >>> [quality_class(value) for value in (0.9, 0.7, 0.5, 0.3, 0.1)]
    ['EXCELLENT', 'GOOD', 'AVERAGE', 'POOR', 'FAILED']
    """
    return next(word for least, word in CLASSES if quality >= least)
