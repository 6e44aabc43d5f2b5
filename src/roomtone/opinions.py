"""How much a reaction says: by the habits of who gave it, and pooled over people."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from roomtone.points import Measurement, Point
from roomtone.verdicts import Meaning, Reacted

MOST_USERS, MOST_EMOJI = 50_000, 64
"""Of how many people habits are remembered, and how many emoji of each: the latest."""

PRIOR = 10.0
"""What is known of everybody counts as much as so many reactions of one's own: after ten, half of
what is thought of a person is the person."""

VOCABULARY = 50.0
"""Emoji that a person chooses among, where nothing is known: each has one in fifty."""

HALF_BITS = 2.0
"""Bits of surprise at which a reaction has half of its weight: one that is given to every fourth
message. log2 as in Shannon's information, -log p."""

REVIEWS = 4.0
"""People's corrections count against so many that were never made."""

NEUTRAL, NEUTRAL_WEIGHT = 0.6, 0.5
"""Where a message's satisfaction stands before anybody reacted, and what that weighs: as much as
one reaction of middling weight. .6 is the documents' score of a thoughtful face."""


NOBODY = "unknown"
"""What stands for a bot where nobody said which it was."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """A reaction whose meaning is known, for signals."""

    of: Reacted
    meaning: Meaning | None
    confidence: float
    satisfaction: float | None
    score: float | None
    weight: float | None
    source: str  # "model", or "measured" where a person said so

    @property
    def at(self) -> datetime:
        """When somebody reacted: points stand there, whenever they are made."""
        return datetime.fromtimestamp(self.of.ms / 1000, UTC)

    def point(
        self,
        measurement: Measurement,
        fields: Mapping[str, float | None],
        texts: Mapping[str, str],
        **tags: str,
    ) -> Point:
        """A row of this reaction; what is None is left out."""
        numbers = {name: value for name, value in fields.items() if value is not None}
        words = {
            **texts,
            "meaning": self.meaning or "",
            "session_id": self.of.session,
            "source": self.source,
        }
        own = {"bot": self.of.bot or NOBODY, "user_id": self.of.user, **tags}
        numbers["meaning_confidence"] = self.confidence
        return Point(measurement.name, self.at, own, numbers, words)


class _Used(msgspec.Struct, array_like=True):
    """How often one emoji was given, and what people said it meant: a rating, or something else."""

    given: int = 0
    ratings: int = 0
    others: int = 0


class _State(msgspec.Struct):
    people: list[tuple[str, dict[str, _Used]]]
    all: dict[str, int]


class Habits:
    """Who gives which emoji how often. The same calls give the same numbers to the bit."""

    def __init__(self) -> None:
        self._people: OrderedDict[str, dict[str, _Used]] = OrderedDict()
        self._all: dict[str, int] = {}

    def gave(self, user: str, emoji: str) -> None:
        """A person gave an emoji."""
        self._of(user, emoji).given += 1
        if emoji in self._all or len(self._all) < 1_000:
            self._all[emoji] = self._all.get(emoji, 0) + 1

    def corrected(
        self, user: str, emoji: str, meaning: str | None, before: str | None = None
    ) -> None:
        """A person said what a reaction means; what was said of it `before` counts no more."""
        used = self._of(user, emoji)
        for word, by in ((before, -1), (meaning, 1)):
            if word == "RATING":
                used.ratings = max(0, used.ratings + by)
            elif word is not None:
                used.others = max(0, used.others + by)

    def share(self, user: str, emoji: str) -> float | None:
        """Which part of a person's reactions this emoji is; None where none is known of them."""
        own = self._people.get(user)
        given = sum(used.given for used in own.values()) if own else 0
        if not own or not given:
            return None
        return own[emoji].given / given if emoji in own else 0.0

    def weight(self, user: str, emoji: str) -> float:
        """How much this emoji of this person says as a rating, 0 to 1.

        An empirical Bayes estimate of how often the person gives it, p = (own + 10 g) / (all of
        the person's + 10) with g everybody's share; its information b = -log2 p; then b / (b + 2),
        times the share of people's reviews that called it a rating.

        >>> habits = Habits()
        >>> for _ in range(30): habits.gave("ann", "❤️")
        >>> for _ in range(30): habits.gave("bob", "👍")
        >>> habits.weight("ann", "❤️") < 0.3 < 0.5 < habits.weight("bob", "❤️")
        True
        """
        own = self._people.get(user, {})
        total = sum(self._all.values())
        usual = (self._all.get(emoji, 0) + 1) / (total + VOCABULARY)
        used = own.get(emoji) or _Used()
        given = sum(one.given for one in own.values())
        p = (used.given + PRIOR * usual) / (given + PRIOR)
        bits = -math.log2(min(1.0, p))
        trusted = (REVIEWS + used.ratings) / (REVIEWS + used.ratings + used.others)
        return round(bits / (bits + HALF_BITS) * trusted, 4)

    def _of(self, user: str, emoji: str) -> _Used:
        own = self._people.setdefault(user, {})
        self._people.move_to_end(user)
        if len(self._people) > MOST_USERS:
            self._people.popitem(last=False)
        used = own.get(emoji)
        if used is None:
            used = own[emoji] = _Used()
            if len(own) > MOST_EMOJI:
                del own[next(iter(own))]
        return used

    def snapshot(self) -> bytes:
        """Everything that later weights depend on."""
        return msgspec.msgpack.encode(_State(list(self._people.items()), self._all))

    def restore(self, saved: bytes) -> None:
        """Go on exactly as the one would have that the snapshot was taken of."""
        state = msgspec.msgpack.decode(saved, type=_State)
        self._people, self._all = OrderedDict(state.people), state.all


