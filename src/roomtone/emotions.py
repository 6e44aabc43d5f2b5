"""What a text can feel like: one vocabulary, what others call the same, and a Reading of a text.

The vocabulary is that of GoEmotions (Demszky et al. 2020): 28 labels as detail, rolled up to
Ekman's six and neutral, and further to positive, negative, ambiguous and neutral.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

LABELS = (
    "admiration",
    "amusement",
    "anger",
    "annoyance",
    "approval",
    "caring",
    "confusion",
    "curiosity",
    "desire",
    "disappointment",
    "disapproval",
    "disgust",
    "embarrassment",
    "excitement",
    "fear",
    "gratitude",
    "grief",
    "joy",
    "love",
    "nervousness",
    "optimism",
    "pride",
    "realization",
    "relief",
    "remorse",
    "sadness",
    "surprise",
    "neutral",
)
"""The canonical labels, in the order of the data that they come from."""

UNSURE = "unsure"
"""What a reading says that could not tell: no label, and not the claim that a text is neutral."""

EKMAN_OF = {
    "anger": ("anger", "annoyance", "disapproval"),
    "disgust": ("disgust",),
    "fear": ("fear", "nervousness"),
    "joy": (
        "joy",
        "amusement",
        "approval",
        "excitement",
        "gratitude",
        "love",
        "optimism",
        "relief",
        "pride",
        "admiration",
        "desire",
        "caring",
    ),
    "neutral": ("neutral",),
    "sadness": ("sadness", "disappointment", "embarrassment", "grief", "remorse"),
    "surprise": ("surprise", "realization", "confusion", "curiosity"),
}
"""The seven coarse labels (each is a canonical label too) and the labels that belong to each."""

GROUP_OF = {
    "ambiguous": EKMAN_OF["surprise"],
    "negative": tuple(
        label for one in ("anger", "disgust", "fear", "sadness") for label in EKMAN_OF[one]
    ),
    "neutral": ("neutral",),
    "positive": EKMAN_OF["joy"],
}
"""The four groups by sentiment and the labels that belong to each."""

EKMAN = tuple(EKMAN_OF)
GROUPS = tuple(GROUP_OF)

_EKMAN = {label: one for one, labels in EKMAN_OF.items() for label in labels}
_GROUP = {label: one for one, labels in GROUP_OF.items() for label in labels}
_VALENCE = {
    **dict.fromkeys(GROUP_OF["positive"], 1.0),
    **dict.fromkeys(GROUP_OF["negative"], -1.0),
}

# What other vocabularies call it, lower case. A label that is canonical already is not repeated.
_SAME = {
    # Everyday words, and those of companions' voice and text components.
    "admiration": "admire admiring awe impressed respect",
    "amusement": "amused laughter funny humor humour playful playfulness",
    "anger": "angry mad furious rage outrage hate hateful hatred",
    "annoyance": "annoyed frustrated frustration irritated irritation jealous jealousy envy",
    "approval": "approving agree agreement trust trusting acceptance confident confidence "
    "prepared powerful faithful",
    "caring": "care compassion compassionate empathy empathetic sympathy sentimental",
    "confusion": "confused puzzled",
    "curiosity": "curious interest interested thoughtful",
    "desire": "craving longing wanting",
    "disappointment": "disappointed pessimism pessimistic lonely loneliness bored boredom",
    "disapproval": "disapproving disagree disagreement contempt",
    "disgust": "disgusted",
    "embarrassment": "embarrassed ashamed shame",
    "excitement": "excited enthusiasm enthusiastic thrilled",
    "fear": "afraid fearful scared terrified apprehensive",
    "gratitude": "grateful thankful thanks",
    "grief": "grieving devastated mourning",
    "joy": "happy happiness joyful cheerful content contentment calm peaceful serene",
    "love": "loving affection affectionate adoration",
    "nervousness": "nervous anxious anxiety worried worry stress stressed",
    "optimism": "optimistic hope hopeful anticipation anticipating",
    "pride": "proud",
    "realization": "realisation nostalgic nostalgia",
    "relief": "relieved",
    "remorse": "remorseful guilt guilty regret sorry",
    "sadness": "sad unhappy sorrow depressed melancholy hurt",
    "surprise": "surprised astonished amazed amazement",
    "neutral": "none no_emotion no_feeling other",
    UNSURE: "unknown unclear undetermined uncertain uncertainty",
}
ALIASES = {alias: label for label, aliases in _SAME.items() for alias in aliases.split()}
"""Canonical label by what Cardiff-11, DailyDialog, MELD, EmoryNLP, EmpatheticDialogues and
ordinary speech call it."""


def canonical(raw: str) -> str | None:
    """The canonical label for what somebody called it; None if we know no such feeling.

    >>> canonical("happy"), canonical("Excited"), canonical("no emotion"), canonical("joy")
    ('joy', 'excitement', 'neutral', 'joy')
    >>> canonical("flabbergastedness") is None
    True
    """
    word = "_".join(raw.strip().lower().replace("-", " ").replace("_", " ").split())
    if word in _EKMAN or word == UNSURE:
        return word
    return ALIASES.get(word)


def ekman(label: str) -> str:
    """The coarse label that a canonical one belongs to; what is unsure stays so.

    >>> ekman("gratitude"), ekman("curiosity"), ekman("unsure")
    ('joy', 'surprise', 'unsure')
    """
    return _EKMAN.get(label, UNSURE)


def group(label: str) -> str:
    """Positive, negative, ambiguous or neutral; what is unsure stays so.

    >>> group("gratitude"), group("grief"), group("curiosity"), group("unsure")
    ('positive', 'negative', 'ambiguous', 'unsure')
    """
    return _GROUP.get(label, UNSURE)


def valence(scores: Mapping[str, float]) -> float:
    """How pleasant, -1 to 1: (positive - negative) over the sum of all scores, 0 without any.

    Neutral and ambiguous labels pull towards 0.

    >>> valence({"joy": 0.6, "anger": 0.2, "neutral": 0.2})
    0.4
    >>> valence({})
    0.0
    """
    total = sum(scores.values())
    if not total > 0:
        return 0.0
    signed = sum([score * _VALENCE[label] for label, score in scores.items() if label in _VALENCE])
    return round(signed / total, 4)


def mixed(primary: str, scores: Mapping[str, float]) -> tuple[tuple[str, float], ...]:
    """The up to three feelings beside the primary one, the strongest first.

    One counts from a score of .20 on, or .15 beside a primary above .80, or .10 beside one above
    .95. Neutral is no feeling and is left out.

    >>> mixed("joy", {"joy": 0.5, "love": 0.3, "pride": 0.19, "neutral": 0.4})
    (('love', 0.3),)
    >>> mixed("joy", {"joy": 0.97, "love": 0.11, "pride": 0.1, "relief": 0.09})
    (('love', 0.11), ('pride', 0.1))
    """
    top = scores.get(primary, 0.0)
    least = 0.10 if top > 0.95 else 0.15 if top > 0.80 else 0.20
    beside = [
        (label, score)
        for label, score in scores.items()
        if score >= least and label not in (primary, "neutral")
    ]
    return tuple(sorted(beside, key=lambda one: (-one[1], one[0]))[:3])


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What a text feels like, who says so, and how sure that is.

    All numbers but `valence` are in 0..1. `primary` is a canonical label or "unsure"; `raw` is what
    the source itself called it. `labels` are those that the source decided for, none or several,
    where `primary` is always one; `ekman_labels` and `group_labels` likewise, coarser.
    """

    primary: str = "neutral"
    raw: str = "neutral"
    intensity: float = 0.0
    confidence: float = 0.0
    valence: float = 0.0
    mixed: tuple[tuple[str, float], ...] = ()
    labels: tuple[str, ...] = ()
    ekman_labels: tuple[str, ...] = ()
    group_labels: tuple[str, ...] = ()
    scores: dict[str, float] = {}
    ekman_scores: dict[str, float] = {}
    group_scores: dict[str, float] = {}
    source: str = "model"
    model: str = ""
    version: str = ""

    @property
    def ekman(self) -> str:
        """The coarse label of the primary one."""
        return ekman(self.primary)

    @property
    def group(self) -> str:
        """Positive, negative, ambiguous, neutral or unsure."""
        return group(self.primary)


