"""The one place that reads the clock: everybody else is told the time."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time and waits. The wall's in production, one moved by hand in tests."""

    def now_ms(self) -> int: ...

    async def wait_until(self, ms: int) -> None: ...


class WallClock:
    """The system's clock in epoch milliseconds; it never goes back, even if the system's does."""

    def __init__(self) -> None:
        self._latest = 0

    def now_ms(self) -> int:
        self._latest = max(self._latest, time.time_ns() // 1_000_000)
        return self._latest

    async def wait_until(self, ms: int) -> None:
        while (left := ms - self.now_ms()) > 0:  # noqa: ASYNC110
            await asyncio.sleep(left / 1000)


def utc(ms: int) -> datetime:
    """Epoch milliseconds as a date and time in UTC."""
    return datetime.fromtimestamp(ms / 1000, UTC)


def iso(moment: datetime) -> str:
    """A moment as the wire writes it: UTC, with milliseconds only where there are some."""
    text = moment.astimezone(UTC).isoformat(
        timespec="milliseconds" if moment.microsecond else "seconds"
    )
    return text.replace("+00:00", "Z")
