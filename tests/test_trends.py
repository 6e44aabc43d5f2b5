"""Trends are per day, whatever was sampled how often; a step is found, and chance is not."""

from __future__ import annotations

import doctest
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roomtone import trends
from roomtone.trends import DAY_S, MOST_CHANGES, MOST_POINTS, changes, trend


def wandering(random: np.random.Generator, count: int, rho: float, sd: float = 0.05) -> list[float]:
    """Values around 0.5, each like the one before it."""
    noise = random.normal(0, sd, count)
    level = np.zeros(count)
    level[0] = noise[0] / np.sqrt(1 - rho**2)
    for at in range(1, count):
        level[at] = rho * level[at - 1] + noise[at]
    return (level + 0.5).tolist()


def test_the_examples_hold() -> None:
    """What the functions say of themselves is so."""
    told = doctest.testmod(trends)

    assert (told.failed, told.attempted > 10) == (0, True)


@settings(deadline=None, max_examples=40)
@given(
    slope=st.floats(-0.05, 0.05),
    days=st.integers(8, 60),
    times=st.sampled_from([2, 5, 10]),
    seed=st.integers(0, 1000),
)
def test_who_talks_more_has_the_same_trend(slope: float, days: int, times: int, seed: int) -> None:
    """The same decline, sampled so many times as often, is the same per day (not per sample)."""
    random = np.random.default_rng(seed)
    once = np.arange(days) + random.uniform(0, 0.5, days)
    often = np.concatenate([once + 1e-4 * k for k in range(times)])

    def level(at: np.ndarray) -> list[float]:
        return (0.5 + slope * at + 0.02 * np.sin(7 * np.floor(at))).tolist()

    few = trend((once * DAY_S).tolist(), level(once), 1)
    many = trend((often * DAY_S).tolist(), level(often), 1)

    straight = trend((often * DAY_S).tolist(), (0.5 + slope * often).tolist(), 1)

    assert few.slope_per_day is not None
    assert few.low is not None
    assert few.high is not None
    close = max(2e-4, 0.1 * (few.high - few.low))
    assert many.slope_per_day == pytest.approx(few.slope_per_day, abs=close)
    assert many.points == times * few.points
    assert straight.slope_per_day == pytest.approx(slope, abs=1e-9)
    if abs(slope) > 0.03:
        assert many.direction == few.direction == ("rising" if slope > 0 else "falling")


def test_a_busy_day_does_not_outvote_the_others() -> None:
    """A thousand turns on one bad day weigh as much as their stretch of time."""
    days = [float(day) for day in range(60)]
    level = [0.4 + 0.005 * day for day in days]
    busy = np.linspace(58.0, 58.2, 1000).tolist()
    quiet = trend([d * DAY_S for d in days], level, 1)
    loud = trend([d * DAY_S for d in days + busy], level + [0.2] * 1000, 1)

    assert quiet.direction == loud.direction == "rising"
    assert loud.slope_per_day == pytest.approx(0.005, rel=0.05)


@given(st.floats(-1e6, 1e6), st.integers(5, 400))
@settings(deadline=None, max_examples=40)
def test_a_constant_is_steady_and_has_no_changes(value: float, count: int) -> None:
    """Whatever its level, and however many points there are."""
    at = [number * 600.0 for number in range(count)]
    line = trend(at, [value] * count)

    assert (line.direction, line.slope_per_day, line.low, line.high) == ("steady", 0, 0, 0)
    assert changes(at, [value] * count) == []


def test_what_is_no_number_and_what_is_out_of_order_does_no_harm() -> None:
    """Not a number is left out; times may come in any order."""
    at = [day * DAY_S for day in range(20)]
    level = [0.3 + 0.02 * day for day in range(20)]
    odd = trend([*at[::-1], 5.0, float("nan")], [*level[::-1], float("nan"), 0.1], 1)

    assert odd == trend(at, level, 1)


