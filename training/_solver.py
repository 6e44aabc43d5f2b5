"""Logistic regressions for many labels at once, by dual coordinate ascent, one text at a time."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

try:
    from numba import njit
except ImportError:  # the same arithmetic, some hundred times slower: for tests on a few texts

    def njit(**options: Any) -> Any:
        return lambda function: function


class Sparse(NamedTuple):
    """Rows of a matrix, one behind the other: where each begins, its columns and its values."""

    starts: Any
    columns: Any
    values: Any

    def take(self, rows: Any) -> Sparse:
        """Some of the rows, in this order."""
        lengths = np.diff(self.starts)[rows]
        starts = np.concatenate(([0], np.cumsum(lengths)))
        at = np.arange(starts[-1]) + np.repeat(self.starts[:-1][rows] - starts[:-1], lengths)
        return Sparse(starts, self.columns[at], self.values[at])

    def times(self, weights: Any, bias: Any) -> Any:
        """The margins of every row and label."""
        out = np.zeros((len(self.starts) - 1, weights.shape[1]), np.float32)
        _times(self.starts, self.columns, self.values, weights, bias, out)
        return out


def dense(matrix: Any) -> Sparse:
    """A full matrix as one of these."""
    rows, width = matrix.shape
    return Sparse(
        np.arange(rows + 1) * width,
        np.tile(np.arange(width), rows),
        matrix.astype(np.float32).ravel(),
    )


def fit(x: Sparse, y: Any, width: int, cost: float, epochs: int, seed: int) -> tuple[Any, Any]:
    """Weights (width x labels) and biases that minimise |w|^2 / 2 + cost * sum of log losses.

    The dual is solved one text after another in an order drawn anew in each epoch (Yu, Huang and
    Lin 2011); all labels of a text together, as they share its features. The bias is a feature of
    value 1 and so is held small with the weights.
    """
    weights = np.zeros((width, y.shape[1]), np.float32)
    bias = np.zeros(y.shape[1], np.float32)
    signs = np.where(y > 0, 1, -1).astype(np.float32)
    alpha = np.zeros(y.shape, np.float32)
    chance = np.random.default_rng(seed)
    for _ in range(epochs):
        order = chance.permutation(len(y))
        _epoch(x.starts, x.columns, x.values, signs, np.float32(cost), weights, bias, alpha, order)
    return weights, bias


@njit(cache=True)
def _epoch(
    starts: Any,
    columns: Any,
    values: Any,
    signs: Any,
    cost: Any,
    weights: Any,
    bias: Any,
    alpha: Any,
    order: Any,
) -> None:
    labels = signs.shape[1]
    margin = np.zeros(labels, np.float32)
    step = np.zeros(labels, np.float32)
    one = np.float32(1.0)
    for i in order:
        square = one
        margin[:] = bias
        for k in range(starts[i], starts[i + 1]):
            square += values[k] * values[k]
            for m in range(labels):
                margin[m] += values[k] * weights[columns[k], m]
        for m in range(labels):
            before = signs[i, m] * margin[m]
            after = before
            for _ in range(4):  # Newton's; the function is monotone and nearly straight
                slope = one / (one + np.exp(after))
                miss = after - before - (cost * slope - alpha[i, m]) * square
                after -= miss / (one + cost * square * slope * (one - slope))
            change = (after - before) / square
            alpha[i, m] += change
            step[m] = signs[i, m] * change
            bias[m] += step[m]
        for k in range(starts[i], starts[i + 1]):
            for m in range(labels):
                weights[columns[k], m] += values[k] * step[m]


@njit(cache=True)
def _times(starts: Any, columns: Any, values: Any, weights: Any, bias: Any, out: Any) -> None:
    for i in range(out.shape[0]):
        out[i] = bias
        for k in range(starts[i], starts[i + 1]):
            for m in range(out.shape[1]):
                out[i, m] += values[k] * weights[columns[k], m]