def reading(
    raw: str,
    *,
    intensity: float = 0.0,
    confidence: float = 0.0,
    scores: Mapping[str, float] | Iterable[tuple[str, float]] = (),
    **said: Any,
) -> Reading:
    """A Reading of what a source in any vocabulary said; what it called a thing stays in `raw`.

    Numbers outside of 0..1 are brought inside, what is no number counts as 0. Of labels that mean
    the same the highest score counts; one that we do not know is left out of `scores`, and makes
    the reading unsure where it is the primary one.

    >>> one = reading("happy", intensity=7, confidence=0.8, scores={"happy": 0.8, "excited": 0.4})
    >>> one.primary, one.raw, one.intensity, one.mixed
    ('joy', 'happy', 1.0, (('excitement', 0.4),))
    >>> reading("flabbergasted", confidence=0.9).primary
    'unsure'
    """
    own: dict[str, float] = {}
    for name, score in scores.items() if isinstance(scores, Mapping) else scores:
        label = canonical(name)
        if label is not None and label != UNSURE:
            own[label] = max(own.get(label, 0.0), _inside(score))
    primary = canonical(raw) or UNSURE
    return Reading(
        primary=primary,
        raw=raw,
        intensity=_inside(intensity),
        confidence=_inside(confidence),
        valence=valence(own or {primary: 1.0}),
        mixed=mixed(primary, own),
        labels=() if primary == UNSURE else (primary,),
        scores=own,
        **said,
    )


def _inside(number: float) -> float:
    return min(1.0, max(0.0, float(number))) if number == number else 0.0
