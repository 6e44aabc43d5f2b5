"""The detectors that ours is held against, each as one number per tick and cut (high is odd)."""

from __future__ import annotations

import importlib

import numpy as np
from numpy.typing import NDArray

from benchmarks._chats import Cuts
from roomtone.detectors._deficit import Deficits
from roomtone.detectors._documents import DROP, LOW, WARNING
from roomtone.detectors._hybrid import Hybrid

Floats = NDArray[np.float64]


def clairvoyant(cuts: Cuts, depth: float) -> Floats:
    """Page's CUSUM of Poisson counts that knows the local rate and the depth: the bound.

    Page, "Continuous inspection schemes", Biometrika 41, 1954; the log-likelihood ratio of
    N counts where E are expected and E (1 - d) come after the change is N ln(1 - d) + E d.
    """
    steps = cuts.fields["activity_5s"] * np.log(1 - depth) + cuts.truth * depth
    total, path = np.zeros(cuts.cuts), np.empty(steps.shape)
    for tick, step in enumerate(steps):
        total = np.maximum(0, total + step)
        path[tick] = total
    return path


def deficit(cuts: Cuts) -> Floats:
    """Our statistic before any calibration."""
    test, slots, no = Deficits(), np.arange(cuts.cuts), np.zeros(cuts.cuts, bool)
    counts = cuts.fields["activity_5s"]
    return np.stack([test.update(slots, row, doubt=no, gap=no).strength for row in counts])


def plain_z(cuts: Cuts) -> Floats:
    """The score's z against its last 30 points, one-sided."""
    return _hybrid(cuts, "z")


def documents(cuts: Cuts) -> Floats:
    """0.7 trees + 0.3 min(z / 3, 1), features standardised, window 250, behind the rules.

    Without a rule there is no alarm: a score under .20 (which counts .6 at least), or a quarter
    under the previous point or the median of the last 30.
    """
    combined, score = _hybrid(cuts, "combined"), cuts.fields["score"]
    gated = np.zeros(score.shape)
    for tick in range(4, cuts.ticks):
        before = score[max(0, tick - 30) : tick]
        low = score[tick] < LOW
        drop = score[tick] <= (1 - DROP) * np.maximum(before[-1], np.median(before, axis=0))
        strength = np.where(low, np.maximum(combined[tick], WARNING), combined[tick])
        gated[tick] = np.where(low | drop, strength, 0.0)
    return gated


def _hybrid(cuts: Cuts, part: str) -> Floats:
    hybrid, all_rows = Hybrid(scaled=True, height=8, window=250), np.ones(cuts.cuts, bool)
    path = [getattr(hybrid.update(block, all_rows), part) for block in cuts.blocks()]
    return np.stack(path)


def river(cuts: Cuts, window: int) -> Floats:
    """River's own pipeline per session as the documents configure it; slow."""
    anomaly = importlib.import_module("river.anomaly")
    preprocessing = importlib.import_module("river.preprocessing")
    names = ("score", "chat_per_min", "active_users", "poll_participation")
    values = np.nan_to_num(np.stack([cuts.fields[name] for name in names], axis=2))
    path = np.zeros((cuts.ticks, cuts.cuts))
    for cut in range(cuts.cuts):
        trees = anomaly.HalfSpaceTrees(n_trees=10, height=8, window_size=window, seed=42)
        pipeline = preprocessing.StandardScaler() | trees
        for tick in range(cuts.ticks):
            point = dict(zip(names, values[tick, cut].tolist(), strict=True))
            path[tick, cut] = pipeline.score_one(point)
            pipeline.learn_one(point)
    return path


def river_shares(cuts: Cuts) -> Floats:
    """River's trees with features in 0..1, 25 of them, window 100: the best of its settings."""
    anomaly = importlib.import_module("river.anomaly")
    preprocessing = importlib.import_module("river.preprocessing")
    names = ("score", "chat_per_min", "active_users")
    values = np.stack([cuts.fields[name] for name in names], axis=2)
    path = np.zeros((cuts.ticks, cuts.cuts))
    for cut in range(cuts.cuts):
        trees = anomaly.HalfSpaceTrees(n_trees=25, height=8, window_size=100, seed=42)
        pipeline = preprocessing.MinMaxScaler() | trees
        for tick in range(cuts.ticks):
            point = dict(zip(names, values[tick, cut].tolist(), strict=True))
            path[tick, cut] = pipeline.score_one(point)
            pipeline.learn_one(point)
    return path
