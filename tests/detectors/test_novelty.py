"""Novelty hears a value or a shape that a series has never shown, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from roomtone.detectors.novelty import THRESHOLD, Novelty, NoveltyScore
from roomtone.points import Block, Column

START = datetime(2025, 1, 1, tzinfo=UTC)


def scores_of(values: Column, memory: int = 500) -> Column:
    """The scores of one series on its own."""
    scorer, slot = NoveltyScore(memory), np.array([0])
    return np.array([scorer.score_learn(slot, values[i : i + 1])[0] for i in range(len(values))])


def season(points: int = 800, seed: int = 1) -> Column:
    """A wave of 50 points with a little noise."""
    noise = np.random.default_rng(seed).normal(0, 0.05, points)
    return np.sin(np.arange(points) * 2 * np.pi / 50) + noise


def block(number: int, values: Column) -> Block:
    """One tick of some rooms."""
    ids = np.array([f"room{i}" for i in range(len(values))], object)
    at = START + timedelta(seconds=5 * number)
    return Block("engagement", at, {"session": ids}, {"score": values}, np.arange(len(values)))


def test_a_value_never_seen_is_new() -> None:
    """A point far outside the wave stands out over all that came before."""
    values = season()
    values[700] = 4.0

    scores = scores_of(values)

    assert scores[700] > 0.8
    assert scores[700] > 2 * np.delete(scores[300:], 400).max()


def test_a_shape_never_seen_is_new() -> None:
    """A wave that runs five times as fast shows no new value, yet a new shape."""
    values = season()
    values[612:652] = 0.95 * np.sin(np.arange(40) * 2 * np.pi / 10)

    scores = scores_of(values)

    assert scores[612:652].max() > 1.3 * scores[200:612].max()


def test_the_second_time_is_less_new() -> None:
    """What was learnt is known: the same outlier again says less than half as much."""
    values = season()
    values[[500, 700]] = 4.0

    scores = scores_of(values)

    assert scores[700] < scores[500] / 2


def test_unit_and_origin_do_not_matter() -> None:
    """A series times a constant plus a constant scores alike, but for where the histogram cuts."""
    values = season()
    values[700] = 4.0

    plain, moved = scores_of(values), scores_of(1_024.0 * values + 4_096.0)

    assert np.allclose(plain, moved, atol=1e-6)


def test_nothing_later_changes_a_score() -> None:
    """Causal: the scores of a series cut short are those of the whole one."""
    values = season()

    assert np.array_equal(scores_of(values)[:400], scores_of(values[:400]))


def test_rows_do_not_see_each_other() -> None:
    """Forty series side by side, one with holes, score as each does alone."""
    series = np.stack([season(300, seed) for seed in range(40)])
    scorer, together = NoveltyScore(200), np.zeros(series.shape)
    for tick in range(300):
        rows = np.arange(40) if tick % 7 else np.delete(np.arange(40), 3)
        together[rows, tick] = scorer.score_learn(rows, series[rows, tick])

    assert np.array_equal(together[39], scores_of(series[39], 200))
    held = np.arange(300) % 7 != 0
    assert np.array_equal(together[3][held], scores_of(series[3][held], 200))


def test_what_is_not_a_number_is_passed_over() -> None:
    """A hole scores 0 and leaves no trace."""
    values = season(300)
    holed = np.insert(values, 150, [np.nan, np.inf])

    scores = scores_of(holed)

    assert scores[150] == scores[151] == 0.0
    assert np.array_equal(np.delete(scores, [150, 151]), scores_of(values))


def test_a_flat_line_is_silent_and_its_end_is_heard() -> None:
    """No variance is no reason to divide by nothing."""
    values = np.append(np.full(400, 7.0), 8.0)

    scores = scores_of(values)

    assert np.all(scores[:400] == 0.0)
    assert scores[400] > 0.9


def test_one_event_is_one_alarm() -> None:
    """A fall is raised once, with the nearest value known; a rise is not."""
    detector, alerts = Novelty(memory=200), []
    values = np.abs(0.5 + 0.05 * season(400))
    values[300:320], values[360:365] = 0.05, 1.5
    for tick, value in enumerate(values):
        alerts += detector.observe(block(tick, np.array([value])))

    late = [alert for alert in alerts if alert.time > START + timedelta(seconds=5 * 200)]
    assert [alert.time for alert in late] == [START + timedelta(seconds=5 * 300)]
    assert late[0].session == "room0" and late[0].current == 0.05
    assert late[0].expected == pytest.approx(0.44, abs=0.03)
    assert late[0].score >= THRESHOLD


def test_it_goes_on_from_a_snapshot_as_if_never_stopped() -> None:
    """Scores and alarms of a restored detector equal those of one that ran on."""
    one, other = Novelty(memory=150), Novelty(memory=150)
    values = np.stack([season(400, seed) for seed in (1, 2, 3)], axis=1)
    for tick in range(200):
        one.observe(block(tick, values[tick]))

    other.restore(one.snapshot())

    slots = np.arange(3)
    for tick in range(200, 400):
        assert np.array_equal(one.peaks(slots, values[tick]), other.peaks(slots, values[tick]))


def test_a_forgotten_slot_starts_anew() -> None:
    """The next series in the slot scores as a first one would; its neighbour goes on."""
    scorer, slots = NoveltyScore(200), np.array([0, 1])
    for value in season(200, 8):
        scorer.score_learn(slots, np.array([value, value]))
    scorer.forget(np.array([1, 900]))

    again = [scorer.score_learn(slots, np.array([v, v])) for v in season(200, 9)]

    assert np.array_equal(np.array(again)[:, 1], scores_of(season(200, 9), 200))
    assert again[0][0] > 0.0


def test_another_memory_is_refused() -> None:
    """A snapshot fits the memory that it was taken with."""
    scorer = NoveltyScore(200)
    scorer.score_learn(np.array([0]), np.array([1.0]))
    with pytest.raises(ValueError, match="memory of 200"):
        NoveltyScore(300).restore(scorer.snapshot())
    with pytest.raises(ValueError, match="at least 100"):
        NoveltyScore(10)
