"""The Numenta Anomaly Benchmark by its own formulas: novelty beside plain detectors.

Lavin and Ahmad, "Evaluating real-time anomaly detection algorithms: the Numenta Anomaly
Benchmark", ICMLA 2015. A series begins with a probation of 15 % of its points (at most 750) that
is not scored. Of the alarms inside a labelled window only the earliest counts, and earns
S(p) / S(-1) of the true-positive weight, where S(p) = 2 / (1 + e^(5p)) - 1 and p runs from -1 at
the window's first point towards 0 at its last. An alarm outside costs the false-positive weight
times S of its distance behind the last window, in windows' lengths (1 before any window and
from three lengths on). A window without an alarm costs the false-negative weight. One threshold
serves the whole corpus; all thresholds are swept, so the optimum that NAB's own hill climbing
looks for is found exactly. The total is set between a detector that never speaks (0) and one that
speaks exactly at each window's first point (100).

Every detector here is causal and sees one point at a time. `folds` is the honest figure: the
threshold of each folder is the best of all other folders. `learnt` takes the threshold that the
product ships, so on a corpus never seen it is the verdict.

    python benchmarks/nab.py --data DIR [--quick]

DIR holds `nab/` or is itself such a folder: a JSON file of windows by series, and the series as
CSV files (timestamp, value) anywhere below.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from roomtone.detectors._halfspace import HalfSpaceTrees
from roomtone.detectors.novelty import THRESHOLD, Novelty

Floats = NDArray[np.float64]

# Weights of a true positive, a false positive and a missed window, by application profile.
PROFILES = {
    "standard": (1.0, 0.11, 1.0),
    "reward_low_FP": (1.0, 0.22, 1.0),
    "reward_low_FN": (1.0, 0.11, 2.0),
}
PUBLISHED = {"windowed Gaussian": 39.65}  # standard profile, on all 58 series
PROBATION, PROBATION_MOST = 0.15, 750


def sigmoid(place: Floats) -> Floats:
    """S: 0.987 at a window's first point, 0 at its end, -0.987 one length behind it."""
    return 2 / (1 + np.exp(5 * place)) - 1


@dataclass
class Series:
    """One series, its labelled windows (first and last index), and what an alarm is worth where."""

    name: str
    values: Floats
    windows: Sequence[tuple[int, int]]
    window: NDArray[np.intp] = field(init=False)  # which window a point lies in, or -1
    worth: Floats = field(init=False)  # of an alarm there: inside up to 1, outside down to -1

    def __post_init__(self) -> None:
        size = len(self.values)
        self.window, self.worth = np.full(size, -1), np.full(size, -1.0)
        starts = [first for first, _ in self.windows[1:]] + [size] * bool(self.windows)
        for number, ((first, last), following) in enumerate(zip(self.windows, starts, strict=True)):
            length = last - first + 1
            inside = np.arange(first, last + 1)
            behind = (np.arange(last + 1, following) - last) / max(length - 1, 1)
            self.window[first : last + 1] = number
            at_start = float(sigmoid(np.array(-1.0)))
            self.worth[first : last + 1] = sigmoid((inside - last - 1) / length) / at_start
            self.worth[last + 1 : following] = np.where(
                behind >= 3, -1.0, sigmoid(np.minimum(behind, 3))
            )

    @property
    def folder(self) -> str:
        return self.name.split("/")[0]

    @property
    def scored(self) -> NDArray[np.bool_]:
        """The points after the probation."""
        size = len(self.values)
        return np.arange(size) >= min(int(PROBATION * size), PROBATION_MOST)


def load(folder: Path) -> list[Series]:
    """Every labelled series below the folder, in order of name."""
    labels = {}
    for path in sorted(folder.rglob("*window*.json")):
        labels.update(json.loads(path.read_text()))
    files = {f"{path.parent.name}/{path.name}": path for path in sorted(folder.rglob("*.csv"))}
    for name in sorted(files.keys() - labels.keys()):
        print(f"{name} has no labels: left out", file=sys.stderr)
    corpus = []
    for name in sorted(files.keys() & labels.keys()):
        with files[name].open(newline="") as lines:
            rows = list(csv.DictReader(lines))
        times = [row["timestamp"][:19] for row in rows]
        windows = [(place(times, a[:19]), place(times, b[:19])) for a, b in labels[name]]
        corpus.append(Series(name, np.array([float(row["value"]) for row in rows]), windows))
    return corpus


def place(times: Sequence[str], at: str) -> int:
    """The first point of that time, or where none is, the last one before it."""
    return times.index(at) if at in times else max(bisect_right(times, at) - 1, 0)


