"""A person in series is a name that only the archive's key can make."""

from __future__ import annotations

from datetime import UTC, datetime

from roomtone.points import Field, Measurement, Point
from roomtone.runtime.pseudonyms import pseudonym, veiled

AT = datetime(2026, 1, 1, tzinfo=UTC)
MOOD = Measurement("mood", "a test", ("bot", "user_id"), {"joy": Field("how much")})


def test_persons_are_told_apart_and_not_told() -> None:
    """The same person is the same name, another another, and another key gives others."""
    people = ["ann", "bob", "ann", ""]
    rows = [Point("mood", AT, {"bot": "b", "user_id": one}, {"joy": 0.5}) for one in people]
    block = MOOD.gather(rows)
    names = [point.tags["user_id"] for point in veiled(block, b"key").points()]

    assert names[0] == names[2] == pseudonym(b"key", "ann")
    assert names[3] == "unknown"
    assert len(set(names)) == 3
    assert not any("ann" in name for name in names)
    assert names[0] != pseudonym(b"other", "ann")


def test_what_tells_no_persons_apart_is_left_as_it_is() -> None:
    """The blocks of rooms pass by."""
    room = Measurement("engagement", "a test", ("session",), {"score": Field("how much")})
    block = room.gather([Point("engagement", AT, {"session": "s"}, {"score": 0.5})])

    assert veiled(block, b"key") is block
