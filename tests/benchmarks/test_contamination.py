"""The benchmark of label noise counts right, and rows of ratings alone pass its bar."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import pytest

from roomtone.models.judge import Judge
from roomtone.reactions import Case, Said

ROOT = Path(__file__).parents[2]


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The benchmark as a module; it is no part of the package."""
    monkeypatch.syspath_prepend(str(ROOT))
    return importlib.import_module("benchmarks.contamination")


def a_case(id: str, emoji: str) -> Case:
    return Case(id=id, emoji=emoji, reply="Forty-two.", before=(Said("user", "How many?"),))


def test_noise_is_the_share_of_rows_whose_label_is_not_the_truth(bench: ModuleType) -> None:
    """A kind emoji on a disliked reply is wrong; an unkind one is right; no rating, by a coin."""
    known = [
        bench.Known(a_case("1", "👍"), "RATING", 0.0),
        bench.Known(a_case("2", "👎"), "RATING", 0.0),
        bench.Known(a_case("3", "❤️"), "EMOTIONAL", 1.0),
        bench.Known(a_case("4", "❤️"), "EMOTIONAL", 0.0),
    ]
    naive = bench.outcome(known, None)
    right = bench.outcome(known, [bench.rating_of(one) for one in known])

    assert (naive.rows, naive.others, naive.noise) == (4, 2, 0.5)
    assert (right.rows, right.others, right.noise) == (2, 0, 0.5)


def test_ratings_alone_are_five_times_cleaner(bench: ModuleType) -> None:
    """On the frozen cases, with the judge and the confidence that are shipped."""
    corpus = bench.labelled()
    naive = bench.outcome(corpus, None)
    judged = Judge().judge([one.case for one in corpus])
    ours = bench.outcome(corpus, judged, bench.SURE)

    assert naive.noise > bench.BAR * ours.noise
    assert ours.rows > 100


def test_a_long_talk_gives_its_row_as_a_short_one_does(bench: ModuleType) -> None:
    """However many messages stand before the reply, what was asked last is what it answers."""
    asked, answered = Said("user", "How many?"), Said("bot", "Of what?")
    talks = [(asked,), (asked, answered, asked), (asked, answered) * 2 + (asked,)]
    known = [
        bench.Known(Case(id="1", emoji="👍", reply="Forty-two.", before=talk), "RATING", 1.0)
        for talk in talks
    ]

    assert [bench.outcome([one], None).rows for one in known] == [1, 1, 1]


def test_courtesy_is_one_in_twenty_of_what_was_disliked(bench: ModuleType) -> None:
    """In the labelled cases as it is said to be."""
    ratings = [one for one in bench.labelled() if one.meaning == "RATING"]
    polite = sum(1 - one.liked for one in ratings if 0.5 < one.liked < 1)
    disliked = polite + sum(one.liked == 0.0 for one in ratings)

    assert polite / disliked == pytest.approx(bench.COURTESY)
