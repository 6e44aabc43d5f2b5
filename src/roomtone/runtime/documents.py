"""What the earlier documents publish, in their own payloads: made of our points and alerts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from roomtone.points import level
from roomtone.runtime.clock import iso, utc

UPDATE = "engagement:update"
ANOMALY = "anomaly:detected"

# Their name for a signal, and ours. Where we know no number, theirs have to be told 0: their
# pages call `toFixed` on each.
SIGNALS: Mapping[str, str] = {
    "chat_msgs_per_min": "chat_per_min",
    "poll_participation": "poll_participation",
    "active_users": "active_users",
    "total_users": "total_users",
    "reactions_per_min": "reactions_per_min",
    "user_leave_rate": "leave_rate",
}

KNOWN_TYPES = frozenset({"SUDDEN_DROP", "GRADUAL_DECLINE", "MASS_EXIT", "LOW_ENGAGEMENT"})
"""What their pages have a name and a picture for; everything else is UNKNOWN to them."""


def signals(fields: Mapping[str, float]) -> dict[str, float]:
    """A point's numbers under the documents' names.

    >>> signals({"chat_per_min": 12.0})["chat_msgs_per_min"]
    12.0
    """
    return {theirs: _number(fields.get(ours)) for theirs, ours in SIGNALS.items()}


def update(session: str, event_id: str, t: int, fields: Mapping[str, float]) -> dict[str, Any]:
    """`engagement:update`: one session's point of the tick at `t` (epoch seconds).

    `fields` are those of a point, `score` among them; `signals` holds the others by the
    documents' names. `level` is ours, and comes in addition.
    """
    score = _number(fields.get("score"))
    return {
        "timestamp": iso(utc(t * 1000)),
        "sessionId": session,
        "eventId": event_id or session,
        "score": score,
        "signals": signals(fields),
        "level": level(score),
    }


def anomaly(
    alert: Mapping[str, Any], event_id: str, fields: Mapping[str, float] | None = None
) -> dict[str, Any]:
    """`anomaly:detected`: an alert as `show_alert` gives it.

    `fields` is the session's newest point. The documents' engagement is a score between 0 and 1,
    so an alert about people or messages tells the score of that point, and the expected one in
    the same proportion; the alert's own numbers come with their unit in `subject`, `current`,
    `expected`. A type that the documents do not have is UNKNOWN, with ours in `alertType`.
    """
    known = fields or {}
    current, expected = _number(alert["current"]), _number(alert["expected"])
    score, usual = current, expected
    if alert["subject"] != "score":
        score = usual = _number(known.get("score"))
        if expected > current:
            usual = min(score * expected / current, 1.0) if current > 0 else 1.0
    return {
        "sessionId": alert["session"],
        "eventId": event_id or alert["session"],
        "timestamp": alert["time"],
        "type": alert["type"] if alert["type"] in KNOWN_TYPES else "UNKNOWN",
        "severity": alert["severity"],
        "anomalyScore": _number(alert["score"]),
        "currentEngagement": score,
        "expectedEngagement": usual,
        "deviation": score - usual,
        "signals": signals(known),
        "id": alert["id"],
        "alertType": alert["type"],
        "message": alert["message"],
        "subject": alert["subject"],
        "current": current,
        "expected": expected,
    }


def _number(value: float | None) -> float:
    return value if value is not None and math.isfinite(value) else 0.0
