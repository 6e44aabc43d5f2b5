"""The documents' hybrid as it stands: rules gate, 70 % trees and 30 % z decide."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from roomtone.alerts import Alert, AlertType, Severity
from roomtone.detectors._columns import Columns
from roomtone.detectors._hybrid import Hybrid, Parts, column
from roomtone.points import Block, Column, Slots

WARNING, CRITICAL = 0.6, 0.8
LEAST_POINTS = 5  # this one included
COOL_DOWN_S = 30
LEAVE_RATE, LOW, DROP = 0.15, 0.20, 0.25
DECLINE_POINTS, SLOPE, DECLINE = 6, -0.02, 0.10
_ALL_BUT_ONE_PAIR = -11  # Kendall's S of 6 points at which a decline has p = .028, one-sided
RECOVERY_S, RECOVERED_SHARE = 30, 0.9

_RANK: tuple[AlertType, ...] = ("MASS_EXIT", "LOW_ENGAGEMENT", "SUDDEN_DROP", "GRADUAL_DECLINE")
_HARD = ("MASS_EXIT", "LOW_ENGAGEMENT")  # these rules may alarm on their own


class Documents:
    """A rule names the type (mass exit before low before sudden before gradual); the combined
    score of at least 0.6 raises it, at 0.8 as critical. No alarm budget holds here.
    """

    def __init__(self, window: int = 250, seed: int = 42) -> None:
        self._hybrid = Hybrid(scaled=True, height=8, window=window, seed=seed)
        initial = {name: -1e12 for name in _RANK}
        self._columns = Columns(initial | {"goal": 0.0, "since": 0.0, "well_since": 0.0}, {})

    def observe(self, block: Block) -> list[Alert]:
        """One alert at most per row."""
        now = block.time.timestamp()
        self._columns.grow(block.slots)
        held = (column(block, "feed") == 0) | np.isnan(column(block, "score"))
        parts = self._hybrid.update(block, ~held)
        found = []
        for row in np.flatnonzero(self._suspects(block, parts) & ~held).tolist():
            alert = self._judge(block, parts, row, now)
            if alert is not None:
                found.append(alert)
        return found + self._recovered(block, now)

    def _suspects(self, block: Block, parts: Parts) -> NDArray[np.bool_]:
        """Rows that some rule may name: cheap tests on all, so that few are looked at closely."""
        score, leaving = column(block, "score"), column(block, "leave_rate")
        enough = parts.points + 1 >= LEAST_POINTS
        fell = (score < parts.mean) | (score < parts.previous)
        return enough & (fell | (leaving >= LEAVE_RATE) | (score < LOW))

    def _judge(self, block: Block, parts: Parts, row: int, now: float) -> Alert | None:
        slot, score = int(block.slots[row]), float(column(block, "score")[row])
        history = self._hybrid.history(slot)  # this point is the last of it
        before = history[:-1]
        leaving = float(column(block, "leave_rate")[row])
        median, previous = float(np.median(before)), float(parts.previous[row])
        kind = name_type(score, previous, median, leaving, history)
        if kind is None:
            return None
        combined = float(parts.combined[row])
        strength = max(combined, WARNING) if kind in _HARD else combined
        last = self._columns.place[kind]
        if strength < WARNING or now - self._columns.numbers[slot, last] < COOL_DOWN_S:
            return None
        self._columns.numbers[slot, last] = now
        expected = max(previous, median) if kind == "SUDDEN_DROP" else float(parts.mean[row])
        self._set(slot, goal=RECOVERED_SHARE * expected, since=now, well_since=0.0)
        severity: Severity = "CRITICAL" if strength >= CRITICAL else "WARNING"
        return Alert(
            time=block.time,
            session=str(block.tags["session"][row]),
            type=kind,
            severity=severity,
            detector="anomaly",
            score=strength,
            current=leaving if kind == "MASS_EXIT" else score,
            expected=LEAVE_RATE if kind == "MASS_EXIT" else expected,
            subject="leave_rate" if kind == "MASS_EXIT" else "score",
            message=_sentence(kind, score, expected, leaving),
            evidence={
                "tree": float(parts.tree[row]),
                "tree_ready": float(parts.ready[row]),
                "z": float(parts.z[row]),
                "combined": combined,
                "previous": previous,
                "median": median,
                "points": float(len(before)),
            },
        )

    def _set(self, slot: int, **values: float) -> None:
        for name, value in values.items():
            self._columns.numbers[slot, self._columns.place[name]] = value

    def _recovered(self, block: Block, now: float) -> list[Alert]:
        slots, score = block.slots, column(block, "score")
        lines = self._columns.take(slots)
        goal, since = lines[self._columns.place["goal"]], lines[self._columns.place["since"]]
        well = lines[self._columns.place["well_since"]]
        good = (goal > 0) & (score >= goal)
        well[:] = np.where(good, np.where(well > 0, well, now), 0.0)
        back = good & (now - well >= RECOVERY_S)
        found = []
        for row in np.flatnonzero(back).tolist():
            found.append(_recovery(block, row, float(goal[row]), now - float(since[row])))
        goal[:] = np.where(back, 0.0, goal)
        self._columns.put(slots, lines)
        return found

    def forget(self, slots: Slots) -> None:
        """Clear slots whose sessions have ended."""
        self._columns.forget(slots)
        self._hybrid.forget(slots)

    def snapshot(self) -> dict[str, NDArray[Any]]:
        """All state, by slot."""
        return self._columns.snapshot("documents") | self._hybrid.snapshot()

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Go on from a snapshot."""
        self._columns.restore("documents", state)
        self._hybrid.restore(state)


def name_type(
    score: float, previous: float, median: float, leaving: float, history: Column
) -> AlertType | None:
    """The first rule that holds, or None; `history` ends with this score."""
    if leaving >= LEAVE_RATE:
        return "MASS_EXIT"
    if score < LOW:
        return "LOW_ENGAGEMENT"
    if score <= (1 - DROP) * max(previous, median):
        return "SUDDEN_DROP"
    if len(history) >= DECLINE_POINTS and _declines(history[-DECLINE_POINTS:]):
        return "GRADUAL_DECLINE"
    return None


def _declines(points: Column) -> bool:
    """Theil-Sen slope under -0.02 a point, and Kendall's test (p < .05) or a fall of 10 %."""
    first, second = np.triu_indices(len(points), 1)
    rises = points[second] - points[first]
    slope = float(np.median(rises / (second - first)))
    kendall = float(np.sign(rises).sum())
    fell = points[-1] <= (1 - DECLINE) * points[0]
    return slope < SLOPE and bool(kendall <= _ALL_BUT_ONE_PAIR or fell)


def _sentence(kind: AlertType, score: float, expected: float, leaving: float) -> str:
    now, then = round(100 * score), round(100 * expected)
    if kind == "MASS_EXIT":
        return f"{leaving:.0%} of the room left within a minute."
    if kind == "LOW_ENGAGEMENT":
        return f"Engagement is low: {now} of 100."
    if kind == "SUDDEN_DROP":
        return f"Engagement fell from about {then} to {now} of 100."
    return f"Engagement has been declining for half a minute, to {now} of 100."


def _recovery(block: Block, row: int, goal: float, since_s: float) -> Alert:
    score = float(column(block, "score")[row])
    return Alert(
        time=block.time,
        session=str(block.tags["session"][row]),
        type="RECOVERED",
        severity="INFO",
        detector="anomaly",
        score=0.0,
        current=score,
        expected=goal / RECOVERED_SHARE,
        message=f"Engagement is back at {round(100 * score)} of 100.",
        evidence={"since_s": since_s},
    )
