"""The length of a reply is counted, and what a turn lacks is left out."""

from __future__ import annotations

from roomtone.signals.response import Response
from tests.signals.turned import heard


def test_a_reply_is_measured_beside_what_was_asked() -> None:
    """Words, characters, their ratio, and the time it took."""
    (row,) = Response().update(
        heard(message="How are you?", reply="I'm well, and you? 😀", processing_time_ms=840)
    )

    assert row.fields == {
        "chars": 20,
        "words": 4,
        "message_chars": 12,
        "message_words": 3,
        "ratio": 4 / 3,
        "processing_time_ms": 840,
    }


def test_a_turn_without_a_reply_has_no_length() -> None:
    """What it took may be known all the same."""
    (row,) = Response().update(heard(message="…", processing_time_ms=5))

    assert row.fields == {"message_chars": 1, "message_words": 0, "processing_time_ms": 5}
    assert list(Response().update(heard(message="hi"))) == []