def changes(series: Series, scores: Floats, profile: str) -> tuple[Floats, Floats]:
    """Scores from the highest down, and what each point adds to the total when it speaks, too."""
    hit, false, missed = PROFILES[profile]
    order = np.argsort(-scores, kind="stable")
    order = order[series.scored[order]]
    added = np.where(series.window[order] < 0, series.worth[order] * false, 0.0)
    for number in range(len(series.windows)):
        at = np.flatnonzero(series.window[order] == number)
        best = np.maximum.accumulate(np.maximum(series.worth[order][at] * hit, -missed))
        added[at] = np.diff(best, prepend=-missed)
    return scores[order], added


def total_at(
    corpus: Sequence[Series], scores: Sequence[Floats], threshold: float, profile: str
) -> float:
    """The total of a corpus when every score of at least `threshold` is an alarm."""
    total = -PROFILES[profile][2] * count_windows(corpus)
    for series, column in zip(corpus, scores, strict=True):
        level, added = changes(series, column, profile)
        total += float(added[level >= threshold].sum())
    return total


def best_threshold(
    corpus: Sequence[Series], scores: Sequence[Floats], profile: str
) -> tuple[float, float]:
    """The threshold with the highest total, and that total; infinite where silence is best."""
    parts = [changes(s, column, profile) for s, column in zip(corpus, scores, strict=True)]
    level, added = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.argsort(-level, kind="stable")
    level, total = level[order], np.cumsum(added[order])
    last = np.append(level[1:] != level[:-1], True)  # equal scores speak together
    level, total = np.append(np.inf, level[last]), np.append(0.0, total[last])
    best = int(np.argmax(total))
    return float(level[best]), float(total[best] - PROFILES[profile][2] * count_windows(corpus))


def count_windows(corpus: Sequence[Series]) -> int:
    return sum(len(series.windows) for series in corpus)


def normalised(corpus: Sequence[Series], total: float, profile: str) -> float:
    """The total between the silent detector (0) and the perfect one (100); NaN without windows."""
    hit, _, missed = PROFILES[profile]
    windows = count_windows(corpus)
    return (
        100 * (total + missed * windows) / ((hit + missed) * windows) if windows else float("nan")
    )


def by_folds(corpus: Sequence[Series], scores: Sequence[Floats], profile: str) -> float:
    """The score when each folder's threshold is learnt on all the others; NaN for one folder."""
    folders = sorted({series.folder for series in corpus})
    if len(folders) < 2:
        return float("nan")
    total = 0.0
    for folder in folders:
        inside = [i for i, series in enumerate(corpus) if series.folder == folder]
        outside = [i for i, series in enumerate(corpus) if series.folder != folder]
        threshold, _ = best_threshold(
            [corpus[i] for i in outside], [scores[i] for i in outside], profile
        )
        total += total_at(
            [corpus[i] for i in inside], [scores[i] for i in inside], threshold, profile
        )
    return normalised(corpus, total, profile)


def together(corpus: Sequence[Series], step: Callable[[Any, Floats], Floats]) -> list[Floats]:
    """Feed all series side by side, a point of each at a time, each in its own slot."""
    scores = [np.zeros(len(series.values)) for series in corpus]
    for tick in range(max(len(column) for column in scores)):
        rows = [i for i, column in enumerate(scores) if tick < len(column)]
        column = step(np.array(rows), np.array([corpus[i].values[tick] for i in rows]))
        for row, score in zip(rows, column.tolist(), strict=True):
            scores[row][tick] = score
    return scores


def novelty(corpus: Sequence[Series]) -> list[Floats]:
    """Ours, as the product runs it."""
    return together(corpus, Novelty().peaks)


