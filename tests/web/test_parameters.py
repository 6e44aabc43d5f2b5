"""Times and places in a list are read as people and programs write them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from roomtone.web.parameters import pack, parse_time, unpack
from roomtone.web.problems import Problem

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2026-11-21T10:00:00Z", "2026-11-21T10:00:00+00:00"),
        ("2026-11-21T10:00:00+02:00", "2026-11-21T08:00:00+00:00"),
        ("2026-11-21T10:00:00 02:00", "2026-11-21T08:00:00+00:00"),
        ("2026-11-21 10:00Z", "2026-11-21T10:00:00+00:00"),
        ("-15m", "2026-11-21T11:45:00+00:00"),
        ("-2h", "2026-11-21T10:00:00+00:00"),
        ("-7d", "2026-11-14T12:00:00+00:00"),
        ("now", "2026-11-21T12:00:00+00:00"),
    ],
)
def test_a_time_is_read(text: str, iso: str) -> None:
    """In any offset, or back from now."""
    assert parse_time(text, NOW, "from").isoformat() == iso


@pytest.mark.parametrize(
    "text", ["", "noon", "15m", "-15", "2026-11-21T10:00:00", "-9999999w", "1e9", "-１m"]
)
def test_what_is_no_time_is_told_how(text: str) -> None:
    """With an example of each way."""
    with pytest.raises(Problem, match="-15m"):
        parse_time(text, NOW, "from")


def test_a_place_comes_back_as_it_was() -> None:
    """And looks like nothing that anybody should build by hand."""
    place = ("live", 0.25, 7, "é/=")

    assert unpack(pack(*place), tuple[str, float, int, str]) == place
    assert pack(*place).isascii()


@pytest.mark.parametrize("cursor", ["", "!", "e30", "é", "A" * 900, "W10=", "WyJhIl0"])
def test_a_place_that_is_not_ours_is_refused(cursor: str) -> None:
    """With what to do."""
    with pytest.raises(Problem, match="next_cursor"):
        unpack(cursor, tuple[str, float, int, str])
