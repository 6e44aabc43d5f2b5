"""The scorer of the anomaly benchmark obeys its paper: signs, order, bounds and one threshold."""

from __future__ import annotations

import importlib.util
import json
import math
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest


def loaded() -> ModuleType:
    """The benchmark as a module, though it is no part of the package."""
    path = Path(__file__).parents[2] / "benchmarks" / "nab.py"
    spec = importlib.util.spec_from_file_location("nab_benchmark", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["nab_benchmark"] = module
    spec.loader.exec_module(module)
    return module


nab = loaded()


def corpus() -> list:
    """Two folders: a series of 1,000 points with two windows, one without any."""
    values = np.zeros(1_000)
    marked = nab.Series("a/one.csv", values, [(300, 399), (700, 749)])
    return [marked, nab.Series("b/two.csv", values, [])]


def alarms(*places: int) -> list:
    """Scores of 1 at the places of the first series, nothing elsewhere."""
    scores = [np.zeros(1_000), np.zeros(1_000)]
    scores[0][list(places)] = 1.0
    return scores


def score(*places: int, profile: str = "standard") -> float:
    """The normalised score of those alarms."""
    return nab.normalised(corpus(), nab.total_at(corpus(), alarms(*places), 1.0, profile), profile)


@pytest.mark.parametrize("profile", nab.PROFILES)
def test_perfect_is_100_and_silence_0(profile: str) -> None:
    """The two ends of the scale, in every profile."""
    assert score(300, 700, profile=profile) == pytest.approx(100)
    assert score(profile=profile) == 0.0


def test_early_is_worth_more_than_late() -> None:
    """The first point of a window earns all, the last about nothing more than not missing it."""
    earned = [score(place, 700) for place in (300, 320, 350, 380, 399)]

    assert earned == sorted(earned, reverse=True)
    assert earned[0] == pytest.approx(100)
    # Half a window of two is a quarter of the scale; S(-1/100) of it is left at the last point.
    last = (2 / (1 + math.exp(-0.05)) - 1) / (2 / (1 + math.exp(-5)) - 1)
    assert earned[-1] == pytest.approx(100 * (2 + 1 + last) / 4)


def test_only_the_first_alarm_of_a_window_counts() -> None:
    """More alarms inside change nothing."""
    assert score(300, 310, 350, 399, 700) == score(300, 700)


def test_false_alarms_cost_by_their_distance() -> None:
    """Just behind a window little, three lengths behind and before any window the full weight."""
    found = score(300, 700)
    cost = [found - score(300, 700, place) for place in (200, 405, 450, 699)]

    assert cost[0] == pytest.approx(100 * 0.11 / 4)
    assert 0 < cost[1] < cost[2] < cost[3] <= cost[0]
    assert found - score(300, 700, 200, profile="reward_low_FP") == pytest.approx(100 * 0.22 / 4)


def test_the_probation_is_not_scored() -> None:
    """15 % of the series, 750 points at most."""
    assert score(149, 300, 700) == score(300, 700)
    assert score(150, 300, 700) < score(300, 700)
    assert nab.Series("c", np.zeros(10_000), []).scored.argmax() == 750


def test_the_best_threshold_is_the_best_of_all() -> None:
    """The sweep agrees with trying every threshold there is."""
    chance = np.random.default_rng(5)
    scores = [chance.integers(0, 40, 1_000) / 40 for _ in range(2)]

    threshold, total = nab.best_threshold(corpus(), scores, "standard")

    tried = {
        level: nab.total_at(corpus(), scores, level, "standard")
        for level in np.append(np.unique(scores), np.inf)
    }
    assert total == pytest.approx(max(tried.values()))
    assert tried[threshold] == pytest.approx(total)


def test_a_folders_threshold_is_learnt_elsewhere() -> None:
    """A folder whose own scale differs is judged by the others' threshold."""
    one, other = (nab.Series(f"{folder}/x", np.zeros(1_000), [(300, 399)]) for folder in "ab")
    loud, quiet = np.zeros(1_000), np.zeros(1_000)
    loud[300], loud[200], quiet[300] = 0.9, 0.5, 0.5

    folds = nab.by_folds([one, other], [loud, quiet], "standard")

    # a is judged at 0.5 (one false alarm), b at 0.9 (misses its window).
    assert folds == pytest.approx(100 * (2 - 0.11 + 0) / 4)


def test_a_folder_of_files_is_read(tmp_path: Path) -> None:
    """Labels and series in any depth; a series without labels is left out aloud."""
    (tmp_path / "deep" / "kind").mkdir(parents=True)
    times = [f"2025-01-01 00:{minute:02d}:00" for minute in range(60)]
    lines = "timestamp,value\n" + "".join(f"{at},{n % 7}\n" for n, at in enumerate(times))
    for name in ("known.csv", "unknown.csv"):
        (tmp_path / "deep" / "kind" / name).write_text(lines)
    labels = {"kind/known.csv": [[f"{times[20]}.000000", f"{times[29]}.000000"]]}
    (tmp_path / "labels_windows.json").write_text(json.dumps(labels))

    (series,) = nab.load(tmp_path)

    assert series.name == "kind/known.csv" and series.folder == "kind"
    assert series.windows == [(20, 29)] and len(series.values) == 60


def test_a_plain_detector_can_be_told_from_chance() -> None:
    """On a wave with two spikes novelty finds both early, and chance does not."""
    values = np.sin(np.arange(1_000) / 8) + np.random.default_rng(1).normal(0, 0.05, 1_000)
    values[[330, 712]] = 6.0, -5.0
    spiky = [nab.Series("a/one.csv", values, [(300, 399), (700, 749)])]

    ours = nab.figures(spiky, nab.novelty(spiky))["standard"]
    luck = nab.figures(spiky, nab.at_random(spiky))["standard"]

    assert ours > 85 > luck
    assert nab.figures(spiky, nab.windowed_gaussian(spiky))["standard"] > 85
