"""Turns "so many alarms an hour" into a threshold for each session, learnt from the session."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from roomtone.detectors._columns import Columns
from roomtone.points import Column, Slots

BLOCK = 24  # ticks: the statistic's extremes are taken over 2 minutes, as long as the refractory
TICK_H = 5 / 3600

# What chance alone does: mean and standard deviation of the 2-minute extremes of the deficit
# statistic in Poisson rooms of so many messages a minute, and how much further than a normal's
# the one in sixty lies that half an alarm an hour grants (`benchmarks/_null.py` simulates them).
NULL_RATES = np.log([2, 3, 5, 7, 10, 15, 20, 30, 40, 80, 160, 320, 800, 2000])
NULL_MEAN = np.array(
    [1.55, 1.71, 1.87, 1.97, 2.03, 2.06, 2.05, 2.05, 2.04, 1.96, 1.90, 1.82, 1.67, 1.48]
)
NULL_SD = np.array(
    [0.44, 0.46, 0.47, 0.45, 0.43, 0.42, 0.41, 0.38, 0.37, 0.36, 0.36, 0.36, 0.36, 0.35]
)
NULL_TAIL = np.array(
    [1.16, 1.16, 1.16, 1.16, 1.10, 1.05, 1.00, 0.97, 0.92, 0.88, 0.88, 0.95, 1.00, 1.00]
)

# Real rooms against chance, in those standard deviations, and how many blocks that knowledge is
# worth against what the session shows of itself.
PRIOR_MEAN, PRIOR_MEAN_BLOCKS = 0.1, 4.0
PRIOR_SD, PRIOR_SD_BLOCKS = 1.1, 6.0
LEAST_SD = 0.3
TAIL = 1.06  # and their tails are longer by so much
MEMORY = 360.0  # blocks (12 hours): a room may change its ways
ABOVE = 0.8  # an extreme counts at most this far above the threshold: alarms do not teach much

# How many alarms came against how many were due, forgotten over about a day.
PRIOR_ALARMS = 0.25
FORGET = 1 - 1 / 720

_NONE = -99.0
_NUMBERS = {
    "mean": PRIOR_MEAN,
    "mean_blocks": PRIOR_MEAN_BLOCKS,
    "squares": PRIOR_SD**2 * PRIOR_SD_BLOCKS,
    "square_blocks": PRIOR_SD_BLOCKS,
    "extreme": _NONE,  # of the running block
    "ticks": 0.0,
    "hours": 0.0,  # watched, as far as remembered
    "alarms": 0.0,  # raised, as far as remembered
}
_LINE = {name: index for index, name in enumerate(_NUMBERS)}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Where a statistic stands against its session's own extremes; each of shape (rows,)."""

    threshold: Column
    above: Column  # statistic minus threshold, in standard deviations of the extremes
    surprise: Column  # the statistic as a predictive normal score of the session's extremes
    rate: Column  # alarms per hour now aimed at


