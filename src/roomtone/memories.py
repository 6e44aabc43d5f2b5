"""How memories are weighed: what is worth keeping, for how long, which are recalled, and why."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from roomtone.heard import ends
from roomtone.records import TIERS, Memory, Recollection

DAYS: Mapping[str, float | None] = {
    "session": 2,
    "sub_temporary": 10,
    "temporary": 30,
    "permanent": None,
    "personal": None,
}
"""How long a tier keeps what is in it; None: for good."""

LEAST = {"permanent": 0.9, "temporary": 0.7, "sub_temporary": 0.5, "session": 0.0}
"""The importance from which on a new memory is in a tier; what is personal is in `personal`."""

PER_TIER, IN_ALL = 2, 5
"""How many memories are recalled of one tier, and of all tiers together."""

FAINT = 0.2
"""The share of the best one's score below which a memory is not worth recalling beside it."""

MOST_CHARS = 4_000
"""How much of a text is remembered, half from its beginning and half from its end."""

WEIGHT = {
    "session": 0.80,
    "sub_temporary": 0.85,
    "temporary": 0.90,
    "permanent": 1.0,
    "personal": 1.0,
}
HALF_LIFE = {
    "session": 1.0,
    "sub_temporary": 5.0,
    "temporary": 15.0,
    "permanent": 365.0,
    "personal": 1_825.0,
}
"""What a tier counts for in the order of what is recalled, and after how many days half of a
memory's freshness is gone. Being used makes it last: each doubling of the uses adds a half-life."""

LOOKED_AT = 6
"""After how many answers that could have drawn on a memory, and did not, it is moved down."""

EXPECTED, LEAST_OF_USE = 3.0, 0.3
"""How many answers, half of them of use, are taken as known of a memory of which nothing is; and
what one counts for at least of which no answer ever makes use."""

JUDGED = 3
"""How many turns must have been judged before what they made of a memory moves it."""

HARM, GOOD = -0.2, 0.2
"""The mean, -1 to 1, of what people's next turns said, at which it is moved down, or kept up."""

UP_AFTER = {"session": (2, 3), "sub_temporary": (4, 6), "temporary": (8, 12)}
"""How often a memory was used, or how often recalled with some use, to be moved one tier up."""

_DOWN = {"permanent": "temporary", "temporary": "sub_temporary", "sub_temporary": "session"}
_UP = {lower: upper for upper, lower in _DOWN.items()}

_UNTIL = (
    r"(?P<value>[^\s.,!?;:\n][^.,!?;:\n]{0,60}?)"
    r"(?=\s+(?:and|but|because|since|so|now|with)\b|[.,!?;:\n]|$)"
)
_FACTS = tuple(
    (name, re.compile(rf"\b{begins}\s+{_UNTIL}", re.I))
    for name, begins in (
        ("name", r"(?:my name is|my name's)"),
        ("home", r"i(?:'m| am| have|'ve)? ?(?:live|living|moved) (?:in|to)"),
        ("work", r"i(?:'m| am)? ?work(?:ing)? (?:as|at|for)(?: an?)?"),
        ("age", r"i(?:'m| am) (?=\d{1,3} years)"),
        ("allergy", r"i(?:'m| am) allergic to"),
        ("from", r"i(?:'m| am| come) from"),
    )
)
_KIN = (
    "dog|cat|wife|husband|son|daughter|sister|brother|mother|mum|mom|father|dad|partner|boyfriend|"
    "girlfriend|best friend"
)
_MINE = re.compile(
    rf"\bmy (?P<what>(?:{_KIN})(?=(?:'s name is| is (?:called|named)) )|birthday|job|"
    rf"favou?rite \w+)(?:'s name)? is(?: called| named| on)?\s+{_UNTIL}",
    re.I,
)
_ALL_HOLD = frozenset({"allergy"})  # one does not replace another

_ASKS = re.compile(r"[^.!;\n]{0,80}\?")
_ASKED = re.compile(r"\b(?:remember (?:that|this|it)|don'?t forget|please remember)\b", re.I)
_SOON = (
    (1.0, re.compile(r"\b(?:today|tonight|(?:right|just) now|this (?:morning|evening))\b", re.I)),
    (2.0, re.compile(r"\btomorrow\b", re.I)),
    (7.0, re.compile(r"\bthis week(?:end)?\b", re.I)),
    (14.0, re.compile(r"\bnext week(?:end)?\b", re.I)),
    (62.0, re.compile(r"\bnext month\b", re.I)),
)


