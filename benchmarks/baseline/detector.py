"""One River pipeline and thirty scores per session: the documents' detector, built plainly."""

from __future__ import annotations

import math
from collections import deque
from typing import NamedTuple

from river import anomaly, preprocessing

from benchmarks.baseline.tracker import Signals

WARM_POINTS = 5
HISTORY = 30
WARNING, CRITICAL = 0.6, 0.8
COOL_DOWN_S = 120


class Verdict(NamedTuple):
    """What the detector makes of one tick; `kind` is empty when there is nothing to say."""

    score: float
    trees: float
    z: float
    kind: str = ""
    severity: str = ""


class Detector:
    """Half-space trees 70 %, z-score 30 %, then rules; all of it belongs to one session."""

    def __init__(self) -> None:
        self.pipeline = preprocessing.StandardScaler() | anomaly.HalfSpaceTrees(
            n_trees=10, height=8, seed=42
        )
        self.scores: deque[float] = deque(maxlen=HISTORY)
        self.alarmed = -math.inf

    def observe(self, signals: Signals, score: float, now: float) -> Verdict:
        """Judge one tick, then learn it."""
        point = {
            "chat": signals.chat_per_min,
            "polls": signals.poll_participation,
            "active": signals.active_share,
            "reactions": signals.reactions_per_min,
            "leaving": signals.leave_rate,
        }
        trees = self.pipeline.score_one(point)
        self.pipeline.learn_one(point)
        z = self._z(score)
        mixed = 0.7 * trees + 0.3 * min(abs(z) / 3, 1.0)
        verdict = Verdict(mixed, trees, z)
        if len(self.scores) >= WARM_POINTS and mixed >= WARNING:
            kind = self._kind(signals, score)
            if kind and now - self.alarmed >= COOL_DOWN_S:
                self.alarmed = now
                verdict = Verdict(
                    mixed, trees, z, kind, "CRITICAL" if mixed >= CRITICAL else "WARNING"
                )
        self.scores.append(score)
        return verdict

    def _z(self, score: float) -> float:
        n = len(self.scores)
        if n < WARM_POINTS:
            return 0.0
        mean = sum(self.scores) / n
        variance = sum((s - mean) ** 2 for s in self.scores) / n
        return (score - mean) / math.sqrt(variance) if variance > 0 else 0.0

    def _kind(self, signals: Signals, score: float) -> str:
        mean = sum(self.scores) / len(self.scores)
        if signals.leave_rate >= 0.15:
            return "MASS_EXIT"
        if score < 0.2:
            return "LOW_ENGAGEMENT"
        if mean > 0 and (mean - score) / mean >= 0.25:
            return "SUDDEN_DROP"
        recent = list(self.scores)[-6:]
        if len(recent) == 6 and all(b < a for a, b in zip(recent, recent[1:], strict=False)):
            return "GRADUAL_DECLINE"
        return ""
