"""What an alarm says: its type, its numbers and one plain sentence for a host."""

from __future__ import annotations

from dataclasses import dataclass

from roomtone.alerts import Alert, AlertType
from roomtone.detectors._exits import Exit
from roomtone.detectors._hybrid import column
from roomtone.points import Block

BACK_ACTIVITY, BACK_PEOPLE = 0.75, 0.90

# A decline is gradual when a third of it had happened by the middle of the last three minutes'
# first half and most of it by the second third: in a sudden drop those are still at the old level.
_FIRST, _SECOND, _LEAST_WINDOW_S = 0.20, 0.45, 45


@dataclass(frozen=True, slots=True)
class Finding:
    """An alarm before it is raised. `trouble` is 1 by activity, 2 by score, 3 by people; the
    trouble is over when that reaches `goal` again."""

    kind: AlertType
    current: float
    expected: float
    subject: str
    message: str
    trouble: int
    goal: float
    evidence: dict[str, float]


def exit_finding(exits: Exit, row: int) -> Finding:
    """Many people have left."""
    left, before = float(exits.leavers[row]), float(exits.before[row])
    share, seconds = float(exits.share[row]), 60 if exits.mass[row] else 15
    text = f"{left:.0f} of {before:.0f} people left within {seconds} s ({share:.0%})."
    evidence = {
        "share_left": share,
        "leavers": left,
        "within_s": float(seconds),
        "usual_leavers_15s": float(exits.usual[row]),
    }
    goal = BACK_PEOPLE * before
    return Finding("MASS_EXIT", before - left, before, "people", text, 3, goal, evidence)


def fall_finding(block: Block, row: int, numbers: dict[str, float], *, low: bool) -> Finding:
    """Activity has fallen: suddenly, gradually, or so far that the room is low."""
    seconds = numbers["window_s"]
    current, expected = (numbers[n] * 60 / seconds for n in ("counted", "expected"))
    lost = 1 - numbers["counted"] / max(numbers["expected"], 1e-9)
    gradual = _is_gradual(numbers)
    kind: AlertType = "SUDDEN_DROP"
    if gradual:
        kind = "GRADUAL_DECLINE"
    elif low and seconds >= 60:
        kind = "LOW_ENGAGEMENT"
    what = _what(block, row)
    verb = "have been declining" if gradual else "fell"
    if what == "Activity":
        verb = verb.replace("have", "has")
    text = f"{what} {verb} from about {_round(expected)} to {_round(current)} a minute"
    text += "." if gradual else f" in {seconds:.0f} s."
    evidence = {
        "window_s": seconds,
        "counted": numbers["counted"],
        "expected_count": numbers["expected"],
        "dispersion": numbers["dispersion"],
        "share_lost": lost,
    }
    goal = BACK_ACTIVITY * expected
    return Finding(kind, current, expected, "activity_per_min", text, 1, goal, evidence)


def _is_gradual(numbers: dict[str, float]) -> bool:
    before, last = numbers["before_per_tick"], numbers["last_third"]
    if numbers["window_s"] < _LEAST_WINDOW_S or before <= last:
        return False
    first = (before - numbers["first_third"]) / (before - last)
    second = (before - numbers["second_third"]) / (before - last)
    return first >= _FIRST and second >= _SECOND


def _what(block: Block, row: int) -> str:
    others = (column(block, "reactions_per_min")[row], column(block, "poll_participation")[row])
    return "Activity" if any(value > 0 for value in others) else "Messages"


def _round(value: float) -> str:
    return f"{value:.0f}" if value >= 3 or value == 0 else f"{value:.1f}"


def recovered(
    block: Block, row: int, trouble: int, value: float, expected: float, since_s: float
) -> Alert:
    """News, not an alarm: what was lost is back."""
    if trouble == 3:
        subject, text = "people", f"The room is back at {value:.0f} people"
    elif trouble == 2:
        subject, text = "score", f"Engagement is back at {value * 100:.0f} of 100"
    else:
        subject = "activity_per_min"
        text = f"{_what(block, row)} came back to about {_round(value)} a minute"
    return Alert(
        time=block.time,
        session=str(block.tags["session"][row]),
        type="RECOVERED",
        severity="INFO",
        detector="anomaly",
        score=0.0,
        current=value,
        expected=expected,
        subject=subject,
        message=f"{text} after {since_s / 60:.0f} min."
        if since_s >= 90
        else f"{text} after {since_s:.0f} s.",
        evidence={"since_s": since_s},
    )
