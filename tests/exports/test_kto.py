"""Labels come from ratings alone, and of the text that stood there when it was rated."""

from __future__ import annotations

from typing import Any

import pytest

from roomtone.exports.kto import KTO
from roomtone.training_rows import SURE
from tests.exported import exported, pairs, reaction, revision, talk

ASKED = ("What is entanglement?", "Two particles share one state.")


def kto(*said: str, **more: Any) -> tuple[list[Any], dict[str, int]]:
    options = {"min_confidence": more.pop("min_confidence", SURE)}
    return exported(KTO(), talk(*(said or ASKED), **more), **options)


def test_a_rating_is_a_label() -> None:
    """Its row has what was asked, what was answered, and whether somebody liked it."""
    (row,), _ = kto(reactions=[reaction()])

    assert list(pairs(row.prompt)) == [("user", ASKED[0])]
    assert list(pairs(row.completion)) == [("assistant", ASKED[1])]
    assert (row.label, row.conversation_id, row.message_id) == (True, 7, 101)
    assert kto(reactions=[reaction(emoji="👎")])[0][0].label is False


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"meaning": "AGREEMENT"}, "agreement"),
        ({"meaning": "EMOTIONAL"}, "emotional"),
        ({"meaning": "CONVERSATIONAL"}, "conversational"),
        ({"meaning": "", "state": "review"}, "unjudged"),
        ({"confidence": SURE - 0.01}, "unsure"),
        ({"state": "retracted"}, "taken_back"),
        ({"emoji": "🤔"}, "neutral"),
        ({"target_is": "user"}, "not_of_a_reply"),
    ],
)
def test_what_rates_nothing_is_no_label(told: dict[str, Any], why: str) -> None:
    """However kind the emoji is; it is counted with its reason."""
    rows, excluded = kto(reactions=[reaction(**told)])

    assert (rows, excluded) == ([], {why: 1})


def test_a_persons_word_needs_no_confidence() -> None:
    """Somebody looked at the reaction and said that it rates."""
    rows, _ = kto(reactions=[reaction(by="person", state="reviewed", confidence=0.1)])

    assert [row.label for row in rows] == [True]


def test_several_who_agree_are_one_row() -> None:
    """People are pooled; a reply is learnt once."""
    rows, excluded = kto(reactions=[reaction(person="ann"), reaction(emoji="👍", person="bob")])

    assert [row.label for row in rows] == [True]
    assert excluded == {}


def test_who_contradict_each_other_leave_no_row() -> None:
    """Good and bad at once teaches nothing; it is counted."""
    rows, excluded = kto(reactions=[reaction(), reaction(emoji="👎", person="bob")])

    assert (rows, excluded) == ([], {"contradictory": 1})


def test_a_rating_is_of_the_text_that_stood_there() -> None:
    """What was liked before it was answered anew is the old text; a later one is of the new."""
    old, new = "It is magic.", ASKED[1]
    changed = {"told": {1: {"edited_ms": 1_780_000_100_000}}}
    rows, excluded = kto(
        reactions=[reaction(emoji="👎", seconds=50), reaction(seconds=150)],
        revisions=[revision(old, new)],
        **changed,
    )

    assert [(row.completion[0].content, row.label) for row in rows] == [(old, False), (new, True)]
    assert excluded == {}
    assert kto(reactions=[reaction(seconds=50)], **changed) == ([], {"edited_since": 1})


def test_an_answer_to_what_was_asked_otherwise_is_none() -> None:
    """The person changed the question afterwards: the reply does not answer what stands there."""
    rows, excluded = kto(reactions=[reaction()], told={0: {"edited_ms": 1_780_000_900_000}})

    assert (rows, excluded) == ([], {"question_changed": 1})


@pytest.mark.parametrize(
    ("stars", "source", "labels"),
    [(5.0, "api", [True]), (1.0, "api", [False]), (3.0, "api", []), (5.0, "reaction", [])],
)
def test_stars_are_a_persons_word(stars: float, source: str, labels: list[bool]) -> None:
    """Unless they were derived from a reaction, which counts by its own meaning."""
    rows, _ = kto(told={1: {"user_feedback": stars, "feedback_source": source}})

    assert [row.label for row in rows] == labels


def test_a_prompt_is_what_was_said_before() -> None:
    """The last messages of it, in turns, from the person's on, under the system's word."""
    said = ["a", "b", "c", "d", "e", "f"]
    one = talk(*said, reactions=[reaction("t2")])
    (row,), _ = exported(KTO(), one, context=4, system="Be kind.")

    assert list(pairs(row.prompt)) == [
        ("system", "Be kind."),
        ("user", "c"),
        ("assistant", "d"),
        ("user", "e"),
    ]


def test_a_reply_to_nothing_has_no_row() -> None:
    """The message it answered was deleted, or there was none."""
    rows, excluded = kto("", "Hello!", reactions=[reaction()])

    assert (rows, excluded) == ([], {"empty_text": 1, "no_prompt": 1})


def test_what_is_said_behind_the_last_rating_changes_nothing() -> None:
    """It is not looked at: no row, no reason, and the rows before it are the same."""
    said = ("Hi", "Hello!", "Why?", "Because.")
    given = [reaction("t0", "👍"), reaction("t1", "👎")]
    rows, left_out = exported(KTO(), talk(*said, reactions=given))
    longer, also = exported(KTO(), talk(*said, "And then?", " ", "", "Bye.", reactions=given))

    assert longer == rows and len(rows) == 2 and also == left_out
