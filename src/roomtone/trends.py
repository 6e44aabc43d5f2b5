"""How a number moved over time: its trend per day with an interval, and where it changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Direction = Literal["rising", "falling", "steady", "unclear"]

DAY_S = 86_400.0

BINS = 300
"""Into how many stretches of equal length the time of a trend is cut. Each counts once, however
much was said in it: who says ten times as much has the same trend."""

LEAST_BINS = 5
"""Fewer stretches with a value than this tell no trend."""

MOST_POINTS = 10_000
"""More points than this are not asked for at once."""

NEGLIGIBLE = 0.02
"""A change over the whole time by less than this share of the scale is none."""

Z95 = 1.959963984540054  # of the normal distribution, two-sided
MOST_RHO = 0.98  # beyond it a series cannot be told from one that wanders at will

SHUFFLES = 999
SEED = 20_261_121
LEAST_SIDE = 5
"""A level is known by this many points; fewer on either side of a change are a whim."""

GROUPS = 300
"""On how many means of neighbouring points a change is tested, at most."""

MOST_CHANGES = 8
ALPHA = 0.01
OUTER = (0.02, 0.98)
DEEPEST = 3
LEAST_HALVED = 160
MOST_TESTS = 40


@dataclass(frozen=True, slots=True)
class Trend:
    """A line through points: what it gains per day, from where to where with 95 %.

    `slope_per_day`, `low` and `high` are None where too little is known. `points` were looked at,
    over `days`.
    """

    direction: Direction
    slope_per_day: float | None
    low: float | None
    high: float | None
    points: int
    days: float

    def as_json(self) -> dict[str, Any]:
        """As the wire has it."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


@dataclass(frozen=True, slots=True)
class Change:
    """From point `index` on the level is another: medians before and after, and the chance that
    no change looks like that."""

    index: int
    before: float
    after: float
    p: float


def trend(seconds: Sequence[float], values: Sequence[float], scale: float | None = None) -> Trend:
    """The trend of values at times (epoch seconds, any order).

    The median of the slopes between all pairs of stretches of time (Theil 1950, Sen 1968), so
    outliers do not bend it; its interval from Kendall's S with the variance widened for
    autocorrelation (Hamed and Rao 1998), as feelings last from one turn to the next. `scale` is
    what a whole change would be, as 1 for shares; without it the values' own size. It is `steady`
    where the interval, over the whole time, is within 2 % of the scale, `rising` or `falling`
    where the interval is on one side of 0, and else `unclear`.

    >>> days = [day * DAY_S for day in range(10)]
    >>> up = trend(days, [0.40 + 0.01 * day for day in range(10)], scale=1)
    >>> up.direction, round(up.slope_per_day, 6), round(up.low, 6), up.points, up.days
    ('rising', 0.01, 0.01, 10, 9.0)
    >>> trend(days, [0.5] * 10).direction, trend(days[:3], [0, 1, 2]).direction
    ('steady', 'unclear')
    """
    days, level = _by_time(seconds, values)
    span = float(days[-1] - days[0]) if len(days) else 0.0
    count = len(level)
    if count:
        days, level = binned(days, level, BINS)
    if len(level) < LEAST_BINS or span <= 0:
        return Trend("unclear", None, None, None, count, span)
    slopes = pair_slopes(days, level)
    slope = float(np.median(slopes))
    low, high = _interval(slopes, days, level, slope)
    size = scale if scale is not None else float(np.median(np.abs(level))) or 1.0
    edge = NEGLIGIBLE * size / span
    direction: Direction = "unclear"
    if -edge <= low and high <= edge:
        direction = "steady"
    elif low > 0:
        direction = "rising"
    elif high < 0:
        direction = "falling"
    return Trend(direction, slope, low, high, count, span)


def binned(times: Floats, values: Floats, bins: int) -> tuple[Floats, Floats]:
    """Means of times and values over `bins` stretches of equal length; empty ones are left out.

    `times` must rise. Where no two points share a stretch they come back as they are.

    >>> times, values = binned(np.array([0.0, 0.1, 9.0]), np.array([1.0, 3.0, 5.0]), 3)
    >>> times.tolist(), values.tolist()
    ([0.05, 9.0], [2.0, 5.0])
    """
    span = times[-1] - times[0]
    if span <= 0:
        return times[:1], np.array([values.mean()])
    place = np.minimum(((times - times[0]) / span * bins).astype(np.intp), bins - 1)
    counts = np.bincount(place, minlength=bins)
    there = counts > 0
    return (
        np.bincount(place, times, bins)[there] / counts[there],
        np.bincount(place, values, bins)[there] / counts[there],
    )


