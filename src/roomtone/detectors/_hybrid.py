"""The documents' two parts of an anomaly: how odd the point is to the trees, and its z-score."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from roomtone.detectors._columns import Cells, Columns
from roomtone.detectors._halfspace import HalfSpaceTrees
from roomtone.points import Block, Column, Slots

POINTS = 30  # the baseline's length
TREE_WEIGHT, Z_WEIGHT, Z_FULL = 0.7, 0.3, 3.0
LEAST_SD = 1e-9  # a flat history: any fall is as far as it can be


@dataclass(frozen=True, slots=True)
class Parts:
    """The evidence of one block, each of shape (rows,)."""

    tree: Column  # 0..1; 0 until ready
    ready: NDArray[np.bool_]
    z: Column  # standard deviations below the mean of up to 30 points; never negative
    combined: Column  # 0.7 tree + 0.3 min(z / 3, 1); min(z / 3, 1) alone until the trees are ready
    points: Column  # of history, up to 30
    mean: Column  # of the history; NaN without one
    sd: Column
    previous: Column  # the score before this one; NaN without one


class Hybrid:
    """Half-space trees over a few features plus a one-sided z-score of the engagement score.

    With `scaled` the features are standardised by their own running mean and deviation first, as
    the documents do; otherwise they are shares in 0..1 already, which is what the trees assume.
    """

    def __init__(self, *, scaled: bool, height: int, window: int, seed: int = 42) -> None:
        self._scaled = scaled
        features = 4 if scaled else 5
        self._trees = HalfSpaceTrees(features, trees=10, height=height, window=window, seed=seed)
        numbers = {"points": 0.0}
        if scaled:
            numbers |= {f"{part}{f}": 0.0 for part in ("mean", "square") for f in range(features)}
        self._columns = Columns(numbers, {"scores": POINTS})
        self._features = features

    def update(self, block: Block, learn: NDArray[np.bool_]) -> Parts:
        """Score every row against its history, then add it to the history where `learn`."""
        slots = block.slots
        self._columns.grow(slots)
        lines = self._columns.take(slots)
        score = column(block, "score")
        history = self._columns.rings["scores"][slots]
        points = np.minimum(lines[0], POINTS)
        known = np.arange(POINTS) < points[:, None]
        some = np.maximum(points, 1)
        mean = np.where(known, history, 0.0).sum(axis=1) / some
        off = np.where(known, history - mean[:, None], 0.0)
        sd = np.sqrt((off * off).sum(axis=1) / np.maximum(points - 1, 1))
        z = np.where(points > 0, np.maximum(mean - score, 0) / np.maximum(sd, LEAST_SD), 0.0)
        z = np.minimum(zeroed(z), 1e3)

        tree, ready = self._score_trees(block, lines, learn)
        share = np.minimum(z / Z_FULL, 1)
        combined = np.where(ready, TREE_WEIGHT * tree + Z_WEIGHT * share, share)
        last = ((lines[0] - 1) % POINTS).astype(np.intp)
        previous = np.where(points > 0, history[np.arange(len(slots)), last], np.nan)
        self._remember(slots, lines, score, learn & np.isfinite(score))
        unknown = np.where(points > 0, 0.0, np.nan)
        return Parts(tree, ready, z, combined, points, mean + unknown, sd, previous)

    def _remember(
        self, slots: Slots, lines: Cells, score: Column, learn: NDArray[np.bool_]
    ) -> None:
        if not learn.all():
            kept = np.flatnonzero(learn)
            place = (lines[0][kept] % POINTS).astype(np.intp)
            self._columns.rings["scores"][slots[kept], place] = score[kept]
        else:
            self._columns.rings["scores"][slots, (lines[0] % POINTS).astype(np.intp)] = score
        lines[0] += learn
        self._columns.put(slots, lines)

    def _score_trees(
        self, block: Block, lines: Cells, learn: NDArray[np.bool_]
    ) -> tuple[Column, NDArray[np.bool_]]:
        slots = block.slots
        if self._scaled:
            names = ("score", "chat_per_min", "active_users", "poll_participation")
            raw = zeroed(np.array([column(block, name) for name in names]))
            x = self._standardise(raw, lines, learn)
        else:
            x = zeroed(np.array(_shares(block)))
        ready = self._trees.ready(slots)
        if learn.all():
            return self._trees.score_learn(slots, np.ascontiguousarray(x.T)), ready
        tree = np.zeros(len(slots))
        kept = np.flatnonzero(learn)
        tree[kept] = self._trees.score_learn(slots[kept], np.ascontiguousarray(x[:, kept].T))
        return tree, ready

    def _standardise(self, raw: Cells, lines: Cells, learn: NDArray[np.bool_]) -> Cells:
        """Welford's running mean and population variance, this point included."""
        count = lines[0] + 1
        mean = lines[1 : 1 + self._features]
        square = lines[1 + self._features : 1 + 2 * self._features]
        off = raw - mean
        new_mean = mean + off / count
        new_square = square + off * (raw - new_mean)
        mean[:] = np.where(learn, new_mean, mean)
        square[:] = np.where(learn, new_square, square)
        sd = np.sqrt(new_square / count)
        return np.where(sd > 0, (raw - new_mean) / np.maximum(sd, 1e-12), 0.0)

    def history(self, slot: int) -> Column:
        """The scores remembered of one slot, oldest first."""
        count = int(self._columns.numbers[slot, 0])
        ring = self._columns.rings["scores"][slot]
        return ring[:count] if count <= POINTS else np.roll(ring, -(count % POINTS))

    def forget(self, slots: Slots) -> None:
        """Clear slots whose sessions have ended."""
        self._columns.forget(slots)
        self._trees.forget(slots)

    def snapshot(self) -> dict[str, NDArray[Any]]:
        """All state, by slot; the trees' own names begin with `tree.`."""
        trees = {f"tree.{name}": value for name, value in self._trees.snapshot().items()}
        return self._columns.snapshot("hybrid") | trees

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Go on from a snapshot."""
        self._columns.restore("hybrid", state)
        self._trees.restore(
            {name[5:]: value for name, value in state.items() if name.startswith("tree.")}
        )


def column(block: Block, name: str) -> Column:
    """A field of the block, contiguous; all NaN where the block has no such field."""
    values = block.fields.get(name)
    if values is None:
        return np.full(len(block.slots), np.nan)
    return np.ascontiguousarray(values, np.float64)


def zeroed(values: Cells) -> Cells:
    """The values with 0 for what is not known; a fifth of what `np.nan_to_num` takes on a row."""
    return np.where(values == values, values, 0.0)


def _shares(block: Block) -> list[Column]:
    """The five features of the score, each in 0..1 with the score's own logarithms."""
    return [
        column(block, "score"),
        np.minimum(np.log1p(column(block, "chat_per_min")) / math.log(21), 1),
        np.minimum(column(block, "active_share"), 1),
        np.minimum(column(block, "poll_participation"), 1),
        np.minimum(np.log1p(column(block, "reactions_per_min")) / math.log(11), 1),
    ]