class Budget:
    """Keeps each session's alarms at `per_hour`.

    The largest statistic of each 2-minute block, in units of what chance does at that rate of
    messages, is held to be normal with a mean and a variance that the session learns, shrunk
    towards what rooms usually have (empirical Bayes). The threshold is the predictive quantile
    that a block exceeds with the chance that the budget grants it. Realised alarms feed back: the
    rate aimed at is divided by (a + alarms) / (a + budget x hours), the Gamma-Poisson posterior
    mean of how far the realised rate is off, with a = 0.25.
    """

    def __init__(self, per_hour: float) -> None:
        if not 0 < per_hour <= 60:
            raise ValueError("alarms_per_hour lies above 0 and up to 60; the default is 0.5.")
        self.per_hour = per_hour
        self._columns = Columns(_NUMBERS, {})

    def judge(
        self, slots: Slots, statistic: Column, per_min: Column, learn: NDArray[np.bool_]
    ) -> Verdict:
        """Hold each row's statistic against its threshold, then learn from it where `learn`.

        `per_min` is the activity per minute that each row's session is used to.
        """
        self._columns.grow(slots)
        lines = self._columns.take(slots)
        mean, blocks = lines[_LINE["mean"]], lines[_LINE["mean_blocks"]]
        squares, square_blocks = lines[_LINE["squares"]], lines[_LINE["square_blocks"]]
        spread = np.maximum(np.sqrt(squares / square_blocks), LEAST_SD)
        level = np.log(np.maximum(per_min, 0.1))
        usual = np.interp(level, NULL_RATES, NULL_MEAN)
        unit = np.interp(level, NULL_RATES, NULL_SD)
        tail = TAIL * np.interp(level, NULL_RATES, NULL_TAIL)
        wide = spread * np.sqrt(1 + 1 / blocks) * tail
        standing = (statistic - usual) / unit
        lines[_LINE["hours"]] += TICK_H
        due = PRIOR_ALARMS + self.per_hour * lines[_LINE["hours"]]
        rate = self.per_hour * due / (PRIOR_ALARMS + lines[_LINE["alarms"]])
        limit = mean + wide * _quantile(rate * (BLOCK * TICK_H))
        verdict = Verdict(
            usual + unit * limit, (standing - limit) / spread, (standing - mean) / wide, rate
        )
        known = learn & (statistic > -9)
        self._learn(lines, np.where(known, np.minimum(standing, limit + ABOVE), _NONE), learn)
        self._columns.put(slots, lines)
        return verdict

    def _learn(self, lines: NDArray[np.float64], capped: Column, learn: NDArray[np.bool_]) -> None:
        extreme, ticks = lines[_LINE["extreme"]], lines[_LINE["ticks"]]
        extreme[:] = np.where(learn, np.maximum(extreme, capped), extreme)
        ticks += learn
        over = ticks % BLOCK == 0
        over &= learn
        if not over.any():
            return
        # The first block knows only the short windows: it would teach that the room is calm.
        good = over & (ticks > BLOCK) & (extreme > _NONE)
        mean, blocks = lines[_LINE["mean"]], lines[_LINE["mean_blocks"]]
        squares, square_blocks = lines[_LINE["squares"]], lines[_LINE["square_blocks"]]
        off = extreme - mean
        more = np.minimum(blocks + 1, MEMORY)
        keep = np.where(square_blocks < MEMORY, 1.0, 1 - 1 / MEMORY)
        squares[:] = np.where(good, squares * keep + off * off * (1 - 1 / more), squares)
        square_blocks[:] = np.where(good, square_blocks * keep + 1, square_blocks)
        mean[:] = np.where(good, mean + off / more, mean)
        blocks[:] = np.where(good, more, blocks)
        extreme[:] = np.where(over, _NONE, extreme)
        for name in ("hours", "alarms"):
            lines[_LINE[name]] = np.where(over, lines[_LINE[name]] * FORGET, lines[_LINE[name]])

    def spend(self, slots: Slots) -> None:
        """An alarm was raised in each of these slots."""
        self._columns.grow(slots)
        self._columns.numbers[slots, _LINE["alarms"]] += 1

    def forget(self, slots: Slots) -> None:
        """Clear slots whose sessions have ended."""
        self._columns.forget(slots)

    def snapshot(self) -> dict[str, NDArray[Any]]:
        """All state, by slot."""
        return self._columns.snapshot("budget")

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Go on from a snapshot."""
        self._columns.restore("budget", state)


def _quantile(chance: Column) -> Column:
    """The standard normal's upper quantile: Abramowitz and Stegun 26.2.23, error under 4.5e-4.

    >>> _quantile(np.array([0.5, 0.025])).round(2)
    array([0.  , 1.96])
    """
    t = np.sqrt(-2 * np.log(np.minimum(np.maximum(chance, 1e-12), 0.5)))
    above = 2.515517 + t * (0.802853 + t * 0.010328)
    below = 1 + t * (1.432788 + t * (0.189269 + t * 0.001308))
    quantile: Column = t - above / below
    return quantile


def strength(above: float) -> float:
    """A score of 0.6 at the threshold, rising to 1: how an alarm's evidence is shown.

    >>> strength(0.0), round(strength(3.0), 2)
    (0.6, 0.91)
    """
    return 1 - 0.4 * math.exp(-max(above, 0.0) / 2)
