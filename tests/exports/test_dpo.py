"""What is better is what was let stand, unless ratings say otherwise."""

from __future__ import annotations

from typing import Any

import pytest

from roomtone.exports.dpo import DPO
from roomtone.training_data import Revision
from tests.exported import exported, pairs, reaction, revision, talk

OLD, NEW = "It is magic.", "Two particles share one state."


def dpo(*revisions: Revision, new: str = NEW, **more: Any) -> tuple[list[Any], dict[str, int]]:
    one = talk("What is entanglement?", new, revisions=list(revisions), **more)
    return exported(DPO(), one)


@pytest.mark.parametrize("why", ["regenerated", "corrected", "edited"])
def test_what_was_replaced_is_the_worse_one(why: str) -> None:
    """Whoever replaced it: the bot answered anew, or a person said what it should have been."""
    (row,), _ = dpo(revision(OLD, NEW, why))

    assert list(pairs(row.prompt)) == [("user", "What is entanglement?")]
    assert list(pairs(row.chosen)) == [("assistant", NEW)]
    assert list(pairs(row.rejected)) == [("assistant", OLD)]
    assert (row.conversation_id, row.message_id) == (7, 101)


def test_each_text_that_was_replaced_is_a_row() -> None:
    """The last one is better than each of them."""
    rows, _ = dpo(revision("A", "B"), revision("B", NEW, number=2, seconds=200))

    assert [(r.chosen[0].content, r.rejected[0].content) for r in rows] == [(NEW, "A"), (NEW, "B")]


def test_ratings_go_first() -> None:
    """What is liked is better than what came after it and was disliked."""
    rated = [reaction(seconds=50), reaction(emoji="👎", seconds=150)]
    (row,), _ = dpo(revision(OLD, NEW), reactions=rated)

    assert (row.chosen[0].content, row.rejected[0].content) == (OLD, NEW)


@pytest.mark.parametrize(
    ("reactions", "why"),
    [
        ([reaction(emoji="👎", seconds=150)], "disliked"),
        ([reaction(seconds=50)], "contradictory"),
        ([reaction(seconds=50), reaction(emoji="👎", seconds=60)], "contradictory"),
    ],
)
def test_what_says_both_is_no_pair(reactions: list[Any], why: str) -> None:
    """The last text is disliked and no other is liked; or what was replaced is liked."""
    assert dpo(revision(OLD, NEW), reactions=reactions) == ([], {why: 1})


@pytest.mark.parametrize(
    ("old", "why"), [("Two particles …", "unfinished"), (f" {NEW}", "same_text")]
)
def test_what_only_grew_is_no_alternative(old: str, why: str) -> None:
    """Bots show a reply while they write it, by editing their own message."""
    assert dpo(revision(old, NEW, "edited")) == ([], {why: 1})


def test_of_what_is_deleted_nothing_is_left() -> None:
    """Neither its text nor what stood there before is in a row."""
    rows, excluded = dpo(revision("", "", "deleted"), new="")

    assert (rows, excluded) == ([], {"empty_text": 1})


def test_what_was_brought_back_is_the_better_one() -> None:
    """Who goes through answers and returns to the first one lets that one stand."""
    (row,), _ = dpo(revision(NEW, OLD), revision(OLD, NEW, number=2, seconds=200))

    assert (row.chosen[0].content, row.rejected[0].content) == (NEW, OLD)
