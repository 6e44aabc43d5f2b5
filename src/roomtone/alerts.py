"""What is noticed: an Alert with its evidence."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

AlertType = Literal[
    "SUDDEN_DROP",
    "GRADUAL_DECLINE",
    "MASS_EXIT",
    "LOW_ENGAGEMENT",
    "PIPELINE_STALL",
    "RECOVERED",
]
Severity = Literal["INFO", "WARNING", "CRITICAL"]


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """One thing a detector noticed in one session, with all that led to it.

    `score` is the strength of the evidence, 0 to 1. `current` and `expected` are in the unit that
    `subject` names; `deviation` is current minus expected. `evidence` names every part that
    the verdict was made of. RECOVERED is news, not an alarm: its severity is INFO, and
    `evidence["since_s"]` tells how long the trouble lasted.
    """

    time: datetime
    session: str
    type: AlertType
    severity: Severity
    detector: str
    score: float
    current: float
    expected: float
    subject: str = "score"
    message: str = ""
    evidence: dict[str, float] = {}

    @property
    def id(self) -> str:
        """The same alert has the same id in every run and replay."""
        return f"{self.session}/{self.type}/{self.time:%Y%m%dT%H%M%SZ}"

    @property
    def deviation(self) -> float:
        return self.current - self.expected

    @property
    def is_alarm(self) -> bool:
        """Whether it counts against the alarm budget."""
        return self.type != "RECOVERED"
