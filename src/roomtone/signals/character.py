"""How a bot feels towards a person over time: moved by its replies, drawn back to its rest."""

from __future__ import annotations

from collections.abc import Sequence

from roomtone.emotions import UNSURE
from roomtone.points import Field, Point
from roomtone.signals._shape import of_turns, share
from roomtone.turns import Heard, Pair

# The eleven feelings of the predecessors' second version, and which of ours move each.
MOVED_BY = {
    "joy": ("joy", "amusement", "excitement", "relief", "pride"),
    "anger": ("anger", "annoyance", "disapproval"),
    "sadness": ("sadness", "grief", "remorse", "embarrassment"),
    "fear": ("fear", "nervousness"),
    "love": ("love", "caring", "admiration"),
    "trust": ("approval", "gratitude"),
    "optimism": ("optimism",),
    "pessimism": ("disappointment",),
    "anticipation": ("curiosity", "desire"),
    "surprise": ("surprise", "realization", "confusion"),
    "disgust": ("disgust",),
}
POSITIVE = ("joy", "love", "trust", "optimism", "anticipation")
NEGATIVE = ("anger", "sadness", "fear", "pessimism", "disgust")
_FEELING_OF = {label: name for name, labels in MOVED_BY.items() for label in labels}

REST = 0.3
"""Where each feeling rests."""

IMPACT = 0.2
"""How far a reply of full intensity and confidence moves its feeling: the predecessors' figure."""

PER_HOUR = 0.1
"""Which share of the distance to rest is gone after an hour: a half-life of 6.6 hours."""

CHARACTER = of_turns(
    "character_emotional_evolution",
    "how a bot feels towards a person, by what it says; also called character_emotional_state",
    {
        **{name: share(f"the bot's {name}; at rest {REST}") for name in MOVED_BY},
        "emotional_intensity": share("mean distance of all eleven from their rest"),
        "emotional_valence": Field("(positive - negative) / both", "1", -1, 1),
    },
    tags=("dominant_state",),
)


class Character:
    """Writes `character_emotional_evolution`: one row for each reply whose effect is known."""

    measurements = (CHARACTER,)

    def update(self, heard: Heard) -> Sequence[Point]:
        """The row, after this reply."""
        felt = heard.bot_emotion
        strength, sure = heard.told("bot", "intensity"), heard.told("bot", "confidence")
        if felt is None or felt.primary == UNSURE or not heard.turn.user:
            return ()
        if strength is None or sure is None:
            return ()  # how far it moves is not known
        pair = heard.pair
        settle(pair, heard.ms)
        name = _FEELING_OF.get(felt.primary)
        if name is not None:
            moved = pair.character[name] + strength * sure * IMPACT
            pair.character[name] = min(1.0, moved)
        state = pair.character
        up, down = (sum(state[name] for name in side) for side in (POSITIVE, NEGATIVE))
        fields = {
            **state,
            "emotional_intensity": sum(abs(value - REST) for value in state.values()) / len(state),
            "emotional_valence": (up - down) / (up + down),
        }
        dominant = max(state, key=lambda name: (state[name], name))
        if state[dominant] <= REST + 0.01:
            dominant = "neutral"
        return (heard.point(CHARACTER, fields, felt.source, dominant_state=dominant),)


def settle(pair: Pair, ms: int) -> None:
    """Draw a bot's feelings back towards their rest, for the time that went by.

    >>> pair = Pair(bot="b", user="u", character={"joy": 0.8}, character_ms=1)
    >>> settle(pair, 3_600_001)
    >>> round(pair.character["joy"], 3), pair.character["fear"]
    (0.75, 0.3)
    """
    hours = max(0, ms - pair.character_ms) / 3_600_000 if pair.character_ms else 0.0
    left = (1 - PER_HOUR) ** hours
    pair.character = {
        name: REST + (pair.character.get(name, REST) - REST) * left for name in MOVED_BY
    }
    pair.character_ms = max(pair.character_ms, ms)
