"""The vocabulary of reactions: four meanings, and which numbers a rating has."""

from __future__ import annotations

import pytest

from roomtone import emoji_types
from roomtone.reactions import (
    MEANINGS,
    SCORES,
    Case,
    Judgement,
    coarse_type,
    polarity,
    rated,
    reaction_type,
)


def test_the_documents_four_meanings_are_ours() -> None:
    """In the documents' order."""
    assert MEANINGS == ("RATING", "AGREEMENT", "EMOTIONAL", "CONVERSATIONAL")


@pytest.mark.parametrize(
    ("emoji", "satisfaction", "score"),
    [
        ("❤️", 0.95, 1.0),
        ("👍", 0.85, 0.85),
        ("🤔", 0.6, 0.5),
        ("👎", 0.35, 0.2),
        ("😡", 0.15, 0.0),
        ("😢", 0.35, 0.2),
        ("😮", 0.6, 0.5),
        ("<:pepe:1>", 0.6, 0.5),
    ],
)
def test_a_rating_has_the_documents_numbers(emoji: str, satisfaction: float, score: float) -> None:
    """By the coarse type, and every emoji has some."""
    assert rated(emoji) == (satisfaction, score)


def test_sadness_is_kept_beside_the_documents_coarse_type() -> None:
    """The documents print NEGATIVE_MILD for what their table calls SADNESS: both are told."""
    assert reaction_type("😢") == ("SADNESS", 0.9)
    assert coarse_type("😢") == "NEGATIVE_MILD"
    assert polarity("😢") < 0 < polarity("❤️")


def test_every_type_has_its_numbers() -> None:
    """0.15 to 0.95 and 0 to 1, and nothing is without."""
    assert {emoji_types.COARSE_OF[one] for one in emoji_types.TYPES} == set(SCORES)
    assert {s for s, _ in SCORES.values()} <= {0.15, 0.35, 0.6, 0.85, 0.95}


def test_what_is_missing_is_absent() -> None:
    """A case needs no more than an emoji and a reply, and no number is 0 for want of one."""
    case = Case(id="1", emoji="❤️", reply="hello")
    word = Judgement(probabilities={}, meaning=None, confidence=0.0, reasoning="Nothing.")

    assert (case.latency_s, case.share_by_user, case.before, case.after) == (None, None, (), ())
    assert (word.satisfaction, word.score) == (None, None)
