"""How long a bot's reply is, beside what was asked, and how long it took."""

from __future__ import annotations

import re
from collections.abc import Sequence

from roomtone.points import Field, Point
from roomtone.signals._shape import of_turns
from roomtone.turns import Heard

RESPONSE_METRICS = of_turns(
    "response_metrics",
    "how long a reply is and how long it took",
    {
        "chars": Field("characters of the reply", "characters", 0, None),
        "words": Field("words of the reply", "words", 0, None),
        "message_chars": Field("characters of the message", "characters", 0, None),
        "message_words": Field("words of the message", "words", 0, None),
        "ratio": Field("words of the reply for one of the message", "1", 0, None),
        "processing_time_ms": Field("from the message to the reply", "ms", 0, None),
    },
)

_WORD = re.compile(r"\w+(?:['’-]\w+)*")


class Response:
    """Writes `response_metrics`: one row for each turn that has a reply or took some time."""

    measurements = (RESPONSE_METRICS,)

    def update(self, heard: Heard) -> Sequence[Point]:
        """The row; what the turn lacks is absent."""
        turn = heard.turn
        if turn.reply is None and turn.processing_time_ms is None:
            return ()
        said = None if turn.reply is None else words(turn.reply)
        asked = None if turn.message is None else words(turn.message)
        fields = {
            "chars": None if turn.reply is None else float(len(turn.reply)),
            "words": said,
            "message_chars": None if turn.message is None else float(len(turn.message)),
            "message_words": asked,
            "ratio": said / asked if said is not None and asked else None,
            "processing_time_ms": turn.processing_time_ms,
        }
        return (heard.point(RESPONSE_METRICS, fields, "measured"),)


def words(text: str) -> float:
    """How many words a text has: runs of letters and digits, with what joins them.

    >>> words("It's a well-known fact."), words("")
    (4.0, 0.0)
    """
    return float(len(_WORD.findall(text)))
