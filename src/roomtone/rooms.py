"""Who is here and what is recent: all live sessions as columns of one-second buckets."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from roomtone.increments import ACTIVE as ACTIVE
from roomtone.increments import CHAT as CHAT
from roomtone.increments import JOINS as JOINS
from roomtone.increments import KINDS as KINDS
from roomtone.increments import LEAVES as LEAVES
from roomtone.increments import MINUTES as MINUTES
from roomtone.increments import NEVER, UNCHANGED, UNSEEN, Increments, fill, settle, welcome
from roomtone.increments import REACTIONS as REACTIONS
from roomtone.increments import VOTES as VOTES
from roomtone.increments import WINDOW_S as WINDOW_S
from roomtone.points import Ids, Slots
from roomtone.room import Room

LATE_S = 10
"""How late an event may come and still count in its own second."""

PEOPLE_MIN = 30
"""Where nobody says who is present, whoever acted in this many minutes is taken to be."""

POLL_OPEN_S = 600
"""A poll that nobody voted in for this long no longer speaks for the room as it is now."""

POLL_CLOSED_S = 60
"""A closed poll is part of the room for one more window, so that closing it is no drop."""

MOST_POLLS = 50  # open in one room: the oldest, which nobody closed, makes way for another


class Rooms:
    """All live sessions as columns; a session has a slot for as long as it lives.

    `advance` moves the window, and only the caller's clock does: no event can. Increments are
    gathered in lists and put into the columns at once by `settle`, which reading does by itself.
    """

    def __init__(self, *, capacity: int = 16, max_users: int = 200_000) -> None:
        self.max_users = max_users
        self.rooms: dict[str, Room] = {}
        self.by_slot: list[Room | None] = []
        self.ids: Ids = np.full(capacity, None, object)  # by slot, for reading many at once
        self.turnover = 0  # comings and goings of rooms
        self.head = 0  # the newest second that events may fall into
        self.touched: set[int] = set()  # slots in which something happened, since settled
        self.acted: set[int] = set()  # slots in which somebody acted, since settled
        self.changed = np.zeros(capacity, np.bool_)  # has news, by slot; who shows it clears it
        self.stirred = False  # some slot has
        self.free: list[int] = []
        self.news = Increments()
        self.capacity = capacity
        self.buckets = np.zeros((WINDOW_S, capacity, KINDS), np.int32)
        self.minutes = np.zeros((MINUTES, capacity), np.int32)
        self.columns: dict[str, NDArray[Any]] = {
            "live": np.zeros(capacity, np.bool_),  # the slot is taken
            "tallies": np.zeros((capacity, KINDS), np.int64),  # since the session began
            "people": np.zeros(capacity, np.int32),
            "late": np.zeros(capacity, np.int32),
            "present": np.zeros(capacity, np.int32),
            "voters": np.zeros(capacity, np.int32),
            "knows_presence": np.zeros(capacity, np.bool_),
            "poll_until": np.zeros(capacity, np.int64),
            "started": np.zeros(capacity, np.int64),
            "last": np.zeros(capacity, np.int64),  # second of the last event of any kind
            "quiet_since": np.zeros(capacity, np.int64),  # second of the last act
            "beat": np.zeros(capacity, np.int64),  # second of the last heartbeat, 0: never
            "beat_every": np.zeros(capacity, np.float64),  # learned interval, 0: not known
            "counted": np.zeros(capacity, np.int64),  # acts at the last tick, to count since
        }

    def __len__(self) -> int:
        return len(self.rooms)

    # -- rooms come and go -------------------------------------------------------------------

    def room(self, session: str, now: int) -> Room:
        """The room of a session, opened at second `now` if it is new."""
        return self.rooms.get(session) or self._open(session, now)

    def _open(self, session: str, now: int) -> Room:
        if self.free:
            slot = self.free.pop()
        else:
            slot = len(self.by_slot)
            self.by_slot.append(None)
            if slot >= self.capacity:
                self._grow()
        room = Room(session, slot)
        self.rooms[session] = room
        self.by_slot[slot] = room
        self.ids[slot] = session
        self.turnover += 1
        self.columns["live"][slot] = True
        for name in ("started", "last", "quiet_since"):
            self.columns[name][slot] = now
        return room

    def close(self, session: str) -> int:
        """Forget a session; its slot, which is returned, is empty and will be given to another."""
        self.settle()
        room = self.rooms.pop(session)
        slot = room.slot
        self.by_slot[slot] = None
        self.ids[slot] = None
        self.turnover += 1
        self.changed[slot] = False
        self.free.append(slot)
        self.buckets[:, slot] = 0
        self.minutes[:, slot] = 0
        for column in self.columns.values():
            column[slot] = 0
        return slot

    def idle(self, now: int, after_s: int) -> list[str]:
        """Sessions that had no event for `after_s` seconds, by slot."""
        quiet = self.columns["live"] & (self.columns["last"] <= now - after_s)
        return [self.at(slot).id for slot in np.flatnonzero(quiet).tolist()]

    def slots(self) -> Slots:
        """The slots of all live rooms, ascending."""
        return np.flatnonzero(self.columns["live"])

    def at(self, slot: int) -> Room:
        """The room in a slot that is taken."""
        room = self.by_slot[slot]
        assert room is not None, slot
        return room

    def _grow(self) -> None:
        self.settle()
        more = self.capacity
        self.capacity *= 2
        self.buckets = np.concatenate([self.buckets, np.zeros_like(self.buckets)], axis=1)
        self.minutes = np.concatenate([self.minutes, np.zeros_like(self.minutes)], axis=1)
        self.ids = np.concatenate([self.ids, np.full(more, None, object)])
        self.changed = np.concatenate([self.changed, np.zeros(more, np.bool_)])
        for name, column in self.columns.items():
            pad = np.zeros((more, *column.shape[1:]), column.dtype)
            self.columns[name] = np.concatenate([column, pad])

    # -- time --------------------------------------------------------------------------------

    def advance(self, second: int) -> None:
        """Move the window so that `second` is its newest; never back."""
        gone = second - self.head
        if gone <= 0:
            return
        self.settle()
        if gone >= WINDOW_S:
            self.buckets[:] = 0
        else:
            for s in range(self.head + 1, second + 1):
                self.buckets[s % WINDOW_S] = 0
        passed = second // 60 - self.head // 60
        if passed >= MINUTES:
            self.minutes[:] = 0
        else:
            for m in range(self.head // 60 + 1, second // 60 + 1):
                self.minutes[m % MINUTES] = 0
        self.head = second

    # -- events ------------------------------------------------------------------------------

    def count(self, room: Room, kind: int, second: int, by: int = 1) -> None:
        """Count one thing of a kind in a second of the window; `by` -1 takes it back."""
        index = ((second % WINDOW_S) * self.capacity + room.slot) * KINDS + kind
        (self.news.plus if by > 0 else self.news.minus).append(index)

    def act(self, room: Room, user: str | None, second: int, kind: int = -1) -> None:
        """Somebody did something, counted as of a kind: they are active now, and present."""
        if kind >= 0:
            self.count(room, kind, second)
        if user is not None and not (room.gone and room.gone.get(user, NEVER) > second):
            self.activate(room, user, second)  # not somebody who left after they did it

    def activate(self, room: Room, user: str, second: int) -> None:
        """Somebody is active in a second, and present from then on."""
        last = room.users.get(user)
        if last is None:
            if len(room.users) >= self.max_users and not self._prune(room):
                return
            self.news.met.append(room.slot)
        elif last >= second:
            return
        room.users[user] = second
        if second == self.head:
            self.news.acted.append(room.slot)
            self.news.before.append(UNSEEN if last is None else last)
        else:
            self._move(room, last, second)
        if room.present is not None and user not in room.present:
            self._enter(room, user, second, joined=False)

    def _move(self, room: Room, last: int | None, second: int) -> None:
        """Somebody's last act was in `last`, and is in `second`, which is not the newest."""
        base, slot, head = self.capacity, room.slot, self.head
        self.count(room, ACTIVE, second)
        minute = second // 60
        before = NEVER if last is None or last == NEVER else last // 60
        if last is not None and last > head - WINDOW_S:
            self.count(room, ACTIVE, last, -1)
        if before != minute:
            if before > head // 60 - MINUTES and before != NEVER:
                self.news.minute_minus.append((before % MINUTES) * base + slot)
            self.news.minute_plus.append((minute % MINUTES) * base + slot)

    def join(self, room: Room, user: str, second: int) -> None:
        """Somebody came in; who left within the window and is back has never left."""
        self.know_presence(room)
        self.meet(room, user)
        if user in (room.present or ()):
            return
        self._enter(room, user, second, joined=True)

    def leave(self, room: Room, user: str, second: int) -> bool:
        """Somebody left; returns False when nobody saw them come and they count all the same.

        A person counts as leaving once, however often it is said.
        """
        self.know_presence(room)
        assert room.present is not None and room.gone is not None
        if user in room.gone:
            return True
        came = room.present.pop(user, None)
        room.gone[user] = second
        self._rest(room, user)
        if len(room.gone) > self.max_users:
            room.gone.pop(next(iter(room.gone)))
        if came is not None:
            self.columns["present"][room.slot] -= 1
            if came > self.head - WINDOW_S:  # came and went: never part of the room it began with
                room.gone[user] = NEVER
                self.count(room, JOINS, came, -1)
                return True
        self.meet(room, user)
        self.count(room, LEAVES, second)
        return came is not None

    def _rest(self, room: Room, user: str) -> None:
        """Who is gone is no longer active, or a room would get livelier as it empties."""
        last = room.users.get(user, NEVER)
        if last == NEVER:
            return
        room.users[user] = NEVER
        if last > self.head - WINDOW_S:
            self.count(room, ACTIVE, last, -1)
        if last // 60 > self.head // 60 - MINUTES:
            place = (last // 60 % MINUTES) * self.capacity + room.slot
            self.news.minute_minus.append(place)

    def know_presence(self, room: Room) -> None:
        """From the first join or leave on, presence is known; who acted lately was here."""
        if room.present is None:
            room.present, room.gone = {}, {}
            self.columns["knows_presence"][room.slot] = True
            for user, last in room.users.items():
                if last > self.head - PEOPLE_MIN * 60:
                    self._appear(room, user, NEVER)

    def _enter(self, room: Room, user: str, second: int, *, joined: bool) -> None:
        """Somebody is in: they came back, they came, or they were here and we did not know."""
        left = (room.gone or {}).get(user)
        if left is not None and left > self.head - WINDOW_S:
            self._appear(room, user, NEVER)  # was here when the window began, and is again
            self.count(room, LEAVES, left, -1)
        elif joined or left is not None:
            self._appear(room, user, second)
            self.count(room, JOINS, second)
        else:
            self._appear(room, user, NEVER)

    def _appear(self, room: Room, user: str, since: int) -> None:
        assert room.present is not None and room.gone is not None
        if len(room.present) < self.max_users:
            room.present[user] = since
            self.news.came.append(room.slot)
        else:
            room.full = True
        room.gone.pop(user, None)

    def meet(self, room: Room, user: str) -> None:
        if user not in room.users and len(room.users) < self.max_users:
            room.users[user] = NEVER
            self.news.met.append(room.slot)

    def _prune(self, room: Room) -> bool:
        """Make room among too many people: those not seen for half an hour go."""
        keep = self.head - PEOPLE_MIN * 60
        room.users = {user: last for user, last in room.users.items() if last > keep}
        return len(room.users) < self.max_users

    def seat(self, room: Room, people: list[str]) -> None:
        """These people were here before the room was, and nobody saw them leave."""
        self.know_presence(room)
        for user in people:
            self.meet(room, user)
            self._appear(room, user, NEVER)

    def open_poll(self, room: Room, poll: str, second: int) -> None:
        """A poll is open from now on."""
        if poll not in room.polls:
            if len(room.polls) >= MOST_POLLS:
                self.close_poll(room, next(iter(room.polls)), second)
            voted = UNCHANGED if room.polls else 0
            room.polls[poll] = set()
        else:
            voted = UNCHANGED
        self.news.polled += (room.slot, second + POLL_OPEN_S, voted)

    def vote(self, room: Room, poll: str, user: str | None, second: int) -> bool:
        """Somebody voted; returns False when nobody had opened the poll, which opens it."""
        known = poll in room.polls
        self.open_poll(room, poll, second)
        voters = room.polls[poll]
        if user is not None and user not in voters and len(voters) < self.max_users:
            voters.add(user)
            room.voters[user] = room.voters.get(user, 0) + 1
            self.news.polled += (room.slot, second + POLL_OPEN_S, len(room.voters))
        return known

    def close_poll(self, room: Room, poll: str, second: int) -> bool:
        """A poll is over; returns False when it was not open. The last one stays a window long."""
        if (voters := room.polls.get(poll)) is None:
            return False
        if len(room.polls) == 1:
            self.news.polled += (room.slot, second + POLL_CLOSED_S, UNCHANGED)
            room.voters = {}
        else:
            for user in voters:
                room.voters[user] -= 1
                if not room.voters[user]:
                    del room.voters[user]
            self.news.polled += (room.slot, UNCHANGED, len(room.voters))
        del room.polls[poll]
        return True

    def beat(self, room: Room, second: int) -> None:
        """The feed says that it is alive; its rhythm is learned from the last few beats."""
        slot, beat, every = room.slot, self.columns["beat"], self.columns["beat_every"]
        since = second - int(beat[slot])
        if beat[slot] and 0 < since <= 300:
            every[slot] = since if not every[slot] else 0.7 * every[slot] + 0.3 * since
        beat[slot] = max(int(beat[slot]), second)

    def settle(self) -> None:
        """Put the gathered increments into the columns."""
        news, columns = self.news, self.columns
        if not (news or self.acted or self.touched):
            return
        self.stirred = True
        last, quiet = columns["last"], columns["quiet_since"]
        for slots, seconds in ((self.acted, (last, quiet)), (self.touched, (last,))):
            if slots:
                fill(seconds, slots, self.head)
                fill((self.changed,), slots, True)
        self.acted.clear()
        self.touched.clear()
        polls = (columns["poll_until"], columns["voters"])
        welcome(news, columns["people"], columns["present"], *polls)
        counted = (self.buckets, self.minutes, columns["tallies"])
        settle(news, self.head, *counted, last, quiet, self.changed)

    def ticked(self) -> None:
        """A tick has read the rooms: activity is counted anew from here."""
        self.settle()
        tallies = self.columns["tallies"]
        self.columns["counted"] = tallies[:, CHAT] + tallies[:, REACTIONS] + tallies[:, VOTES]
