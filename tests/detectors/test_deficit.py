"""Activity is held against the room's own lagged past, with its own dispersion."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from roomtone.detectors._deficit import WINDOWS, Deficit, Deficits

NO = np.zeros(1, bool)
YES = np.ones(1, bool)


def take(test: Deficits, *counts: float) -> Deficit:
    for count in counts:
        found = test.update(np.array([0]), np.array([float(count)]), doubt=NO, gap=NO)
    return found


def poisson(rate: float, ticks: int, seed: int = 0) -> NDArray[np.float64]:
    return np.random.default_rng(seed).poisson(rate, ticks).astype(float)


def test_the_fifth_point_is_the_first_that_is_judged() -> None:
    """Four ticks of baseline, then one of window."""
    test = Deficits()

    assert take(test, 10, 10, 10, 10).strength[0] == -9
    assert take(test, 0).strength[0] > 2


def test_the_statistic_is_the_formula_of_the_docs() -> None:
    """One window of one tick after ten flat ones, worked out by hand, gap hypothesis and all."""
    found = take(Deficits(), *[10.0] * 10, 4.0)
    expected, counted, behind = 10.0, 4.0, 10.0
    # Nine equal steps have worn the prior's 60 ticks of dispersion 1.3 down towards 1.
    variance = 1.0 * (1 + 1 / behind) + (0.05**2 + 0.001) * expected
    root = np.sqrt(expected + 0.375)
    plain = 2 * (root - np.sqrt(counted + 0.375)) / np.sqrt(variance)
    ratio = plain**2 - 2 * (np.logaddexp(0, (plain**2 - 6.0) / 2) - np.log1p(np.exp(-3.0)))

    assert found.window[0] == 0
    assert found.strength[0] == pytest.approx(np.sqrt(ratio), rel=1e-6)


def test_a_rise_is_negative() -> None:
    """One-sided: more than expected is no deficit."""
    assert take(Deficits(), *[5.0] * 30, *[20.0] * 40).strength[0] < 0


def test_a_hiccup_of_the_feed_convinces_nobody() -> None:
    """Five seconds without a message in a torrent are a gap; half a minute of few are a drop."""
    test = Deficits()
    calm = take(test, *poisson(65, 120), 0.0).strength[0]

    assert calm < 2.5
    assert take(test, *poisson(20, 6, 1)).strength[0] > 4


def test_a_bursty_room_has_to_fall_further() -> None:
    """The same fall counts for less where successive ticks always differed much."""
    rng = np.random.default_rng(2)
    bursts = rng.poisson(rng.gamma(1.0, 20.0, 300)).astype(float)
    steady, wild = Deficits(), Deficits()
    take(steady, *poisson(20, 300))
    take(wild, *bursts)

    assert take(steady, *[8.0] * 6).strength[0] > 1.5 * take(wild, *[8.0] * 6).strength[0]


def test_the_end_of_a_burst_is_no_deficit() -> None:
    """The lower of two baselines is expected: the slow one never believed in the burst."""
    counts = [*poisson(5, 240), *poisson(20, 36, 1), *poisson(5, 12, 2)]

    assert take(Deficits(), *counts).strength[0] < 2.5


def test_no_window_reaches_across_missing_time() -> None:
    """After a gap the baseline is kept, but only what came since is counted."""
    test = Deficits()
    take(test, *poisson(20, 100))
    found = test.update(np.array([0]), np.array([0.0]), doubt=NO, gap=YES)
    assert found.strength[0] == -9

    assert WINDOWS[take(test, 20.0, 20.0).window[0]] <= 2
    assert take(test, *poisson(20, 30, 1)).strength[0] < 2.5


def test_doubt_that_ends_well_is_made_up_for() -> None:
    """Zeros in doubt count for the baseline once a heartbeat proved them, as if learnt at once."""
    sure, doubted = Deficits(), Deficits()
    for tick, count in enumerate(np.tile([2.0, 0.0, 0.0], 200)):
        slot, value = np.array([0]), np.array([count])
        sure.update(slot, value, doubt=NO, gap=NO)
        late = doubted.update(slot, value, doubt=YES if tick % 3 else NO, gap=NO)

    assert late.level[0] == pytest.approx(2 / 3, rel=0.1)
    assert take(doubted, 2.0).level[0] == pytest.approx(take(sure, 2.0).level[0], rel=0.02)


def test_a_restart_forgets_the_old_rate() -> None:
    """After a change for good the baseline rests on the last ticks alone."""
    test = Deficits()
    take(test, *[50.0] * 60, *[10.0] * 12)
    test.restart(np.array([0]), np.array([12.0]))

    assert take(test, *[10.0] * 5).level[0] == pytest.approx(10)
