"""What a reaction can mean: four meanings, a case as a judge sees it, and a judge's word on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from roomtone.emoji_types import COARSE_OF, Kind, kind

MEANINGS = ("RATING", "AGREEMENT", "EMOTIONAL", "CONVERSATIONAL")
"""RATING says how good the answer was, AGREEMENT that one holds it for true or wants it so too,
EMOTIONAL how one feels about what is spoken of, CONVERSATIONAL that one has seen it."""

MOST_BEFORE = 5
"""How many messages before the one reacted to a judge is shown, unless it is asked otherwise."""

SCORES = {
    "POSITIVE_STRONG": (0.95, 1.0),
    "POSITIVE_MILD": (0.85, 0.85),
    "NEUTRAL_THOUGHTFUL": (0.6, 0.5),
    "NEGATIVE_MILD": (0.35, 0.2),
    "NEGATIVE_STRONG": (0.15, 0.0),
}
"""Satisfaction (0.15 to 0.95) and score (0 to 1) of a RATING, by the emoji's coarse type, as the
documents' predecessor has them; nothing else has such numbers."""


class Said(NamedTuple):
    """One message around a reaction."""

    who: Literal["user", "bot", "other"]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A reaction with the talk around it, as a judge sees it."""

    id: str
    emoji: str
    reply: str  # the message that was reacted to
    before: tuple[Said, ...] = ()  # oldest first
    after: tuple[Said, ...] = ()  # later evidence, may be empty
    target_is: Literal["bot", "user", "other"] = "bot"  # whose message it was
    is_addressee: bool = True  # whoever reacted is whom the bot answered
    latency_s: float | None = None  # from the message to the reaction
    share_by_user: float | None = None  # of this person's reactions that are this emoji, 0 to 1
    others: tuple[str, ...] = ()  # other emoji on the same message


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a judge makes of a case.

    `probabilities` are of MEANINGS and sum to 1, or are empty where there are none. `meaning` is
    None where the judge abstains: a person decides. `satisfaction` and `score` are of a RATING
    alone; what has none is without, never 0.
    """

    probabilities: Mapping[str, float]
    meaning: str | None
    confidence: float  # 0 to 1, of `meaning`, or of the likeliest one
    reasoning: str  # a sentence
    satisfaction: float | None = None
    score: float | None = None
    model: str = "local"
    version: str = "1"
    tokens_in: int = 0
    tokens_out: int = 0
    calls: int = 0


def reaction_type(emoji: str, own: Mapping[str, Kind] | None = None) -> tuple[str, float]:
    """Which of the ten types (`emoji_types.TYPES`) an emoji is by itself, and how surely, 0 to 1.

    `own` adds to our table, or overrides it.

    >>> reaction_type("❤️"), reaction_type("😢")
    (('POSITIVE_STRONG', 0.95), ('SADNESS', 0.9))
    """
    found = kind(emoji, own)
    return found.type, found.confidence


def coarse_type(emoji: str, own: Mapping[str, Kind] | None = None) -> str:
    """Which of the documents' five types an emoji is by itself.

    >>> coarse_type("😢"), coarse_type("🤯")
    ('NEGATIVE_MILD', 'NEUTRAL_THOUGHTFUL')
    """
    return COARSE_OF[kind(emoji, own).type]


def polarity(emoji: str, own: Mapping[str, Kind] | None = None) -> float:
    """How kind an emoji is by itself, -1 to 1; 0 where it is neither or not known.

    >>> polarity("🔥"), polarity("👎🏼"), polarity("<:blob:77>")
    (1.0, -0.8, 0.0)
    """
    return kind(emoji, own).polarity


def rated(emoji: str, own: Mapping[str, Kind] | None = None) -> tuple[float, float]:
    """Satisfaction and score where the emoji is a RATING.

    >>> rated("❤️"), rated("👎")
    ((0.95, 1.0), (0.35, 0.2))
    """
    return SCORES[coarse_type(emoji, own)]