def windowed_gaussian(
    corpus: Sequence[Series], window: int = 6_400, step: int = 100
) -> list[Floats]:
    """NAB's baseline: one minus the tail of a normal law fitted to a window that moves in steps."""
    from scipy.special import erfc

    columns = []
    for series in corpus:
        values = series.values - series.values[0]
        sums = np.cumsum(np.append(0.0, values))
        squares = np.cumsum(np.append(0.0, values**2))
        now = np.arange(len(values))
        moved = np.maximum(0, (now - window) // step) * step
        first, last = moved, np.where(now <= window, now, moved + window)
        size = np.maximum(last - first, 1)
        mean = (sums[last] - sums[first]) / size
        deviation = np.sqrt(np.maximum((squares[last] - squares[first]) / size - mean**2, 0))
        deviation = np.where(deviation > 1e-9, deviation, 1e-6)
        tail = 0.5 * erfc(np.abs(values - mean) / deviation / np.sqrt(2))
        columns.append(np.where(now > 0, 1 - tail, 0.0))
    return columns


def ewma_z(corpus: Sequence[Series], rate: float = 0.01) -> list[Floats]:
    """Deviation from an exponential mean, in exponential standard deviations."""
    mean, spread, seen = (np.zeros(len(corpus)) for _ in range(3))

    def step(rows: Any, values: Floats) -> Floats:
        mean[rows] = np.where(seen[rows] == 0, values, mean[rows])
        apart = values - mean[rows]
        score = np.abs(apart) / np.sqrt(spread[rows] + 1e-12) * (seen[rows] > 30)
        mean[rows] += rate * apart
        spread[rows] += rate * (apart**2 - spread[rows])
        seen[rows] += 1
        return np.asarray(score / (3 + score))

    return together(corpus, step)


def half_space_trees(corpus: Sequence[Series]) -> list[Floats]:
    """Value and change, brought into 0..1 by the extremes so far, in windows of 250 points."""
    forest = HalfSpaceTrees(2, trees=25, height=8, window=250)
    low, high = np.full((len(corpus), 2), np.inf), np.full((len(corpus), 2), -np.inf)
    before = np.full(len(corpus), np.nan)

    def step(rows: Any, values: Floats) -> Floats:
        change = np.where(np.isnan(before[rows]), 0.0, values - before[rows])
        point = np.stack([values, change], axis=1)
        before[rows] = values
        low[rows], high[rows] = np.minimum(low[rows], point), np.maximum(high[rows], point)
        scaled = (point - low[rows]) / np.maximum(high[rows] - low[rows], 1e-12)
        return forest.score_learn(rows, scaled)

    return together(corpus, step)


def at_random(corpus: Sequence[Series]) -> list[Floats]:
    """What chance gets."""
    chance = np.random.default_rng(42)
    return [chance.random(len(series.values)) for series in corpus]


def silent(corpus: Sequence[Series]) -> list[Floats]:
    """Never speaks: 0 by definition."""
    return [np.zeros(len(series.values)) for series in corpus]


def perfect(corpus: Sequence[Series]) -> list[Floats]:
    """Knows the labels and speaks once, at each window's first scored point: 100 by definition."""
    columns = [np.zeros(len(series.values)) for series in corpus]
    for series, column in zip(corpus, columns, strict=True):
        column[[first for first, _ in series.windows]] = 1.0
    return columns


def figures(corpus: Sequence[Series], scores: Sequence[Floats]) -> dict[str, float]:
    """One detector's row: fitted, by profile, and the standard one with the folders' thresholds."""
    row = {}
    for profile in PROFILES:
        threshold, total = best_threshold(corpus, scores, profile)
        row[profile] = normalised(corpus, total, profile)
        row.setdefault("threshold", threshold)
    row["folds"] = by_folds(corpus, scores, "standard")
    return row


def run(data: Path, quick: bool = False) -> dict[str, dict[str, float]]:
    """Score the detectors on the corpus below `data`; quick: every other series, fewer rivals."""
    folder = data / "nab" if (data / "nab").is_dir() else data
    corpus = load(folder)[:: 2 if quick else 1]
    if not corpus:
        print(f"skipped: no labelled series below {folder}; give --data DIR", file=sys.stderr)
        if os.environ.get("CI"):
            raise FileNotFoundError(folder)
        return {}
    detectors: dict[str, Callable[[Sequence[Series]], list[Floats]]] = {
        "novelty (ours)": novelty,
        "windowed Gaussian": windowed_gaussian,
        "random": at_random,
        "silent": silent,
        "perfect": perfect,
    }
    if not quick:
        detectors |= {"EWMA z": ewma_z, "half-space trees": half_space_trees}
    table = {}
    for name, detector in detectors.items():
        scores = detector(corpus)
        table[name] = figures(corpus, scores)
        if detector is novelty:
            at = total_at(corpus, scores, THRESHOLD, "standard")
            table[name]["learnt"] = normalised(corpus, at, "standard")
    show(corpus, table)
    return table


def show(corpus: Sequence[Series], table: dict[str, dict[str, float]]) -> None:
    points = sum(len(series.values) for series in corpus)
    print(f"{len(corpus)} series, {points:,} points, {count_windows(corpus)} windows")
    columns = ("standard", "reward_low_FP", "reward_low_FN", "folds", "learnt")
    print(f"{'detector':20}" + "".join(f"{name:>15}" for name in columns) + f"{'published':>12}")
    for name, row in sorted(table.items(), key=lambda item: -item[1]["standard"]):
        cells = "".join(f"{row[c]:15.1f}" if c in row else f"{'':15}" for c in columns)
        print(f"{name:20}{cells}" + (f"{PUBLISHED[name]:12.1f}" if name in PUBLISHED else ""))


def main() -> int:
    parser = argparse.ArgumentParser(description="Numenta Anomaly Benchmark by its own formulas")
    beside = Path(__file__).parents[2] / "shared" / "data"
    parser.add_argument(
        "--data", type=Path, default=Path(os.environ.get("BENCHMARK_DATA", beside)), metavar="DIR"
    )
    parser.add_argument("--quick", action="store_true", help="every other series, fewer rivals")
    options = parser.parse_args()
    run(options.data, options.quick)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
