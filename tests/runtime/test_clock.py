"""The clock never goes back, and times are written as the wire writes them."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta, timezone

import pytest

from roomtone.runtime.clock import WallClock, iso, utc


def test_the_clock_stands_still_when_the_systems_goes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """A correction of the system's clock cannot bring events before those that came earlier."""
    clock = WallClock()
    monkeypatch.setattr(time, "time_ns", lambda: 2_000_000_000)
    first = clock.now_ms()
    monkeypatch.setattr(time, "time_ns", lambda: 1_000_000_000)

    assert clock.now_ms() == first == 2000


async def test_a_moment_in_the_past_is_not_waited_for() -> None:
    """Waiting for what has been returns at once."""
    clock = WallClock()

    await clock.wait_until(clock.now_ms() - 1000)


def test_times_are_written_in_utc() -> None:
    """With a Z, and with milliseconds only where there are some."""
    east = datetime(2026, 1, 1, 8, tzinfo=timezone(timedelta(hours=8)))

    assert iso(east) == "2026-01-01T00:00:00Z"
    assert iso(utc(1_500)) == "1970-01-01T00:00:01.500Z"
    assert utc(0) == datetime(1970, 1, 1, tzinfo=UTC)
