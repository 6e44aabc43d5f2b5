"""The table of emoji types: everyday reactions are in it, and spelling does not matter."""

from __future__ import annotations

import pytest

from roomtone.emoji_types import (
    COARSE_OF,
    CUSTOM,
    TABLE,
    TYPES,
    UNKNOWN,
    Kind,
    character,
    fold,
    kind,
)


def test_everyday_reactions_are_known() -> None:
    """More than a hundred, of all ten types, each within its ranges."""
    assert len(TABLE) > 150
    assert {one.type for one in TABLE.values()} == set(TYPES) == set(COARSE_OF)
    for one in TABLE.values():
        assert 0.5 <= one.confidence <= 1.0 and -1.0 <= one.polarity <= 1.0


@pytest.mark.parametrize(
    ("emoji", "type", "kindness"),
    [
        ("❤️", "POSITIVE_STRONG", 1),
        ("👍", "POSITIVE_MILD", 1),
        ("🤔", "NEUTRAL_THOUGHTFUL", 0),
        ("👎", "NEGATIVE_MILD", -1),
        ("😡", "NEGATIVE_STRONG", -1),
        ("😢", "SADNESS", -1),
        ("😮", "SURPRISE", 1),
        ("❓", "CONFUSION", -1),
        ("✨", "MYSTICAL_WONDER", 1),
        ("🧠", "TECHNICAL_APPRECIATION", 1),
    ],
)
def test_a_type_has_its_emoji(emoji: str, type: str, kindness: int) -> None:
    """One of each type, and on which side it stands."""
    found = kind(emoji)

    assert found.type == type
    assert (found.polarity > 0) - (found.polarity < 0) == kindness


@pytest.mark.parametrize(
    "spelled", ["👍", "👍🏻", "👍🏿", "👍\ufe0f", " 👍 ", ":+1:", "+1", ":thumbsup:", "ThumbsUp"]
)
def test_spellings_of_one_emoji_are_one(spelled: str) -> None:
    """Skin tones, variation marks and the names that platforms send."""
    assert kind(spelled) == kind("👍")
    assert character(spelled) == "👍"


def test_what_is_joined_is_read_by_its_first_where_it_is_not_listed_whole() -> None:
    """A heart on fire has a row of its own, a shrugging woman is a shrug."""
    assert kind("❤️‍🔥").confidence == 0.85
    assert kind("🤷🏼‍♀️") == kind("🤷")
    assert kind("❤️‍🩹").type == "POSITIVE_STRONG"


@pytest.mark.parametrize(
    ("emoji", "sure"),
    [
        ("<:pepe:1234>", CUSTOM),
        ("<a:dance:99>", CUSTOM),
        (":blobcat:", CUSTOM),
        ("🦖", UNKNOWN),
        ("", UNKNOWN),
        ("\0", UNKNOWN),
        ("!" * 10_000, UNKNOWN),
        ("🇩🇪", UNKNOWN),
    ],
)
def test_custom_and_unknown_emoji_are_neutral_and_hardly_sure(emoji: str, sure: float) -> None:
    """Nothing is guessed from a name that somebody made up."""
    assert kind(emoji) == Kind("NEUTRAL_THOUGHTFUL", sure, 0.0)
    assert fold(fold(emoji)) == fold(emoji)


def test_ones_own_table_comes_first() -> None:
    """A server's custom emoji can be taught, and ours be overruled."""
    own = {"<:yes:1>": Kind("POSITIVE_MILD", 0.8, 0.5), "🔥": Kind("NEGATIVE_MILD", 0.7, -0.5)}

    assert kind("<:yes:1>", own).type == "POSITIVE_MILD"
    assert kind("🔥", own).polarity == -0.5
    assert kind("👍", own) == kind("👍")
