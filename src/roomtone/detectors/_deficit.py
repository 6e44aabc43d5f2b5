"""How much less happens than the room itself lets expect, over windows of 5 s to 3 minutes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from roomtone.detectors._columns import Cells, Columns
from roomtone.points import Column, Slots

Flags = NDArray[np.bool_]

TICK_S = 5
WINDOWS = np.array([1, 2, 3, 4, 6, 9, 12, 18, 24, 36], np.float64)  # ticks: 5 s to 3 minutes
_BACK = WINDOWS.astype(np.intp)[:, None]
_MINUTE = int(np.flatnonzero(WINDOWS == 12)[0])
_RING = 40  # a little longer than the longest window

LEAST = 4  # ticks of baseline before the first window: the fifth point can speak

# Two exponential averages of the rate, 5 and 20 minutes long; the lower one is expected. A burst
# lifts the fast one and a long decline leaves the slow one behind: neither makes a drop.
FAST, SLOW = 60.0, 240.0

# A count's variance is `dispersion x mean`. The session learns its dispersion from successive
# ticks over about 20 minutes, starting from what chats usually have, worth 5 minutes of ticks.
PRIOR_DISPERSION, PRIOR_TICKS, DISPERSION_TICKS = 1.3, 60.0, 240.0

# Rates wander: the expectation's own relative variance is DRIFT^2 at once and grows by WANDER
# with each tick that the window reaches back.
DRIFT, WANDER = 0.05, 0.001

# Feeds hiccup: now and then up to two ticks' worth of messages never arrive. A deficit that such a
# gap explains has to be believed against odds of e^3.
GAP_TICKS, GAP_ODDS = 2.0, 6.0
_GAP_BASE = float(np.log1p(np.exp(-GAP_ODDS / 2)))

# Ticks in doubt are made up for when the feed turns out to be alive; longer doubt is a stall.
_MOST_DOUBT = 64
_DECAY = {
    tau: (1 - 1 / tau) ** np.arange(_MOST_DOUBT + 1) for tau in (FAST, SLOW, DISPERSION_TICKS)
}

_NUMBERS = {
    "ticks": 0.0,  # since the session began
    "since": 0.0,  # ticks that windows may reach back
    "total": 0.0,  # activity so far
    "last": 0.0,  # activity of the tick before
    "seen": 0.0,  # ticks that the baseline rests on; from here on learnt
    "fast": 0.0,
    "fast_weight": 0.0,
    "slow": 0.0,
    "slow_weight": 0.0,
    "spread": PRIOR_DISPERSION * PRIOR_TICKS,
    "spread_weight": PRIOR_TICKS,
    "doubt": 0.0,  # ticks in a row whose silence is not yet believed
}
_LINE = {name: index for index, name in enumerate(_NUMBERS)}


@dataclass(frozen=True, slots=True)
class Deficit:
    """What `Deficits.update` found, each of shape (rows,)."""

    strength: Column  # standard deviations below the expected; -9: not yet known
    window: NDArray[np.intp]  # which of WINDOWS speaks
    level: Column  # activity per tick that is expected now
    minute: Column  # activity per tick over the last minute


class Deficits:
    """Tests whether recent activity fell below the session's own lagged baseline.

    For a window of w ticks that counted N where E = w b was expected, b being the baseline before
    the window, the statistic is 2 (sqrt(E + 3/8) - sqrt(N + 3/8)) / sqrt(phi (1 + w / n) + v E):
    Anscombe's variance-stabilising root (Biometrika 35, 1948) of a count with dispersion phi
    (quasi-Poisson: McCullagh and Nelder, 1989, ch. 6), n ticks behind the baseline, and an
    expectation that is itself uncertain by v = DRIFT^2 + WANDER w of its square. The largest over
    all windows counts. Rises make it negative, so it is one-sided.
    """

    def __init__(self) -> None:
        self._columns = Columns(_NUMBERS, {"cumulated": _RING, "baseline": _RING})

    def update(self, slots: Slots, counts: Column, *, doubt: Flags, gap: Flags) -> Deficit:
        """Take in one tick: `counts` per row, `doubt` where silence may be a broken feed, and
        `gap` where time is missing before this tick, so that no window may reach across it.
        """
        self._columns.grow(slots)
        lines = self._columns.take(slots)
        ticks, total = lines[_LINE["ticks"]], lines[_LINE["total"]]
        ticks += 1
        total += counts
        lines[_LINE["since"]] = np.where(gap, 0.0, lines[_LINE["since"]] + 1)
        now = ticks.astype(np.intp)
        ring = slots * _RING
        cumulated = self._columns.rings["cumulated"].reshape(-1)
        baseline = self._columns.rings["baseline"].reshape(-1)
        cumulated[ring + now % _RING] = total
        back = ring + (now - _BACK) % _RING
        counted = total - cumulated.take(back)
        strengths = _strengths(lines, counted, baseline.take(back))
        level = self._learn(lines, counts, doubt, gap)
        baseline[ring + now % _RING] = level
        self._columns.put(slots, lines)
        window = strengths.argmax(axis=0)
        strength = np.where(doubt | gap, -9.0, strengths.max(axis=0))
        return Deficit(strength, window, level, counted[_MINUTE] / WINDOWS[_MINUTE])

    def _learn(self, lines: Cells, counts: Column, doubt: Flags, gap: Flags) -> Column:
        """Move baseline and dispersion on by this tick; returns the baseline, per tick."""
        held = lines.copy()
        waited = np.minimum(lines[_LINE["doubt"]], _MOST_DOUBT).astype(np.intp)
        fast, fast_weight = lines[_LINE["fast"]], lines[_LINE["fast_weight"]]
        before = fast / np.maximum(fast_weight, 1e-9)
        spread, spread_weight = lines[_LINE["spread"]], lines[_LINE["spread_weight"]]
        dispersion = np.maximum(spread / spread_weight, 1.0)

        mean = 0.5 * (counts + lines[_LINE["last"]])
        jump = np.minimum(
            0.5 * (counts - lines[_LINE["last"]]) ** 2, 9 * dispersion * np.maximum(mean, 1)
        )
        first = lines[_LINE["since"]] <= 1
        keep = _DECAY[DISPERSION_TICKS].take(waited) * (1 - 1 / DISPERSION_TICKS)
        own = PRIOR_TICKS / DISPERSION_TICKS
        spread[:] = np.where(first, spread, spread * keep + jump + PRIOR_DISPERSION * own)
        spread_weight[:] = np.where(first, spread_weight, spread_weight * keep + mean + own)

        # A burst may lift the baseline by a few standard deviations of a tick, not by its height.
        most = before + 3 * np.sqrt(dispersion * before + 1) + 0.3 * before
        calm = np.where(lines[_LINE["seen"]] >= 12, np.minimum(counts, most), counts)
        for tau, name in ((FAST, "fast"), (SLOW, "slow")):
            value, weight = lines[_LINE[name]], lines[_LINE[f"{name}_weight"]]
            gone = _DECAY[tau].take(waited)
            value[:] = value * gone * (1 - 1 / tau) + calm
            weight[:] = (weight * gone + (1 - gone) * tau) * (1 - 1 / tau) + 1
        lines[_LINE["seen"]] += 1 + waited
        lines[_LINE["last"]] = counts

        # A tick in doubt is only noted; one after a gap in time is neither.
        skip = doubt | gap
        if skip.any():
            learnt = slice(_LINE["seen"], _LINE["spread_weight"] + 1)
            lines[learnt] = np.where(skip, held[learnt], lines[learnt])
        lines[_LINE["doubt"]] = np.where(doubt, lines[_LINE["doubt"]] + 1, 0.0)
        return _level(lines)

    def restart(self, slots: Slots, ticks: Column) -> None:
        """The rate has changed for good or ill: rest the baseline on the last `ticks` alone."""
        lines = self._columns.take(slots)
        now = lines[_LINE["ticks"]].astype(np.intp)
        ring = slots * _RING
        cumulated = self._columns.rings["cumulated"].reshape(-1)
        counted = lines[_LINE["total"]] - cumulated[ring + (now - ticks.astype(np.intp)) % _RING]
        for name in ("fast", "slow"):
            lines[_LINE[name]] = counted
            lines[_LINE[f"{name}_weight"]] = ticks
        lines[_LINE["seen"]] = ticks
        lines[_LINE["since"]] = 0.0
        self._columns.rings["baseline"].reshape(-1)[ring + now % _RING] = _level(lines)
        self._columns.put(slots, lines)

    def explain(self, slot: int, window: int) -> dict[str, float]:
        """The numbers behind one slot's last statistic: counts, rates, dispersion, shape."""
        numbers = self._columns.numbers[slot]
        now = int(numbers[_LINE["ticks"]])
        cumulated = self._columns.rings["cumulated"][slot]
        baseline = self._columns.rings["baseline"][slot]
        ticks = int(WINDOWS[window])
        reach = int(min(numbers[_LINE["since"]], 36))
        thirds = [now - (reach * part) // 3 for part in (3, 2, 1, 0)]
        sums = [float(cumulated[t % _RING]) for t in thirds]
        rates = [
            (b - a) / max(u - t, 1)
            for a, b, t, u in zip(sums, sums[1:], thirds, thirds[1:], strict=False)
        ]
        return {
            "window_s": float(ticks * TICK_S),
            "counted": float(cumulated[now % _RING] - cumulated[(now - ticks) % _RING]),
            "expected": float(ticks * baseline[(now - ticks) % _RING]),
            "dispersion": float(
                max(numbers[_LINE["spread"]] / numbers[_LINE["spread_weight"]], 1.0)
            ),
            "before_per_tick": float(baseline[(now - reach) % _RING]),
            "first_third": rates[0],
            "second_third": rates[1],
            "last_third": rates[2],
            "newest": float(cumulated[now % _RING] - cumulated[(now - 3) % _RING]) / 3,
        }

    def slide(self, slot: int) -> float:
        """One slot's last 3 minutes against its last 20: the statistic of a slow decline."""
        numbers = self._columns.numbers[slot]
        now, reach = int(numbers[_LINE["ticks"]]), int(WINDOWS[-1])
        if numbers[_LINE["ticks"]] < 2 * reach:
            return -9.0
        cumulated = self._columns.rings["cumulated"][slot]
        counted = float(numbers[_LINE["total"]] - cumulated[(now - reach) % _RING])
        expected = reach * float(numbers[_LINE["slow"]] / max(numbers[_LINE["slow_weight"]], 1e-9))
        dispersion = max(numbers[_LINE["spread"]] / numbers[_LINE["spread_weight"]], 1.0)
        variance = dispersion * (1 + reach / SLOW) + (DRIFT**2 + WANDER * reach) * expected
        return float(2 * (np.sqrt(expected + 0.375) - np.sqrt(counted + 0.375)) / np.sqrt(variance))

    def forget(self, slots: Slots) -> None:
        """Clear slots whose sessions have ended."""
        self._columns.forget(slots)

    def snapshot(self) -> dict[str, NDArray[Any]]:
        """All state, by slot."""
        return self._columns.snapshot("deficit")

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Go on from a snapshot."""
        self._columns.restore("deficit", state)


def _level(lines: Cells) -> Column:
    fast = lines[_LINE["fast"]] / np.maximum(lines[_LINE["fast_weight"]], 1e-9)
    slow = lines[_LINE["slow"]] / np.maximum(lines[_LINE["slow_weight"]], 1e-9)
    level: Column = np.minimum(fast, slow)
    return level


def _strengths(lines: Cells, counted: Cells, baseline: Cells) -> Cells:
    """The statistic of every window, shape (windows, rows); -9 where too little is known."""
    windows = WINDOWS[:, None]
    # `seen` does not hold this tick yet; a window that ends now rests on `seen + 1 - w` ticks.
    rests_on = lines[_LINE["seen"]] + 1 - windows
    known = (rests_on >= LEAST) & (windows <= lines[_LINE["since"]])
    dispersion = np.maximum(lines[_LINE["spread"]] / lines[_LINE["spread_weight"]], 1.0)
    expected = windows * baseline
    behind = np.minimum(np.maximum(rests_on, LEAST), 2 * FAST)
    variance = dispersion * (1 + windows / behind) + (DRIFT**2 + WANDER * windows) * expected
    scale = 4 / variance
    root = np.sqrt(expected + 0.375)
    plain = root - np.sqrt(counted + 0.375)
    filled = np.minimum(counted + GAP_TICKS * baseline, np.maximum(expected, counted))
    with_gap = root - np.sqrt(filled + 0.375)
    # Twice the log-likelihood ratio against "nothing happened, or a gap did".
    square = plain * plain * scale
    gap_square = np.maximum(with_gap, 0) ** 2 * scale + GAP_ODDS
    ratio = square - 2 * (np.logaddexp(0, (square - gap_square) / 2) - _GAP_BASE)
    strength = np.where(plain > 0, np.sqrt(np.maximum(ratio, 0)), plain * np.sqrt(scale))
    return np.where(known, strength, -9.0)
