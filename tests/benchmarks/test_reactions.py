"""The benchmark of reactions counts right, and the judge that is shipped passes its bars."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from roomtone.models.judge import Judge

ROOT = Path(__file__).parents[2]


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The benchmark as a module; it is no part of the package."""
    monkeypatch.syspath_prepend(str(ROOT))
    return importlib.import_module("benchmarks.reactions")


def test_calibration_is_the_gap_in_tenths(bench: ModuleType) -> None:
    """Two of four at .9 right: a gap of .4; all right at 1: none."""
    shares = np.array([[0.9, 0.1, 0, 0]] * 4)

    assert bench.ece(shares, np.array([0, 0, 1, 1])) == pytest.approx(0.4)
    assert bench.ece(np.eye(4), np.arange(4)) == 0.0


def test_precision_is_counted_with_the_surest_first(bench: ModuleType) -> None:
    """Four true ones: two are found right at once, the third with one mistake, equals together."""
    score = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.1])
    yes = np.array([True, True, False, True, False, True])

    assert bench.precision(score, yes, 0.5) == 1.0
    assert bench.precision(score, yes, 0.7) == 0.75
    assert bench.found(score, yes, 0.9) == 0.5
    assert bench.precision(np.full(6, 0.3), yes, 0.5) == pytest.approx(4 / 6)


def test_the_shipped_judge_passes_its_bars_on_the_frozen_third(bench: ModuleType) -> None:
    """Macro-F1, calibration, the precision of RATING; far above what the emoji alone tells."""
    of = [row for row in bench.rows() if bench.frozen(row)]
    y = bench.truth(of)
    ours = bench.shares(Judge().judge([bench.case(row) for row in of]))

    assert np.mean(bench.f1(ours, y)) >= bench.BAR["macro-F1"]
    assert bench.ece(ours, y) <= bench.BAR["ECE"]
    rating = bench.precision(ours[:, bench.RATING], y == bench.RATING, 0.5)
    assert rating >= bench.BAR["precision at 50 %"]
    alone = (bench.emoji_alone(of).argmax(1) == y).mean()
    assert (ours.argmax(1) == y).mean() > alone + 0.15
