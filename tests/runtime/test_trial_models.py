"""The smallest models learn what is there, the same each time, and nothing where nothing is."""

from __future__ import annotations

import math
import random

import numpy as np

from roomtone.runtime.trial_models import Bigrams, Linear, hashed

KIND = ["thank you that helps", "lovely answer indeed", "so kind of you"]
RUDE = ["no that is wrong", "useless reply again", "you did not listen"]


def texts(many: int) -> list[tuple[str, int]]:
    dice = random.Random(3)
    return [
        (f"{dice.choice(RUDE if n % 2 else KIND)} {dice.randint(0, 99)}", n % 2)
        for n in range(many)
    ]


def test_classes_are_learnt() -> None:
    """From words that tell them apart; a second run gives the same weights."""
    told = [(hashed(text), label) for text, label in texts(60)]
    one, two = Linear(2), Linear(2)
    one.classify(told[:40])
    two.classify(told[:40])

    assert all(int(np.argmax(one.score(places))) == label for places, label in told[40:])
    assert np.array_equal(one.score(told[50][0]), two.score(told[50][0]))


def test_numbers_are_learnt() -> None:
    """And a text of no known word gets about the mean."""
    model = Linear(1)
    model.regress([(hashed(text), 0.9 - 0.8 * label) for text, label in texts(60)])

    assert model.score(hashed(KIND[0]))[0] > 0.7 > 0.3 > model.score(hashed(RUDE[0]))[0]
    assert 0.2 < model.score(hashed(""))[0] < 0.8


def test_preferences_are_learnt() -> None:
    """What was better scores higher, also in a pair that was not seen."""
    model = Linear(1)
    pairs = [(KIND[n % 3] + f" {n}", RUDE[(n + 1) % 3] + f" {n}") for n in range(40)]
    model.prefer([(hashed(a), hashed(b)) for a, b in pairs])

    assert model.score(hashed(KIND[0]))[0] > model.score(hashed(RUDE[0]))[0]


def test_what_was_asked_is_told_apart_from_what_was_answered() -> None:
    """The same word means another thing there."""
    assert not set(hashed("tea")) & set(hashed("", asked="tea"))


def test_the_word_before_helps() -> None:
    """In a text that repeats itself, and nothing is known of no text."""
    model = Bigrams()
    for _ in range(20):
        model.learn("the cat sat on the mat")

    assert model.perplexity(["the cat sat"]) < model.perplexity(["the cat sat"], mix=0.0)
    assert math.isnan(model.perplexity([]))
