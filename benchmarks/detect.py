"""Half-space trees for all sessions at once beside one River forest each: equal to the bit."""

from __future__ import annotations

import random

import numpy as np
from river import anomaly

from benchmarks._memory import grown_kb
from benchmarks._protocol import Disagreement, Options, Report, alternate, ratios, timed
from roomtone.detectors._halfspace import HalfSpaceTrees

NAMES = ("chat", "polls", "active", "reactions", "leaving")


def run(options: Options) -> Report:
    """CPU per point (score, then learn) and bytes per session."""
    report = Report("detect")
    agreed = sum(_agree(window, seed) for window in (30, 250) for seed in (1, 2))
    sessions, points = (100, 40) if options.quick else (500, 60)
    chance = np.random.default_rng(3)
    x = chance.random((points, sessions, len(NAMES)))
    found = alternate(
        options.repeat(5, 1),
        river=lambda: _river(x),
        ours=lambda: _ours(x),
        floor=lambda: _floor(x),
    )
    us = {name: [cost * 1e6 for cost in costs] for name, costs in found.items()}
    count = 30 if options.quick else 150
    river_kb = grown_kb("benchmarks.detect", "build_river", count)
    ours_kb = grown_kb("benchmarks.detect", "build_ours", 2000)
    report.lines += [
        f"agreed: {agreed:,} scores equal to the bit, trees taken over from River",
        f"{sessions} sessions x {points} points of {len(NAMES)} numbers; 10 trees, height 8, "
        "window 30",
    ]
    report.add("River, one forest per session", "us/point", us["river"])
    report.add("ours, all sessions at once", "us/point", us["ours"])
    report.add("times less CPU", "x", ratios(us["river"], us["ours"]), bar=9, moonshot=100)
    report.add("floor: the same array summed", "us/point", us["floor"])
    report.add("River", "KB/session", river_kb)
    report.add("ours", "KB/session", ours_kb, less_is_better=True, moonshot=2.5)
    report.add("times less memory", "x", river_kb / ours_kb, bar=100)
    return report


def _agree(window: int, seed: int) -> int:
    """Hold our scores against River's on the geometry that River drew."""
    chance = random.Random(seed)
    river = anomaly.HalfSpaceTrees(n_trees=10, height=8, window_size=window, seed=seed)
    first = {name: chance.random() for name in NAMES}
    river.learn_one(first)
    ours = HalfSpaceTrees.from_river(river, NAMES)
    slots = np.array([3], np.intp)
    ours.score_learn(slots, np.array([[first[name] for name in NAMES]]))
    count = 3 * window
    for _ in range(count):
        point = {name: chance.random() ** 2 for name in NAMES}
        theirs = river.score_one(point)
        river.learn_one(point)
        mine = float(ours.score_learn(slots, np.array([[point[name] for name in NAMES]]))[0])
        if mine != theirs:
            raise Disagreement(f"window {window}: ours {mine!r}, River {theirs!r}")
    return count


def _river(x: np.ndarray) -> float:
    forests = [
        anomaly.HalfSpaceTrees(n_trees=10, height=8, window_size=30, seed=42) for _ in x[0, :10]
    ]
    rows = [[dict(zip(NAMES, row, strict=True)) for row in tick[:10].tolist()] for tick in x]
    for forest, row in zip(forests, rows[0], strict=True):
        forest.learn_one(row)  # builds the trees: start-up

    def job() -> None:
        for tick in rows:
            for forest, row in zip(forests, tick, strict=True):
                forest.score_one(row)
                forest.learn_one(row)

    return timed(job) / (len(forests) * len(rows))


def _ours(x: np.ndarray) -> float:
    slots = np.arange(x.shape[1], dtype=np.intp)
    trees = HalfSpaceTrees(len(NAMES), trees=10, height=8, window=30)
    trees.score_learn(slots, x[0])

    def job() -> None:
        for tick in x:
            trees.score_learn(slots, tick)

    return timed(job) / (x.shape[0] * x.shape[1])


def _floor(x: np.ndarray) -> float:
    def job() -> None:
        for tick in x:
            tick.sum(axis=1)

    return timed(job) / (x.shape[0] * x.shape[1])


def build_river(count: int) -> object:
    """Forests of so many sessions, each with a full window learnt."""
    chance = random.Random(5)
    kept = []
    for _ in range(count):
        forest = anomaly.HalfSpaceTrees(n_trees=10, height=8, window_size=30, seed=42)
        for _ in range(31):
            forest.learn_one({name: chance.random() for name in NAMES})
        kept.append(forest)
    return kept


def build_ours(count: int) -> object:
    """Our trees for as many, through the detector's door."""
    trees = HalfSpaceTrees(len(NAMES), trees=10, height=8, window=30)
    slots = np.arange(count, dtype=np.intp)
    chance = np.random.default_rng(5)
    for _ in range(31):
        trees.score_learn(slots, chance.random((count, len(NAMES))))
    return trees
