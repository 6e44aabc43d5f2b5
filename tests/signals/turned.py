"""Makes turns as signals hear them, for the tests of signals."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from roomtone.emotions import Reading, reading
from roomtone.events import Turn
from roomtone.turns import Heard, Pair, Talk

AT = datetime(2026, 1, 1, 12, tzinfo=UTC)


def pair(**more: Any) -> Pair:
    """A pair that stands at .8, .6, .7, as its store says."""
    known = {"trust": 0.8, "affection": 0.6, "attunement": 0.7, "source": "store"}
    return Pair(bot="luna", user="ann", **{**known, **more})


def read(primary: str, **more: Any) -> Reading:
    """A model's reading."""
    return reading(primary, **{"intensity": 0.6, "confidence": 0.9, "source": "model", **more})


def heard(own: Pair | None = None, at: datetime = AT, **told: Any) -> Heard:
    """A turn; what is a field of Heard is known of it, the rest is what its sender said."""
    known = {name: told.pop(name) for name in Heard.__dataclass_fields__ if name in told}
    turn = Turn(**{"session": "s", "id": "t", "bot": "luna", "user": "ann", **told})
    talk = Talk(session="s", bot="luna", user="ann", started_ms=0, ended_ms=0)
    return Heard(turn, at, own if own is not None else pair(), known.pop("talk", talk), **known)
