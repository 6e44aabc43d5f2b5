"""Alerts know who they are and whether they count."""

from __future__ import annotations

from datetime import UTC, datetime

from roomtone.alerts import Alert

ALERT = Alert(
    time=datetime(2026, 1, 1, 12, 0, 5, tzinfo=UTC),
    session="s",
    type="SUDDEN_DROP",
    severity="WARNING",
    detector="anomaly",
    score=0.7,
    current=6,
    expected=42,
)


def test_the_same_alert_has_the_same_id() -> None:
    """Session, type and time make the id, so a replay names it alike."""
    assert ALERT.id == "s/SUDDEN_DROP/20260101T120005Z"


def test_deviation_is_now_less_expected() -> None:
    """Negative when there is less than there should be."""
    assert ALERT.deviation == -36


def test_recovery_is_news_and_no_alarm() -> None:
    """Only what is wrong counts against the budget."""
    import msgspec

    recovered = msgspec.structs.replace(ALERT, type="RECOVERED", severity="INFO")
    assert ALERT.is_alarm and not recovered.is_alarm