class Placing(NamedTuple):
    """Where a memory belongs, why, and until when it is kept there."""

    tier: str
    reason: str
    expires: datetime | None


def facts(text: str) -> dict[str, str]:
    """What somebody says of himself, by what it is about; of two of one kind the last.

    >>> facts("Hi! My name is Ann and I live in Oslo.")
    {'name': 'ann', 'home': 'oslo'}
    >>> facts("my dog is called Rex, my favourite colour is blue")
    {'dog': 'rex', 'favourite colour': 'blue'}
    >>> facts("is my dog called Rex?"), facts("What's my dog's name? I think my sister is ill")
    ({}, {})
    """
    text = ends(text, MOST_CHARS)
    found = {}
    for name, pattern in (*_FACTS, ("", _MINE)):
        for match in pattern.finditer(text):
            if _ASKS.match(text, match.end()):
                continue
            value = match["value"].casefold()
            what = name or match["what"].casefold().replace("favor", "favour")
            found[f"{what} {value}" if what in _ALL_HOLD else what] = value
    return found


def importance(
    message: str, *, intensity: float | None = None, mixed: int = 0, personal: bool = False
) -> float:
    """How much what was said is worth remembering, 0 to 1.

    .30, and .30 times how strongly it was felt, .20 for something personal, .25 where somebody
    asks for it to be remembered, .10 from 20 words on, .05 for more than one feeling.

    >>> importance("ok"), importance("Please remember that I am allergic to nuts", personal=True)
    (0.3, 0.75)
    """
    worth = 0.30 + 0.30 * (intensity or 0.0) + 0.20 * personal
    worth += 0.25 * bool(_ASKED.search(message[:MOST_CHARS]))
    worth += 0.10 * (len(message.split(None, 20)) >= 20) + 0.05 * (mixed > 0)
    return round(min(1.0, max(0.0, worth)), 4)


def first_place(worth: float, personal: str, at: datetime) -> Placing:
    """Where a new memory belongs; `personal` says what it tells of the person, or nothing."""
    if personal:
        return Placing("personal", f"tells of the person: {personal}", None)
    tier = next(one for one, least in LEAST.items() if worth >= least)
    return Placing(tier, f"importance {worth:.2f} when it was said", expiry(tier, at))


def expiry(tier: str, since: datetime) -> datetime | None:
    """When a memory goes that is in this tier since then."""
    days = DAYS[tier]
    return None if days is None else since + timedelta(days=days)


def outcome(memory: Memory) -> float:
    """What turns that drew on a memory made of it, -1 to 1, and near 0 while few are known.

    The mean with two turns more that said nothing.
    """
    return max(-1.0, min(1.0, memory.helped / (memory.judged + 2))) if memory.helped else 0.0


def placed(memory: Memory, now: datetime) -> Placing | None:
    """Where a memory is to be moved, by what became of it; None where it is well placed.

    A person's word holds: what was verified is never moved down.
    """
    mean = memory.helped / memory.judged if memory.judged else 0.0
    lower, upper = _DOWN.get(memory.tier), _UP.get(memory.tier)
    if memory.tier == "personal":
        lower = "temporary"
    if lower and not memory.verified:
        if memory.judged >= JUDGED and mean <= HARM:
            why = f"moved down: {memory.judged} turns that drew on it went worse ({mean:+.2f})"
            return Placing(lower, why, expiry(lower, now))
        if memory.answered >= LOOKED_AT and not memory.used and memory.tier != "personal":
            why = f"moved down: none of {memory.answered} answers drew on it"
            return Placing(lower, why, _sooner(memory.expires, expiry(lower, now)))
    if upper and memory.used and mean > HARM:
        used, recalled = UP_AFTER[memory.tier]
        if memory.used >= used or memory.accesses >= recalled:
            why = f"moved up: {memory.used} answers drew on it, in {memory.accesses} recalls"
            return Placing(upper, why, expiry(upper, now))
    return None


