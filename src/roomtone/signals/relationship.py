"""How a person and a bot stand: trust, affection, attunement, moved by how each turn went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from roomtone.points import Field, Point
from roomtone.signals._grades import quality_class
from roomtone.signals._shape import of_turns, share, word
from roomtone.turns import Heard

RELATIONSHIP = of_turns(
    "relationship_progression",
    "how a person and a bot stand as a turn begins, and what the turn changed",
    {
        "trust_level": share("how far the person trusts the bot"),
        "affection_level": share("how far the person likes the bot"),
        "attunement_level": share("how well they understand each other"),
        "interaction_quality": share("the mean of the three"),
        "communication_comfort": share("from how many turns they have had"),
        "trust_change": Field("what this turn added to trust", "1", -1, 1),
        "affection_change": Field("what this turn added to affection", "1", -1, 1),
        "attunement_change": Field("what this turn added to attunement", "1", -1, 1),
        "reason": word("why it changed: the class of the turn's quality"),
    },
)

# What each class of a turn's quality does to the three (the predecessors' relationship engine):
# the rate times the factor.
_TRUST = {"EXCELLENT": 1.5, "GOOD": 1.0, "AVERAGE": 0.3, "POOR": -0.7, "FAILED": -1.5}
_AFFECTION = {"EXCELLENT": 1.3, "GOOD": 1.0, "AVERAGE": 0.2, "POOR": -0.8, "FAILED": -1.3}
_ATTUNEMENT = {"EXCELLENT": 1.5, "GOOD": 1.0, "AVERAGE": 0.5, "POOR": -0.5, "FAILED": -1.0}
TRUST_RATE, AFFECTION_RATE, ATTUNEMENT_RATE = 0.03, 0.04, 0.02

_WARM = ("joy", "surprise")
_HARD = ("anger", "fear", "disgust")
_CLOSE_MODES = {"personal": 0.2, "emotional_support": 0.2, "general": 0.1}


class Standing3(NamedTuple):
    """Trust, affection and attunement, or what a turn changes of them."""

    trust: float
    affection: float
    attunement: float


class Relationship:
    """Writes `relationship_progression`: how the pair stood as the turn began; and moves it on.

    The store of a relationship is the truth (`source` "store"); a new pair stands at the defaults
    ("default"); while the store cannot be asked there is an estimate ("estimate"), which moves
    nothing and is not kept.
    """

    measurements = (RELATIONSHIP,)

    def update(self, heard: Heard) -> Sequence[Point]:
        """The row; none where nobody knows who the person is."""
        pair = heard.pair
        if not heard.turn.user:
            return ()
        if pair.trust is None or pair.affection is None or pair.attunement is None:
            return (_row(heard, estimate(heard), "estimate"),)
        stood = Standing3(pair.trust, pair.affection, pair.attunement)
        source = pair.source
        quality = heard.values.get("conversation_quality", {}).get("overall")
        if not isinstance(quality, float):
            return (_row(heard, stood, source),)
        felt = heard.user_emotion
        change, reason = moved(quality, pair.variance, is_complex=bool(felt and felt.mixed))
        pair.trust, pair.affection, pair.attunement = (
            min(1.0, max(0.0, value + by)) for value, by in zip(stood, change, strict=True)
        )
        pair.source = "store"
        changes = {
            "trust_change": pair.trust - stood.trust,
            "affection_change": pair.affection - stood.affection,
            "attunement_change": pair.attunement - stood.attunement,
        }
        return (_row(heard, stood, source, changes, {"reason": reason}),)


def moved(quality: float, variance: float, *, is_complex: bool) -> tuple[Standing3, str]:
    """What a turn of this quality (0..1) changes, and the class of it.

    A person whose mood varies much (variance of valence above .5) is moved less in trust, a steady
    one (below .2) more. Mixed feelings weigh on affection, and make understanding count for more.

    >>> change, reason = moved(0.75, 0.1, is_complex=False)
    >>> [round(value, 4) for value in change], reason
    ([0.036, 0.04, 0.02], 'GOOD')
    >>> change, reason = moved(0.1, 0.6, is_complex=True)
    >>> [round(value, 4) for value in change], reason
    ([-0.0315, -0.0468, -0.016], 'FAILED')
    """
    reason = quality_class(quality)
    steadiness = 0.7 if variance > 0.5 else 1.2 if variance < 0.2 else 1.0
    good = reason in ("EXCELLENT", "GOOD")
    depth = (1.2 if good else 0.8) if is_complex else 1.0
    return (
        Standing3(
            TRUST_RATE * _TRUST[reason] * steadiness,
            AFFECTION_RATE * _AFFECTION[reason] * (0.9 if is_complex else 1.0),
            ATTUNEMENT_RATE * _ATTUNEMENT[reason] * depth,
        ),
        reason,
    )


def comfort(turns: int) -> float:
    """How used to each other they are: .6, and from the sixth turn on .5 + .01 a turn, up to .9.

    >>> comfort(0), comfort(6), comfort(30), comfort(100)
    (0.6, 0.56, 0.8, 0.9)
    """
    return 0.6 if turns <= 5 else round(min(0.9, 0.5 + 0.01 * turns), 4)


def estimate(heard: Heard) -> Standing3:
    """What the predecessors guessed where no store answered: from the mood and the history.

    Trust .5, +.2 x intensity of joy or surprise, -.1 x that of anger, fear or disgust, +.02 a turn
    up to .3, within .1 to .9; affection .4, more in personal talk; attunement the confidence in
    the context, else .5.
    """
    felt, context = heard.user_emotion, heard.turn.context
    trust = 0.5 + min(0.3, 0.02 * heard.pair.turns)
    if felt is not None and felt.ekman in _WARM:
        trust += 0.2 * felt.intensity
    elif felt is not None and felt.ekman in _HARD:
        trust -= 0.1 * felt.intensity
    mode = context.mode if context is not None and context.mode else ""
    sure = context.confidence if context is not None else None
    return Standing3(
        min(0.9, max(0.1, trust)),
        0.4 + _CLOSE_MODES.get(mode, 0.0),
        0.5 if sure is None else sure,
    )


def _row(
    heard: Heard,
    stood: Standing3,
    source: str,
    changes: Mapping[str, float] | None = None,
    texts: Mapping[str, str] | None = None,
) -> Point:
    fields = {
        "trust_level": stood.trust,
        "affection_level": stood.affection,
        "attunement_level": stood.attunement,
        "interaction_quality": sum(stood) / 3,
        "communication_comfort": comfort(heard.pair.turns),
        **(changes or {}),
    }
    return heard.point(RELATIONSHIP, fields, source, texts)
