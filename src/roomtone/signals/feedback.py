"""What reactions give: ratings of replies, signs of taking part, feelings about what was said."""

from __future__ import annotations

from collections.abc import Sequence

from roomtone.emoji_types import COARSE_OF, kind
from roomtone.opinions import Opinion
from roomtone.points import Field, Point
from roomtone.signals._shape import of_turns, share, word

EMOJI_REACTION = "emoji_reaction"
_MEANING = word("RATING, AGREEMENT, EMOTIONAL or CONVERSATIONAL")
_SURE = share("how sure the meaning is; 1 where a person said it")

FEEDBACK = of_turns(
    "user_feedback",
    "a person rated a reply with an emoji",
    {
        "user_reaction_score": share("how good the rating is"),
        "satisfaction_score": share("how content the person is, .15 to .95"),
        "has_user_feedback": Field("1: there is a rating", "1", 0, 1),
        "meaning_confidence": _SURE,
        "weight": share("how much this emoji of this person says"),
        "meaning": _MEANING,
    },
    tags=("reaction_emoji", "feedback_type"),
)
ENGAGED = of_turns(
    "reaction_engagement",
    "a person reacted to agree, or to say that it was seen",
    {
        "count": Field("1: each row is one reaction", "reactions", 1, 1),
        "meaning_confidence": _SURE,
        "meaning": _MEANING,
    },
    tags=("reaction_emoji",),
)
FELT = of_turns(
    "reaction_emotion",
    "a person reacted with what they feel about what was said",
    {
        "count": Field("1: each row is one reaction", "reactions", 1, 1),
        "polarity": Field("how glad the emoji is", "1", -1, 1),
        "meaning_confidence": _SURE,
        "meaning": _MEANING,
        "reaction_type": word("which of the ten types the emoji is"),
    },
    tags=("reaction_emoji",),
)


class Feedback:
    """Writes a row for each reaction whose meaning is known, at the time of the reaction.

    What is no rating has no score: absent, never 0. With `zeros`, agreement and small talk stand in
    `user_feedback` too, with two zeros, as the documents' table has it; it poisons every mean.
    """

    measurements = (FEEDBACK, ENGAGED, FELT)

    def __init__(self, zeros: bool = False) -> None:
        self._zeros = zeros

    def update(self, opinion: Opinion) -> Sequence[Point]:
        """The rows of one reaction; none where nobody knows what it means."""
        if opinion.meaning == "RATING":
            # A person's own message is no reply: its rating says nothing of a bot.
            return (_rating(opinion),) if opinion.of.target_is in ("bot", "") else ()
        if opinion.meaning == "EMOTIONAL":
            found = kind(opinion.of.emoji)
            return (
                opinion.point(
                    FELT,
                    {"count": 1.0, "polarity": found.polarity},
                    {"reaction_type": found.type},
                    reaction_emoji=opinion.of.emoji,
                ),
            )
        if opinion.meaning is None:
            return ()
        engaged = opinion.point(ENGAGED, {"count": 1.0}, {}, reaction_emoji=opinion.of.emoji)
        return (engaged, _zero(opinion)) if self._zeros else (engaged,)


def coarse(emoji: str) -> str:
    """The documents' coarse type of an emoji.

    >>> coarse("😢")
    'NEGATIVE_MILD'
    """
    return COARSE_OF[kind(emoji).type]


def _rating(opinion: Opinion) -> Point:
    numbers = {
        "user_reaction_score": opinion.score,
        "satisfaction_score": opinion.satisfaction,
        "has_user_feedback": 1.0,
        "weight": opinion.weight,
    }
    return _feedback(opinion, numbers)


def _zero(opinion: Opinion) -> Point:
    numbers = dict.fromkeys(("user_reaction_score", "satisfaction_score", "has_user_feedback"), 0.0)
    return _feedback(opinion, dict(numbers))


def _feedback(opinion: Opinion, numbers: dict[str, float | None]) -> Point:
    return opinion.point(
        FEEDBACK, numbers, {}, reaction_emoji=opinion.of.emoji, feedback_type=EMOJI_REACTION
    )
