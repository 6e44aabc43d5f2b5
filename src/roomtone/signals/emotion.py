"""What a person's message and a bot's reply feel like, mixed feelings too, and for this person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from roomtone.emotions import UNSURE, Reading
from roomtone.points import Field, Measurement, Point
from roomtone.signals._shape import of_turns, share, word
from roomtone.turns import Heard, Pair

MOST_MIXED = 3

USUAL_WEIGHT = 0.2
"""How far one message moves what is usual for a person: half of it is the last three or so."""


def _feeling(name: str, whose: str) -> Measurement:
    fields = {
        "intensity": share("how strong the feeling is"),
        "confidence": share("how sure the reading is"),
        "valence": Field("how pleasant, from -1 to 1", "1", -1, 1),
        "deviation": Field(
            "valence against what is usual for this person with this bot", "1", -2, 2
        ),
        "raw_label": word("what the source of the reading called it"),
        "model": word("which model read it"),
    }
    if name != "user_emotion":
        del fields["deviation"]
    for place in range(1, MOST_MIXED + 1):
        fields[f"mixed_emotion_{place}"] = word(f"feeling number {place} beside the main one")
        fields[f"mixed_intensity_{place}"] = share(f"how strong feeling number {place} is")
    return of_turns(name, f"what {whose} feels like", fields, tags=("emotion",))


USER_EMOTION = _feeling("user_emotion", "a person's message")
BOT_EMOTION = _feeling("bot_emotion", "a bot's reply")


class Emotion:
    """Writes `user_emotion` and `bot_emotion`: one row for each text that was read."""

    measurements = (USER_EMOTION, BOT_EMOTION)

    def update(self, heard: Heard) -> Sequence[Point]:
        """The rows; and what is usual for this person with this bot moves on."""
        rows = []
        user, bot = heard.user_emotion, heard.bot_emotion
        if user is not None:
            usual, known = heard.pair.valence, bool(heard.turn.user) and user.primary != UNSURE
            deviation = None if usual is None or not known else round(user.valence - usual, 4)
            rows.append(_row(heard, USER_EMOTION, user, "user", deviation))
            if known:  # of somebody whom nobody names nothing is usual
                learn(heard.pair, user.valence)
        if bot is not None:
            rows.append(_row(heard, BOT_EMOTION, bot, "bot"))
        return rows


def learn(pair: Pair, valence: float) -> None:
    """An exponential mean and variance of a person's valence (West 1979, weights that fade).

    >>> pair = Pair(bot="b", user="u")
    >>> for valence in (1.0, 1.0, -1.0):
    ...     learn(pair, valence)
    >>> round(pair.valence, 3), round(pair.variance, 3)
    (0.6, 0.64)
    """
    if pair.valence is None:
        pair.valence = valence
        return
    step = valence - pair.valence
    pair.valence += USUAL_WEIGHT * step
    pair.variance = (1 - USUAL_WEIGHT) * (pair.variance + USUAL_WEIGHT * step * step)


def _row(
    heard: Heard,
    measurement: Measurement,
    felt: Reading,
    whose: Literal["user", "bot"],
    deviation: float | None = None,
) -> Point:
    """What the sender left out of his own reading stays absent."""
    fields: dict[str, float | None] = {
        "intensity": heard.told(whose, "intensity"),
        "confidence": heard.told(whose, "confidence"),
        "valence": None if felt.primary == UNSURE else felt.valence,
        "deviation": deviation,
    }
    texts = {"raw_label": felt.raw}
    if felt.model:
        texts["model"] = felt.model
    for place, (label, score) in enumerate(felt.mixed[:MOST_MIXED], start=1):
        texts[f"mixed_emotion_{place}"] = label
        fields[f"mixed_intensity_{place}"] = score
    return heard.point(measurement, fields, felt.source, texts, emotion=felt.primary)
