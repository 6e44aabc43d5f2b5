"""Each type of event does its one thing to its room, and says what is odd about it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from roomtone.consents import ConsentGiven, Erased
from roomtone.effects import ACTS, EFFECTS
from roomtone.engine import Engine
from roomtone.events import (
    EVENT_TYPES,
    Event,
    Heartbeat,
    Join,
    Leave,
    Message,
    PollClosed,
    PollOpened,
    PollVote,
    Reaction,
    RelationshipSet,
    Turn,
    TurnRead,
    TurnRevised,
)
from roomtone.room import MOST_REACTED, Room
from roomtone.rooms import CHAT, KINDS, REACTIONS, Rooms
from roomtone.verdicts import ReactionJudged, ReactionReview

T0 = 1_763_719_200


def happen(*events: Event) -> tuple[Rooms, Room, list[str | None]]:
    """A room in which these happened in one second, and what was said of each."""
    rooms = Rooms()
    rooms.advance(T0)
    room = rooms.room("s", T0)
    notes = [EFFECTS[type(event)](rooms, room, event, T0) for event in events]
    rooms.settle()
    return rooms, room, notes


SAID_OF_REACTIONS = (ReactionJudged, ReactionReview)
SAID_OF_PEOPLE = (ConsentGiven, Erased)  # of all rooms, and of none


def counted(rooms: Rooms, kind: int) -> int:
    """How many of a kind stand in the window."""
    return int(rooms.buckets.reshape(-1, KINDS)[:, kind].sum())


def reaction(emoji: str = "👍", **more: Any) -> Reaction:
    return Reaction(session="s", user="ann", emoji=emoji, **more)


def test_every_type_has_its_effect() -> None:
    """Nothing that happens in a room is without one; what two say to each other happens in none."""
    assert (
        *EFFECTS,
        Turn,
        TurnRevised,
        TurnRead,
        RelationshipSet,
        *SAID_OF_REACTIONS,
        *SAID_OF_PEOPLE,
    ) == EVENT_TYPES
    assert set(EFFECTS) >= ACTS


def test_only_people_count_as_chat() -> None:
    """What bots and hosts say is kept, and moves nothing."""
    said = [Message(session="s", user="ann", text="hi", role=r) for r in ("user", "bot", "host")]

    assert counted(happen(*said)[0], CHAT) == 1


def test_a_reaction_can_be_taken_back_once() -> None:
    """The same person, emoji and target; another takes nothing back."""
    back = reaction(action="remove")

    assert counted(happen(reaction(), back)[0], REACTIONS) == 0
    assert counted(happen(reaction(), back, back)[0], REACTIONS) == 0
    assert counted(happen(reaction(), reaction(target="m", action="remove"))[0], REACTIONS) == 1


def test_only_so_many_reactions_are_remembered() -> None:
    """What can be taken back is bounded; all of them count."""
    rooms, room, _ = happen(*(reaction(str(n)) for n in range(MOST_REACTED + 9)))

    room.recall()

    assert len(room.reacted) == MOST_REACTED
    assert counted(rooms, REACTIONS) == MOST_REACTED + 9


@pytest.mark.parametrize(
    ("event", "says"),
    [
        (Join(session="s"), "who came in"),
        (Leave(session="s"), "who left"),
        (Leave(session="s", user="ann"), "join was not seen"),
        (PollVote(session="s", user="ann", poll="p", option=1), "nobody opened"),
        (PollClosed(session="s", poll="p"), "not open"),
    ],
)
def test_what_is_odd_is_said(event: Event, says: str) -> None:
    """It counts as far as it can, with a note."""
    assert says in str(happen(event)[2][0])


def test_what_is_in_order_is_not_remarked_on() -> None:
    """A whole evening without a note."""
    evening = [
        Join(session="s", user="ann"),
        PollOpened(session="s", poll="p"),
        PollVote(session="s", user="ann", poll="p", option=1),
        PollClosed(session="s", poll="p"),
        Heartbeat(session="s"),
        Leave(session="s", user="ann"),
    ]

    assert happen(*evening)[2] == [None] * 6


def test_a_reaction_that_names_a_bot_opens_no_room() -> None:
    """Two who talk are no live room, also where one only sends a heart; in a room it counts."""
    engine = Engine([], [])
    heart = reaction(bot="luna", target="t1")

    engine.apply([heart, reaction(bot="luna", action="remove")], T0 * 1000)
    engine.apply([reaction(bot="luna", at=datetime.fromtimestamp(T0 - 60, UTC))], T0 * 1000)
    assert len(engine.rooms) == 0

    engine.apply([Message(session="s", user="ann", text="hi"), heart], T0 * 1000)
    engine.rooms.settle()
    assert int(engine.rooms.buckets.reshape(-1, KINDS)[:, REACTIONS].sum()) == 1
