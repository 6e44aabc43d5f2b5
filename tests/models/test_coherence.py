"""Replies that answer are told from strange ones, and a new topic from the old."""

from __future__ import annotations

import time

import pytest

from roomtone.errors import BadConfig
from roomtone.models.coherence import Coherence
from roomtone.testing import check_coherence_model


@pytest.fixture(scope="module")
def model() -> Coherence:
    """Loaded once."""
    return Coherence()


def test_it_keeps_the_contract(model: Coherence) -> None:
    """Whatever the texts are, and in whatever company."""
    check_coherence_model(model)


@pytest.mark.parametrize(
    ("message", "answer", "strange"),
    [
        ("I cooked a big pizza today", "Did it have cheese?", "My car broke down on the highway"),
        ("What music do you like?", "I listen to rock songs", "He is a doctor at the hospital"),
        ("My cat is sick", "Poor cat! Did you call the vet?", "I will vote in the election"),
    ],
)
def test_a_reply_that_answers_is_nearer(
    model: Coherence, message: str, answer: str, strange: str
) -> None:
    """Though it shares no word with the message."""
    near, far = model.relevance([(message, answer), (message, strange)])

    assert near is not None
    assert far is not None
    assert near > far


def test_a_new_topic_is_told_from_the_old(model: Coherence) -> None:
    """Against the same two texts before it."""
    before = ("I have two dogs.", "Nice! What are their names?")
    stays, leaves = model.shift(
        [before] * 2, ["Rex and Lucky. They are both big dogs.", "What do you do for a living?"]
    )

    assert stays is not None
    assert leaves is not None
    assert stays < 0.4 < leaves


def test_what_was_not_understood_has_no_number(model: Coherence) -> None:
    """Nothing before it, nothing said, another language, nothing but signs."""
    finnish = "Eilen satoi koko päivän ja minua väsyttää kovasti"
    english = "I walk my dog every day"

    assert model.shift([("", ""), ("a dog", "a cat")], [english, ""]) == [None, None]
    assert model.shift([(english, finnish), (english, english)], [english, finnish]) == [None] * 2
    assert model.relevance([(english, finnish), (finnish, english), ("🙂", english)]) == [None] * 3


def test_a_message_nobody_answered_is_what_stands_before(model: Coherence) -> None:
    """Where there was no reply the message before counts."""
    (number,) = model.shift([("I have a dog.", "")], ["What do you do for a living?"])

    assert number is not None


def test_it_has_no_address() -> None:
    """The error says what to write."""
    with pytest.raises(BadConfig, match="write local://"):
        Coherence("local://else")


def test_long_texts_cost_little(model: Coherence) -> None:
    """Both ends are looked at; a minute of reading is not."""
    book = "the dog and the cat " * 50_000
    begun = time.process_time()
    model.relevance([(book, book)] * 10)
    model.shift([(book, book)] * 10, [book] * 10)

    assert time.process_time() - begun < 0.5
