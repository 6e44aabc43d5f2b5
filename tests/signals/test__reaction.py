"""What a message says of the reply before it is found in it, and nothing else is."""

from __future__ import annotations

import time

import pytest

from roomtone.signals._reaction import Reaction, reaction, satisfaction


@pytest.mark.parametrize(
    "message",
    [
        "You already told me that",
        "That doesn't make any sense",
        "Are you sure? Check again please",
        "what do you mean",
        "That's not what I asked",
    ],
)
def test_a_complaint_is_heard(message: str) -> None:
    """However politely it is said."""
    assert reaction(message, "It is sunny.").displeased


@pytest.mark.parametrize("message", ["Which bus goes there?", "I live in Turku", "", "🙂"])
def test_what_says_nothing_of_the_reply_has_no_cue(message: str) -> None:
    """A question or a fact is no praise and no complaint."""
    assert reaction(message, "It is sunny.") == Reaction()


def test_a_no_that_ends_a_wish_is_no_refusal() -> None:
    """No, thanks: that was all."""
    assert reaction("No, that one is closed", "").refused
    assert not reaction("No thank you, that's all", "").refused
    assert not reaction("Nothing else", "").refused


def test_sentiment_and_cues_add_up_within_the_scale() -> None:
    """And without a reading the cues speak alone."""
    low = satisfaction(-1.0, Reaction(displeased=True, refused=True, let_down=True))

    assert low == 0.0
    assert satisfaction(1.0, Reaction(pleased=True)) == 1.0
    assert satisfaction(None, Reaction(pleased=True)) == 0.65
    assert satisfaction(0.0, Reaction()) == 0.5


def test_a_book_of_a_message_takes_no_time() -> None:
    """Both ends are looked at, which is enough to hear a thanks in either."""
    book = "no thanks " * 100_000
    begun = time.process_time()

    assert reaction("Thank you! " + book, book).pleased
    assert reaction(book + " perfect", "").pleased
    assert time.process_time() - begun < 0.1
