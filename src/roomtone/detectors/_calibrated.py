"""The default way to decide: several kinds of evidence under one alarm budget per session."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from roomtone.alerts import Alert, AlertType
from roomtone.detectors._budget import Budget, Verdict, strength
from roomtone.detectors._columns import Cells, Columns
from roomtone.detectors._deficit import TICK_S, WINDOWS, Deficit, Deficits
from roomtone.detectors._exits import GRAVE_SHARE, Exit, Exits
from roomtone.detectors._hybrid import Hybrid, Parts, column, zeroed
from roomtone.detectors._wording import (
    BACK_ACTIVITY,
    Finding,
    exit_finding,
    fall_finding,
    recovered,
)
from roomtone.points import Block, Slots

REFRACTORY_S = 120  # one trouble, one alarm
LEAST_LOST = 0.25  # a drop is a quarter at least (the documents' rule), however sure the statistic
FURTHER = 0.6  # in trouble only a fall to under this share of the level at the alarm is news
SETTLE_TICKS = 180.0  # after 15 minutes the new level is what the room is used to

LOW, LOW_TICKS, ONCE_LIVELY = 0.20, 36.0, 0.35  # low for 3 minutes where it was not low before
USUAL_TICKS = 360.0  # what a session's score usually is: an average over half an hour

# A fall of the score itself that no statistic is needed for: by a quarter of the scale, by two
# fifths of what it was, and by five standard deviations (of at least 0.05).
GROSS, GROSS_SHARE, GROSS_SD, LEAST_SD = 0.25, 0.40, 5.0, 0.05

LONG_WINDOW = 6  # ticks; what was lost over more than half a minute may be back by now

LONG_TICKS = 36.0  # trouble of 3 minutes has taught the baseline the low level: start it anew
HAZY_TICKS = 13.0  # a little more than the score's minute
WELL_TICKS = 6  # half a minute back at the goal is a recovery
BACK_SCORE = 0.85
CRITICAL = 0.8

_NEVER = -1e12
_NUMBERS = {
    "time": 0.0,  # of the last block, epoch seconds
    "stalled": 0.0,
    "hazy": 0.0,  # ticks for which the score is not to be trusted
    "alarmed": _NEVER,  # time of the last drop, decline or low
    "exited": _NEVER,  # time of the last mass exit
    "trouble": 0.0,  # 0 none, 1 by activity, 2 by score, 3 by people
    "since": 0.0,  # ticks in trouble
    "began": 0.0,
    "expected": 0.0,  # what was expected when trouble began
    "goal": 0.0,  # what is well again
    "level": 0.0,  # activity per tick at the alarm
    "well": 0.0,  # ticks at the goal
    "usual": 0.0,
    "usual_weight": 0.0,
    "low": 0.0,  # ticks in a row under 0.20
    "low_said": 0.0,
}
_LINE = {name: index for index, name in enumerate(_NUMBERS)}


@dataclass(frozen=True, slots=True)
class _Evidence:
    deficit: Deficit
    verdict: Verdict
    parts: Parts
    exits: Exit
    clear: NDArray[np.bool_]  # the counts can be believed
    fair: NDArray[np.bool_]  # the score can be believed


class Calibrated:
    """Activity deficits held against a threshold that the session's own extremes and the budget
    set; mass exits by rule; the score's trees and z shown beside them.
    """

    def __init__(self, alarms_per_hour: float, seed: int = 42) -> None:
        self._deficits = Deficits()
        self._budget = Budget(alarms_per_hour)
        self._hybrid = Hybrid(scaled=False, height=6, window=30, seed=seed)
        self._exits = Exits()
        self._columns = Columns(_NUMBERS, {})

    def observe(self, block: Block) -> list[Alert]:
        """One alert at most per row; rows whose feed is in doubt are held, and teach nothing."""
        slots, now = block.slots, block.time.timestamp()
        self._columns.grow(slots)
        lines = self._columns.take(slots)
        counts = column(block, "activity_5s")
        unknown = np.isnan(counts)
        doubt = unknown | (column(block, "feed") == 0)
        gap = self._gap(block, lines, doubt, now)
        deficit = self._deficits.update(slots, np.where(unknown, 0.0, counts), doubt=doubt, gap=gap)
        clear = ~doubt & ~gap
        per_min = deficit.level * (60 / TICK_S)
        verdict = self._budget.judge(slots, deficit.strength, per_min, clear)
        # Of a session without counts the score is all there is.
        fair = (clear | unknown) & (lines[_LINE["hazy"]] == 0)
        parts = self._hybrid.update(block, fair)
        evidence = _Evidence(deficit, verdict, parts, self._exits.update(block), clear, fair)
        self._watch_score(block, lines, fair)
        alerts = self._raise(block, lines, evidence, now)
        alerts += self._recover(block, lines, evidence, now)
        self._columns.put(slots, lines)
        return alerts

    def _gap(
        self, block: Block, lines: Cells, doubt: NDArray[np.bool_], now: float
    ) -> NDArray[np.bool_]:
        """Rows before which time is missing: nobody listened, or the feed was stalled."""
        before, stalled = lines[_LINE["time"]], lines[_LINE["stalled"]]
        age = column(block, "heartbeat_age_s")
        limit = np.maximum(3 * zeroed(column(block, "heartbeat_every_s")), 15.0)
        gap: NDArray[np.bool_] = (before > 0) & (now - before != TICK_S) | (stalled > 0) & ~doubt
        stalled[:] = np.where(doubt, np.maximum(stalled, age > limit), 0.0)
        before[:] = now
        # The score's window still reaches back over the missing time for a minute.
        hazy = lines[_LINE["hazy"]]
        hazy[:] = np.where(gap, HAZY_TICKS, np.maximum(hazy - 1, 0.0))
        return gap

    def _watch_score(self, block: Block, lines: Cells, learn: NDArray[np.bool_]) -> None:
        score = column(block, "score")
        learn = learn & np.isfinite(score)
        low, usual, weight = (lines[_LINE[n]] for n in ("low", "usual", "usual_weight"))
        low[:] = np.where(learn, np.where(score < LOW, low + 1, 0.0), low)
        keep = 1 - 1 / USUAL_TICKS
        usual[:] = np.where(learn, usual * keep + score, usual)
        weight[:] = np.where(learn, weight * keep + 1, weight)

    def _raise(self, block: Block, lines: Cells, evidence: _Evidence, now: float) -> list[Alert]:
        exits, parts, clear = evidence.exits, evidence.parts, evidence.clear
        score = column(block, "score")
        # That people leave does not say that those who stay fall silent: each is told by itself.
        quiet = now - lines[_LINE["alarmed"]] >= REFRACTORY_S
        leaving = (exits.mass | exits.burst) & (now - lines[_LINE["exited"]] >= REFRACTORY_S)
        fell = clear & quiet & (evidence.verdict.above > 0)
        lost = zeroed(parts.mean - score)
        least = np.maximum(GROSS, GROSS_SD * np.maximum(parts.sd, LEAST_SD))
        gross = (lost >= least) & (lost >= GROSS_SHARE * parts.mean) & (parts.points >= 4)
        trouble = lines[_LINE["trouble"]]
        gross &= quiet & ((trouble == 0) | (trouble == 3)) & evidence.fair
        usual = lines[_LINE["usual"]] / np.maximum(lines[_LINE["usual_weight"]], 1e-9)
        stays_low = quiet & (lines[_LINE["low"]] >= LOW_TICKS) & (lines[_LINE["low_said"]] == 0)
        stays_low &= (usual >= ONCE_LIVELY) & clear
        found = []
        for row in np.flatnonzero(leaving | fell | gross | stays_low).tolist():
            finding = None
            if leaving[row]:
                finding = exit_finding(exits, row)
            if finding is None and stays_low[row]:
                finding = self._low(block, lines, evidence, row)
            if finding is None and fell[row]:
                finding = self._fall(block, lines, evidence, row)
            if finding is None and gross[row]:
                finding = self._crash(block, evidence, row)
            if finding is not None:
                found.append(self._alarm(block, lines, evidence, row, finding))
        return found

    def _fall(self, block: Block, lines: Cells, evidence: _Evidence, row: int) -> Finding | None:
        slot, window = int(block.slots[row]), int(evidence.deficit.window[row])
        numbers = self._deficits.explain(slot, window)
        if numbers["counted"] > (1 - LEAST_LOST) * numbers["expected"]:
            return None
        usual = numbers["expected"] / WINDOWS[window]
        if WINDOWS[window] > LONG_WINDOW and numbers["newest"] >= BACK_ACTIVITY * usual:
            return None  # it fell, but in the last 15 s it has come back: too late to tell
        rate = numbers["counted"] / WINDOWS[window]
        fresh = lines[_LINE["trouble"], row] == 1 and lines[_LINE["since"], row] < SETTLE_TICKS
        if fresh and rate > FURTHER * lines[_LINE["level"], row]:
            return None
        score = float(column(block, "score")[row])
        return fall_finding(block, row, numbers, low=score < LOW)

    def _crash(self, block: Block, evidence: _Evidence, row: int) -> Finding:
        score, mean = float(column(block, "score")[row]), float(evidence.parts.mean[row])
        kind: AlertType = "LOW_ENGAGEMENT" if score < LOW else "SUDDEN_DROP"
        lost = (mean - score) / max(mean, 1e-9)
        text = f"Engagement fell from about {mean * 100:.0f} to {score * 100:.0f} of 100 at once."
        return Finding(kind, score, mean, "score", text, 2, BACK_SCORE * mean, {"share_lost": lost})

    def _low(self, block: Block, lines: Cells, evidence: _Evidence, row: int) -> Finding | None:
        """Low for minutes, where trouble was announced before or a slow slide led there."""
        slide = self._deficits.slide(int(block.slots[row]))
        if lines[_LINE["trouble"], row] == 0 and not slide > evidence.verdict.threshold[row]:
            return None
        usual = float(lines[_LINE["usual"], row] / lines[_LINE["usual_weight"], row])
        score = float(column(block, "score")[row])
        lines[_LINE["low_said"], row] = 1
        text = (
            f"Engagement has stayed under 20 of 100 for {LOW_TICKS * TICK_S / 60:.0f} minutes; "
            f"it was about {usual * 100:.0f}."
        )
        goal = max(BACK_SCORE * usual, LOW)
        return Finding("LOW_ENGAGEMENT", score, usual, "score", text, 2, goal, {"slide": slide})

    def _alarm(
        self, block: Block, lines: Cells, evidence: _Evidence, row: int, finding: Finding
    ) -> Alert:
        now, slot = block.time.timestamp(), block.slots[row : row + 1]
        leaving = finding.kind == "MASS_EXIT"
        above = float(evidence.verdict.above[row])
        score = strength(above) if np.isfinite(above) else 0.6
        if leaving:
            # 0.6 at the rule's 15 %, 0.8 at 30 %, 1 at 60 %; a burst below the rule is a warning.
            share = finding.evidence["share_left"]
            score = min(1.0, 0.6 + max(share - 0.15, 0) / GRAVE_SHARE * 0.4)
        elif finding.trouble == 2:
            score = max(score, CRITICAL if finding.kind == "SUDDEN_DROP" else 0.6)
        lines[_LINE["exited" if leaving else "alarmed"], row] = now
        if not leaving:
            self._budget.spend(slot)
        trouble = lines[_LINE["trouble"], row]
        if trouble == 0 or (trouble == 3 and not leaving):
            for name, value in (
                ("trouble", float(finding.trouble)),
                ("began", now),
                ("since", 0.0),
                ("expected", finding.expected),
                ("goal", finding.goal),
                ("well", 0.0),
                ("low_said", float(finding.kind == "LOW_ENGAGEMENT")),
            ):
                lines[_LINE[name], row] = value
        window = evidence.deficit.window[row]
        lines[_LINE["level"], row] = finding.evidence.get("counted", np.inf) / WINDOWS[window]
        return Alert(
            time=block.time,
            session=str(block.tags["session"][row]),
            type=finding.kind,
            severity="CRITICAL" if score >= CRITICAL else "WARNING",
            detector="anomaly",
            score=score,
            current=finding.current,
            expected=finding.expected,
            subject=finding.subject,
            message=finding.message,
            evidence=finding.evidence | _parts(evidence, row),
        )

    def _recover(self, block: Block, lines: Cells, evidence: _Evidence, now: float) -> list[Alert]:
        clear = evidence.fair
        trouble, since, well = (lines[_LINE[n]] for n in ("trouble", "since", "well"))
        if not trouble.any():
            return []
        minute = evidence.deficit.minute * (60 / TICK_S)
        score, people = column(block, "score"), column(block, "total_users")
        value = np.select([trouble == 1, trouble == 2, trouble == 3], [minute, score, people], 0.0)
        since += (trouble > 0) & clear
        # The alarm's own window reached back before the fall: the two minutes after it tell how
        # low the room really is.
        level, settling = lines[_LINE["level"]], now - lines[_LINE["alarmed"]] < REFRACTORY_S
        lowest = np.minimum(level, evidence.deficit.minute)
        level[:] = np.where((trouble == 1) & settling & clear, lowest, level)
        good = (trouble > 0) & (value >= lines[_LINE["goal"]]) & clear
        well[:] = np.where(good, well + 1, np.where(clear, 0.0, well))
        found = []
        for row in np.flatnonzero(well >= WELL_TICKS).tolist():
            began, expected = (
                float(lines[_LINE["began"], row]),
                float(lines[_LINE["expected"], row]),
            )
            found.append(
                recovered(block, row, int(trouble[row]), float(value[row]), expected, now - began)
            )
            if trouble[row] == 1 and since[row] >= LONG_TICKS:
                self._deficits.restart(block.slots[row : row + 1], np.array([12.0]))
            for name in ("trouble", "since", "well", "low_said"):
                lines[_LINE[name], row] = 0.0
        return found

    def forget(self, slots: Slots) -> None:
        """Clear slots whose sessions have ended."""
        for part in (self._columns, self._deficits, self._budget, self._hybrid, self._exits):
            part.forget(slots)

    def snapshot(self) -> dict[str, NDArray[Any]]:
        """All state, by slot."""
        kept = self._columns.snapshot("calibrated")
        for part in (self._deficits, self._budget, self._hybrid, self._exits):
            kept |= part.snapshot()
        return kept

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Go on from a snapshot."""
        self._columns.restore("calibrated", state)
        for part in (self._deficits, self._budget, self._hybrid, self._exits):
            part.restore(state)


def _parts(evidence: _Evidence, row: int) -> dict[str, float]:
    """What every alarm shows of the statistic, its threshold, and the documents' two parts."""
    parts, verdict = evidence.parts, evidence.verdict
    shown = {
        "deficit": evidence.deficit.strength[row],
        "threshold": verdict.threshold[row],
        "surprise": verdict.surprise[row],
        "budget_per_h": verdict.rate[row],
        "tree": parts.tree[row],
        "tree_ready": parts.ready[row],
        "z": parts.z[row],
        "combined": parts.combined[row],
    }
    return {name: float(value) for name, value in shown.items()}
