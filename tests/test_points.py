"""Measurements are declared once, and blocks hold what was declared."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from roomtone.errors import UndeclaredField
from roomtone.points import Field, Measurement, Point

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MOOD = Measurement("mood", "how it feels", ("session",), {"joy": Field("joy", "1", 0, 1)})
IDS = {"session": np.array(["a", "b"], object)}


def test_an_undeclared_field_is_refused() -> None:
    """What nobody declared cannot be written."""
    with pytest.raises(UndeclaredField, match="mood declares no field anger"):
        MOOD.block(NOW, np.arange(2), IDS, anger=np.zeros(2))


def test_what_is_not_known_is_absent() -> None:
    """NaN in a column is a missing number in a point, never zero."""
    block = MOOD.block(NOW, np.arange(2), IDS, joy=np.array([0.5, np.nan]))

    assert [(p.tags["session"], dict(p.fields)) for p in block.points()] == [
        ("a", {"joy": 0.5}),
        ("b", {}),
    ]


def test_the_catalogue_shows_unit_range_and_meaning() -> None:
    """A reader of the catalogue learns what a number means."""
    assert MOOD.as_json()["fields"]["joy"] == {"meaning": "joy", "unit": "1", "range": [0, 1]}


def test_rows_with_times_of_their_own_are_gathered_into_one_block() -> None:
    """What was said has its own time, numbers and words; what a row lacks is absent in it."""
    shape = Measurement(
        "mood",
        "a test",
        ("bot",),
        {"joy": Field("how much"), "source": Field("whose", is_text=True)},
    )
    early, late = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)
    rows = [
        Point("mood", late, {"bot": "b"}, {"joy": 0.5}, {"source": "model"}),
        Point("mood", early, {"bot": "c"}, {}, {}),
    ]
    block = shape.gather(rows)

    assert list(block.points()) == rows
    assert block.time == late
    with pytest.raises(UndeclaredField):
        shape.gather([Point("mood", late, {"bot": "b"}, {"source": 1.0})])
    with pytest.raises(UndeclaredField):
        shape.gather([Point("mood", late, {"bot": "b"}, {}, {"joy": "much"})])


def test_a_text_can_be_made_a_tag() -> None:
    """Which session a turn was of is a text, unless somebody wants a series for each."""
    fields = {"joy": Field("how much"), "session_id": Field("where", is_text=True)}
    shape = Measurement("mood", "a test", ("bot",), fields).tagged("session_id")
    block = shape.gather([Point("mood", NOW, {"bot": "b"}, {"joy": 0.5}, {"session_id": "s"})])

    assert shape.tags == ("bot", "session_id")
    assert list(block.points()) == [
        Point("mood", NOW, {"bot": "b", "session_id": "s"}, {"joy": 0.5})
    ]


def test_the_catalogue_says_whose_numbers_are() -> None:
    """The measurement's own source, or that each row names one."""
    told = Measurement("felt", "what", ("bot",), {"source": Field("who says so", is_text=True)})

    assert MOOD.as_json()["source"] == "measured"
    assert told.as_json()["source"] == "given with each row"