@pytest.mark.parametrize("count", [0, 1, 4])
def test_little_is_called_unclear(count: int) -> None:
    """Without a number rather than with one that means nothing; so is all of one moment."""
    line = trend([DAY_S * n for n in range(count)], [0.1 * n for n in range(count)])
    moment = trend([0.0] * 50, np.linspace(0, 1, 50).tolist())

    assert (line.direction, line.slope_per_day, line.points) == ("unclear", None, count)
    assert (moment.direction, moment.low, moment.days) == ("unclear", None, 0)


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.7])
def test_chance_seldom_looks_like_a_trend(rho: float) -> None:
    """The interval leaves out 0 in about 5 of 100 series without a trend, autocorrelated or not."""
    random = np.random.default_rng(11)
    at = [3600.0 * n for n in range(150)]
    lines = [trend(at, wandering(random, 150, rho), 1) for _ in range(200)]
    wrong = sum(not line.low <= 0 <= line.high for line in lines)  # type: ignore[operator]

    assert wrong <= 24


@pytest.mark.parametrize("rho", [0.0, 0.5])
def test_a_trend_is_seen_through_noise(rho: float) -> None:
    """Three tenths in a week, among wandering values, and the interval holds the truth."""
    random = np.random.default_rng(12)
    at = np.linspace(0, 7, 150)
    lines = [
        trend(
            (at * DAY_S).tolist(),
            (np.array(wandering(random, 150, rho)) + 0.3 / 7 * at).tolist(),
            1,
        )
        for _ in range(60)
    ]
    holds = sum(line.low <= 0.3 / 7 <= line.high for line in lines)  # type: ignore[operator]

    assert sum(line.direction == "rising" for line in lines) >= 57
    assert holds >= 52


@settings(deadline=None, max_examples=25)
@given(st.integers(10, 90), st.floats(0.15, 0.5), st.booleans(), st.integers(0, 1000))
def test_a_step_is_found_where_it_is(at: int, height: float, down: bool, seed: int) -> None:
    """To the point, or nearly, with the medians of both sides; and no other."""
    random = np.random.default_rng(seed)
    level = random.normal(0.5, 0.03, 100)
    level[at:] += -height if down else height
    found = changes(list(range(100)), level.tolist())
    near = [change for change in found if abs(change.index - at) <= 2]

    assert len(near) == 1
    assert len(found) <= 2, "chance adds one at most"
    assert (near[0].after < near[0].before) == down
    assert near[0].p <= 0.01


def test_ups_and_downs_do_not_hide_each_other() -> None:
    """Ten levels in turn: as many changes as are told at most, each near a true one."""
    random = np.random.default_rng(3)
    level = np.array(wandering(random, MOST_POINTS, 0.5)) + 0.3 * (
        np.arange(MOST_POINTS) // 1000 % 2
    )
    began = time.perf_counter()
    found = changes(list(range(MOST_POINTS)), level.tolist())
    took = time.perf_counter() - began

    assert len(found) == MOST_CHANGES
    assert all(min(c.index % 1000, 1000 - c.index % 1000) <= 40 for c in found)
    assert took < 20, "the cost has a bound"


def test_a_trend_is_no_change() -> None:
    """What rises all the time has no place where it rose."""
    random = np.random.default_rng(4)
    at = np.arange(300)
    found = [
        changes(at.tolist(), (0.3 + 0.4 * at / 300 + random.normal(0, 0.03, 300)).tolist())
        for _ in range(20)
    ]

    assert sum(map(len, found)) <= 1


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.8])
def test_chance_seldom_looks_like_a_change(rho: float) -> None:
    """In few of 60 series without one."""
    random = np.random.default_rng(5)
    wrong = sum(bool(changes(list(range(120)), wandering(random, 120, rho))) for _ in range(60))

    assert wrong <= 5


def test_the_same_points_give_the_same_changes() -> None:
    """Shuffling has a fixed seed: an answer can be asked for again."""
    random = np.random.default_rng(6)
    level = [*random.normal(0.4, 0.1, 50), *random.normal(0.6, 0.1, 50)]

    assert changes(list(range(100)), level) == changes(list(range(100)), level) != []
