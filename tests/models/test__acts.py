"""What is asked for is told from words of asking that stand in what is told, in any script."""

from __future__ import annotations

import pytest

from roomtone.models._acts import asked, opening, sentences


@pytest.mark.parametrize(
    "text",
    [
        "Can you explain it?",
        "I see. Tell me how tides work",
        "Book a table for two, please.",
        "I'm looking for a plumber.",
        "Wie funktioniert das?",
        "¿Cómo funciona la fotosíntesis?",
        "相対性理論を教えて",
        "请解释一下",
    ],
)
def test_a_request_is_one_with_a_question_mark_or_without(text: str) -> None:
    """A question, an order, a need."""
    assert asked(text).requests >= 1.0 and asked(text).last == "a request"


@pytest.mark.parametrize(
    "text",
    [
        "I never knew how much they paid for it, which is sad.",
        "He told everybody who was there why he left.",
        "Ich habe gehört, wie lange das gedauert hat.",
    ],
)
def test_words_of_asking_in_what_is_told_ask_nothing(text: str) -> None:
    """Which, how, why and who stand in many a sentence that wants nothing."""
    assert asked(text).nothing and asked(text).last == "what is told"


def test_who_asks_for_a_view_asks_half() -> None:
    """It is a question to the other, and no order."""
    told = asked("Should I take the red one?")

    assert 0.0 < told.requests < 1.0 and told.last == "a question to you"


def test_where_nothing_was_said_nothing_is_told_of_it() -> None:
    """No message is not the same as one that asks nothing."""
    assert not asked("").nothing and not asked(" \n").nothing
    assert asked("").last == "" and opening("") == ([], "")


def test_sentences_end_at_marks_of_all_scripts() -> None:
    """And at lines; what has no mark at its end is one all the same."""
    assert sentences("はい。そうです！ ok") == ["はい。", "そうです！", "ok"]
    assert sentences("One\nTwo? Three") == ["One", "Two?", "Three"]


def test_a_message_opens_with_its_first_words_alone() -> None:
    """What it says later is no opening."""
    cues, first = opening("Sure. I am so sorry to hear that!")

    assert "acknowledges" in cues and "comfort" not in cues and first == "Sure."
