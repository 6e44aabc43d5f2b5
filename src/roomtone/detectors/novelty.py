"""Notices values and shapes that a series has never shown before, in any field of any block."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from roomtone.alerts import Alert
from roomtone.points import Block, Column, Slots

# Learnt on labelled series of many kinds (benchmarks/nab.py), never on one room: the score over
# which the sum of what is found and what is falsely raised was best.
THRESHOLD = 0.28


class View(NamedTuple):
    """One way to look at a moment: which of the two lines, with how much context, how loud."""

    line: int  # 0: the numbers as they come; 1: their level, an exponential mean
    fade: float  # what the point before weighs in a comparison; 0 compares moments alone
    weight: float  # how much the verdict counts


# Values, shapes of about ten points, and levels. A shape or a level is new far more often than a
# value is, and means less.
VIEWS = (View(0, 0.0, 1.0), View(0, 0.9, 1 / 3), View(1, 0.0, 1 / 3))

_LEVEL = 0.95  # what the exponential mean keeps of itself at each point: a level of about 20 points
_USUAL = 0.99  # share of past distances that count as usual
_FLOOR = 0.05  # of the standard deviation: nearer than this is no news in any series
_BURN_IN = 50  # distances that a view must have seen before it speaks
_LIFE = 20_000  # points over which the memory of distances fades
_QUIET = 100  # points in which only a still higher score speaks: one event, one alarm
_BINS, _PER_OCTAVE = 512, 4  # histogram of distances, by their logarithm, from 2^-64 to 2^64
_CHUNK = 4  # rows computed together, so that their columns stay in the processor's cache


class NoveltyScore:
    """How new each slot's latest number is to that slot, 0..1; 0 means familiar.

    Each moment is compared with every one of the last `memory`, in three views (`VIEWS`): its
    value, its shape (the value with what came before it, older points weighing less) and its
    level (an exponential mean). For a lag l and a fade f the squared distance obeys
    D[l] = f D[l] + (x[t] - x[t-l])^2, so a point costs one pass over the lags, and a season of
    any length is found by its lag without being told. The distance to the nearest past moment is
    divided by what such distances are: the geometric mean of their 99th centile and their
    largest. The loudest view, weighted, is r; the score is r / (1 + r).
    Nearest-neighbour novelty as in Burnaev and Ishimtsev, "Conformalized density- and
    distance-based anomaly detection in time-series data", 2016; the recursion over lags, the
    normalisation and the union of views are ours.

    Causal, and independent of the unit: a series times a constant plus a constant scores alike.
    A slot takes 24 bytes x memory + 12 KB: 60 KB at the default memory of 2,000 points.
    """

    def __init__(self, memory: int = 2_000) -> None:
        """Remember `memory` points for each slot, at least 100 (ValueError)."""
        if memory < 100:
            raise ValueError("Give a memory of at least 100 points.")
        self.memory = memory
        self._state = self._columns(0)

    def _columns(self, slots: int) -> dict[str, NDArray[Any]]:
        views = len(VIEWS)
        return {
            "seen": np.zeros(slots, np.int64),
            "origin": np.zeros(slots),  # the first number, which all is relative to
            "level": np.zeros(slots),
            "past": np.zeros((slots, 2, self.memory)),  # both lines, newest first
            "moments": np.zeros((slots, 2, 3)),  # of both: fading count, sum, sum of squares
            "distance": np.zeros((slots, self.memory)),  # of shapes, by lag; the others need none
            "counts": np.zeros((slots, views, _BINS)),
            "largest": np.zeros((slots, views)),
        }

    def score_learn(self, slots: Slots, values: Column) -> Column:
        """Score each row's number, then learn it; a number that is not finite scores 0.

        `values` has shape (rows,); `slots` names each row's slot, none twice.
        """
        if len(slots):
            _grow(self._state, self._columns, int(slots.max()) + 1)
        scores = np.zeros(len(slots))
        rows = np.flatnonzero(np.isfinite(values))
        for first in range(0, len(rows), _CHUNK):
            part = rows[first : first + _CHUNK]
            scores[part] = self._score_learn(slots[part], values[part])
        return scores

    def _score_learn(self, slots: Slots, values: Column) -> Column:
        state = self._state
        seen = state["seen"][slots]
        state["origin"][slots] = np.where(seen == 0, values, state["origin"][slots])
        value = values - state["origin"][slots]
        level = _LEVEL * state["level"][slots] + (1 - _LEVEL) * value
        state["level"][slots] = level
        lines = np.stack([value, level], axis=1)
        past = state["past"][slots]
        nearest = self._nearest(slots, lines, past, seen)
        score = self._against_usual(slots, nearest)
        self._learn(slots, lines, past, nearest)
        return score

    def _nearest(self, slots: Slots, lines: Column, past: Column, seen: Slots) -> Column:
        """Distance to the nearest past moment in each view, (rows, views); NaN: too few so far."""
        known = np.minimum(seen, self.memory)
        reach = int(known.max())
        lags = np.arange(1, reach + 1)
        apart = lines[:, :, None] - past[:, :, :reach]
        apart *= apart
        uneven = bool((known < reach).any())  # mostly all rows know as much, and no mask is needed
        if uneven:
            apart = np.where((lags <= known[:, None])[:, None], apart, 0.0)
        nearest = np.full((len(slots), len(VIEWS)), np.nan)
        for number, view in enumerate(VIEWS):
            gap, summed = round(1 / (1 - view.fade)), apart[:, view.line]
            if view.fade:
                summed = view.fade * self._state["distance"][slots, :reach] + summed
                self._state["distance"][slots, :reach] = summed
            if uneven:
                summed = np.where(lags <= known[:, None] - gap + 1, summed, np.inf)
            # A lag counts once it has met its context: before that its sum is short.
            whole = summed[:, gap - 1 : reach - gap + 1]
            least = (1 - view.fade) * whole.min(axis=1, initial=np.inf)
            enough = np.isfinite(least) & (known >= gap + 5)
            nearest[enough, number] = np.sqrt(least[enough])
        return nearest

    def _against_usual(self, slots: Slots, nearest: Column) -> Column:
        """The views' ratios to their usual distances, the loudest brought into 0..1."""
        counts, largest = self._state["counts"][slots], self._state["largest"][slots]
        weight, total, squares = np.moveaxis(self._state["moments"][slots], 2, 0)
        mean = total / np.maximum(weight, 1e-9)
        spread = np.sqrt(np.maximum(squares / np.maximum(weight, 1e-9) - mean**2, 0.0))
        floor = np.maximum(_FLOOR * spread[:, [view.line for view in VIEWS]], 1e-12)
        usual = np.maximum(_centile(counts), floor)
        measure = np.sqrt(usual * np.maximum(largest, floor))
        ripe = (counts.sum(axis=2) >= _BURN_IN) & np.isfinite(nearest)
        ratio = np.where(ripe, nearest, 0.0) / measure
        loudest: Column = (ratio * np.array([view.weight for view in VIEWS])).max(axis=1)
        return loudest / (1 + loudest)

    def _learn(self, slots: Slots, lines: Column, past: Column, nearest: Column) -> None:
        state, keep = self._state, 1 - 1 / _LIFE
        row, view = np.nonzero(np.isfinite(nearest))
        found = nearest[row, view]
        state["counts"][slots] *= keep
        state["counts"][slots[row], view, _bin(found)] += 1
        state["largest"][slots] *= keep
        state["largest"][slots[row], view] = np.maximum(state["largest"][slots[row], view], found)
        state["moments"][slots] *= keep
        state["moments"][slots] += np.stack([np.ones_like(lines), lines, lines**2], axis=2)
        state["past"][slots, :, 1:] = past[:, :, :-1]
        state["past"][slots, :, 0] = lines
        state["seen"][slots] += 1

    def nearest_value(self, slots: Slots, values: Column) -> Column:
        """The remembered number closest to each row's, its own latest entry left out."""
        past = self._state["past"][slots, 0, 1:] + self._state["origin"][slots][:, None]
        known = np.arange(2, self.memory + 1) <= self._state["seen"][slots][:, None]
        apart = np.where(known, np.abs(past - values[:, None]), np.inf)
        closest = past[np.arange(len(slots)), apart.argmin(axis=1)]
        return np.where(known.any(axis=1), closest, values)

    def forget(self, slots: Slots) -> None:
        """Clear slots whose series have ended."""
        _forget(self._state, slots)

    def snapshot(self) -> dict[str, NDArray[Any]]:
        """All state as arrays of the slots in use."""
        return _snapshot(self._state)

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Go on from a snapshot taken with the same memory; ValueError when it differs."""
        if state["past"].shape[2] != self.memory:
            raise ValueError(f"Restore with a memory of {state['past'].shape[2]} points.")
        self._state = _restored(state, self._columns)


class Novelty:
    """The detector: raises a drop when a field falls to where, or as, it has never been.

    Rises are scored but raise nothing unless `falls_only` is off, as a room that wakes up is no
    alarm. For `quiet` points after a score only a still higher one speaks.
    """

    def __init__(
        self,
        measurement: str = "engagement",
        field: str = "score",
        *,
        threshold: float = THRESHOLD,
        memory: int = 2_000,
        quiet: int = _QUIET,
        falls_only: bool = True,
    ) -> None:
        """Watch one field of one measurement; `threshold` in 0..1."""
        self.measurement, self.field = measurement, field
        self.threshold, self.quiet, self.falls_only = threshold, quiet, falls_only
        self.scorer = NoveltyScore(memory)
        self._recent = self._columns(0)

    def _columns(self, slots: int) -> dict[str, NDArray[Any]]:
        return {"seen": np.zeros(slots, np.int64), "scores": np.zeros((slots, self.quiet))}

    def peaks(self, slots: Slots, values: Column) -> Column:
        """Scores as they speak up: 0 where one of the last `quiet` was as high."""
        scores = self.scorer.score_learn(slots, values)
        if len(slots):
            _grow(self._recent, self._columns, int(slots.max()) + 1)
        recent = self._recent["scores"][slots]
        self._recent["scores"][slots, 1:] = recent[:, :-1]
        self._recent["scores"][slots, 0] = scores
        self._recent["seen"][slots] += 1
        return np.where(scores > recent.max(axis=1), scores, 0.0)

    def observe(self, block: Block) -> Sequence[Alert]:
        """Score and learn the field of every row; speak of those over the threshold."""
        if block.measurement != self.measurement:
            return ()
        values = block.fields[self.field]
        peaks = self.peaks(block.slots, values)
        loud = np.flatnonzero(peaks >= self.threshold)
        closest = self.scorer.nearest_value(block.slots[loud], values[loud])
        return [
            self._alert(block, int(row), float(peaks[row]), float(near))
            for row, near in zip(loud, closest, strict=True)
            if not self.falls_only or values[row] < near
        ]

    def _alert(self, block: Block, row: int, score: float, near: float) -> Alert:
        value = float(block.fields[self.field][row])
        return Alert(
            time=block.time,
            session=str(block.tags["session"][row]),
            type="SUDDEN_DROP",
            severity="WARNING",
            detector="novelty",
            score=score,
            current=value,
            expected=near,
            subject=self.field,
            message=f"{self.field} is as it has never been: {value:.3g}, nearest {near:.3g}.",
            evidence={"novelty": score, "threshold": self.threshold},
        )

    def forget(self, slots: Slots) -> None:
        """Clear slots whose sessions have ended."""
        self.scorer.forget(slots)
        _forget(self._recent, slots)

    def snapshot(self) -> dict[str, NDArray[Any]]:
        """The scorer's state and the recent scores."""
        recent = {f"recent_{name}": part for name, part in _snapshot(self._recent).items()}
        return self.scorer.snapshot() | recent

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Go on as if never stopped."""
        self.scorer.restore({k: v for k, v in state.items() if not k.startswith("recent_")})
        recent = {k[7:]: v for k, v in state.items() if k.startswith("recent_")}
        self._recent = _restored(recent, self._columns)


def _bin(distances: Column) -> Slots:
    """The histogram bin of each distance: a quarter of an octave each."""
    with np.errstate(divide="ignore"):
        place = (np.log2(distances) + 64) * _PER_OCTAVE
    bins: Slots = np.clip(np.nan_to_num(place, neginf=0.0), 0, _BINS - 1).astype(np.intp)
    return bins


def _centile(counts: Column) -> Column:
    """The distance under which the share `_USUAL` of a histogram lies, within a bin by its share.

    `counts` has shape (rows, views, bins), the result (rows, views); 0 where nothing was counted.
    """
    summed = counts.cumsum(axis=2)
    wanted = _USUAL * summed[..., -1]
    place = (summed < wanted[..., None]).sum(axis=2)
    place = np.minimum(place, _BINS - 1)
    inside = np.take_along_axis(counts, place[..., None], axis=2)[..., 0]
    before = np.take_along_axis(summed, place[..., None], axis=2)[..., 0] - inside
    share = (wanted - before) / np.maximum(inside, 1e-12)
    low = place == 0  # a distance of nothing has no logarithm and stands in the first bin
    usual: Column = np.exp2((place + np.clip(share, 0, 1)) / _PER_OCTAVE - 64)
    return np.where(low, 0.0, usual)


def _grow(state: dict[str, NDArray[Any]], columns: Any, needed: int) -> None:
    held = len(state["seen"])
    if needed > held:
        for name, larger in columns(max(needed, 2 * held, 8)).items():
            larger[:held] = state[name]
            state[name] = larger


def _forget(state: dict[str, NDArray[Any]], slots: Slots) -> None:
    held = slots[slots < len(state["seen"])]
    for column in state.values():
        column[held] = 0


def _snapshot(state: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    used = np.flatnonzero(state["seen"] > 0)
    return {"slots": used} | {name: column[used] for name, column in state.items()}


def _restored(kept: Mapping[str, NDArray[Any]], columns: Any) -> dict[str, NDArray[Any]]:
    used = kept["slots"].astype(np.intp)
    state: dict[str, NDArray[Any]] = columns(int(used.max(initial=-1)) + 1)
    for name, column in state.items():
        column[used] = kept[name]
    return state
