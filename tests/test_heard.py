"""What is told of a turn beside its texts is held within its bounds."""

from __future__ import annotations

import math

import pytest

from roomtone.events import RelationshipSet, TurnRead, decode
from roomtone.heard import Standing, on_scale


def test_a_reading_comes_back_as_an_event() -> None:
    """What a model read, what a store has, and of which turn: all of it survives the wire."""
    body = (
        b'{"type":"turn_read","session":"s","id":"t1/read","turn":"t1","bot":"b","user":"u",'
        b'"user_emotion":{"primary":"joy","intensity":0.5},"sentiment":-0.25,'
        b'"standing":{"trust":0.8,"source":"store"}}'
    )
    (event,), refusals, _ = decode(body)

    assert refusals == []
    assert isinstance(event, TurnRead)
    assert event.standing == Standing(trust=0.8)
    assert event.sentiment == -0.25


@pytest.mark.parametrize(
    "wrong",
    [
        b'{"type":"relationship","bot":"b","user":"u","trust":7}',
        b'{"type":"relationship","bot":"b","user":"u","trust":-0.1}',
        b'{"type":"turn_read","session":"s","turn":"t","bot":"b","sentiment":-2}',
        b'{"type":"turn_read","session":"s","turn":"t","bot":"b","standing":{"source":"guess"}}',
        b'{"type":"turn_read","session":"s","turn":"t","bot":"b",'
        b'"user_emotion":{"primary":"a\\nb"}}',
    ],
)
def test_what_is_out_of_range_is_refused(wrong: bytes) -> None:
    """An intensity of 7, an unknown source, a line feed in a name: each with its reason."""
    events, refusals, _ = decode(wrong)

    assert events == []
    assert refusals[0].reason


def test_a_relationship_belongs_to_no_session() -> None:
    """Its owner need not invent one."""
    (event,), _, _ = decode(b'{"type":"relationship","bot":"b","user":"u","trust":0.8}')

    assert isinstance(event, RelationshipSet)
    assert (event.trust, event.affection) == (0.8, None)


@pytest.mark.parametrize("value", [-0.1, 100.1, math.nan, math.inf])
def test_a_score_outside_its_scale_is_refused(value: float) -> None:
    """Rather than cut to it: whoever sends it means another scale."""
    with pytest.raises(ValueError, match="say which scale"):
        on_scale(value, 100)


def test_a_scale_is_never_guessed() -> None:
    """The same number is another share on another scale."""
    assert (on_scale(1.0, 1), on_scale(1.0, 100)) == (1.0, 0.01)
    assert on_scale(0.8, 1) == on_scale(80, 100) == 0.8
