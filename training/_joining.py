"""How readers count together: weights by label, what labels say of coarser ones, thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from roomtone.emotions import LABELS
from roomtone.models import _weights

FINE = len(LABELS)
RIDGE = 300.0  # how far weights are held to their prior: a rare label has few texts
STEPS = 8  # of Newton's method
SHARE = 0.4  # what labels say of a coarser one, where there is little to learn it from
TRUST = 0.75  # see `cuts`
PIECE = 8_000  # texts at a time


def joined(readers: Sequence[Any], prior: Sequence[float], y: Any) -> Any:
    """How much each reader's log odds count, and a shift: a logistic regression for each label.

    Gives readers + 1 rows, a column a label; held to the prior by RIDGE, the shift is free.
    """
    start = np.append(np.asarray(prior, np.float64), 0.0)
    hold = np.append(np.full(len(prior), 2 * RIDGE), 1e-6)
    weights = np.tile(start, (y.shape[1], 1))
    for _ in range(STEPS):
        slope = (weights - start) * hold
        bend = np.tile(np.diag(hold), (y.shape[1], 1, 1))
        for at in range(0, len(y), PIECE):
            part = [one[at : at + PIECE] for one in readers]
            rows = np.stack([*part, np.ones(part[0].shape)], 2)
            share = 1 / (1 + np.exp(-np.einsum("nld,ld->nl", rows, weights)))
            slope += np.einsum("nld,nl->ld", rows, share - y[at : at + PIECE])
            heavy = rows * (share * (1 - share))[..., None]
            bend += np.einsum("nld,nle->lde", heavy, rows)
        step = np.linalg.solve(bend, slope[..., None])[..., 0]
        weights -= np.clip(step, -2, 2)
    return weights.T


def said(readers: Sequence[Any], weights: Any) -> Any:
    """The log odds of all readers together."""
    parts = [one * weight for one, weight in zip(readers, weights, strict=False)]
    return np.sum(parts, axis=0) + weights[-1]


def coarser(readers: Sequence[Any], prior: Sequence[float], odds: Any, y: Any) -> Any:
    """The same for the coarser labels: what their labels say, by `odds`, counts as one reader more.

    Gives readers + 2 rows: the readers', that one's, the shift.
    """
    own = [one[:, FINE:] for one in readers]
    all_of_them = [*((1 - SHARE) * np.asarray(prior)), SHARE]
    return joined([*own, _weights.any_of(odds)], all_of_them, y[:, FINE:])


def cuts(odds: Any, y: Any) -> Any:
    """For each label the log odds from which on saying it gives the best F1.

    Each text counts as true by a quarter as people say and by three as probable as it is called:
    with few true texts their own places would decide alone.
    """
    blend = (1 - TRUST) * y + TRUST / (1 + np.exp(-odds))
    found = []
    for label in range(y.shape[1]):
        order = np.argsort(-odds[:, label], kind="stable")
        hits = np.cumsum(blend[order, label])
        score = 2 * hits / (np.arange(1, len(order) + 1) + hits[-1])
        at = int(score.argmax())
        found.append(odds[order[at : at + 2], label].mean())
    return np.array(found)
