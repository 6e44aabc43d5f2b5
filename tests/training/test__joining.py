"""Readers are weighed by what they know, and a label is said from where on that pays."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize

ROOT = Path(__file__).parents[2]


@pytest.fixture
def joining(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module; it is no part of the package."""
    monkeypatch.syspath_prepend(str(ROOT))
    return importlib.import_module("training._joining")


def two(size: int) -> tuple[Any, Any, Any]:
    """Log odds of who knows a label, of who does not, and the truth."""
    chance = np.random.default_rng(1)
    truth = (chance.random((size, 1)) < 0.3).astype(float)
    return truth * 4 - 2 + chance.normal(size=truth.shape), chance.normal(size=truth.shape), truth


def test_who_knows_more_counts_more(joining: ModuleType) -> None:
    """One reader tells the truth, the other says nothing of it: the first has the weight."""
    knows, noise, truth = two(20_000)

    weights = joining.joined([knows, noise], (0.6, 0.4), truth)

    assert weights[0, 0] > 3 * abs(weights[1, 0])
    shares = 1 / (1 + np.exp(-joining.said([knows, noise], weights)))
    assert abs(shares.mean() - truth.mean()) < 0.01


def test_weights_are_those_of_a_general_minimiser(joining: ModuleType) -> None:
    """The log losses and how far the weights are from their prior, added up, are least there."""
    knows, noise, truth = two(500)
    rows = np.hstack([knows, noise, np.ones_like(knows)])
    prior = np.array([0.6, 0.4])

    def loss(w: Any) -> float:
        margin = rows @ w
        losses = np.logaddexp(0, margin) - truth[:, 0] * margin
        return float(losses.sum() + joining.RIDGE * ((w[:2] - prior) ** 2).sum())

    best = minimize(loss, np.array([*prior, 0.0]), tol=1e-10).x
    weights = joining.joined([knows, noise], prior, truth)

    assert weights[:, 0] == pytest.approx(best, abs=1e-4)


def test_with_few_texts_weights_stay_where_they_were(joining: ModuleType) -> None:
    """Ten texts say next to nothing, and a piece of the data is not the whole of it."""
    knows, noise, truth = two(10)

    weights = joining.joined([knows, noise], (0.6, 0.4), truth)

    assert weights[:2, 0] == pytest.approx([0.6, 0.4], abs=0.02)


def test_cuts_part_what_is_true_from_what_is_not(joining: ModuleType) -> None:
    """Where both are far apart the cut lies between them."""
    odds = np.concatenate([np.linspace(-6, -4, 50), np.linspace(4, 6, 20)])[:, None]
    truth = (odds > 0).astype(float)

    (cut,) = joining.cuts(odds, truth)

    assert -4 <= cut <= 4


def test_the_cut_is_where_f1_is_best(joining: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted for every cut there is, where people alone are trusted."""
    monkeypatch.setattr(joining, "TRUST", 0.0)
    odds, _, truth = two(60)

    def f1(cut: float) -> float:
        said = odds > cut
        return float(2 * (said & (truth > 0)).sum() / (said.sum() + truth.sum()))

    (cut,) = joining.cuts(odds, truth)

    assert f1(cut) == pytest.approx(max(f1(one) for one in odds[:, 0] - 1e-9))
