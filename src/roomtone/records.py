"""What is kept: the journal's entries, sessions, turns, conversations, standings, memories."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, NotRequired, TypedDict
from uuid import UUID, uuid5

import msgspec

from roomtone.events import Event
from roomtone.heard import Recalled
from roomtone.training_data import AgentLog, Role, Why


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
    conversation: str = ""  # the id of the Conversation it belongs to
    processing_time_ms: float | None = None
    recalled: list[Recalled] | None = None  # as the turn told, or who looked them up
    quality: float | None = None  # of the reply, by the documents' formula
    quality_v2: float | None = None  # by ours, where it is known at once; see below
    before: str = ""  # the id of the turn before it in its conversation, if that had a reply
    before_quality: float | None = None  # quality_v2 of that reply: this message shows it
    agents: list[AgentLog] = []
    model: str = ""  # what wrote the reply, where the sender said so
    platform: str = ""
    language: str = ""  # of the message, ISO 639-1
    revised: dict[Role, Why] = {}  # what became of its texts: an archive tells it, nobody else


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
        return conversation_id(self.session, self.bot, self.user, self.started)


def conversation_id(session: str, bot: str, user: str, started: datetime) -> str:
    """What a conversation is kept by."""
    return f"{session}\n{bot}\n{user}\n{started:%Y%m%dT%H%M%S.%f}"


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


TIERS = ("session", "sub_temporary", "temporary", "permanent", "personal")
"""Where memories are kept, from the shortest on: 2, 10 and 30 days, and two without an end."""

VECTORS = ("content", "emotion", "semantic")
"""What of a memory has a vector: what was said; how it felt; what was said and answered."""

_MEMORIES = UUID("6f0d6c52-9d5e-5d0c-8a55-3b1f6a6f7c11")


def memory_id(bot: str, *cause: str) -> str:
    """The id of the memory that a cause leaves with a bot: the same one each time.

    >>> memory_id("luna", "s", "t") == memory_id("luna", "s", "t") != memory_id("nova", "s", "t")
    True
    """
    return str(uuid5(_MEMORIES, "\0".join((bot, *cause))))


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """Another memory that one has to do with, and how near it is, 0 to 1."""

    id: str
    kind: Literal["similar", "same_feeling", "reaction_to", "supersedes", "contradicts"] = "similar"
    strength: float = 1.0


class Memory(msgspec.Struct, frozen=True, kw_only=True):
    """What a bot remembers of a person, where it comes from, and why it is kept as it is.

    `id` is a UUID made of what left the memory (`memory_id`), and `source` tells that in words.
    Shares are 0 to 1; what is not known is None or "". `answered` counts the recalls whose answer
    was seen, `used` those of them that drew on the memory; `helped` is the sum (each -1 to 1), and
    `judged` the number, of what people's turns then made of it.
    """

    id: str
    bot: str
    user: str
    at: datetime  # when it was said
    content: str
    response: str = ""  # what was answered
    context: str = ""  # what was said before
    session: str = ""
    interaction_type: str = "conversation"  # "emoji_reaction", "note", or the sender's own
    source: str = ""
    tier: str = "session"  # one of TIERS
    reason: str = ""  # why it is in this tier, for people
    expires: datetime | None = None
    importance: float = 0.5
    emotion: str = ""  # the person's, when it was said
    intensity: float | None = None
    valence: float | None = None  # -1 to 1
    tags: tuple[str, ...] = ()
    related: tuple[Link, ...] = ()
    accesses: int = 0  # how often it was recalled
    accessed: datetime | None = None
    answered: int = 0
    used: int = 0
    helped: float = 0.0
    judged: int = 0
    training_relevance: float | None = None
    verified: bool = False  # by a person
    verified_at: datetime | None = None
    corrected_at: datetime | None = None  # a person changed the text
    hidden: bool = False  # kept, and never recalled
    superseded_by: str = ""  # the id of the memory that holds instead
    metadata: dict[str, str | float] = {}


class Recollection(msgspec.Struct, frozen=True, kw_only=True):
    """A memory that was recalled: how near it is to what was asked, and why it comes where it does.

    `similarity` is a cosine, or a share of what is asked for; `score` is what they are ordered by.
    """

    memory: Memory
    similarity: float
    score: float
    why: str


class MemoryUse(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be added to a memory's counts."""

    id: str
    bot: str
    at: datetime
    accesses: int = 0
    answered: int = 0
    used: int = 0
    helped: float = 0.0
    judged: int = 0


class MemoryFilter(TypedDict, total=False):
    """Which of a bot's memories; what is absent or None does not narrow it.

    `start` and `end` are those of when it was said. `alive` leaves out what is expired then.
    `hidden` and `superseded` False leave those out.
    """

    user: str | None
    session: str | None
    tier: str | None
    interaction_type: str | None
    start: datetime | None
    end: datetime | None
    alive: datetime | None
    hidden: bool | None
    superseded: bool | None
    verified: bool | None


class MemoriesSought(MemoryFilter, total=False):
    """Which memories, and which page of them; `search` is looked for in the texts, in any case."""

    bot: str | None
    search: str
    offset: int
    limit: int  # 100 unless given


class RecallAsked(TypedDict):
    """How a bot's memories of a person are looked through for a recall."""

    model: str  # that made the question's vector
    name: NotRequired[str]  # of the vectors it is compared with; `content` unless given
    limit: int  # of the nearest of each tier
    words: Sequence[str]  # of the question, by their stems
    each: int  # memories of each word, at most
    alive: datetime  # nothing that is expired then


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
