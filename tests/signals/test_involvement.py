"""Involvement is a pure function, bounded, that rises with what people marked as involved."""

from __future__ import annotations

import doctest

import numpy as np
import pytest

from roomtone.points import Column
from roomtone.signals import involvement as signal
from roomtone.signals.involvement import WEIGHTS, Marks, involvement, marks, parts

NAMES = list(WEIGHTS)


def minutes(**changed: float) -> list[Column]:
    """A middling minute with some of its counts changed, as columns of one row."""
    usual = dict(zip(NAMES, (12.0, 4.0, 6.0, 90.0, 0.0, 1.0, 1.0, 2.0), strict=True))
    return [np.array([value]) for value in (usual | changed).values()]


def test_the_examples_hold() -> None:
    """The documentation's numbers are the function's."""
    result = doctest.testmod(signal, extraglobs={"np": np})

    assert result.attempted >= 4 and result.failed == 0


@pytest.mark.parametrize("name", NAMES)
def test_more_of_anything_never_lowers_it(name: str) -> None:
    """All weights are positive: each count pulls upward, messages of the same length among them."""
    changed = {name: float(minutes()[NAMES.index(name)][0]) + 6}
    if name == "messages":
        changed["words"] = 90.0 * 18 / 12
    more = minutes(**changed)

    assert involvement(*more)[0] > involvement(*minutes())[0]


def test_it_is_a_chance() -> None:
    """Between 0 and 1 for anything that a minute can hold."""
    chance = np.random.default_rng(1)
    columns = [chance.integers(0, 5_000, 1_000).astype(float) for _ in NAMES]

    result = involvement(*columns)

    assert result.shape == (1_000,)
    assert np.all((result >= 0) & (result <= 1))


def test_an_empty_minute_is_nobodys() -> None:
    """Without a message there is nobody to be involved."""
    assert involvement(*[np.zeros(3) for _ in NAMES]).tolist() == [0.0, 0.0, 0.0]


def test_rows_do_not_see_each_other() -> None:
    """A row scores the same alone and in company."""
    chance = np.random.default_rng(2)
    columns = [chance.integers(1, 50, 40).astype(float) for _ in NAMES]

    together = involvement(*columns)

    alone = [involvement(*[column[row : row + 1] for column in columns])[0] for row in range(40)]
    assert np.allclose(together, alone, rtol=0, atol=1e-12)


def test_parts_follow_the_weights() -> None:
    """One column a weight: the function is their weighted sum through a logistic curve."""
    found = parts(*minutes())
    logit = signal.BASE + sum(found[0, i] * weight for i, weight in enumerate(WEIGHTS.values()))

    assert found.shape == (1, len(WEIGHTS))
    assert involvement(*minutes())[0] == pytest.approx(1 / (1 + np.exp(-logit)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Marks(0, False, False, False, False)),
        ("HAHAHA", Marks(1, False, True, False, False)),
        ("I don’t know", Marks(3, False, False, False, True)),
        ("what a good joke!!!", Marks(4, True, False, True, False)),
        ("note the goodness of the annotation", Marks(6, False, False, False, False)),
        ("👍 ?! 123", Marks(0, True, False, False, False)),
    ],
)
def test_marks_are_read_from_the_text(text: str, expected: Marks) -> None:
    """Whole words in any case, typed or typeset apostrophes; digits and emoji are no words."""
    assert marks(text) == expected


def test_a_long_hostile_text_is_read_in_passing() -> None:
    """A hundred thousand characters without a space, and lone surrogates, raise nothing."""
    for text in ("ha" * 50_000 + "x", "o" * 100_000 + "!", "\ud800" * 1_000, "n't" * 30_000):
        assert marks(text).words <= 30_001
