"""What each type of event does to the room that it happened in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple

from roomtone.events import (
    Event,
    Heartbeat,
    Join,
    Leave,
    Message,
    PollClosed,
    PollOpened,
    PollVote,
    Reaction,
)
from roomtone.increments import NEVER
from roomtone.room import Room
from roomtone.rooms import CHAT, REACTIONS, VOTES, WINDOW_S, Rooms


class Note(NamedTuple):
    """Something worth telling about one event of a batch: it was late, or not quite as expected."""

    place: int
    outcome: Literal["late", "note"]
    reason: str


def _message(rooms: Rooms, room: Room, event: Message, second: int) -> str | None:
    if event.role == "user":
        rooms.act(room, event.user, second, CHAT)
    return None


def _reaction(rooms: Rooms, room: Room, event: Reaction, second: int) -> str | None:
    key = (event.user, event.emoji, event.target or "") if event.user else None
    if event.action == "add":
        rooms.count(room, REACTIONS, second)
        if key is not None:
            room.react(*key, second, rooms.head - WINDOW_S)
    elif key is not None:
        _unreact(rooms, room, key)
    rooms.act(room, event.user, second)
    return None


def _unreact(rooms: Rooms, room: Room, key: tuple[str, str, str]) -> None:
    """Within the window, it was none."""
    room.recall()
    second = room.reacted.pop(key, NEVER)
    if second > rooms.head - WINDOW_S and second != NEVER:
        rooms.count(room, REACTIONS, second, -1)


def _join(rooms: Rooms, room: Room, event: Join, second: int) -> str | None:
    if event.user is None:
        return "a join without `user` tells nothing; say who came in"
    rooms.join(room, event.user, second)
    return None


def _leave(rooms: Rooms, room: Room, event: Leave, second: int) -> str | None:
    if event.user is None:
        return "a leave without `user` tells nothing; say who left"
    if rooms.leave(room, event.user, second):
        return None
    return "a leave of somebody whose join was not seen: counted once"


def _poll_opened(rooms: Rooms, room: Room, event: PollOpened, second: int) -> str | None:
    rooms.open_poll(room, event.poll, second)
    return None


def _poll_vote(rooms: Rooms, room: Room, event: PollVote, second: int) -> str | None:
    known = rooms.vote(room, event.poll, event.user, second)
    rooms.act(room, event.user, second, VOTES)
    return None if known else "a vote for a poll that nobody opened: taken as open from now on"


def _poll_closed(rooms: Rooms, room: Room, event: PollClosed, second: int) -> str | None:
    if rooms.close_poll(room, event.poll, second):
        return None
    return "a poll was closed that was not open: nothing changed"


def _heartbeat(rooms: Rooms, room: Room, event: Heartbeat, second: int) -> str | None:
    rooms.beat(room, second)
    return None


def is_said(event: Event) -> bool:
    """Whether a person said something, which is what counts as chat.

    >>> is_said(Message(session="s", text="hi"))
    True
    """
    return type(event) is Message and event.role == "user"


def opens_room(event: Event) -> bool:
    """Whether it happens in a room: what two say to each other does not, nor does a reaction that
    says to which bot.

    >>> opens_room(Reaction(session="s", emoji="x")), opens_room(Heartbeat(session="s"))
    (True, True)
    >>> opens_room(Reaction(session="s", emoji="x", bot="luna"))
    False
    """
    return type(event) in EFFECTS and not (type(event) is Reaction and event.bot is not None)


def passes_by(rooms: Rooms, event: Event) -> bool:
    """Whether it would have to open a room, and does not."""
    return type(event) is Reaction and event.bot is not None and event.session not in rooms.rooms


ACTS = frozenset((Message, Reaction, PollVote))
"""After these a room is not quiet."""

EFFECTS: Mapping[type, Callable[[Rooms, Room, Any, int], str | None]] = {
    Message: _message,
    Reaction: _reaction,
    Join: _join,
    Leave: _leave,
    PollOpened: _poll_opened,
    PollVote: _poll_vote,
    PollClosed: _poll_closed,
    Heartbeat: _heartbeat,
}
