"""The columnar half-space trees give River's scores to the bit, for any mix of slots."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from roomtone.detectors._halfspace import HalfSpaceTrees
from roomtone.points import Column

if TYPE_CHECKING:
    from river import anomaly

NAMES = ["chat", "polls", "active", "reactions", "leaving"]


def cloud(rows: int, seed: int = 7) -> Column:
    """Points as a room makes them: mostly near one place, some far, some on the very edge."""
    chance = np.random.default_rng(seed)
    far = chance.random(rows) < 0.1
    points = np.where(far[:, None], chance.random((rows, 5)), chance.normal(0.4, 0.1, (rows, 5)))
    edge = chance.random(rows) < 0.02
    points[edge] = chance.integers(0, 2, (int(edge.sum()), 5))
    return np.clip(points, 0.0, 1.0)


def river(points: Column, forest: anomaly.HalfSpaceTrees) -> Column:
    """River's scores of the points, each scored first and learnt then."""
    scores = []
    for row in points.tolist():
        named = dict(zip(NAMES, row, strict=True))
        scores.append(float(forest.score_one(named)))
        forest.learn_one(named)
    return np.array(scores)


def pair(trees: int, height: int, window: int) -> tuple[anomaly.HalfSpaceTrees, HalfSpaceTrees]:
    """A fresh River forest, and ours with the geometry of an equal one."""
    from river import anomaly  # loads for seconds, which other folders' tests need not wait for

    options = {"n_trees": trees, "height": height, "window_size": window, "seed": 42}
    grown = anomaly.HalfSpaceTrees(**options)
    grown.learn_one(dict.fromkeys(NAMES, 0.5))
    return anomaly.HalfSpaceTrees(**options), HalfSpaceTrees.from_river(grown, NAMES)


@pytest.mark.parametrize(
    ("trees", "height", "window"),
    [(10, 8, 30), (10, 6, 30), (10, 8, 250), (25, 8, 100), (3, 10, 7), (2, 3, 1)],
)
def test_scores_equal_rivers_to_the_bit(trees: int, height: int, window: int) -> None:
    """Thousands of points, many windows, an early end of walks: not one bit differs."""
    theirs, ours = pair(trees, height, window)
    points = cloud(2_000)
    slots = np.array([3])

    scores = np.concatenate([ours.score_learn(slots, row[None]) for row in points])

    assert np.array_equal(scores, river(points, theirs))
    assert scores[: window - 1].max(initial=0.0) == 0.0
    assert len(np.unique(scores)) >= 10


def test_rows_do_not_see_each_other() -> None:
    """Slots that come and go, in any order and company, score as each would alone."""
    _, ours = pair(10, 8, 30)
    chance, alone = np.random.default_rng(1), {}
    points = cloud(6_000, seed=2)
    fed = 0
    heard: dict[int, list[float]] = {}
    while fed < 5_900:
        slots = chance.permutation(90)[: chance.integers(1, 90)]
        part = points[fed : fed + len(slots)]
        for slot, score in zip(slots.tolist(), ours.score_learn(slots, part), strict=True):
            heard.setdefault(slot, []).append(float(score))
        for slot, row in zip(slots.tolist(), part, strict=True):
            alone.setdefault(slot, []).append(row)
        fed += len(slots)

    for slot in (0, 41, 89):
        theirs, _ = pair(10, 8, 30)
        assert heard[slot] == river(np.array(alone[slot]), theirs).tolist()


def test_a_slot_is_ready_when_its_first_window_has_closed() -> None:
    """Zero and not ready for thirty points; ready from then on; unknown slots never are."""
    forest = HalfSpaceTrees(5)
    slots = np.array([0, 5])
    assert not forest.ready(slots).any()
    for row in cloud(29):
        forest.score_learn(slots[:1], row[None])
    assert not forest.ready(slots).any()

    forest.score_learn(slots[:1], cloud(1))

    assert forest.ready(np.array([0, 5, 10_000])).tolist() == [True, False, False]


