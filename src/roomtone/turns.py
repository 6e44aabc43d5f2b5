"""A turn as signals measure it: what was said, what was read in it, and how the pair stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec
from msgspec import structs

from roomtone.emotions import UNSURE, Reading, reading
from roomtone.events import Turn
from roomtone.heard import Context, Feeling, Looked, Recalled, Standing
from roomtone.points import Measurement, Point
from roomtone.records import Conversation, Relationship, conversation_id

REMEMBERED = 1_000
"""How many characters of the last message and the last reply a conversation remembers: enough to
tell whether the next one changes the topic."""


BURST_MS = 1_000
"""Turns of a pair this close in time are told apart by a millisecond each."""

NEW_PAIR = (0.40, 0.35, 0.45)
"""Trust, affection and attunement of a pair that nobody knows anything of."""


class Pair(msgspec.Struct, kw_only=True):
    """One person and one bot, over all their sessions, up to now. Times are epoch milliseconds.

    `trust`, `affection` and `attunement` are 0..1, and None until somebody knows; `source` says
    who does: "store" (a kept relationship, moved by turns or set by its owner), "default" (a new
    pair) or "estimate" (the store could not be asked).
    """

    bot: str
    user: str
    turns: int = 0
    first_ms: int | None = None
    last_ms: int = 0
    said_ms: int | None = None  # when the turn before was, as it was told
    put_ms: int = 0  # and where it was put
    trust: float | None = None
    affection: float | None = None
    attunement: float | None = None
    source: str = "default"
    valence: float | None = None  # of the user's messages, an exponential mean
    variance: float = 0.0  # of the same, around that mean
    character: dict[str, float] = {}  # the bot's own feelings towards this person, 0..1
    character_ms: int = 0  # when they were brought up to date

    @property
    def is_known(self) -> bool:
        """Whether a store, an owner or the defaults say how they stand."""
        return self.trust is not None and self.source != "estimate"

    def learn(self, standing: Standing) -> None:
        """Take what a store said of a pair that nobody here knew; what an owner has said stays.

        An estimate says nothing: the store is asked again.
        """
        if standing.source == "estimate" or self.is_known:
            return
        told = (standing.trust, standing.affection, standing.attunement)
        self.trust, self.affection, self.attunement = (
            known if known is not None else usual
            for known, usual in zip(told, NEW_PAIR, strict=True)
        )
        self.source = standing.source
        self.turns += standing.turns
        if standing.first_ms is not None:
            self.seen(standing.first_ms)

    def seen(self, ms: int) -> None:
        """Something of theirs was at this time."""
        self.last_ms = ms if self.first_ms is None else max(self.last_ms, ms)
        self.first_ms = ms if self.first_ms is None else min(self.first_ms, ms)

    def place(self, ms: int) -> int:
        """Where a turn of this time stands: a millisecond behind one that it would lie upon.

        Of turns that come in order none lies on another; of those that come out of order, two may.
        """
        place = ms
        if ms == self.said_ms:
            place = self.put_ms + 1
        elif self.said_ms is not None and 0 <= self.last_ms - ms < BURST_MS:
            place = self.last_ms + 1
        self.said_ms, self.put_ms = ms, place
        return place

    def kept(self) -> Relationship:
        """How the pair stands, to be kept; it must be known how."""
        assert self.trust is not None
        assert self.affection is not None
        assert self.attunement is not None
        return Relationship(
            bot=self.bot,
            user=self.user,
            trust=self.trust,
            affection=self.affection,
            attunement=self.attunement,
            source=self.source,
            turns=self.turns,
            first=utc(self.first_ms or 0),
            updated=utc(self.last_ms),
        )


class Talk(msgspec.Struct, kw_only=True):
    """A conversation up to now: a pair in one session. Sums are over its turns.

    `quality`, `satisfaction`, `valence` and `processing_ms` are (sum, how many had one).
    """

    session: str
    bot: str
    user: str
    started_ms: int
    ended_ms: int
    turns: int = 0
    quality: tuple[float, int] = (0.0, 0)
    satisfaction: tuple[float, int] = (0.0, 0)
    valence: tuple[float, int] = (0.0, 0)
    processing_ms: tuple[float, int] = (0.0, 0)
    switches: int = 0
    felt: dict[str, float] = {}  # intensity by label, of the user
    message: str = ""  # the last ones, shortened to REMEMBERED
    reply: str = ""
    context: Context | None = None
    emotion: str = ""  # the user's in the turn before; "" before any was read
    intensity: float | None = None  # None where that was not told
    last: str = ""  # the id of the last turn

    @property
    def id(self) -> str:
        """That of the conversation, as it is kept."""
        return conversation_id(self.session, self.bot, self.user, utc(self.started_ms))

    def remember(self, heard: Heard, ms: int) -> None:
        """What its next turn needs to know of this one, which was measured."""
        turn, values, mood = heard.turn, heard.values, heard.user_emotion
        self.turns += 1
        self.last, self.ended_ms = turn.id or "", max(self.ended_ms, ms)
        self.message, self.reply = shortened(turn.message), shortened(turn.reply)
        quality = values.get("conversation_quality", {})
        self.quality = added(self.quality, quality.get("overall"))
        self.satisfaction = added(self.satisfaction, quality.get("satisfaction_score"))
        self.processing_ms = added(self.processing_ms, turn.processing_time_ms)
        self.switches += "context_switches" in values
        if turn.context is not None:
            self.context = turn.context
        if mood is not None and mood.primary != UNSURE:
            strength = heard.told("user", "intensity")
            weight = 1.0 if strength is None else strength
            self.valence = added(self.valence, mood.valence)
            self.felt[mood.primary] = self.felt.get(mood.primary, 0.0) + weight
            self.emotion, self.intensity = mood.primary, strength

    def kept(self) -> Conversation:
        """The conversation as it is kept: means over those of its turns that have a number.

        >>> talk = Talk(session="s", bot="b", user="u", started_ms=0, ended_ms=60_000, turns=3)
        >>> talk.quality, talk.felt = (1.2, 2), {"joy": 0.4, "fear": 0.9}
        >>> kept = talk.kept()
        >>> kept.quality, kept.satisfaction, kept.emotion
        (0.6, None, 'fear')
        """
        felt = self.felt
        return Conversation(
            session=self.session,
            bot=self.bot,
            user=self.user,
            started=utc(self.started_ms),
            ended=utc(self.ended_ms),
            turns=self.turns,
            quality=_mean(self.quality),
            satisfaction=_mean(self.satisfaction),
            valence=_mean(self.valence),
            emotion=max(felt, key=lambda label: (felt[label], label), default=""),
            switches=self.switches,
            processing_time_ms=_mean(self.processing_ms),
        )


class Pending(msgspec.Struct, kw_only=True, array_like=True):
    """A turn that waits to be read, with what is needed to read it.

    `before` is the message and the reply before it in its conversation, shortened. `asks` is
    whether nobody here knows how the pair stands.
    """

    turn: Turn
    ms: int  # when it was said
    arrival: int
    before: tuple[str, str] = ("", "")
    asks: bool = False
    source: str = ""  # whence it came

    @property
    def key(self) -> tuple[str, str]:
        """Its session and its id."""
        return self.turn.session, self.turn.id or ""

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        turn = self.turn
        agents = 500 * len(turn.agents)
        labels = sum(len(one.scores) for one in (turn.user_emotion, turn.bot_emotion) if one)
        parts = 300 * len(turn.memories or ()) + 200 * labels + 4 * REMEMBERED
        return self.chars + parts + agents + 1_000

    @property
    def chars(self) -> int:
        """How much text it holds."""
        return len(self.turn.message or "") + len(self.turn.reply or "")


@dataclass(slots=True)
class Heard:
    """One turn with all that is known of it, for signals: they add to `values` and to the pair.

    What the sender of the turn said himself has source "measured", what a model read "model";
    what nobody knows is None. `pair` and `talk` stand as they were before this turn; signals are
    asked in a fixed order and may change what is theirs in the pair, and nothing in the talk.
    `values` holds, by measurement, the fields that signals before this one gave.
    """

    turn: Turn
    at: datetime  # in UTC, to the millisecond, and never that of the pair's turn before
    pair: Pair
    talk: Talk
    user_emotion: Reading | None = None
    bot_emotion: Reading | None = None
    relevance: float | None = None  # 0..1, of the reply to the message
    shift: float | None = None  # 0..1, how surely the message changes the topic
    sentiment: float | None = None  # -1..1, of the message
    reactions: int = 0  # of the person in this talk so far, without those taken back
    content: float | None = None  # 0..1, how content the message shows them with the reply before
    looked: Looked | None = None  # what became of what was looked up in memory
    values: dict[str, dict[str, float | str]] = field(default_factory=dict)

    @property
    def ms(self) -> int:
        """The turn's time in epoch milliseconds."""
        return round(self.at.timestamp() * 1000)

    @property
    def memories(self) -> Sequence[Recalled] | None:
        """What was looked up for it: as its sender told, else as it was recalled here."""
        if self.turn.memories is None and self.looked is not None:
            return self.looked.memories
        return self.turn.memories

    def told(self, whose: Literal["user", "bot"], name: Literal["intensity", "confidence"]) -> Any:
        """How strong a feeling is, or how sure that: None where nobody says, and never 0 for it."""
        said: Feeling | None = getattr(self.turn, f"{whose}_emotion")
        read: Reading | None = getattr(self, f"{whose}_emotion")
        return getattr(read if said is None else said, name, None)

    def point(
        self,
        measurement: Measurement,
        fields: Mapping[str, float | None],
        source: str,
        texts: Mapping[str, str] | None = None,
        **tags: str,
    ) -> Point:
        """A row of this turn: its bot and person, its session, who says so, and these numbers.

        What is None is left out. Every measurement of turns declares the tags `bot` and `user_id`
        and the texts `session_id` and `source`.
        """
        numbers = {name: float(value) for name, value in fields.items() if value is not None}
        words = {"session_id": self.turn.session, "source": source, **(texts or {})}
        told: dict[str, float | str] = {**numbers, **words, **tags}
        known = self.values.get(measurement.name)
        if known is None or _sureness(told) >= _sureness(known):
            self.values[measurement.name] = told
        return Point(
            measurement.name,
            self.at,
            {"bot": self.turn.bot, "user_id": self.turn.user or "", **tags},
            numbers,
            words,
        )


def _sureness(values: Mapping[str, float | str]) -> float:
    sure = values.get("confidence", 0.0)
    return sure if isinstance(sure, float) else 0.0


def _mean(sum_of: tuple[float, int]) -> float | None:
    return sum_of[0] / sum_of[1] if sum_of[1] else None


def shortened(text: str | None) -> str:
    """The end of a text, as far as a conversation remembers it."""
    return (text or "")[-REMEMBERED:]


def utc(ms: int) -> datetime:
    """Epoch milliseconds as a time."""
    return datetime.fromtimestamp(ms / 1000, UTC)


def felt(told: Feeling | None, source: str, model: str = "") -> Reading | None:
    """What was said of a feeling, in our words; what was not said of it counts as 0 here."""
    if told is None:
        return None
    read = reading(
        told.primary,
        intensity=told.intensity or 0.0,
        confidence=told.confidence or 0.0,
        scores=told.scores,
        source=source,
        model=model,
    )
    return read if told.valence is None else structs.replace(read, valence=told.valence)


def added(sum_of: tuple[float, int], value: Any) -> tuple[float, int]:
    """A sum and a count with one more in it; what is not known counts as nothing."""
    return sum_of if value is None else (sum_of[0] + float(value), sum_of[1] + 1)
