"""The class of a turn has a word at every quality."""

from __future__ import annotations

from roomtone.signals._grades import CLASSES, quality_class


def test_every_quality_has_its_word() -> None:
    """From 0 to 1, and each of the five words is met."""
    met = [quality_class(value / 100) for value in range(101)]

    assert list(dict.fromkeys(reversed(met))) == [word for _, word in CLASSES]
