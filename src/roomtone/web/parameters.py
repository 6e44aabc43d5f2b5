"""How questions are put: times, limits and places in a list, as they stand in an address."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import msgspec
from fastapi import Query

from roomtone.web.problems import Problem

Limit = Annotated[int, Query(ge=1, le=1000, description="how many at most")]
Cursor = Annotated[
    str | None, Query(max_length=1000, description="`next_cursor` of the page before")
]
When = Annotated[
    str | None, Query(max_length=50, description="ISO 8601 with an offset, or like -15m, -2h, -7d")
]

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_AGO = re.compile(r"-([0-9]{1,7})([smhdw])")
_LOST_PLUS = re.compile(r"[T ]\d\d:\d\d\S* \d\d:?\d\d$")


def parse_time(text: str, now: datetime, name: str) -> datetime:
    """An instant as the API takes it. Raises Problem with how to write it.

    >>> noon = datetime(2026, 11, 21, 12, tzinfo=UTC)
    >>> parse_time("-15m", noon, "from").isoformat()
    '2026-11-21T11:45:00+00:00'
    """
    if text == "now":
        return now
    try:
        if ago := _AGO.fullmatch(text):
            return now - timedelta(seconds=int(ago[1]) * _UNITS[ago[2]])
        if _LOST_PLUS.search(text):  # a plus sign in an address means a space
            text = "+".join(text.rsplit(" ", 1))
        at = datetime.fromisoformat(text)
        if at.tzinfo is None:
            raise ValueError
        return at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Problem(
            422,
            f"`{name}` is no time: {text[:50]!r}; write it with an offset, like "
            "2026-11-21T10:00:00Z, or as time back from now, like -15m",
        ) from None


def pack(*key: Any) -> str:
    """A place in a list, to go on from, as text without meaning to others."""
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).decode().rstrip("=")


def unpack(cursor: str, kind: Any) -> Any:
    """The place that `pack` wrote. Raises Problem for a cursor that is not ours."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        raw = base64.b64decode(padded, altchars=b"-_", validate=True)
        return msgspec.json.decode(raw, type=kind)
    except (ValueError, msgspec.MsgspecError):
        raise Problem(
            422,
            "`cursor` is not one of ours; take `next_cursor` of the page before, or leave it out",
        ) from None