def test_a_forgotten_slot_starts_anew() -> None:
    """The next room in the slot gives the scores of a first room; its neighbour goes on."""
    used, fresh = HalfSpaceTrees(5), HalfSpaceTrees(5)
    slots, old, new = np.array([0, 1]), cloud(70, seed=3), cloud(80, seed=4)
    for row in old:
        used.score_learn(slots, np.array([row, row]))
    used.forget(np.array([1, 4_000]))

    again = [used.score_learn(slots, np.array([row, row])) for row in new]
    first = [fresh.score_learn(np.array([0]), row[None])[0] for row in new]

    assert [float(pair[1]) for pair in again] == first
    assert float(again[0][0]) > 0.0


def test_a_restored_forest_goes_on_as_if_never_stopped() -> None:
    """Stopped in mid-window and after a growth, the scores that follow are the same."""
    one, points = HalfSpaceTrees(5, height=6), cloud(200, seed=5)
    slots = np.array([2, 700])
    for row in points[:100]:
        one.score_learn(slots[:1], row[None])
    for row in points[:47]:
        one.score_learn(slots, np.array([row, row]))
    kept = one.snapshot()
    other = HalfSpaceTrees(5, height=6)
    other.score_learn(np.array([9]), points[:1])

    other.restore(kept)

    for row in points[100:]:
        both = np.array([row, row])
        assert np.array_equal(one.score_learn(slots, both), other.score_learn(slots, both))
    assert kept["seen"].tolist() == [27, 17]


def test_a_snapshot_of_other_parameters_is_refused() -> None:
    """Leaves mean nothing among other cuts: the error names the parameters to use."""
    with pytest.raises(ValueError, match=r"parameters .* \[5, 10, 8, 30, 42\]"):
        HalfSpaceTrees(5, seed=43).restore(HalfSpaceTrees(5).snapshot())


def test_our_own_geometry_is_a_fair_draw() -> None:
    """Same seed same cuts, other seed others; features equally often, cuts within the padding."""
    forest, same, other = (HalfSpaceTrees(5, trees=40, seed=seed) for seed in (1, 1, 2))
    roots = np.arange(40) * 256 + 1

    assert np.array_equal(forest._cut, same._cut) and not np.array_equal(forest._cut, other._cut)
    assert np.all((forest._cut[roots] >= 0.15) & (forest._cut[roots] <= 0.85))
    shares = np.bincount(forest._feature, minlength=5) / (40 * 256)
    assert np.all(np.abs(shares - 0.2) < 0.03)


def test_a_far_point_scores_above_the_crowd() -> None:
    """With our own cuts, too: a quiet room's corner is more unusual than its middle."""
    forest, slots = HalfSpaceTrees(5), np.array([0])
    for row in np.clip(np.random.default_rng(3).normal(0.4, 0.03, (60, 5)), 0, 1):
        usual = forest.score_learn(slots, row[None])[0]

    far = forest.score_learn(slots, np.ones((1, 5)))[0]

    assert far > 0.99 > usual


def test_a_slot_takes_no_more_memory_than_promised() -> None:
    """10.2 KB at height 8 and ten trees, 2.5 KB at height 6."""
    for height, most in ((8, 10_200), (6, 2_500)):
        forest = HalfSpaceTrees(5, height=height)
        forest.score_learn(np.array([1_023]), cloud(1))
        held = (forest._seen, forest._ready, forest._filling, forest._closed, forest._worth)
        assert sum(column.nbytes for column in held) / 1_024 <= most


def test_wrong_shapes_and_parameters_are_refused() -> None:
    """The error says which shape to give."""
    from river import anomaly

    with pytest.raises(ValueError, match=r"shape \(2, 5\)"):
        HalfSpaceTrees(5).score_learn(np.array([0, 1]), np.zeros((2, 4)))
    with pytest.raises(ValueError, match="height <= 16"):
        HalfSpaceTrees(5, height=17)
    with pytest.raises(ValueError, match="learn one point first"):
        HalfSpaceTrees.from_river(anomaly.HalfSpaceTrees(), NAMES)
