"""The documented shapes name what the engine and the wire name."""

from __future__ import annotations

from typing import get_args

import roomtone.alerts
from roomtone.points import LEVELS
from roomtone.ports import VERDICTS
from roomtone.web import models


def test_levels_and_verdicts_are_those_of_the_engine() -> None:
    """A word that is new there must be new here."""
    assert set(get_args(models.Level)) == {*(word for _, word in LEVELS), "VERY_LOW"}
    assert set(get_args(models.Verdict)) == set(VERDICTS)


def test_an_alert_shows_all_it_holds() -> None:
    """Every field of an alert is documented."""
    fields = set(roomtone.alerts.Alert.__struct_fields__)

    assert fields | {"id", "deviation", "verdict", "verdict_at"} == set(models.Alert.model_fields)
