"""The documents' payloads hold what their pages read, whatever of it we know."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime

from roomtone.alerts import Alert
from roomtone.runtime.board import show_alert
from roomtone.runtime.documents import anomaly, update

POINT = {
    "score": 0.62,
    "chat_per_min": 12.0,
    "active_users": 8.0,
    "total_users": 10.0,
    "leave_rate": 0.1,
    "reactions_per_min": math.nan,
}


def alert(**changes) -> dict:
    made = {
        "time": datetime(2026, 3, 1, 12, 0, 5, tzinfo=UTC),
        "session": "keynote",
        "type": "SUDDEN_DROP",
        "severity": "CRITICAL",
        "detector": "anomaly",
        "score": 0.9,
        "current": 0.3,
        "expected": 0.7,
    }
    return show_alert(Alert(**made | changes))


def test_an_update_has_the_documents_names() -> None:
    """Their five keys, their six signals; what is not known is 0, as their pages need a number."""
    made = update("keynote", "conf", 1_763_719_205, POINT)

    assert made | {"signals": 0} == {
        "timestamp": "2025-11-21T10:00:05Z",
        "sessionId": "keynote",
        "eventId": "conf",
        "score": 0.62,
        "signals": 0,
        "level": "HIGH",
    }
    assert made["signals"] == {
        "chat_msgs_per_min": 12.0,
        "poll_participation": 0.0,
        "active_users": 8.0,
        "total_users": 10.0,
        "reactions_per_min": 0.0,
        "user_leave_rate": 0.1,
    }
    assert json.loads(json.dumps(made, allow_nan=False)) == made


def test_an_event_that_nobody_named_is_the_session() -> None:
    """Without an eventId the session stands in for it."""
    assert update("keynote", "", 0, POINT)["eventId"] == "keynote"
    assert anomaly(alert(), "")["eventId"] == "keynote"


def test_an_alert_about_the_score_keeps_its_numbers() -> None:
    """Current, expected and the difference, as the detector saw them."""
    made = anomaly(alert(), "conf", POINT)

    assert (made["type"], made["severity"], made["anomalyScore"]) == (
        "SUDDEN_DROP",
        "CRITICAL",
        0.9,
    )
    assert (made["currentEngagement"], made["expectedEngagement"]) == (0.3, 0.7)
    assert made["deviation"] == 0.3 - 0.7
    assert made["timestamp"] == "2026-03-01T12:00:05Z"
    assert made["signals"]["chat_msgs_per_min"] == 12.0


def test_an_alert_about_people_tells_a_score_between_0_and_1() -> None:
    """150 people are no engagement of 150: the score stands there, and the people beside it."""
    left = alert(type="MASS_EXIT", subject="people", current=100.0, expected=150.0)
    made = anomaly(left, "conf", POINT)

    assert made["currentEngagement"] == 0.62
    assert math.isclose(made["expectedEngagement"], 0.93)
    assert (made["subject"], made["current"], made["expected"]) == ("people", 100.0, 150.0)
    gone = anomaly(alert(type="MASS_EXIT", subject="people", current=0.0, expected=150.0), "conf")
    assert (gone["currentEngagement"], gone["expectedEngagement"]) == (0.0, 1.0)


def test_a_type_of_ours_is_unknown_to_them() -> None:
    """Their pages have pictures for four types; ours is told beside."""
    stall = alert(type="PIPELINE_STALL", subject="heartbeat_age_s", current=30.0, expected=10.0)
    made = anomaly(stall, "conf", POINT)

    assert (made["type"], made["alertType"]) == ("UNKNOWN", "PIPELINE_STALL")
    assert (made["expectedEngagement"], made["deviation"]) == (0.62, 0.0)
