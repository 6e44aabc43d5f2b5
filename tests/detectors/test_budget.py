"""So many alarms an hour become a threshold, and the threshold keeps to them."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from numpy.typing import NDArray

from roomtone.detectors._budget import (
    BLOCK,
    NULL_MEAN,
    NULL_RATES,
    NULL_SD,
    Budget,
    Verdict,
    strength,
)
from roomtone.detectors._deficit import Deficits
from roomtone.detectors.anomaly import Anomaly
from roomtone.points import Block


def judge(budget: Budget, statistic: NDArray[np.float64], per_min: float = 20.0) -> Verdict:
    rows = len(statistic)
    slots, rates = np.arange(rows), np.full(rows, per_min)
    return budget.judge(slots, statistic, rates, np.ones(rows, bool))


def alarms(budget: Budget, statistics: NDArray[np.float64]) -> int:
    """Excursions at least two minutes apart, each spent."""
    last, count = np.full(statistics.shape[1], -BLOCK), 0
    for tick, row in enumerate(statistics):
        hit = (judge(budget, row).above > 0) & (tick - last >= BLOCK)
        budget.spend(np.flatnonzero(hit))
        last[hit] = tick
        count += int(hit.sum())
    return count


@pytest.mark.parametrize("scale", [0.7, 1.0, 1.3])
@pytest.mark.parametrize("per_hour", [0.5, 2.0])
def test_a_session_however_wild_keeps_to_its_budget(scale: float, per_hour: float) -> None:
    """Four hundred hours of independent noise of a scale that nobody told."""
    noise = 1.2 + scale * 0.6 * np.random.default_rng(1).normal(0, 1, (2880, 100))
    real = alarms(Budget(per_hour), noise) / 400

    assert per_hour / 2 <= real <= 2 * per_hour


def test_an_alarm_makes_the_next_one_harder() -> None:
    """Realised alarms feed back into the rate aimed at, and silence gives some of it back."""
    budget = Budget(0.5)
    before = judge(budget, np.array([1.0, 1.0]))
    budget.spend(np.array([0]))
    after = judge(budget, np.array([1.0, 1.0]))

    assert after.threshold[0] > before.threshold[0]
    assert after.rate[0] < 0.5 < after.rate[1]


def test_a_larger_budget_is_a_lower_threshold() -> None:
    """At any age, for any session."""
    few, many = (judge(Budget(rate), np.array([1.0])).threshold[0] for rate in (0.1, 5.0))

    assert few > many


@pytest.mark.parametrize("per_hour", [0, -1, 61])
def test_a_budget_that_cannot_be_kept_is_refused(per_hour: float) -> None:
    """The error names the range."""
    with pytest.raises(ValueError, match=r"up to 60"):
        Budget(per_hour)


@pytest.mark.parametrize("per_min", [5, 20, 80, 800])
def test_the_table_of_chance_is_what_simulation_gives(per_min: int) -> None:
    """Mean and deviation of the 2-minute extremes in Poisson rooms, simulated anew."""
    rooms, ticks = 60, 480
    counts = np.random.default_rng(per_min).poisson(per_min / 12, (ticks, rooms)).astype(float)
    test, slots, no = Deficits(), np.arange(rooms), np.zeros(rooms, bool)
    path = np.stack([test.update(slots, row, doubt=no, gap=no).strength for row in counts])
    extremes = path[BLOCK:].reshape(-1, BLOCK, rooms).max(axis=1)

    level = np.log(per_min)
    assert extremes.mean() == pytest.approx(np.interp(level, NULL_RATES, NULL_MEAN), abs=0.06)
    assert extremes.std() == pytest.approx(np.interp(level, NULL_RATES, NULL_SD), abs=0.06)


def test_chance_alone_stays_within_the_budget() -> None:
    """Sixty hours of Poisson chat at 5 to 300 messages a minute, alarms of all types."""
    rooms, ticks = 60, 720
    rng = np.random.default_rng(11)
    counts = rng.poisson(rng.choice([5, 20, 60, 300], rooms) / 12, (ticks, rooms))
    detector, count = Anomaly(alarms_per_hour=0.5), 0
    for tick in range(ticks):
        count += sum(a.is_alarm for a in detector.observe(_block(tick, counts[tick])))

    assert 0 < count / rooms <= 0.5


def _block(tick: int, counts: NDArray[np.int64]) -> Block:
    time = datetime.fromtimestamp(1_700_000_000 + 5 * tick, UTC)
    slots = np.arange(len(counts))
    fields = {"activity_5s": counts.astype(float), "score": np.full(len(counts), 0.5)}
    tags = {"session": slots.astype(str).astype(object)}
    return Block("engagement", time, tags, fields, slots)


def test_strength_runs_from_the_threshold_to_one() -> None:
    """0.6 at the threshold; never 1."""
    assert strength(0) == 0.6
    assert 0.8 < strength(2) < strength(20) < 1