class Pooled(NamedTuple):
    """What several people think of one message."""

    satisfaction: float  # 0 to 1
    certainty: float  # 0 to 1: how much of it is theirs, and not where it stood before
    people: int
    split: float  # 0: all on one side; 1: as many against as for


def pooled(ratings: Iterable[tuple[float, float]]) -> Pooled:
    """Ratings of one message, as (satisfaction, weight) of each person, in one number.

    The mean of a normal posterior: prior .6 of weight .5, then each rating by its weight. That
    people disagree is told beside it: twice the smaller side's share of the weight, where a side
    is above or below .6.

    >>> one, three = pooled([(0.95, 0.5)]), pooled([(0.95, 0.5)] * 3)
    >>> one.satisfaction < three.satisfaction, one.certainty, three.certainty
    (True, 0.5, 0.75)
    >>> pooled([(0.95, 0.5), (0.15, 0.5)]).split, pooled([]).certainty
    (1.0, 0.0)
    """
    known = [(value, max(0.0, weight)) for value, weight in ratings]
    total = sum(weight for _, weight in known)
    mean = (NEUTRAL * NEUTRAL_WEIGHT + sum(v * w for v, w in known)) / (NEUTRAL_WEIGHT + total)
    above = sum(weight for value, weight in known if value > NEUTRAL)
    below = sum(weight for value, weight in known if value < NEUTRAL)
    sides = above + below
    return Pooled(
        round(mean, 4),
        round(total / (NEUTRAL_WEIGHT + total), 4),
        len(known),
        round(2 * min(above, below) / sides, 4) if sides else 0.0,
    )


BOOSTS = ((5, 0.2), (3, 0.1))
"""From how many reactions in a conversation on its engagement is raised, and by how much: the
documents' steps."""

EVERY = 10
"""Turns for each reaction up to which the boost is whole: of a long talk it says less."""


def boost(reactions: int, turns: int) -> float:
    """What so many reactions in so many turns add to the engagement of a conversation.

    The documents' step, times 10 reactions / turns where that is less than 1.

    >>> boost(2, 5), boost(3, 5), boost(5, 5), boost(5, 100)
    (0.0, 0.1, 0.2, 0.1)
    """
    step = next((gain for least, gain in BOOSTS if reactions >= least), 0.0)
    return round(step * min(1.0, EVERY * reactions / turns), 4) if turns else step
