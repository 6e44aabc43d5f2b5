"""Times as others write them, read as moments in UTC."""

from __future__ import annotations

from datetime import UTC, datetime

from roomtone.errors import BadEvent


def parse_time(value: object) -> datetime:
    """A time as logs have it: ISO 8601, or epoch seconds, milli- or microseconds; naive is UTC.

    >>> parse_time("2025-03-18T01:06:00+08:00") == parse_time("1742231160000")
    True
    """
    try:
        if isinstance(value, str) and not value.strip().replace(".", "", 1).isdecimal():
            at = datetime.fromisoformat(value.strip().removesuffix(" UTC"))
            return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
        number = float(value)  # type: ignore[arg-type]
        for unit in (1e14, 1e11):
            number = number / 1000 if abs(number) >= unit else number
        return datetime.fromtimestamp(number, UTC)
    except (ValueError, TypeError, OverflowError, OSError):
        shown = str(value)[:40]
        raise BadEvent(
            f"{shown!r} is no time; write 2026-01-31T12:00:00+01:00 or epoch seconds"
        ) from None
