"""What was said lately in rooms, so that a reaction finds the message that it is a reaction to."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Collection
from itertools import islice
from typing import Literal

import msgspec

from roomtone.events import Message
from roomtone.verdicts import Line

EACH = 40
"""How many messages of a session are remembered: a chat of a hundred people has said as many in a
minute or two, and what is further up the screen is seldom reacted to."""

MOST = 40_000
"""How many in all; of the sessions that have been silent longest they go first. 20 MB at most."""

MOST_CHARS = 500
"""How much of each, from its beginning: a judge reads no more."""

BEFORE = 5
"""Messages before the one reacted to that are taken down with it."""


class Heard(msgspec.Struct, frozen=True, array_like=True):
    """One message as it is remembered."""

    id: str
    user: str
    role: Literal["user", "bot", "host"]
    text: str
    ms: int
    to: str = ""  # the id of what it answers


class Around(msgspec.Struct, frozen=True):
    """A message with those before it, the oldest first; `answers` is whom it answers, if known."""

    message: Heard
    before: list[Heard]
    answers: str = ""


_Said = Heard | tuple[Message, int]  # with when it arrived


class Overheard:
    """The newest messages of each session. The same calls remember the same."""

    def __init__(self) -> None:
        self._rooms: OrderedDict[str, deque[_Said]] = OrderedDict()
        self._count = 0

    def hear(self, message: Message, arrival: int) -> None:
        """Remember what was said."""
        session = message.session
        room = self._rooms.get(session)
        if room is None:
            room = self._rooms[session] = deque(maxlen=EACH)
        else:
            self._rooms.move_to_end(session)
        if len(room) < EACH:
            self._count += 1
        # Nearly all that is said is never asked for: it is made a `Heard` when it is.
        short = len(message.text) <= MOST_CHARS
        room.append((message, arrival) if short else _heard((message, arrival)))
        while self._count > MOST:
            _, oldest = self._rooms.popitem(last=False)
            self._count -= len(oldest)

    def around(self, session: str, id: str) -> Around | None:
        """The message of this id and those before it; None where it was not heard, or long ago."""
        room = self._rooms.get(session, ())
        place = _place(room, id)
        if place < 0:
            return None
        *before, message = [_heard(one) for one in islice(room, max(0, place - BEFORE), place + 1)]
        return Around(message, before, _answered(message, before))

    def after(self, session: str, id: str, most: int) -> list[Heard]:
        """The first messages after that of this id, as far as they are remembered."""
        room = self._rooms.get(session, ())
        place = _place(room, id)
        if place < 0:
            return []
        return [_heard(one) for one in islice(room, place + 1, place + 1 + most)]

    def snapshot(self) -> bytes:
        """Everything that is remembered."""
        rooms = [(name, [_heard(one) for one in room]) for name, room in self._rooms.items()]
        return msgspec.msgpack.encode(rooms)

    def restore(self, saved: bytes) -> None:
        """Go on exactly as the one would have that the snapshot was taken of."""
        rooms = _ROOMS.decode(saved)
        self._rooms = OrderedDict((name, deque(room, maxlen=EACH)) for name, room in rooms)
        self._count = sum(map(len, self._rooms.values()))


_ROOMS = msgspec.msgpack.Decoder(list[tuple[str, list[Heard]]])


def _heard(said: _Said) -> Heard:
    if isinstance(said, Heard):
        return said
    message, arrival = said
    at = message.at
    return Heard(
        message.id or "",
        message.user or "",
        message.role,
        message.text[:MOST_CHARS],
        arrival if at is None else round(at.timestamp() * 1000),
        message.reply_to or "",
    )


def _place(room: Collection[_Said], id: str) -> int:
    """Where the latest message of this id is; -1 where none is."""
    found = -1
    for place, said in enumerate(room):
        if (said.id if isinstance(said, Heard) else said[0].id) == id:
            found = place
    return found


def _answered(message: Heard, before: list[Heard]) -> str:
    """Whom a message answers: the writer of what it replies to, else the last person before it."""
    if message.to:
        return next((one.user for one in reversed(before) if one.id == message.to), "")
    return next((one.user for one in reversed(before) if one.role == "user"), "")


def line_of(heard: Heard, user: str) -> Line:
    """A message as a judge sees it who looks at a reaction of `user`.

    >>> line_of(Heard("1", "ann", "user", "hi", 0), "bob")
    Line(who='other', text='hi')
    """
    mine = bool(user) and heard.user == user
    return Line(who="bot" if heard.role == "bot" else "user" if mine else "other", text=heard.text)
