"""The way in: what is refused, what is known already, and what is durable when we say so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING
from uuid import uuid4

import msgspec
from msgspec.structs import replace

from roomtone.consents import ConsentGiven, Erased
from roomtone.effects import opens_room
from roomtone.errors import DiskFull, RoomtoneError
from roomtone.events import (
    AHEAD,
    CLIENT,
    HISTORIES,
    HISTORY,
    MALFORMED,
    SESSIONS,
    UNAVAILABLE,
    Event,
    Refusal,
    RelationshipSet,
    Turn,
    TurnRead,
    TurnRevised,
    check_names,
    explain_refusal,
)
from roomtone.heard import Standing
from roomtone.records import Batch, SessionSummary
from roomtone.runtime.clock import utc
from roomtone.runtime.histories import FULL, MOST_HISTORIES
from roomtone.runtime.reader import MOST_BEHIND
from roomtone.verdicts import ReactionJudged, ReactionReview

if TYPE_CHECKING:
    from roomtone.runtime.pipeline import Pipeline

AHEAD_MS = 30_000
"""How far a client's clock may be ahead: what is within this counts as now."""

_OF_TURNS = (Turn, TurnRevised, TurnRead, RelationshipSet)
TURNS = frozenset((*_OF_TURNS, ReactionJudged, ReactionReview, ConsentGiven, Erased))
"""What opens no room and belongs to none: it is taken whatever becomes of its session."""

_session = attrgetter("session")

_OWN = {
    TurnRead: "what is read of a turn is read here; send what you know of it in the `turn`",
    ReactionJudged: "what a reaction means is judged here; send the `reaction`",
    Erased: "a person is erased by DELETE /v1/people/USER",
    ReactionReview: "a person's word on a reaction goes to POST /v1/reactions/ID/review",
}

UNDATED = "history needs `at`: say when it happened"

READ_S = 60.0
"""How long history waits while too many turns wait to be read."""

BACKLOG = 200
"""How many entries may wait for the engine before the door makes new ones wait too."""

HISTORY_BACKLOG = 2
"""The same for history, of which one entry may be hours of ticks: what is live stands in the same
queue, and so does the end of the server."""

_Why = tuple[str, str]  # the kind, the reason

_MOST_OWNED = 100_000  # a bound on the bookkeeping of who opened which session


class TooManySessions(RoomtoneError):
    """All that came was for new sessions, and there is no room for more of them."""

    def __init__(self, reason: str, errors: Sequence[Refusal] = ()) -> None:
        super().__init__(reason)
        self._errors = errors

    def refusals(self, places: Iterable[int]) -> list[Refusal]:
        """One for each event; where the engine is elsewhere and told only the reason, all alike."""
        return list(self._errors) or [Refusal(place, str(self), SESSIONS) for place in places]


class Receipt(msgspec.Struct, frozen=True):
    """What became of a request: how many are durable, how many were known, which were refused."""

    accepted: int
    duplicates: int
    errors: list[Refusal]


