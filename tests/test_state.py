"""State becomes bytes and comes back equal."""

from __future__ import annotations

import numpy as np
import pytest

from roomtone import state
from roomtone.engine import Engine
from roomtone.events import Join, Leave, Message, PollVote, Reaction
from roomtone.rooms import Rooms

T0 = 1_763_719_200


def test_rooms_come_back_equal() -> None:
    """Buckets, people, polls, reactions, free slots: all of it."""
    engine = Engine([], [])
    both = {"session": "s", "user": "a"}
    engine.apply(
        [
            Message(text="x", **both),
            Join(session="t", user="b"),
            Leave(session="t", user="b"),
            PollVote(poll="p", option=1, **both),
            Reaction(emoji="❤️", target="m", **both),
            Message(session="gone", user="c", text="x"),
        ],
        T0 * 1000,
    )
    engine.rooms.close("gone")

    packed = state.pack(state.rooms_out(engine.rooms))
    again = Rooms()
    state.rooms_in(again, state.unpack(packed))

    assert state.pack(state.rooms_out(again)) == packed
    assert again.room("new", T0).slot == engine.rooms.room("new", T0).slot


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int32, np.uint8, np.bool_])
def test_arrays_keep_their_type_and_every_bit(dtype: type) -> None:
    """An array is the same array afterwards, empty ones and NaN included."""
    for array in (np.array([[0, 1], [1, 0]], dtype), np.zeros((0, 3), dtype)):
        back = state.unpack(state.pack({"a": [array]}))["a"][0]

        assert back.dtype == array.dtype and back.shape == array.shape
        assert back.tobytes() == array.tobytes()


def test_what_cannot_be_kept_is_refused() -> None:
    """State is arrays and plain values; anything else is a mistake, told at once."""
    with pytest.raises(TypeError, match="cannot keep"):
        state.pack({"a": object()})
