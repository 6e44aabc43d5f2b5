"""By which side of meaning a message is looked up: its words, its feeling, its idea, its time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from roomtone.points import Field, Point
from roomtone.signals._shape import of_turns, share
from roomtone.turns import Heard

ROUTING = of_turns(
    "vector_classification",
    "by which vector a message is best looked up in memory",
    {
        "confidence": share("how sure the choice is"),
        "content_weight": share("share of the content vector"),
        "emotion_weight": share("share of the emotion vector"),
        "semantic_weight": share("share of the semantic vector"),
        "content_indicators_count": Field("words that point to content", "words", 0, None),
        "emotional_indicators_count": Field("words that point to feeling", "words", 0, None),
        "semantic_indicators_count": Field("words that point to ideas", "words", 0, None),
        "query_length": Field("characters of the message", "characters", 0, None),
        "results_quality": share("share of what was found that was used, else how near it was"),
        "classification_accurate": share(
            "1 where a sure choice found what was of use or near; else 0"
        ),
    },
    tags=("query_type", "primary_vector", "strategy"),
)

# The words are ours; the weights, bounds and names of the classes are the predecessors'.
EMOTIONAL, SEMANTIC, CONTENT = 1.5, 1.2, 1.0
PRIMARY_FROM, WEIGHTED_FROM, WEIGHTED_FACTOR, BALANCED = 0.45, 0.35, 0.8, 0.5
TEMPORAL_SURE = 0.9
ACCURATE_FROM = 0.6

_FEELING = re.compile(
    r"\b(?:feel(?:s|ing|ings)?|felt|mood|emotions?|happy|sad|angry|upset|afraid|scared|worried|"
    r"anxious|lonely|love[ds]?|hate[ds]?|miss(?:ed|ing)?|hurt|cry|cried|crying|excited|proud|"
    r"ashamed|guilty|stress(?:ed)?|depressed|grateful|hope(?:ful|less)?)\b",
    re.I,
)
_IDEA = re.compile(
    r"\b(?:why|mean(?:s|ing)?|because|relat(?:e[sd]?|ion|ionship)|similar|differen(?:t|ce)|compare|"
    r"concepts?|ideas?|themes?|pattern|philosoph\w+|believe|opinion|think|understand|explain|"
    r"connect(?:ed|ion)?|kind of|like when|purpose|reason)\b",
    re.I,
)
_CONTENT = re.compile(
    r"\b(?:what|who|where|which|how many|how much|name|called|number|list|tell me|find|show|"
    r"said|told|address|recipe|code|book|movie|song|place|fact|exactly|detail\w*)\b",
    re.I,
)
_TIME = re.compile(
    r"\b(?:yesterday|last (?:time|night|week|month|year)|earlier|recently|the first (?:time|thing)|"
    r"just now|(?:a few )?(?:minutes|hours|days|weeks|months|years) ago|when did (?:we|i|you)|"
    r"before that|previous(?:ly)?|so far today|this morning|chronolog\w+)\b",
    re.I,
)


class Route(NamedTuple):
    """The choice: what kind of question, which vector first, how they are mixed, how sure."""

    query_type: str
    primary: str
    strategy: str
    confidence: float
    weights: tuple[float, float, float]  # content, emotion, semantic; together 1
    counts: tuple[int, int, int]


class Routing:
    """Writes `vector_classification`: one row for each message."""

    measurements = (ROUTING,)

    def update(self, heard: Heard) -> Sequence[Point]:
        """The row; how good the choice was is known only where memories were looked up.

        It is the share of them that the answer drew on where that is known, else their nearness.
        """
        message, memories, looked = heard.turn.message, heard.memories, heard.looked
        if not message:
            return ()
        chosen = route(message)
        quality = (
            sum(memory.similarity for memory in memories) / len(memories) if memories else None
        )
        if looked is not None and looked.used is not None:
            quality = looked.used
        accurate = None
        if quality is not None:
            accurate = float(chosen.confidence > ACCURATE_FROM and quality > ACCURATE_FROM)
        names = ("content_weight", "emotion_weight", "semantic_weight")
        counts = ("content_indicators_count", "emotional_indicators_count")
        fields: dict[str, float | None] = {
            "confidence": chosen.confidence,
            **dict(zip(names, chosen.weights, strict=True)),
            **dict(zip((*counts, "semantic_indicators_count"), chosen.counts, strict=True)),
            "query_length": float(len(message)),
            "results_quality": quality,
            "classification_accurate": accurate,
        }
        point = heard.point(
            ROUTING,
            fields,
            "heuristic",
            query_type=chosen.query_type,
            primary_vector=chosen.primary,
            strategy=chosen.strategy,
        )
        return (point,)


def route(message: str) -> Route:
    """Choose by which words a message holds; only its first 2,000 characters are looked at.

    >>> one = route("I feel so sad and lonely")
    >>> one.query_type, one.primary, one.strategy
    ('emotional_context', 'emotion', 'primary')
    >>> route("What did we talk about yesterday?").query_type
    'temporal_chronological'
    >>> route("hm").strategy
    'balanced'
    """
    text = message[:2_000]
    counts = tuple(len(one.findall(text)) for one in (_CONTENT, _FEELING, _IDEA))
    content, feeling, idea = counts
    scores = (content * CONTENT, feeling * EMOTIONAL, idea * SEMANTIC)
    total = sum(scores)
    weights = tuple(round(score / total, 4) if total else 1 / 3 for score in scores)
    even = (weights[0], weights[1], weights[2])
    found = (content, feeling, idea)
    if _TIME.search(text):
        return Route("temporal_chronological", "content", "temporal", TEMPORAL_SURE, even, found)
    vectors = ("content", "emotion", "semantic")
    kinds = ("content_semantic", "emotional_context", "semantic_conceptual")
    best = max(range(3), key=lambda place: weights[place])
    largest = weights[best]
    if total and largest > PRIMARY_FROM:
        return Route(kinds[best], vectors[best], "primary", min(1.0, largest), even, found)
    if total and largest > WEIGHTED_FROM:
        sure = largest * WEIGHTED_FACTOR
        return Route("hybrid_multi", vectors[best], "weighted", round(sure, 4), even, found)
    return Route("hybrid_multi", "content", "balanced", BALANCED, even, found)
