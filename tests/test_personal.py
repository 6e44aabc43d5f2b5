"""A quick look never spares what a rule would find; what overlaps is one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from roomtone.folded import Folded, Found
from roomtone.personal import KINDS, clear, find, merged

PIECES = (
    *("anna@example.com", "anna (at) web [dot] de", "@anna", "password: kissa",
      "my name is Ann Lee"),
    *("u/somebody", "t.me/anna", "mein Passwort ist \"geheim\"", "пароль: секрет",
      "Ich heiße Anna"),
    *("hello", " ", ". ", "at", "dot", "/", "ｐassword: wxyz", "pass\u200bword: wxyz", "is", "\n"),
)  # fmt: skip


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=6).map("".join))
def test_a_quick_look_spares_nothing_that_is_found(text: str) -> None:
    """Where it says that a text is clear, no rule finds anything."""
    assert not clear(text, text.lower()) or find(Folded(text)) == []


def test_most_talk_is_clear() -> None:
    """Words and their signs need no closer look."""
    for text in (
        "yeah, sounds good!! :)",
        "mir geht's gut; und dir?",
        "よかった",
        "हाँ ठीक है",
        "👍🏽👨‍👩‍👧",
    ):
        assert clear(text, text.lower())


def test_what_overlaps_is_one_of_the_stronger_kind() -> None:
    """Nothing of either is left, and the first of KINDS names it."""
    found = [Found(5, 9, "phone", "a", "x"), Found(0, 6, "email", "b", "y")]

    assert merged("0123456789", found) == [Found(0, 9, "email", "b", "y")]
    assert KINDS.index("email") < KINDS.index("phone")


def test_nothing_reaches_over_what_was_replaced() -> None:
    """What lies on both sides is two."""
    found = merged("ab\0cd", [Found(0, 5, "phone", "a", "x")])

    assert [(one.start, one.end) for one in found] == [(0, 2), (3, 5)]
