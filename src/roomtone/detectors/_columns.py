"""What a detector remembers of each slot: named numbers, and rings of the last few."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from roomtone.points import Slots

Cells = NDArray[np.float64]


class Columns:
    """Arrays whose first axis is the slot; they grow by doubling when a larger slot appears.

    `numbers` holds one row of named numbers per slot, read and written for all rows of a block in
    one go; a ring holds the last few values of one number. Every cell of an unused slot has its
    initial value, so a forgotten slot cannot be told from one that was never used.
    """

    def __init__(self, initial: Mapping[str, float], rings: Mapping[str, int]) -> None:
        self._initial = np.array(list(initial.values()), np.float64)
        self.place = {name: index for index, name in enumerate(initial)}
        self._lengths = dict(rings)
        self.numbers: Cells = np.empty((0, len(initial)))
        self.rings: dict[str, Cells] = {name: np.empty((0, n)) for name, n in rings.items()}

    def grow(self, slots: Slots) -> None:
        """Make room for these slots."""
        held = len(self.numbers)
        needed = int(slots.max()) + 1 if len(slots) else 0
        if needed <= held:
            return
        more = max(needed, 2 * held, 16) - held
        fresh = np.broadcast_to(self._initial, (more, len(self._initial)))
        self.numbers = np.concatenate([self.numbers, fresh])
        for name, length in self._lengths.items():
            self.rings[name] = np.concatenate([self.rings[name], np.zeros((more, length))])

    def take(self, slots: Slots) -> Cells:
        """The numbers of these slots, shape (numbers, rows): each number is one contiguous line."""
        return np.ascontiguousarray(self.numbers[slots].T)

    def put(self, slots: Slots, lines: Cells) -> None:
        """Write back what `take` gave."""
        self.numbers[slots] = lines.T

    def forget(self, slots: Slots) -> None:
        """Give these slots their initial values again."""
        held = slots[slots < len(self.numbers)]
        self.numbers[held] = self._initial
        for ring in self.rings.values():
            ring[held] = 0

    def snapshot(self, prefix: str) -> dict[str, NDArray[Any]]:
        """Copies of all arrays, by names that begin with `prefix`."""
        kept = {f"{prefix}.{name}": ring.copy() for name, ring in self.rings.items()}
        return {f"{prefix}.numbers": self.numbers.copy(), **kept}

    def restore(self, prefix: str, state: Mapping[str, NDArray[Any]]) -> None:
        """Go on from a snapshot; raises ValueError when it has other columns."""
        numbers = np.array(state[f"{prefix}.numbers"], np.float64)
        if numbers.ndim != 2 or numbers.shape[1] != len(self._initial):
            raise ValueError(
                f"This snapshot has {numbers.shape[1:]} numbers a slot where {len(self._initial)} "
                "are expected; rebuild the state from the journal."
            )
        self.numbers = numbers
        for name in self._lengths:
            self.rings[name] = np.array(state[f"{prefix}.{name}"], np.float64)
