"""How good a turn was, from what the person says back; or by the documents' own formula."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence

from roomtone.emotions import UNSURE, Reading
from roomtone.heard import ends
from roomtone.opinions import boost
from roomtone.points import Point
from roomtone.signals._grades import quality_class
from roomtone.signals._reaction import MOST_CHARS, reaction, satisfaction
from roomtone.signals._shape import of_turns, share, word
from roomtone.turns import Heard

QUALITY = of_turns(
    "conversation_quality",
    "how good a turn was for the person",
    {
        "engagement_score": share("how much the person puts in"),
        "satisfaction_score": share("how content the person is with the reply before"),
        "natural_flow_score": share("how well the reply is measured, fresh and prompt"),
        "emotional_resonance": share("how far the reply feels with the message"),
        "topic_relevance": share("how far the reply speaks of what the message does"),
        "overall": share("a weighted mean of those of the five that are known"),
        "class": word("EXCELLENT, GOOD, AVERAGE, POOR or FAILED, by the overall quality"),
        "defaults": word("by the documents' formula: which of the five are only its defaults"),
    },
)

PARTS = (
    "engagement_score",
    "satisfaction_score",
    "natural_flow_score",
    "emotional_resonance",
    "topic_relevance",
)

WEIGHTS = dict(zip(PARTS, (0.25, 0.45, 0.10, 0.10, 0.10), strict=True))
"""How much each part counts: what the person says back most, how much the person says next."""

FORMULAS = ("people", "seed")
"""`people` holds against ratings by people (docs/quality.md); `seed` is the documents'."""

# A message of so many words, and so many turns, are half way to a person who is all there: chats
# are short, and most of what tells is whether there is more than "ok".
WORDS, TURNS = 4.0, 5.0
# A reply that took so long (seconds) has half of the promptness. The curve runs through the
# documents' steps: .9 up to 1 s, .8 up to 3 s, .7 up to 5 s.
SLOW_S = 10.0

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")

Parts = Mapping[str, float | None]


class Quality:
    """Writes `conversation_quality`: one row for each turn of which anything is known.

    It looks at the message as the answer to the reply before it, so that a turn's satisfaction is
    known one turn later than the reply that earned it: it stands in the next row.
    """

    measurements = (QUALITY,)

    def __init__(self, formula: str = "people") -> None:
        self._formula = formula

    def update(self, heard: Heard) -> Sequence[Point]:
        """The row by the formula that was chosen; none where nothing is known."""
        if self._formula == "seed":
            heard.content = contentment(heard)
            return (_row(heard, *seed(heard)),)
        parts = people(heard)
        heard.content = parts["satisfaction_score"]
        if all(value is None for value in parts.values()):
            return ()
        return (_row(heard, parts, overall(parts, WEIGHTS)),)


def people(heard: Heard) -> Parts:
    """The five parts by our own formula; what is not known is None."""
    turn, talk = heard.turn, heard.talk
    message, reply = turn.message, turn.reply
    took = turn.processing_time_ms
    return {
        "engagement_score": engagement(message, talk.turns, heard.reactions) if message else None,
        "satisfaction_score": contentment(heard),
        "natural_flow_score": flow(
            balance(message, reply) if message and reply else None,
            freshness(reply, talk.reply) if reply and talk.reply else None,
            promptness(took / 1000) if took is not None else None,
        ),
        "emotional_resonance": resonance(
            heard.user_emotion, heard.bot_emotion, heard.told("bot", "intensity")
        ),
        "topic_relevance": heard.relevance,
    }


def contentment(heard: Heard) -> float | None:
    """How content the person is with the reply before, by what is said now; None without a word."""
    message, mood, sentiment = heard.turn.message, heard.user_emotion, heard.sentiment
    if not message:
        return None
    if mood is not None and mood.primary == UNSURE:
        sentiment = None
    elif sentiment is None and mood is not None:
        sentiment = mood.valence
    return satisfaction(sentiment, reaction(message, heard.talk.reply))


def engagement(message: str, turns: int, reactions: int = 0) -> float:
    """How much a person puts in, 0 to 1: two thirds for what is said, a third for staying.

    (2 (1 - e^(-words / 4)) + turns / (turns + 5)) / 3, with the turns before this one; and what the
    emoji add that the person gave in this conversation (`opinions.boost`), up to 1 in all.

    >>> engagement("ok", 0), engagement("ok", 20), engagement("What would you do in my place?", 5)
    (0.1475, 0.4141, 0.7175)
    >>> engagement("ok", 20, 5), engagement("ok", 20, 2)
    (0.6141, 0.4141)
    """
    said = 1 - math.exp(-_count(message) / WORDS)
    return round(min(1.0, (2 * said + turns / (turns + TURNS)) / 3 + boost(reactions, turns)), 4)


def balance(message: str, reply: str) -> float:
    """Whether a reply gives as much as it got: (its words + 1) / (the message's + 1), at most 1.

    >>> balance("I lost my job today and do not know what to do", "Ok."), balance("Hi!", "Hi, Ann!")
    (0.1538, 1.0)
    """
    return round(min(1.0, (_count(reply) + 1) / (_count(message) + 1)), 4)


def freshness(reply: str, before: str) -> float:
    """Twice the share of a reply's different words that are not in the one before it, at most 1.

    Half of its words any reply may share with the last one: only beyond that it repeats.

    >>> freshness("Tell me more.", "Tell me more."), freshness("I see.", "Tell me more.")
    (0.0, 1.0)
    >>> freshness("Tell me more of that old dog", "Tell me more.")
    1.0
    """
    own, old = _words(reply), _words(before)
    return round(min(1.0, 2 * (1 - len(own & old) / len(own))), 4) if own else 1.0


