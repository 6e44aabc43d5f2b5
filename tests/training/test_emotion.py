"""Training finds what it should, on data small enough to be checked another way."""

from __future__ import annotations

import importlib
import io
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize

from roomtone.emotions import EKMAN, EKMAN_OF, LABELS
from roomtone.models import _weights

ROOT = Path(__file__).parents[2]


@pytest.fixture
def training(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script as a module; it is no part of the package."""
    monkeypatch.syspath_prepend(str(ROOT))
    return importlib.import_module("training.emotion")


def some(seed: int = 1) -> tuple[Any, Any]:
    """Forty rows of six numbers, and two labels that hang on them."""
    chance = np.random.default_rng(seed)
    x = chance.normal(size=(40, 6))
    x[chance.random(x.shape) < 0.3] = 0.0
    y = (x @ chance.normal(size=(6, 2)) + chance.normal(size=(40, 2)) > 0.3).astype(np.int8)
    return x, y


def test_the_solver_finds_the_minimum(training: ModuleType) -> None:
    """The same weights as a general minimiser, for each label alone."""
    x, y = some()
    weights, bias = training.fit(training.dense(x), y, 6, cost=0.7, epochs=200, seed=1)

    for label in range(2):
        sign = np.where(y[:, label] > 0, 1.0, -1.0)

        def loss(w: Any, sign: Any = sign) -> float:
            margin = sign * (x @ w[:-1] + w[-1])
            return float(0.5 * (w * w).sum() + 0.7 * np.logaddexp(0.0, -margin).sum())

        best = minimize(loss, np.zeros(7), tol=1e-10).x
        assert weights[:, label] == pytest.approx(best[:-1], abs=2e-3)
        assert bias[label] == pytest.approx(best[-1], abs=2e-3)


def test_rows_are_taken_and_multiplied_as_written(training: ModuleType) -> None:
    """Held against full matrices."""
    x, _ = some()
    weights = np.arange(12, dtype=np.float32).reshape(6, 2)
    rows = np.array([3, 3, 0, 17])

    margins = training.dense(x).take(rows).times(weights, np.array([1.0, -1.0], np.float32))

    assert margins == pytest.approx(x[rows] @ weights + [1.0, -1.0], rel=1e-5)


def test_what_is_decided_is_worth_more_than_a_coarse_label_alone(training: ModuleType) -> None:
    """Where a coarse label's own odds are noise and its labels are sure, these make it up."""
    chance = np.random.default_rng(1)
    y = (chance.random((30_000, 39)) < 0.1).astype(np.int8)
    y[:, 28 + EKMAN.index("fear")] = y[:, [LABELS.index(one) for one in EKMAN_OF["fear"]]].any(1)
    odds = y * 6.0 - 3 + chance.normal(size=y.shape)
    odds[:, 28:] = chance.normal(size=(len(y), 11))

    levels, cut = training.decided(odds, y)
    said = _weights.levelled(odds, levels) > cut

    fear = 28 + EKMAN.index("fear")
    assert levels[1][EKMAN.index("fear")] > 5 * abs(levels[0][EKMAN.index("fear")])
    assert training.f1(said, y)[fear] > 0.95


def test_features_are_rows_of_length_one(training: ModuleType) -> None:
    """Of the chosen columns alone, each once a text, whatever else stands in it."""
    features = training.Matrix(["so so good", "so bad", "so it goes", "zzz"])
    columns = np.flatnonzero(features.often >= 2)
    x = features.chosen(columns)

    squares = np.add.reduceat(x.values**2, x.starts[:-1])
    assert squares == pytest.approx(1.0)
    assert len(x.starts) == 5
    for start, end in zip(x.starts, x.starts[1:], strict=False):
        assert len(set(x.columns[start:end].tolist())) == end - start


def test_the_file_depends_on_the_arrays_alone(training: ModuleType) -> None:
    """The same bytes, in whatever order they are given; and they come back equal."""
    arrays = {"b": np.arange(5), "a": np.eye(3, dtype=np.float32)}
    data = training.packed(arrays)

    assert data == training.packed(dict(reversed(arrays.items())))
    with np.load(io.BytesIO(data), allow_pickle=False) as again:
        assert all(np.array_equal(again[name], array) for name, array in arrays.items())
