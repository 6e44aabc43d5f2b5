"""The benchmark against people's marks measures what it says, on meetings of any source."""

from __future__ import annotations

import gzip
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest


def loaded() -> ModuleType:
    """The benchmark as a module, though it is no part of the package."""
    path = Path(__file__).parents[2] / "benchmarks" / "mrda.py"
    spec = importlib.util.spec_from_file_location("mrda_benchmark", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["mrda_benchmark"] = module
    spec.loader.exec_module(module)
    return module


mrda = loaded()
HEADER = "meeting\tstart\tend\tspeaker\thotspot\ttext\n"


def test_the_area_is_the_share_of_pairs_in_order() -> None:
    """Counted pair by pair, ties half."""
    chance = np.random.default_rng(1)
    truth, score = chance.random(200) < 0.3, chance.integers(0, 20, 200).astype(float)

    pairs = score[truth][:, None] - score[~truth][None, :]

    counted = ((pairs > 0) + 0.5 * (pairs == 0)).mean()
    assert mrda.auc(truth, score) == pytest.approx(counted)
    assert np.isnan(mrda.auc(np.ones(3, bool), np.arange(3.0)))


def test_the_regression_finds_the_weights_that_made_the_data() -> None:
    """Ten thousand draws from a known curve."""
    chance = np.random.default_rng(2)
    x = chance.normal(5, 2, (10_000, 2))
    truth = chance.random(10_000) < 1 / (1 + np.exp(-(-3 + 0.8 * x[:, 0] - 0.3 * x[:, 1])))

    assert mrda.learn(x, truth) == pytest.approx([-3, 0.8, -0.3], abs=0.15)


def test_a_meeting_is_cut_into_minutes(tmp_path: Path) -> None:
    """Counts by hand: two speakers, an overlap of six seconds, a mark in the second minute."""
    lines = [
        "m1\t1.0\t10.0\ta\t\thello there everybody",
        "m1\t4.0\t16.0\tb\t\toh no !",
        "m1\t70.0\t80.0\ta\tb\tgreat",
    ]
    with gzip.open(tmp_path / "some.tsv.gz", "wt") as file:
        file.write(HEADER + "\n".join(lines) + "\n")

    cut = mrda.windows(mrda.read(tmp_path))

    assert cut.involved.tolist() == [False, True]
    assert [column[0] for column in cut.counts] == [2, 2, 1, 5, 1, 1, 0, 1]
    assert [column[1] for column in cut.counts] == [1, 1, 0, 1, 0, 0, 1, 0]
    assert cut.overlap == pytest.approx([6 / 60, 0])
    assert cut.share.tolist() == [1.0, 0.5]


def test_a_meeting_is_never_judged_by_its_own_marks() -> None:
    """Labels that are noise within, yet opposite between meetings, are not learnt."""
    chance = np.random.default_rng(3)
    names = np.repeat(np.array([f"m{i}" for i in range(20)], object), 30)
    x = np.repeat(np.eye(20), 30, axis=0)  # all that is known is which meeting it is
    truth = chance.random(600) < np.repeat(np.tile([0.1, 0.9], 10), 30)
    none = np.zeros(600)
    cut = mrda.Windows(names, truth, (none,) * 8, none, none, none, none)

    assert mrda.auc(truth, x @ mrda.learn(x, truth)[1:]) > 0.8
    assert mrda.auc(truth, mrda.left_out(cut, x)) < 0.6
