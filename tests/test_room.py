"""A room remembers who reacted, so that they can take it back, and not without end."""

from __future__ import annotations

from roomtone.room import MOST_REACTED, MOST_UNREAD, Room


def test_what_was_unread_is_looked_up_in_its_order() -> None:
    """The same reaction again stands in its newest second; one to nothing has an empty target."""
    room = Room("s", 0)
    room.react("ann", "x", None, 100, 40)
    room.react("bob", "x", "m", 101, 41)
    room.react("ann", "x", None, 102, 42)
    assert room.reacted == {}

    room.recall()

    assert room.reacted == {("ann", "x", ""): 102, ("bob", "x", "m"): 101}
    assert room.unread == []


def test_what_can_no_longer_be_taken_back_makes_way() -> None:
    """Of more than are remembered, the old ones go; where all are new, later ones do."""
    room = Room("s", 0)
    for n in range(MOST_REACTED):
        room.react(f"u{n}", "x", None, 100 + n % 2, 40)
    room.react("new", "x", None, 160, 100)
    for n in range(MOST_REACTED):
        room.react(f"v{n}", "x", None, 160, 100)

    room.recall()

    assert len(room.reacted) == MOST_REACTED
    assert ("u1", "x", "") in room.reacted and ("u0", "x", "") not in room.reacted
    assert ("new", "x", "") in room.reacted and ("v999", "x", "") not in room.reacted


def test_what_is_unread_is_bounded() -> None:
    """A room in which nobody takes anything back keeps no more for it."""
    room = Room("s", 0)
    for n in range(3 * MOST_REACTED):
        room.react("ann", str(n), None, 100, 40)
        assert len(room.unread) < MOST_UNREAD and len(room.reacted) <= MOST_REACTED
