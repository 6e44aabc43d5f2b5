"""Counts what happens in live rooms, as most of it does: a message or a reaction, just now.

`gather` and `stretch` are the loops that every event passes through, compiled where the package was
built with a compiler; `gather_plainly` and `stretch_plainly` are the same in Python, and what the
compiled ones are tested against.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from roomtone.compiled import loops
from roomtone.events import Event, Message, Reaction
from roomtone.increments import (
    ACTIVE,
    CHAT,
    JOINS,
    KINDS,
    MINUTES,
    NEVER,
    REACTIONS,
    UNSEEN,
    VOTES,
    WINDOW_S,
)
from roomtone.room import MOST_UNREAD, Room
from roomtone.rooms import LATE_S, POLL_OPEN_S, Rooms

SURELY_IN_TIME = timedelta(seconds=LATE_S - 1)
"""What can be said without a float, whose rounding may end a second a hair before its time."""

Odd = Callable[[int, Event], object]
"""Is told the place of an event that is not as most are, and the event."""


def gather_plainly(
    rooms: Rooms, events: Sequence[Event], now: int, lately: int, on_time: bool, odd: Odd
) -> None:
    """Count events in their rooms; what is not as most are goes to `odd`, uncounted, in its turn.

    `now` is the newest second of `rooms`, in which they arrived if `on_time` says so. Who acted
    after second `lately` is present where that is known.
    """
    this_second = datetime.fromtimestamp(now, UTC)  # what is not before it counts in it
    recent = now - WINDOW_S
    find, activate, news = rooms.rooms.get, rooms.activate, rooms.news
    said, reacted, acted, before = news.said, news.reacted, news.acted, news.before
    # Nearly all that comes is of the newest second. It costs two look-ups here and no call: slots
    # and seconds are noted, and counted at once later.
    for index, event in enumerate(events):
        at = event.at
        if at is not None and at < this_second:
            odd(index, event)
            continue
        if type(event) is Message and event.role == "user":
            room = find(event.session)
            if room is None:
                odd(index, event)
                continue
            said.append(room.slot)
        elif type(event) is Reaction and event.action == "add" and event.bot is None:
            room = find(event.session)
            if room is None:
                odd(index, event)
                continue
            reacted.append(room.slot)
            if event.user:
                room.react(event.user, event.emoji, event.target, now, recent)
        else:
            odd(index, event)
            continue
        user = event.user
        if user is None:
            continue
        last = room.users.get(user, NEVER)
        if last <= lately or room.full:
            activate(room, user, now)
        elif last < now:
            room.users[user] = now
            acted.append(room.slot)
            before.append(last)


def stretch_plainly(
    events: Sequence[Event], start: int, low: datetime, latest: datetime, high: datetime
) -> tuple[int, datetime]:
    """Where a run of events ends that began before `start`, and the latest `at` in it.

    Its events were at `low` or later, before `high`; `latest` is the latest until now.
    """
    for index in range(start, len(events)):
        at = events[index].at
        if at is None or not low <= at < high:
            return index, latest
        if at >= latest:
            latest = at
    return max(len(events), start), latest


if loops is None:
    gather, stretch = gather_plainly, stretch_plainly
else:
    columns = (WINDOW_S, MINUTES, KINDS, CHAT, REACTIONS, VOTES, ACTIVE, JOINS, POLL_OPEN_S)
    loops.know_rooms(Room, columns, MOST_UNREAD, NEVER, UNSEEN)
    gather, stretch = loops.gather, loops.stretch