def _sooner(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((at for at in (one, other) if at is not None), default=None)


def freshness(memory: Memory, now: datetime) -> float:
    """1 for what was just said, and half of it after each half-life of its tier."""
    age = max(0.0, (now - memory.at).total_seconds() / 86_400)
    life = HALF_LIFE[memory.tier]
    if memory.used:
        life *= 1 + math.log2(1 + memory.used)
    return float(0.5 ** (age / life))


def usefulness(memory: Memory) -> float:
    """How often answers draw on a memory, beside one of which nothing is known: .3 to 1.2.

    The square root of twice the share, with three answers more of which half did.
    """
    if not memory.answered and not memory.used:  # most of them, and many are weighed
        return 1.0
    share = (memory.used + EXPECTED / 2) / (memory.answered + EXPECTED)
    return float(min(1.2, max(LEAST_OF_USE, math.sqrt(2 * share))))


def standing(memory: Memory, now: datetime) -> float:
    """What a memory counts for beside how near it is: about .1 to 1.6.

    Its tier's weight, times .70 + .15 importance + .15 freshness, times 1 + .3 of what became of
    it, times how often answers draw on it (at least 1 where a person verified it).
    """
    worth = 0.70 + 0.15 * memory.importance + 0.15 * freshness(memory, now)
    use = usefulness(memory)
    return (
        worth
        * WEIGHT[memory.tier]
        * (1 + 0.3 * outcome(memory))
        * (max(1.0, use) if memory.verified else use)
    )


def choose(
    found: Mapping[str, Sequence[tuple[Memory, float]]],
    now: datetime,
    *,
    relevance: Mapping[str, float] | None = None,
    per_tier: int = PER_TIER,
    most: int = IN_ALL,
) -> list[Recollection]:
    """Of what each tier found (memory and similarity) the best two, and of all those the best five.

    `relevance` says by id how far one has to do with what was asked, where more than its
    similarity is known. What is alike word for word counts once. Ties are decided by when it was
    said, then by the id.
    """
    told = relevance or {}
    ranked = []
    for tier in TIERS:
        for memory, near in found.get(tier, ()):
            fits = told.get(memory.id, near)
            if fits > 0 and not (memory.hidden or memory.superseded_by):
                score = round(max(0.0, fits) * standing(memory, now), 6)
                ranked.append((-score, -memory.at.timestamp(), memory.id, near, memory))
    ranked.sort(key=lambda one: one[:3])
    texts: set[str] = set()
    room = dict.fromkeys(TIERS, per_tier)
    chosen: list[Recollection] = []
    for less, _, _, near, memory in ranked:
        if -less < FAINT * -ranked[0][0] or len(chosen) >= most:
            break
        if room[memory.tier] and not _repeats(memory, texts):
            room[memory.tier] -= 1
            why = _why(memory, near)
            one = Recollection(memory=memory, similarity=round(near, 4), score=-less, why=why)
            chosen.append(one)
    return chosen


def _repeats(memory: Memory, texts: set[str]) -> bool:
    text = " ".join(memory.content.casefold().split())
    known = text in texts
    texts.add(text)
    return known


def _why(memory: Memory, near: float) -> str:
    placed_by = f" ({memory.reason})" if memory.reason else ""
    said = [f"{near:.2f} near", f"{memory.tier}{placed_by}"]
    if memory.judged:
        said.append(f"helped {memory.helped:+.1f} over {memory.judged} turns")
    if memory.answered:
        said.append(f"{memory.used} of {memory.answered} answers drew on it")
    if memory.verified:
        said.append("verified")
    return "; ".join(said)


def is_stale(memory: Memory, now: datetime) -> bool:
    """Whether what a memory says is past: replaced, expired, or bound to a time that is over."""
    if memory.superseded_by or (memory.expires is not None and memory.expires <= now):
        return True
    age = (now - memory.at).total_seconds() / 86_400
    spans = [days for days, pattern in _SOON if pattern.search(memory.content[:MOST_CHARS])]
    return bool(spans) and age > max(spans)


def training_relevance(memory: Memory, quality: float | None) -> float | None:
    """How well a memory serves to train on, 0 to 1: half the quality of its turn, and half what it
    is worth: .3 importance, .1 for a feeling that was read, .1 for a person's word.

    None where the quality is not known.
    """
    if quality is None:
        return None
    worth = 0.3 * memory.importance + 0.1 * bool(memory.emotion) + 0.1 * memory.verified
    return round(0.5 * quality + worth, 4)
