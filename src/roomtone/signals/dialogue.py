"""Where a conversation changes: its topic, its feeling, its mode, its urgency, its intent."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from roomtone.emotions import UNSURE, group
from roomtone.heard import Context
from roomtone.points import Field, Point
from roomtone.signals._shape import of_turns, share, word
from roomtone.turns import Heard

SWITCHES = of_turns(
    "context_switches",
    "a change of what a conversation is about, or of how it is led",
    {
        "confidence": share("how sure the change is, where that was told or read"),
        "strength": share("how large it is, where that can be told"),
        "count": Field("1: each row is one change", "changes", 1, 1),
        "kind": word(
            "topic_shift, emotional_shift, conversation_mode, urgency_change or intent_change"
        ),
        "degree": word("subtle, moderate, strong or dramatic, by the strength"),
        "by": word("user: it came with a message; bot: with a reply that nobody asked for"),
    },
    tags=("from_context", "to_context"),
)

# From which confidence on a topic, a mode, an urgency or an intent has changed, and from which
# strength on a feeling has (the predecessors' numbers; of the intent they have none).
LEAST = {
    "topic_shift": 0.4,
    "emotional_shift": 0.3,
    "conversation_mode": 0.5,
    "urgency_change": 0.4,
    "intent_change": 0.4,
}
DEGREES = ((0.8, "dramatic"), (0.6, "strong"), (0.4, "moderate"), (0.0, "subtle"))

MOST_NAME = 40
"""How many characters a context's name has at most: it is a tag, and tags make series."""

TOPIC, NEW_TOPIC = "topic", "new_topic"
"""What a change of topic is called that a model read in the text: it knows that there is another
one, not its name, and words of people would make a series each."""

_URGENCY = {"none": 0, "low": 1, "normal": 2, "medium": 2, "high": 3, "urgent": 3, "critical": 4}
_SIDES = {"positive": 1, "negative": -1}
_ODD = re.compile(r"[^\w.+#-]+")


class Switch(NamedTuple):
    """One change, whence it is known, and by how much."""

    kind: str
    before: str
    after: str
    source: str
    confidence: float | None = None
    strength: float | None = None


class Dialogue:
    """Writes `context_switches`: a row for each change that came with a turn, mostly none."""

    measurements = (SWITCHES,)

    def update(self, heard: Heard) -> Sequence[Point]:
        """The rows, one for each pair of contexts: of two changes alike the surer one."""
        found: dict[tuple[str, str], Switch] = {}
        for one in switches(heard):
            before = found.get((one.before, one.after))
            if before is None or (one.confidence or 0.0) > (before.confidence or 0.0):
                found[one.before, one.after] = one
        return [_row(heard, one) for one in found.values()]


def switches(heard: Heard) -> Iterator[Switch]:
    """Every change of a turn against the one before it; the first turn of a talk has none.

    What the sender says of the context is compared with what he said last in this talk; only where
    one of the two lacks a topic a model is asked. A feeling is compared with the last that was
    read.
    """
    now, then = heard.turn.context, heard.talk.context
    if not heard.talk.turns:
        return
    if now is not None and then is not None:
        yield from _told(now, then)
    named = now is not None and then is not None and now.topic and then.topic
    if not named and heard.shift is not None and heard.shift >= LEAST["topic_shift"]:
        before = slug(then.topic) if then is not None and then.topic else TOPIC
        after = slug(now.topic) if now is not None and now.topic else NEW_TOPIC
        if before != after:
            yield Switch("topic_shift", before, after, "model", heard.shift)
    yield from _felt(heard)


def _told(now: Context, then: Context) -> Iterator[Switch]:
    """What the sender's own component says has changed."""
    for kind, before, after in (
        ("topic_shift", then.topic, now.topic),
        ("conversation_mode", then.mode, now.mode),
        ("urgency_change", then.urgency, now.urgency),
        ("intent_change", then.intent, now.intent),
    ):
        if not before or not after or slug(before) == slug(after):
            continue
        sure = now.confidence
        if sure is None or sure >= LEAST[kind]:
            strength = steps(before, after) if kind == "urgency_change" else None
            yield Switch(kind, slug(before), slug(after), "measured", sure, strength)


def _felt(heard: Heard) -> Iterator[Switch]:
    """Whether the person's feeling is another than the last that was read in this talk."""
    felt, talk = heard.user_emotion, heard.talk
    if felt is None or not talk.emotion or UNSURE in (felt.primary, talk.emotion):
        return
    now = heard.told("user", "intensity")
    if now is None or talk.intensity is None:
        return  # how far it moved is not known
    strength = moved(talk.emotion, talk.intensity, felt.primary, now)
    if strength >= LEAST["emotional_shift"]:
        sure = heard.told("user", "confidence")
        yield Switch("emotional_shift", talk.emotion, felt.primary, felt.source, sure, strength)


def moved(before: str, was: float, after: str, now: float) -> float:
    """How far a feeling moved between sad and glad, 0 to 1, by labels and intensities.

    A label stands at its intensity, above 0 where it is a good feeling and below where it is a bad
    one; what is neither stands at 0. Half the distance is the strength. Who only calms down, or
    begins to ask, has not turned to a feeling: 0.

    >>> moved("joy", 0.5, "anger", 0.9), moved("neutral", 0.9, "anger", 0.8)
    (0.7, 0.4)
    >>> moved("anger", 0.8, "neutral", 0.9), moved("joy", 0.2, "joy", 0.9)
    (0.0, 0.0)
    """
    side = _SIDES.get(group(after), 0)
    if before == after or not side:
        return 0.0
    return round(abs(side * now - _SIDES.get(group(before), 0) * was) / 2, 4)


def steps(before: str, after: str) -> float | None:
    """How far an urgency moved, in quarters from none to critical; None if one is unknown.

    >>> steps("low", "critical"), steps("Medium", "high"), steps("soon", "later") is None
    (0.75, 0.25, True)
    """
    first, last = _URGENCY.get(slug(before)), _URGENCY.get(slug(after))
    return None if first is None or last is None else abs(last - first) / max(_URGENCY.values())


def degree(strength: float) -> str:
    """The predecessors' word for a strength.

    >>> [degree(strength) for strength in (0.3, 0.4, 0.6, 0.8)]
    ['subtle', 'moderate', 'strong', 'dramatic']
    """
    return next(name for least, name in DEGREES if strength >= least)


def slug(name: str) -> str:
    """A context's name as a tag: lower case, at most 40 characters, no spaces or marks.

    >>> slug("  Billing / Refunds,\\n2026 "), slug("天气"), slug("C++"), slug("=,=")
    ('billing_refunds_2026', '天气', 'c++', 'other')
    """
    return _ODD.sub("_", name.lower()).strip("_")[:MOST_NAME].strip("_") or "other"


def _row(heard: Heard, one: Switch) -> Point:
    texts = {"kind": one.kind, "by": "user" if heard.turn.message else "bot"}
    if one.strength is not None:
        texts["degree"] = degree(one.strength)
    fields = {"confidence": one.confidence, "strength": one.strength, "count": 1.0}
    return heard.point(
        SWITCHES, fields, one.source, texts, from_context=one.before, to_context=one.after
    )
