"""Measurements are declared once, and blocks hold what was declared."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from roomtone.errors import UndeclaredField
from roomtone.points import Field, Measurement

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
