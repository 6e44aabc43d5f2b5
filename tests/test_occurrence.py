"""What every event has is there on each type, and is bounded."""

from __future__ import annotations

from roomtone.events import EVENT_TYPES, decode
from roomtone.occurrence import MAX_EMOJI, Occurrence


def test_every_event_says_where_when_and_by_whom() -> None:
    """Whatever happens has these four, under the same names."""
    for kind in EVENT_TYPES:
        assert issubclass(kind, Occurrence)
        assert set(Occurrence.__struct_fields__) <= set(kind.__struct_fields__)


def test_an_emoji_has_a_bound() -> None:
    """Families of several parts and skin tones fit; a novel does not."""
    body = b'{"type":"reaction","session":"s","emoji":"%s"}'

    assert not decode(body % ("👩🏽‍❤️‍💋‍👨🏿".encode()))[1]
    assert decode(body % (b"x" * (MAX_EMOJI + 1)))[1]
