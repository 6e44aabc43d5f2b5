"""What is kept: the journal's entries, and the summary of an ended session."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypedDict

import msgspec

from roomtone.events import Event


class Batch(msgspec.Struct, frozen=True, kw_only=True, tag="batch"):
    """Events that arrived together. `arrival` is the server's clock in epoch milliseconds.

    In a history batch events run on their own time: each session's clock is the latest `at` seen.
    """

    arrival: int
    source: str
    events: list[Event]
    history: bool = False


class Tick(msgspec.Struct, frozen=True, kw_only=True, tag="tick"):
    """The clock stood at `now` (epoch seconds, a multiple of 5): what came before this entry is
    in the tick, what comes after is not."""

    now: int


class Gap(msgspec.Struct, frozen=True, kw_only=True, tag="gap"):
    """Nobody was listening between these two instants (epoch seconds): silence here is ours."""

    start: int
    end: int


class Closed(msgspec.Struct, frozen=True, kw_only=True, tag="closed"):
    """A history session got its last event; what is still open in it is finished."""

    session: str


Entry = Batch | Tick | Gap | Closed


class SessionSummary(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a session for good: its extent, its people, its score and its alarms."""

    session: str
    started: datetime
    ended: datetime | None
    messages: int
    reactions: int
    votes: int
    people: int
    peak_active: int
    mean_score: float | None
    min_score: float | None
    max_score: float | None
    alarms: int
    late: int
    reason: Literal["open", "idle", "end of input"] = "open"

    @property
    def id(self) -> str:
        """One summary is kept per session and start; summarising again renews it."""
        return f"{self.session}/{self.started:%Y%m%dT%H%M%SZ}"


class TurnRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A turn for good: what was said, and what was measured of it, by measurement and field.

    `values["user_emotion"] = {"emotion": "joy", "intensity": .8, …, "source": "model"}`: the tags
    that say something, the numbers and the texts of each measurement that the turn has a point in;
    of `context_switches`, which may have several, the surest.
    """

    id: str
    session: str
    bot: str
    user: str
    at: datetime
    message: str | None = None
    reply: str | None = None
    values: dict[str, dict[str, float | str]] = {}


class Conversation(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation up to now: one person and one bot in one session, without a long pause.

    After a pause a new one begins in the same session: a session may last for years.
    """

    session: str
    bot: str
    user: str
    started: datetime
    ended: datetime  # the last turn's
    turns: int
    quality: float | None = None  # mean of the five of conversation_quality, over its turns
    satisfaction: float | None = None  # mean satisfaction_score
    valence: float | None = None  # mean of the user's, -1 to 1
    emotion: str = ""  # what the user felt most, weighted by intensity; "" if nothing was read
    switches: int = 0
    processing_time_ms: float | None = None  # mean

    @property
    def id(self) -> str:
        """One is kept per session, bot, person and start; telling again renews it."""
        return f"{self.session}\n{self.bot}\n{self.user}\n{self.started:%Y%m%dT%H%M%S.%f}"


class ConversationsSought(TypedDict, total=False):
    """Which conversations, and which page of them; what is absent or None does not narrow it.

    `search` is looked for in session, bot and user, in any case; `start` and `end` are those of
    when it ended. `order` is one of ports.CONVERSATION_ORDERS, else "ended".
    """

    session: str | None
    bot: str | None
    user: str | None
    emotion: str | None
    least_quality: float | None
    most_quality: float | None
    start: datetime | None
    end: datetime | None
    search: str
    order: str
    offset: int
    limit: int  # 100 unless given


class Relationship(msgspec.Struct, frozen=True, kw_only=True):
    """How a person stands to a bot: scores of 0 to 1, after so many turns."""

    bot: str
    user: str
    trust: float
    affection: float
    attunement: float
    source: str  # "store": moved by turns or set by their owner; "default" or "estimate"
    turns: int
    first: datetime
    updated: datetime


class RelationshipsSought(TypedDict, total=False):
    """Which relationships, and which page of them; what is absent or None does not narrow it.

    `search` is looked for in bot and user, in any case.
    """

    bot: str | None
    user: str | None
    search: str
    offset: int
    limit: int  # 100 unless given


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """Something that came in and could not be taken, with the reason; `id` is the store's."""

    at: datetime
    source: str
    reason: str
    raw: bytes
    id: int = 0


class JournalSegment(msgspec.Struct, frozen=True, kw_only=True):
    """What one file of the journal holds: positions, arrivals, counts; its hash once it is full.

    `journal` tells journals apart that share a database: it is the folder that this one lies in.
    """

    journal: str
    base: int
    end: int
    first_arrival: datetime | None
    last_arrival: datetime | None
    entries: int
    events: int
    sealed: bool = False
    sha256: str = ""


_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[Entry] = msgspec.msgpack.Decoder(Entry)


def encode_entry(entry: Entry) -> bytes:
    """An entry as the journal keeps it (MessagePack)."""
    return _encoder.encode(entry)


def decode_entry(data: bytes | memoryview) -> Entry:
    """The entry that `encode_entry` made these bytes from."""
    return _decoder.decode(data)
