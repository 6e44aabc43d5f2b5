"""How sure a bot can be of the person, the relationship, the context and the mood."""

from __future__ import annotations

from collections.abc import Sequence

from roomtone.points import Point
from roomtone.signals._shape import of_turns, share
from roomtone.turns import Heard, Pair

CONFIDENCE = of_turns(
    "confidence_evolution",
    "how sure a bot can be of what it knows",
    {
        "user_fact_confidence": share("of facts about the person, from how much was recalled"),
        "relationship_confidence": share("of how they stand, from how close they are"),
        "context_confidence": share("of what is talked of, as the bot's own component said"),
        "emotional_confidence": share("of what the person feels, from the reading"),
        "overall_confidence": share("the mean of those that are known"),
    },
)

# How close they are, from the mean of trust, affection and attunement: the classes and their
# values are the documents' (stranger, acquaintance, friend, close friend), the bounds are ours.
CLOSENESS = ((0.75, 0.9), (0.5, 0.7), (0.3, 0.4), (0.0, 0.2))


class Confidence:
    """Writes `confidence_evolution`: one row for each turn of which anything is known."""

    measurements = (CONFIDENCE,)

    def update(self, heard: Heard) -> Sequence[Point]:
        """The row; what nobody told is absent from it, not a half."""
        turn = heard.turn
        parts = {
            "user_fact_confidence": None if turn.memories is None else of_facts(len(turn.memories)),
            "relationship_confidence": of_relationship(heard.pair),
            "context_confidence": None if turn.context is None else turn.context.confidence,
            "emotional_confidence": heard.told("user", "confidence"),
        }
        known = [value for value in parts.values() if value is not None]
        if not known:
            return ()
        overall = sum(known) / len(known)
        return (heard.point(CONFIDENCE, {**parts, "overall_confidence": overall}, "heuristic"),)


def of_facts(memories: int) -> float:
    """The documents' rule: .3, and .1 more for each memory recalled, up to .9.

    >>> of_facts(0), of_facts(3), of_facts(50)
    (0.3, 0.6, 0.9)
    """
    return round(min(0.9, 0.3 + 0.1 * memories), 4)


def of_relationship(pair: Pair) -> float | None:
    """From how close the pair is; None while nobody knows. A new pair stands at the defaults.

    >>> of_relationship(Pair(bot="b", user="u", trust=0.8, affection=0.6, attunement=0.7))
    0.7
    >>> of_relationship(Pair(bot="b", user="u")) is None
    True
    """
    if pair.trust is None or pair.affection is None or pair.attunement is None:
        return None
    closeness = (pair.trust + pair.affection + pair.attunement) / 3
    return next(value for least, value in CLOSENESS if closeness >= least)
