"""The shapes of what is told of trends are those of the parts that they are made of."""

from __future__ import annotations

from dataclasses import fields

from roomtone.trends import Trend
from roomtone.web import trend_models as models


def test_a_trend_is_shown_whole() -> None:
    """Every number that was worked out is in the document, and no other."""
    assert list(models.Trend.model_fields) == [field.name for field in fields(Trend)]


def test_what_is_not_known_is_null() -> None:
    """A trend of nothing has no slope, which is not a slope of 0."""
    told = models.Trend.model_validate(Trend("unclear", None, None, None, 0, 0.0).as_json())

    assert told.slope_per_day is None