class Door:
    """Checks what comes, and lets it into the journal."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self._owner: dict[str, str] = {}  # live session: the client that opened it
        self._owned: Counter[str] = Counter()
        self._coming: set[str] = set()  # histories that were let in and are not open yet

    async def submit(
        self,
        events: Sequence[Event],
        refusals: Sequence[Refusal],
        kept: Sequence[int] | None,
        source: str,
        history: bool,
        client: str,
        own: bool = False,
    ) -> Receipt:
        """Take events in; `kept` gives each event's place in the request, beside `refusals`.

        Returns when what was accepted is synced. Raises DiskFull or JournalError when nothing can
        be made durable, TooManySessions when everything was for sessions too many.
        """
        pipeline = self._pipeline
        if history and (len(pipeline.past) > HISTORY_BACKLOG or self._coming):
            await pipeline.settled()  # then those that were coming are open
            self._coming.clear()
            await pipeline.reader.done(READ_S, MOST_BEHIND)
        elif len(pipeline.backlog) > BACKLOG:
            await pipeline.caught_up()
        if trouble := pipeline.journal.trouble or pipeline.fenced:
            pipeline.inspector.turned_away(len(events))
            raise trouble
        errors = list(refusals)
        events, kept = pipeline.erasing.sift(events, kept, errors)
        if not own:
            events, kept = pipeline.consenting.sift(events, kept, errors)
        if not TURNS.isdisjoint(map(type, events)):
            places = range(len(events)) if kept is None else kept
            events, kept = await self._turned(events, places, own, errors)
        arrival = pipeline.clock.now_ms()
        crowded = 0
        opened: set[str] = set()
        if not history and self._all_welcome(events, arrival):
            good = list(events)
        else:
            places = range(len(events)) if kept is None else kept
            opened = {
                event.session
                for event in events
                if event.session not in self._owner and opens_room(event)
            }
            good, crowded = self._sift(events, places, arrival, history, client, errors)
        good = self._not_erased_since(good, events, kept, errors)
        if crowded and not good:
            raise TooManySessions(errors[-1].reason, errors)
        if not good:
            pipeline.inspector.took(source, (), (), arrival)
            return Receipt(0, 0, errors)
        batch = Batch(arrival=arrival, source=source, events=good, history=history)
        begun: set[str] = set()  # sessions that something new is heard of
        try:
            if not history:
                pipeline.due_ticks(arrival // 1000)
            receipt = await pipeline.journal.append(batch)
            if opened:
                known = set(receipt.duplicates)
                begun = {event.session for i, event in enumerate(good) if i not in known}
        except RoomtoneError:
            pipeline.inspector.turned_away(len(good))
            raise
        finally:
            self._release(opened - begun)
        if trouble := pipeline.fenced:  # lost while it was written: not ours to acknowledge
            raise trouble
        if not own:  # what we tell ourselves did not come in
            pipeline.inspector.took(source, good, receipt.duplicates, arrival)
        return Receipt(receipt.accepted, len(receipt.duplicates), errors)

    def _not_erased_since(
        self,
        good: list[Event],
        events: Sequence[Event],
        kept: Sequence[int] | None,
        errors: list[Refusal],
    ) -> list[Event]:
        """Of those that may come in the ones of people who were not erased while we looked."""
        erasing = self._pipeline.erasing
        if not len(erasing.tombstones) or not any(map(erasing.bars, good)):
            return good
        places = range(len(events)) if kept is None else kept
        at = {id(event): place for event, place in zip(events, places, strict=True)}
        return list(erasing.sift(good, [at[id(event)] for event in good], errors)[0])

    async def _turned(
        self, events: Sequence[Event], places: Sequence[int], own: bool, errors: list[Refusal]
    ) -> tuple[list[Event], list[int]]:
        """Turns and what is said of pairs, made whole; what cannot be is refused.

        They may come from this very process, unchecked, and one that cannot be read back would
        keep the journal from being read.
        """
        sets = [event for event in events if type(event) is RelationshipSet]
        standings = await self._pipeline.reader.standings(sets) if sets else {}
        good: list[Event] = []
        kept: list[int] = []
        for place, event in zip(places, events, strict=True):
            made: Event | Refusal = event
            if type(event) in TURNS:
                made = _whole(event, place, own, standings)
            if isinstance(made, Refusal):
                errors.append(made)
                continue
            good.append(made)
            kept.append(place)
        return good, kept

    def _all_welcome(self, events: Sequence[Event], arrival: int) -> bool:
        """Whether nothing is to be said against any: the usual case, at a fraction of the cost."""
        if len(self._pipeline.histories):
            return False
        rooms, owner = self._pipeline.engine.rooms.rooms, self._owner
        unknown = set(map(_session, events)).difference(rooms).difference(owner)
        if unknown and any(one.session in unknown and opens_room(one) for one in events):
            return False
        moments = [event.at for event in events if event.at is not None]
        return not moments or max(moments) <= utc(arrival + AHEAD_MS)

    def _sift(
        self,
        events: Sequence[Event],
        places: Sequence[int],
        arrival: int,
        history: bool,
        client: str,
        errors: list[Refusal],
    ) -> tuple[list[Event], int]:
        """The events that may come in, and how many found no room; `errors` gets the others."""
        good: list[Event] = []
        crowded = 0
        rooms = self._pipeline.engine.rooms.rooms
        histories = self._pipeline.histories
        for place, event in zip(places, events, strict=True):
            if event.at is not None and event.at.timestamp() * 1000 > arrival + AHEAD_MS:
                errors.append(Refusal(place, _ahead(event, arrival), AHEAD))
                continue
            refused = None
            if not opens_room(event):
                if type(event) is Turn and history and event.at is None:
                    errors.append(Refusal(place, UNDATED, HISTORY))
                else:
                    good.append(event)
                continue
            if history:
                refused = self._no_history(event)
            elif event.session not in rooms and event.session not in self._owner:
                refused = self._no_room(event.session, client)
                crowded += refused is not None
            if refused is None and not history and event.session in histories:
                self._release([event.session])
                reason = f"session {event.session!r} is being filled with history; close it first"
                refused = (HISTORY, reason)
            if refused is not None:
                errors.append(Refusal(place, refused[1], refused[0]))
                continue
            good.append(event)
        return good, crowded

    def _no_history(self, event: Event) -> _Why | None:
        if event.at is None:
            return HISTORY, UNDATED
        pipeline = self._pipeline
        if event.session in pipeline.engine.rooms.rooms:
            reason = f"session {event.session!r} is live; give its history a session id of its own"
            return HISTORY, reason
        if event.session in pipeline.histories or event.session in self._coming:
            return None
        most = min(pipeline.settings.limits.max_sessions, MOST_HISTORIES)
        if len(pipeline.histories) + len(self._coming) >= most:
            return HISTORIES, f"{FULL}; close some with POST /v1/history/close"
        self._coming.add(event.session)
        return None

    def _no_room(self, session: str, client: str) -> _Why | None:
        """Why a new session cannot be opened, or None and it is the client's."""
        limits = self._pipeline.settings.limits
        if max(len(self._owner), len(self._pipeline.engine.rooms)) >= limits.max_sessions:
            return SESSIONS, (
                f"{limits.max_sessions} sessions are live, which is the limit of this server; "
                "wait until some end, or raise limits.max_sessions"
            )
        if self._owned[client] >= limits.max_sessions_per_client:
            return CLIENT, (
                f"{limits.max_sessions_per_client} sessions of yours are live, which is the limit "
                "for one client; use fewer ids, or raise limits.max_sessions_per_client"
            )
        if len(self._owner) < _MOST_OWNED:
            self._owner[session] = client
            self._owned[client] += 1
        return None

    def forget(self, ended: Sequence[SessionSummary]) -> None:
        """Sessions have ended: their clients may open others."""
        self._release(summary.session for summary in ended)

    def _release(self, sessions: Iterable[str]) -> None:
        """Nobody owns these: they are over, or nothing new was heard of them after all."""
        for session in sessions:
            client = self._owner.pop(session, None)
            if client is not None:
                self._owned[client] -= 1
                if self._owned[client] <= 0:
                    del self._owned[client]


