"""A bot's feelings move with what it says and come back to rest with time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from roomtone.signals.character import REST, Character
from tests.signals.turned import AT, heard, pair, read


def test_a_reply_moves_its_feeling_and_time_draws_it_back() -> None:
    """Full joy adds a fifth; half of what is left is gone after 6.6 hours."""
    own = pair()
    joy = read("joy", intensity=1.0, confidence=1.0)
    (first,) = Character().update(heard(own, bot_emotion=joy))
    later = AT + timedelta(hours=6.5788)
    (second,) = Character().update(heard(own, later, bot_emotion=read("neutral")))

    assert first.tags["dominant_state"] == "joy"
    assert first.fields["joy"] == pytest.approx(REST + 0.2)
    assert first.fields["fear"] == REST
    assert first.fields["emotional_valence"] > 0
    assert second.fields["joy"] == pytest.approx(REST + 0.1, abs=1e-4)


def test_a_bot_at_rest_is_neutral() -> None:
    """No feeling stands out."""
    (row,) = Character().update(heard(bot_emotion=read("neutral")))

    assert row.tags["dominant_state"] == "neutral"
    assert row.fields["emotional_intensity"] == 0


def test_what_was_not_read_moves_nothing() -> None:
    """Neither does what could not be told."""
    assert list(Character().update(heard(bot_emotion=read("unsure")))) == []
    assert list(Character().update(heard(reply="hm"))) == []


def test_feelings_never_leave_their_scale() -> None:
    """However often the bot is angry at once."""
    own = pair()
    for _ in range(50):
        rows = Character().update(
            heard(own, bot_emotion=read("anger", intensity=1.0, confidence=1.0))
        )

    assert rows[0].fields["anger"] == 1.0
