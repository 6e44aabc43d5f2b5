"""The sureness that a row for training needs is chosen by sources that were left out."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from roomtone.training_rows import SURE

ROOT = Path(__file__).parents[2]


@pytest.fixture
def firewall(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script as a module; it is no part of the package."""
    monkeypatch.syspath_prepend(str(ROOT))
    return importlib.import_module("training.firewall")


def test_noise_is_half_of_the_rows_that_stand_on_no_rating(firewall: ModuleType) -> None:
    """Three tenths are ratings: of 100 reactions 30 and, of the 70 others, 7 become rows."""
    assert firewall.noise(1.0, 0.1) == pytest.approx(0.5 * 7 / 37)
    assert firewall.noise(0.0, 0.0) == 0.0


def test_rows_are_counted_by_what_they_stand_on(firewall: ModuleType) -> None:
    """Of ratings, of other meanings and of talk in which nothing was asked for, each by itself.

    Neutral emoji give no rows, and the first hand is too easy to be counted.
    """
    told = [("RATING", "author1", "👍")] * 2 + [("EMOTIONAL", "author1", "👍")]
    told += [("EMOTIONAL", "author1", "🤔"), ("", "meetings", "👍"), ("RATING", "later", "👍")]
    cases = [dict(zip(("meaning", "source", "emoji"), one, strict=True)) for one in told]
    sure, unsure, never = [5.0, 0, 0, 0], [1.8, 0, 0, 0], [0, 5.0, 0, 0]  # .98, .67, 0
    odds = np.array([sure, unsure, sure, sure, never, never])
    found = {one.least: one for one in firewall.levels(cases, odds, 1.0)}

    assert (found[0.65].kept, found[0.7].kept) == (1.0, 0.5)
    assert found[0.95].labelled == firewall.noise(0.5, 1.0)
    assert found[0.95].talk == 0.0


def test_the_lowest_level_is_chosen_that_keeps_both_noises_low(firewall: ModuleType) -> None:
    """Where none does, the highest."""
    level = firewall.Level
    found = [level(0.6, 0.7, 0.04, 0.09), level(0.7, 0.6, 0.03, 0.05), level(0.8, 0.5, 0.0, 0.0)]

    assert firewall.chosen(found) == 0.7
    assert firewall.chosen(found[:1]) == 0.6


def test_what_is_shipped_is_what_was_chosen(firewall: ModuleType) -> None:
    """By the page's table, which the script printed."""
    page = (ROOT / "training/reactions/README.md").read_text(encoding="utf-8")
    lines = [line.split("|")[1:5] for line in page.splitlines() if line.startswith("   | 0.")]
    found = [firewall.Level(*map(float, cells)) for cells in lines]

    assert len(found) == len(firewall.LEVELS) and firewall.chosen(found) == SURE