def _whole(
    event: Event, place: int, own: bool, standings: Mapping[tuple[str, str], Standing]
) -> Event | Refusal:
    """The event as it is kept: a turn with an id, a relationship with how the pair stood."""
    if type(event) in _OWN and not own:
        return Refusal(place, _OWN[type(event)], MALFORMED)
    if isinstance(event, Turn) and not event.id:
        event = replace(event, id=f"turn-{uuid4().hex}")
    if isinstance(event, TurnRevised):
        if event.wrong:
            return Refusal(place, event.wrong, MALFORMED)
        if event.why == "deleted":
            event = replace(event, text="")  # it must not stand in the journal
    if isinstance(event, ConsentGiven) and not event.user:
        return Refusal(place, "who agreed is missing; give `user`", MALFORMED)
    if isinstance(event, RelationshipSet):
        if not event.user:
            return Refusal(place, "whose relationship it is is missing; give `user`", MALFORMED)
        standing = standings.get((event.bot, event.user))
        if standing is not None and standing.source == "estimate":
            if None in (event.trust, event.affection, event.attunement):
                reason = (
                    "how they stand is not known while the archive is away; give `trust`, "
                    "`affection` and `attunement`, or try again"
                )
                return Refusal(place, reason, UNAVAILABLE)
            standing = None
        event = replace(event, standing=standing)
    try:
        check_names(event)
        whole: Event = _DECODER.decode(_ENCODER.encode(event))
        return whole
    except (ValueError, UnicodeError) as error:
        return Refusal(place, explain_refusal(error), MALFORMED)


_ENCODER, _DECODER = msgspec.msgpack.Encoder(), msgspec.msgpack.Decoder[Event](Event)


def _ahead(event: Event, arrival: int) -> str:
    assert event.at is not None
    seconds = event.at.timestamp() - arrival / 1000
    return (
        f"`at` is {seconds:,.0f} s ahead of this server's clock ({utc(arrival):%Y-%m-%d %H:%M:%S} "
        "UTC); set the client's clock, or leave `at` out"
    )


__all__ = ["DiskFull", "Door", "Receipt", "TooManySessions"]