def pair_slopes(times: Floats, values: Floats) -> Floats:
    """The slopes between all pairs of points, sorted; `times` must rise strictly.

    >>> pair_slopes(np.array([0.0, 1.0, 2.0]), np.array([0.0, 1.0, 0.0])).tolist()
    [-1.0, 0.0, 1.0]
    """
    first, second = np.triu_indices(len(times), 1)
    return np.sort((values[second] - values[first]) / (times[second] - times[first]))


def widening(residuals: Floats) -> float:
    """How many times as large the variance of Kendall's S is because of autocorrelation.

    As Hamed and Rao (1998, equation 5) on ranks of what is left when the trend is taken away, with
    the autocorrelations of a first-order process: its first one, which few points show as too
    small when a line was fitted (Kendall 1954), and its powers. At least 1.

    >>> widening(np.array([1.0, -1.0] * 20)), widening(np.zeros(9))
    (1.0, 1.0)
    >>> slow = widening(np.sin(np.arange(60) / 5))
    >>> 10 < slow < 40
    True
    """
    n = len(residuals)
    ranks = _ranks(residuals)
    centred = ranks - ranks.mean()
    power = float(centred @ centred)
    if power <= 0 or n < 4:
        return 1.0
    rho = first_autocorrelation(centred)
    lag = np.arange(1, n)
    total = float(((n - lag) * (n - lag - 1) * (n - lag - 2) * rho**lag).sum())
    return 1.0 + 2.0 / (n * (n - 1) * (n - 2)) * total


def first_autocorrelation(left: Floats, fitted: int = 1) -> float:
    """How far each of what a line or a step left over (mean 0) is like the one before it.

    Few points show it as too small by about (2 + 4 rho) / n (Kendall 1954; Marriott and Pope
    1954), which is added, and twice as much where a step was fitted at the place that suits it
    best (`fitted` 2); within 0..MOST_RHO.

    >>> first_autocorrelation(np.array([1.0, -1.0] * 9)), first_autocorrelation(np.zeros(4))
    (0.0, 0.0)
    """
    power = float(left @ left)
    if power <= 0:
        return 0.0
    rho = float(left[1:] @ left[:-1]) / power
    return float(np.clip(rho + fitted * (2 + 4 * rho) / len(left), 0.0, MOST_RHO))


def _interval(slopes: Floats, days: Floats, level: Floats, slope: float) -> tuple[float, float]:
    """Sen's: the slopes as far from the middle as S may be by chance."""
    n = len(level)
    ties = np.unique(level, return_counts=True)[1].astype(np.float64)
    variance = n * (n - 1) * (2 * n + 5) - float((ties * (ties - 1) * (2 * ties + 5)).sum())
    wide = widening(level - slope * days)
    reach = Z95 * float(np.sqrt(max(variance, 0.0) / 18 * wide))
    first = int(np.clip(np.floor((len(slopes) - reach) / 2), 0, len(slopes) - 1))
    last = int(np.clip(np.ceil((len(slopes) + reach) / 2), 0, len(slopes) - 1))
    return float(slopes[first]), float(slopes[last])


def changes(seconds: Sequence[float], values: Sequence[float]) -> list[Change]:
    """Where the level changed (points must be in the order of time), oldest first.

    Binary segmentation on ranks (Vostrikova 1981): the most likely place of a stretch is tested
    against its shuffles, with a fixed seed, after the difference of the levels was taken down as
    far as autocorrelation brings such differences about (Antoch and others 1997). What
    passes at 1 % divides the stretch, and both parts are looked at; where nothing does, its halves
    and its middle are, each time at half the level, as ups and downs hide each other (seeded
    intervals, Kovacs and others 2023). Where a line fits as well as the step it is a trend and no
    change. At most 8; each level has at least 5 points.

    >>> step = [(0.4 if n < 30 else 0.7) + 0.01 * (n % 3) for n in range(60)]
    >>> [change] = changes(list(range(60)), step)
    >>> change.index, round(change.before, 2), round(change.after, 2), change.p
    (30, 0.41, 0.71, 0.001)
    >>> changes(list(range(60)), [0.5] * 60), changes([], [])
    ([], [])
    """
    level = np.asarray(values, np.float64)
    times = np.asarray(seconds, np.float64)
    random = np.random.default_rng(SEED)
    found: dict[int, float] = {}
    asked: set[tuple[int, int]] = set()
    stretches = [(0, len(level), 0)]
    while stretches and len(found) < MOST_CHANGES and len(asked) < MOST_TESTS:
        start, end, depth = stretches.pop(0)
        if (start, end) in asked or any(start < at < end for at in found):
            continue
        asked.add((start, end))
        at, p = likeliest_change(times[start:end], level[start:end], random)
        if p <= ALPHA / 2**depth:
            found[start + at] = p
            stretches += [(start, start + at, 0), (start + at, end, 0)]
        elif depth < DEEPEST and end - start >= LEAST_HALVED:
            quarter = (end - start) // 4
            for first in range(3):
                begin = start + first * quarter
                stretches.append((begin, begin + 2 * quarter, depth + 1))
    edges = [0, *sorted(found), len(level)]
    return [
        Change(
            here,
            float(np.median(level[before:here])),
            float(np.median(level[here:after])),
            found[here],
        )
        for before, here, after in zip(edges, edges[1:-1], edges[2:], strict=False)
    ]


