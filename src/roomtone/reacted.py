"""What is kept of a reaction: where it stands, what it meant, and what the judging of it cost."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Literal, TypedDict, cast

import msgspec

from roomtone.emoji_types import kind
from roomtone.reactions import rated
from roomtone.training_data import KeptConversation, KeptReaction
from roomtone.verdicts import Line, Meaning, Reacted, Ruling

State = Literal["waiting", "judged", "review", "reviewed", "skipped", "retracted", "unanswered"]

FIRST = "emoji_feedback"
"""The kind of processing of a reaction's first judgement, by the documents' name."""


class ReactionRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A reaction for good: what was said around it, a judge's word on it, and a person's.

    `meaning` is what holds: a person's word, else the judge's; None where neither knows. Records
    are renewed: of two the one with the larger `revision` is the later.
    """

    of: Reacted
    state: State
    revision: int
    type: str = ""  # which of the ten types the emoji is by itself
    meaning: Meaning | None = None
    by: Literal["person", "model", ""] = ""
    reply: str | None = None
    before: list[Line] = []
    after: list[Line] = []
    latency_s: float | None = None
    to_me: bool = True
    share: float | None = None  # which part of the person's reactions this emoji was
    others: list[str] = []  # other emoji on the same message
    ruling: Ruling | None = None
    ruled_ms: int | None = None
    said: Meaning | None = None  # by a person
    said_by: str = ""
    said_ms: int | None = None
    weight: float | None = None
    why: str = ""  # why it was not answered

    @property
    def at(self) -> datetime:
        """When somebody reacted, in UTC."""
        return datetime.fromtimestamp(self.of.ms / 1000, UTC)

    @property
    def confidence(self) -> float:
        """How sure the judge was; 0 where there was none."""
        return self.ruling.confidence if self.ruling is not None else 0.0


class Held(msgspec.Struct, kw_only=True, gc=False):
    """A reaction from when it came until it is forgotten."""

    of: Reacted
    arrival: int
    state: State = "waiting"
    revision: int = 0
    share: float | None = None
    others: tuple[str, ...] = ()
    to_me: bool = True
    latency_s: float | None = None
    reply: str | None = None
    before: tuple[Line, ...] = ()
    after: tuple[Line, ...] = ()
    ruling: Ruling | None = None
    ruled_ms: int | None = None
    said: Meaning | None = None
    said_by: str = ""
    said_ms: int | None = None
    weight: float | None = None
    why: str = ""
    has_points: bool = False

    @property
    def meaning(self) -> Meaning | None:
        """What holds: a person's word, else the judge's."""
        if self.state == "reviewed":
            return self.said
        return self.ruling.meaning if self.state == "judged" and self.ruling else None

    @property
    def live(self) -> tuple[str, str, str, str]:
        """By what it is taken back."""
        return self.of.session, self.of.user, self.of.emoji, self.of.target

    def kept(self) -> ReactionRecord:
        """As it is kept."""
        same = {name: getattr(self, name) for name in _SAME}
        same |= {name: list(same[name]) for name in ("others", "before", "after")}
        by: Literal["person", "model", ""] = ""
        if self.meaning is not None:
            by = "person" if self.state == "reviewed" else "model"
        return ReactionRecord(type=kind(self.of.emoji).type, meaning=self.meaning, by=by, **same)


_SAME = [name for name in ReactionRecord.__struct_fields__ if name in Held.__struct_fields__]


def rating_of(record: ReactionRecord) -> tuple[float | None, float | None]:
    """Satisfaction and score of what holds as a RATING, by its judge or by its emoji; else None."""
    ruling = record.ruling
    if record.meaning != "RATING":
        return None, None
    by_judge = ruling is not None and ruling.meaning == "RATING"
    if ruling is None or not by_judge or ruling.satisfaction is None or ruling.score is None:
        return rated(record.of.emoji)
    return ruling.satisfaction, ruling.score


def record_of(kept: KeptReaction, session: str, bot: str, place: int = 0) -> ReactionRecord:
    """The record that a reaction of a conversation was told from, as far as that says.

    One without an id gets one of what it is; `place` tells apart those of one moment, in their
    order. Raises msgspec.ValidationError where it is none that could have been kept.
    """
    ms = round(kept.at.timestamp() * 1000)
    said = f"{session}\n{kept.turn}\n{kept.person}\n{kept.emoji}\n{ms}"
    made = hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    of = Reacted(
        id=kept.id or f"imported-{place:04}-{made}",
        session=session,
        emoji=kept.emoji,
        ms=ms,
        bot=bot,
        user=kept.person,
        target=kept.turn,
        target_is=kept.target_is,
    )
    meaning, rating = kept.meaning or None, (kept.satisfaction, kept.score)
    by_emoji = meaning == "RATING" and rating in ((None, None), rated(kept.emoji))
    judged = meaning if kept.by == "model" else None  # what a judge thought is not told
    ruling = None
    if kept.by == "model" or kept.confidence or (meaning == "RATING" and not by_emoji):
        ruling = Ruling(
            meaning="RATING" if meaning == "RATING" and not by_emoji else judged,
            confidence=kept.confidence,
            satisfaction=kept.satisfaction,
            score=kept.score,
            model="imported",
        )
    person = kept.by == "person"
    record = ReactionRecord(
        of=of,
        state=cast(State, kept.state or "skipped"),
        revision=1,
        type=kind(kept.emoji).type,
        meaning=meaning,
        by=kept.by,
        ruling=ruling,
        ruled_ms=None if ruling is None else ms,
        said=meaning if person else None,
        said_by="imported" if person else "",
        said_ms=ms if person else None,
    )
    return msgspec.convert(msgspec.to_builtins(record), ReactionRecord)


def records_of(talk: KeptConversation) -> Iterator[ReactionRecord]:
    """Those of a conversation, whose order stays. Raises msgspec.ValidationError."""
    often = Counter[datetime]()
    for one in talk.reactions:
        yield record_of(one, talk.session, talk.bot, often[one.at])
        often[one.at] += 1


class ReactionsSought(TypedDict, total=False):
    """Which reactions, and which page of them; what is absent or None does not narrow it.

    With `queue` only those that a person is asked about come, the least sure first; else the
    newest first. `not_by` leaves out what this model/version judged, and what a person said.
    """

    queue: bool
    states: tuple[str, ...] | None
    meaning: str | None
    bot: str | None
    user: str | None
    session: str | None
    target: str | None
    search: str
    not_by: str | None
    reviewed: bool
    offset: int
    limit: int  # 100 unless given


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """That something is processed, or by whom it is at the moment: a row of the processing log."""

    user: str
    bot: str
    point: str  # the reaction's id
    processing: str = FIRST
    status: Literal["leased", "answered", "done", "failed", "dead"] = "leased"
    attempts: int = 0
    answer: str = ""  # the event that says so, as JSON; "" before there is one
    worker: str = ""
    meaning: str = ""
    confidence: float | None = None
    model: str = ""  # with its version


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """How reactions stand in numbers: by state, by meaning, by why they were not answered.

    `confused` has (the judge's meaning, "unsure" where it had none; a person's; how many).
    """

    states: dict[str, int] = {}
    meanings: dict[str, int] = {}
    unanswered: dict[str, int] = {}
    confused: list[tuple[str, str, int]] = []
    removed: int = 0  # taken back before anybody was asked


class Spent(msgspec.Struct, frozen=True, kw_only=True):
    """What asking models cost, and of how many reactions they were asked."""

    judged: int = 0
    calls: float = 0
    tokens_in: int = 0
    tokens_out: int = 0
    money: float = 0.0
