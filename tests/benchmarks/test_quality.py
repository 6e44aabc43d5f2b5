"""Ratings of people are read as they stand, and ranks are compared as they should be."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from scipy.stats import spearmanr

sys.path.insert(0, str(Path(__file__).parents[2]))  # the benchmarks are no part of the package

from benchmarks import quality
from benchmarks._rated import SETS, Rated, Said


def test_ranks_correlate_as_in_scipy() -> None:
    """With ties on both sides."""
    one, two = [1.0, 2.0, 2.0, 5.0, 0.5, 0.5], [3.0, 3.0, 1.0, 9.0, 2.0, 2.5]

    assert quality.spearman(one, two) == pytest.approx(spearmanr(one, two).statistic)
    assert quality.f1([True, True, False], [True, False, True]) == 0.5


def test_ratings_of_turns_and_dialogues_are_told_apart(tmp_path: Path) -> None:
    """One file of FED may hold both; what is not here gives nothing."""
    (tmp_path / "fed").mkdir()
    both = [
        {"context": "User: Hi\nSystem: Hello", "annotations": {"Overall": [4, 2]}},
        {
            "context": "User: Hi",
            "response": "System: Hm",
            "annotations": {"Overall": [1, "N/A"]},
        },
    ]
    (tmp_path / "fed/all.json").write_text(json.dumps(both))

    assert SETS["FED dialogues"](tmp_path) == [Rated([Said("Hi", "Hello")], 3.0)]
    assert SETS["FED turns"](tmp_path) == [Rated([Said("Hi", "Hm", 1.0)])]
    assert all(SETS[name](tmp_path) == [] for name in SETS if not name.startswith("FED"))


def test_a_users_line_has_its_own_rating(tmp_path: Path) -> None:
    """The line on the whole dialogue is none of its turns."""
    (tmp_path / "uss/dataset").mkdir(parents=True)
    lines = ["USER\tA table\tx\t3,4", "SYSTEM\tFor whom?\tx\t", "USER\tOVERALL\t\t5,5"]
    (tmp_path / "uss/dataset/SGD.txt").write_text("\n" + "\n".join(lines) + "\n")

    assert SETS["USS SGD"](tmp_path) == [Rated([Said("A table", "For whom?", 3.5)])]


def test_talks_are_measured_as_the_product_does() -> None:
    """Thanks above a complaint, turn by turn, by both formulas."""
    talks = [
        Rated([Said("A table for two please", "It is booked."), Said(answer, "Bye", 1.0)])
        for answer in ("Perfect, thank you so much!", "No, that is wrong")
    ]
    glad, cross = quality.measure(talks)

    assert glad[1]["satisfaction_score"] > cross[1]["satisfaction_score"]
    assert (
        glad[1]["documents satisfaction_score"] == cross[1]["documents satisfaction_score"] == 0.5
    )
    rows, ratings = quality.of_turns(talks, [glad, cross])
    assert len(rows) == len(ratings) == 2


def test_a_reply_is_worth_what_is_said_next(capsys: pytest.CaptureFixture[str]) -> None:
    """Of USS the rating stands at the line behind it; a reply that nobody answered has no `v2`."""
    words = ("Perfect, thank you so much!", "No, that is wrong", "ok")
    talks = [
        Rated([Said("A table for two please", "It is booked."), Said(answer, "Bye", 3.0 - n)])
        for n, answer in enumerate(words)
    ]
    measured = quality.measure(talks)
    quality.replies("USS x", talks, measured)

    assert [("v2" in first, "v2" in last) for first, last in measured] == [(True, False)] * 3
    assert measured[0][0]["v2"] == measured[0][1]["satisfaction_score"]
    v1, _, v2 = [float(line.split()[1]) for line in capsys.readouterr().out.splitlines()[1:]]
    assert v2 > v1
