"""Bodies are read, counted and unpacked within bounds."""

from __future__ import annotations

import gzip

import pytest

from roomtone.web.bodies import Bodies, Held, check_length, is_gzip, unpack
from roomtone.web.problems import Problem

BOMB = gzip.compress(b"0" * 10_000_000)


def test_unpacking_stops_at_its_limit() -> None:
    """A bomb's bytes are never made."""
    with pytest.raises(Problem) as error:
        unpack(BOMB, 1_000_000)

    assert error.value.status == 413
    assert unpack(gzip.compress(b"ab" * 30), 1_000_000) == b"ab" * 30


async def test_what_all_requests_hold_is_counted_until_each_is_answered() -> None:
    """A body in parts is counted as it comes, and let go once."""
    bodies, held = Bodies(), Held()
    messages = [{"body": b"abc", "more_body": True}, {"body": b"de", "more_body": False}]

    async def receive() -> dict[str, object]:
        return {"type": "http.request", **messages.pop(0)}

    assert await bodies.read(receive, held, 5) == b"abcde"
    assert bodies.in_hand == 5
    bodies.release(held)
    assert bodies.in_hand == 0


def test_a_length_that_is_no_number_says_nothing() -> None:
    """What it is will be seen when it comes; one that says too much is refused at once."""
    check_length(b"many", Held(), 10)
    with pytest.raises(Problem, match="11 bytes"):
        check_length(b"11", Held(), 10)
    with pytest.raises(Problem, match="'br'"):
        is_gzip(b"br")
