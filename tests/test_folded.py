"""A text made plain keeps the place of each of its characters."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from roomtone.folded import BARRIER, Folded


def test_digits_of_all_scripts_are_digits() -> None:
    """Wide, Arabic, bold and circled digits and their signs read as typed on any keyboard."""
    assert Folded("＋３５８ ٤٠ 𝟏𝟐𝟑 ①②").text == "+358 40 123 12"
    assert Folded("a＠b．com").text == "a@b.com"


def test_powers_stay() -> None:
    """A raised digit is no digit of the number before it."""
    assert Folded("10² x₁").text == "10² x₁"


def test_what_is_invisible_is_left_out_and_the_rest_keeps_its_place() -> None:
    """Signs without a width and marks on letters part nothing."""
    text = "4\u200b1\u00ad1 e\u0301"
    folded = Folded(text)

    assert folded.text == "411 e"
    assert [text[folded.places[i]] for i in range(5)] == list("411 e")


def test_what_was_replaced_is_one_sign() -> None:
    """No rule looks into a placeholder, or over it."""
    folded = Folded("to [EMAIL_bcdfghj] now")

    assert folded.text == f"to {BARRIER} now"
    assert folded.places[3] == 3 and folded.places[4] == 18
    assert BARRIER not in Folded("a\0b").text


@given(st.text(), st.integers(0, 30), st.integers(1, 9))
def test_places_point_at_what_they_stand_for(text: str, start: int, length: int) -> None:
    """Before and after something is blanked, each place is where that character stands."""
    folded = Folded(text)

    assert len(folded.places) == len(folded.text) + 1 and len(folded.lower) == len(folded.text)
    assert list(folded.places) == sorted(folded.places)
    if start < len(folded.text):
        after = [*folded.places][min(start + length, len(folded.text)) :]
        folded.blanked([(start, min(start + length, len(folded.text)))])
        assert folded.text[start] == BARRIER and [*folded.places][start + 1 :] == after