def promptness(seconds: float) -> float:
    """1 / (1 + t / 10 s): what the documents have in steps, without their edges.

    >>> [round(promptness(seconds), 2) for seconds in (0.0, 1.0, 3.0, 5.0, 10.0)]
    [1.0, 0.91, 0.77, 0.67, 0.5]
    """
    return round(1 / (1 + max(0.0, seconds) / SLOW_S), 4)


def flow(even: float | None, fresh: float | None, prompt: float | None) -> float | None:
    """The mean of those that are known, with the balance counted three times.

    >>> flow(0.5, 1.0, 1.0), flow(None, None, 0.9), flow(None, None, None) is None
    (0.7, 0.9, True)
    """
    return _mean(((even, 3.0), (fresh, 1.0), (prompt, 1.0)))


def resonance(user: Reading | None, bot: Reading | None, strength: float | None) -> float | None:
    """How far a reply feels with the message, 0 to 1: that it is as glad or sad, and that it feels.

    Half is 1 - |valence of one - valence of the other| / 2, half the `strength` of the reply's
    feeling; where nobody told that, the accord alone is all of it. Who is
    answered with care in sorrow is not answered in discord: care, sympathy and hope do not count as
    glad where the message is sad. None where one of the two was not read.
    """
    if user is None or bot is None or UNSURE in (user.primary, bot.primary):
        return None
    answers = bot.valence
    if user.valence < 0 < answers and bot.primary in ("caring", "optimism", "love"):
        answers = user.valence
    accord = 1 - abs(user.valence - answers) / 2
    felt = accord if strength is None else (accord + strength) / 2
    return round(min(1.0, max(0.0, felt)), 4)


def overall(parts: Parts, weights: Mapping[str, float]) -> float | None:
    """The mean of the parts that are known, by their weights.

    >>> weights = {"engagement_score": 1, "satisfaction_score": 3}
    >>> overall({"engagement_score": 0.2, "satisfaction_score": 1.0}, weights)
    0.8
    >>> overall({"engagement_score": 0.2, "satisfaction_score": None}, weights)
    0.2
    """
    return _mean((parts[name], weight) for name, weight in weights.items())


def seed(heard: Heard) -> tuple[Parts, float, tuple[str, ...]]:
    """The documents' five parts, their mean, and which of them are only defaults.

    Engagement is the intensity of the user's emotion held between .3 and .9, else .5; resonance the
    confidence of that reading, else .6; relevance the confidence in the context, else .7;
    satisfaction and flow are by `seed_satisfaction` and `seed_flow`.
    """
    turn = heard.turn
    intensity, sure = heard.told("user", "intensity"), heard.told("user", "confidence")
    relevant = turn.context.confidence if turn.context else None
    took = turn.processing_time_ms
    known: dict[str, float | None] = {
        "engagement_score": None if intensity is None else min(0.9, max(0.3, intensity)),
        "satisfaction_score": None if turn.reply is None else seed_satisfaction(len(turn.reply)),
        "natural_flow_score": None if took is None else seed_flow(took / 1000),
        "emotional_resonance": sure,
        "topic_relevance": relevant,
    }
    usual = dict(zip(PARTS, (0.5, 0.5, 0.7, 0.6, 0.7), strict=True))
    parts = {name: usual[name] if value is None else value for name, value in known.items()}
    defaults = tuple(name for name, value in known.items() if value is None)
    return parts, round(sum(parts.values()) / len(parts), 4), defaults


def seed_satisfaction(characters: int) -> float:
    """The documents' rule: a reply of 50 to 500 characters .8, a longer one .7, a shorter one .5.

    >>> [seed_satisfaction(length) for length in (0, 49, 50, 500, 501)]
    [0.5, 0.5, 0.8, 0.8, 0.7]
    """
    return 0.5 if characters < 50 else 0.8 if characters <= 500 else 0.7


def seed_flow(seconds: float) -> float:
    """The documents' rule: below 1 s .9, below 3 s .8, up to 5 s .7, above .5.

    >>> [seed_flow(seconds) for seconds in (0.9, 1.0, 2.9, 3.0, 5.0, 5.1)]
    [0.9, 0.8, 0.8, 0.7, 0.7, 0.5]
    """
    return 0.9 if seconds < 1 else 0.8 if seconds < 3 else 0.7 if seconds <= 5 else 0.5


def _row(heard: Heard, parts: Parts, total: float | None, defaults: tuple[str, ...] = ()) -> Point:
    texts = {"class": quality_class(total)} if total is not None else {}
    if defaults:
        texts["defaults"] = ",".join(defaults)
    source = "default" if len(defaults) == len(PARTS) else "heuristic"
    return heard.point(QUALITY, {**parts, "overall": total}, source, texts)


def _mean(weighed: Iterable[tuple[float | None, float]]) -> float | None:
    known = [(value, weight) for value, weight in weighed if value is not None]
    total = sum([weight for _, weight in known])
    return round(sum([value * weight for value, weight in known]) / total, 4) if total else None


def _count(text: str) -> int:
    return len(_WORD.findall(ends(text, MOST_CHARS)))


def _words(text: str) -> set[str]:
    return set(_WORD.findall(ends(text, MOST_CHARS).lower()))
