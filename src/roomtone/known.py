"""The reactions that are remembered, found by whose they are and what they are on."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Reversible

from msgspec import structs

from roomtone.events import Event, Reaction
from roomtone.reacted import Held
from roomtone.verdicts import ReactionJudged

MOST_HELD = 14_000
"""How many reactions are remembered, so that one that is taken back is known; the oldest that are
settled go first. Of one that is forgotten the archive tells. More than wait to be judged at most;
each costs two kilobytes, and as much again while a store that fell behind is caught up."""

MOST_OTHERS = 20
"""How many other emoji on a message are told of."""

_OF_REACTIONS = (Reaction, ReactionJudged)

Live = tuple[str, str, str, str]  # session, user, emoji, target
_Place = tuple[str, str]
_Index = dict[_Place, str | dict[str, None]]
"""Ids by place, in order: the id itself where there is one, as on most messages there is."""


class Known:
    """Reactions by their ids, in the order in which they came; those taken back are found by id
    alone.
    """

    def __init__(self, held: Iterable[Held] = ()) -> None:
        self.held: OrderedDict[str, Held] = OrderedDict()
        self._live: dict[Live, str] = {}
        self._on: _Index = {}  # by session and target
        self._by: _Index = {}  # by session and person
        for one in held:
            self.held[one.of.id] = one
            self._index(one)

    def hold(self, held: Held) -> None:
        """Remember one, and forget the oldest that is settled where there are too many."""
        self.held[held.of.id] = held
        self._index(held)
        if len(self.held) > MOST_HELD:
            for id, one in self.held.items():
                if one.state != "waiting" and one is not held:
                    self.leave(one)
                    del self.held[id]
                    break

    def _index(self, held: Held) -> None:
        if held.state == "retracted":
            return
        of = held.of
        if of.user:
            self._live[held.live] = of.id
        _put(self._on, (of.session, of.target), of.id)
        _put(self._by, (of.session, of.user), of.id)

    def leave(self, held: Held) -> None:
        """It was taken back: from now on its id alone tells of it."""
        of = held.of
        if self._live.get(held.live) == of.id:
            del self._live[held.live]
        for index, key in ((self._on, of.target), (self._by, of.user)):
            _drop(index, (of.session, key), of.id)

    def live(self, live: Live) -> Held | None:
        """The one that a person sees on a message, if it is there."""
        id = self._live.get(live)
        return None if id is None else self.held[id]

    def of(self, session: str, user: str, *, latest: bool = False) -> Iterator[Held]:
        """A person's in a session, the oldest or the latest first."""
        own = _ids(self._by, (session, user))
        return (self.held[id] for id in (reversed(own) if latest else own))

    def told(self, events: Iterable[Event]) -> Iterator[Event]:
        """Reactions and what was found of them, for who remembers: what was taken back is judged no
        more, and what is taken back names the bot whose message it was on.
        """
        for event in [one for one in events if type(one) in _OF_REACTIONS]:
            if isinstance(event, ReactionJudged):
                held = self.held.get(event.of.id)
                if held is not None and held.state == "retracted":
                    continue
            elif isinstance(event, Reaction) and event.action == "remove" and event.bot is None:
                live = (event.session, event.user or "", event.emoji, event.target or "")
                held = self.live(live)
                if held is not None and held.of.bot:
                    event = structs.replace(event, bot=held.of.bot)
            yield event

    def others(self, session: str, target: str, emoji: str) -> list[str]:
        """The other emoji on a message."""
        on = (self.held[id] for id in _ids(self._on, (session, target))) if target else ()
        return sorted({one.of.emoji for one in on} - {emoji})[:MOST_OTHERS]


def _put(index: _Index, place: _Place, id: str) -> None:
    among = index.setdefault(place, id)
    if isinstance(among, dict):
        among[id] = None
    elif among != id:
        index[place] = {among: None, id: None}


def _drop(index: _Index, place: _Place, id: str) -> None:
    among = index.get(place)
    if isinstance(among, dict):
        among.pop(id, None)
    if among == id or among == {}:
        del index[place]


def _ids(index: _Index, place: _Place) -> Reversible[str]:
    among = index.get(place, ())
    return (among,) if isinstance(among, str) else among
