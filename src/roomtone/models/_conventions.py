"""What judges of reactions hold to though no data taught it: small rules, each said in the docs."""

from __future__ import annotations

import math
from collections.abc import Sequence

from roomtone.reactions import MEANINGS, Case, rated

RATING = MEANINGS.index("RATING")
DIGITS = 4

NOT_THE_BOTS = 0.05  # what is left of RATING where the message was a person's
USUAL_SHARE = 0.25  # of a person's reactions may be one emoji before it tells less
LEAST_TOLD = 0.2  # of what it tells is left even where it is always the same
NEUTRAL = (0.6, 0.5)  # satisfaction and score of an emoji that tells nothing


def told_by(case: Case) -> float:
    """How much an emoji tells of this person, 0.2 to 1: its surprise beside that of a quarter.

    A person who gives it in a quarter of reactions or less tells all; -log p is the information
    of what happens with probability p (Shannon 1948). 1 where the habit is not known.

    >>> [told_by(Case(id="1", emoji="x", reply="y", share_by_user=p)) for p in (0.1, 0.5, 1.0)]
    [1.0, 0.5, 0.2]
    """
    share = case.share_by_user
    if share is None or not 0.0 < share <= 1.0:
        return 1.0
    return max(LEAST_TOLD, min(1.0, round(math.log(share) / math.log(USUAL_SHARE), DIGITS)))


def scores(emoji: str, told: float = 1.0) -> tuple[float, float]:
    """Satisfaction and score of a RATING; what tells little is nearer to the middle.

    >>> scores("❤️"), scores("❤️", 0.5)
    ((0.95, 1.0), (0.775, 0.75))
    """
    satisfaction, score = rated(emoji)
    return (
        round(NEUTRAL[0] + (satisfaction - NEUTRAL[0]) * told, DIGITS),
        round(NEUTRAL[1] + (score - NEUTRAL[1]) * told, DIGITS),
    )


def not_the_bots(shares: Sequence[float]) -> list[float]:
    """The probabilities where the message was a person's: no answer of the bot was rated.

    >>> [round(one, 3) for one in not_the_bots([0.8, 0.1, 0.1, 0.0])]
    [0.04, 0.48, 0.48, 0.0]
    """
    left = NOT_THE_BOTS * shares[RATING]
    others = sum(shares) - shares[RATING]
    if others <= 0.0:
        return [
            left if i == RATING else (1.0 - left) / (len(shares) - 1) for i in range(len(shares))
        ]
    grown = (1.0 - left) / others
    return [left if i == RATING else one * grown for i, one in enumerate(shares)]


def rounded(shares: Sequence[float]) -> list[float]:
    """Four digits that sum to 1, whatever they summed to: the largest takes what is left.

    >>> rounded([0.2, 0.1, 0.1, 0.0])
    [0.5, 0.25, 0.25, 0.0]
    """
    whole = sum(shares)
    near = [round(one / whole, DIGITS) for one in shares]
    largest = near.index(max(near))
    near[largest] = round(1.0 - sum(one for i, one in enumerate(near) if i != largest), DIGITS)
    return near