def likeliest_change(
    times: Floats, values: Floats, random: np.random.Generator
) -> tuple[int, float]:
    """The place where the level most likely changes, and p; 1 where there is none to speak of.

    >>> likeliest_change(np.arange(8.0), np.arange(8.0), np.random.default_rng(1))
    (0, 1.0)
    """
    n = len(values)
    if n < 2 * LEAST_SIDE or values.min() == values.max():
        return 0, 1.0
    tamed = np.clip(values, *np.quantile(values, OUTER))  # ranks tell whether, sizes tell where
    at = int(np.argmax(_contrast(tamed[None, :], LEAST_SIDE)[0]))
    if _fits_a_line(times, values, at):
        return 0, 1.0
    means = _grouped(values, GROUPS)
    ranks = _ranks(means)
    side = max(1, LEAST_SIDE * len(means) // n)
    middle = int(np.clip(round(at * len(means) / n), side, len(means) - side))
    left = np.concatenate([part - part.mean() for part in (ranks[:middle], ranks[middle:])])
    rho = first_autocorrelation(left, fitted=2)
    seen = _contrast(ranks[None, :], side).max() * np.sqrt((1 - rho) / (1 + rho))
    shuffled = random.permuted(np.tile(ranks, (SHUFFLES, 1)), axis=1)
    by_chance = _contrast(shuffled, side).max(axis=1)
    return at, float((1 + (by_chance >= seen * (1 - 1e-12)).sum()) / (1 + len(by_chance)))


def _contrast(rows: Floats, side: int) -> Floats:
    """How far the means before and after each place differ, for each row of (rows, n)."""
    n = rows.shape[1]
    count = np.arange(1, n)
    sums = np.cumsum(rows - rows.mean(axis=1, keepdims=True), axis=1)[:, :-1]
    told = np.abs(sums) * np.sqrt(n / (count * (n - count)))
    told[:, : side - 1] = -1.0
    told[:, n - side :] = -1.0
    return np.concatenate([np.full((len(rows), 1), -1.0), told], axis=1)


def _fits_a_line(times: Floats, values: Floats, at: int) -> bool:
    """Whether a straight line tells the values as well as a step at this place does."""
    steps = sum(float(((part - part.mean()) ** 2).sum()) for part in (values[:at], values[at:]))
    centred = times - times.mean()
    power = float(centred @ centred)
    slope = float(centred @ (values - values.mean())) / power if power > 0 else 0.0
    line = float(((values - values.mean() - slope * centred) ** 2).sum())
    return line <= steps


def _grouped(values: Floats, groups: int) -> Floats:
    """Means of neighbours, so that at most `groups` are left."""
    edges = np.unique(np.linspace(0, len(values), min(groups, len(values)) + 1).astype(np.intp))
    return np.asarray(np.add.reduceat(values, edges[:-1]) / np.diff(edges), np.float64)


def _ranks(values: Floats) -> Floats:
    """Places in order; equals share theirs."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    shared: Floats = (ends - (counts - 1) / 2)[place]
    return shared


def _by_time(seconds: Sequence[float], values: Sequence[float]) -> tuple[Floats, Floats]:
    """Days since the first, rising, and the values in that order, without what is no number."""
    times = np.asarray(seconds, np.float64)
    level = np.asarray(values, np.float64)
    known = np.isfinite(times) & np.isfinite(level)
    times, level = times[known], level[known]
    order = np.argsort(times, kind="stable")
    times, level = times[order], level[order]
    return (times - times[:1]) / DAY_S if len(times) else times, level
