"""Whether people leave together: a share of the room in a minute, or a burst in 15 seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from roomtone.detectors._columns import Columns
from roomtone.detectors._hybrid import column, zeroed
from roomtone.points import Block, Column, Slots

SHARE = 0.15  # of those here a minute ago, within that minute: a mass exit by definition
GRAVE_SHARE = 0.30

# In a small room one friend who takes two along is already 15 %: three people at least, and five
# where there are twenty or more.
LEAST_PEOPLE, LEAST_IN_SMALL, SMALL_ROOM = 5.0, 3.0, 20.0

# A burst: at least five people and a twentieth of the room within 15 s, where the room's own
# leaving makes so many rarer than about once in twenty days. That is a deviance of 20 (4.5
# standard deviations: one tick in 300,000) under a Poisson law.
BURST_SHARE, BURST_DEVIANCE = 0.05, 20.0
PRIOR_LEAVERS, PRIOR_TICKS, MEMORY_TICKS = 0.1, 24.0, 720.0  # per 15 s; 2 minutes; an hour


@dataclass(frozen=True, slots=True)
class Exit:
    """What `Exits.update` found, each of shape (rows,)."""

    mass: NDArray[np.bool_]  # by the share
    burst: NDArray[np.bool_]  # by the burst
    leavers: Column  # net, in the minute or in the 15 s that tell more
    before: Column  # people present a minute ago
    share: Column
    usual: Column  # people who leave in 15 s as a rule


class Exits:
    """Learns how many people leave each session in 15 s, and sees when far more do.

    Leavers are net: whoever came back within the window, as people do whose address changes, does
    not count. The deviance is 2 (n ln(n / m) - (n - m)) for n leavers where m are usual.
    """

    def __init__(self) -> None:
        initial = {"leavers": PRIOR_LEAVERS * PRIOR_TICKS, "ticks": PRIOR_TICKS}
        self._columns = Columns(initial, {})

    def update(self, block: Block) -> Exit:
        """Look at each row's leavers, then learn from them."""
        slots = block.slots
        self._columns.grow(slots)
        lines = self._columns.take(slots)
        in_15, in_60 = column(block, "leavers_15s"), column(block, "leavers_60s")
        before = column(block, "present_before")
        rate, total = column(block, "leave_rate"), column(block, "total_users")
        # Without counts of people the rate alone has to do.
        counted = np.isfinite(in_60) & (before > 0)
        share = np.where(counted, in_60 / np.maximum(before, 1), rate)
        before = np.where(counted, before, np.where(total > 0, total, 100.0))
        leavers = np.where(counted, in_60, share * before)
        least = np.where(before < SMALL_ROOM, LEAST_IN_SMALL, LEAST_PEOPLE)
        mass = (share >= SHARE) & (leavers >= least)

        usual = lines[0] / lines[1]
        many = np.maximum(zeroed(in_15), 1e-9)
        deviance = 2 * (many * np.log(many / usual) - (many - usual))
        burst = counted & (in_15 >= LEAST_PEOPLE) & (in_15 >= BURST_SHARE * before)
        burst &= (deviance >= BURST_DEVIANCE) & (many > usual)

        known = np.isfinite(in_15)
        keep = 1 - 1 / MEMORY_TICKS
        ordinary = np.minimum(zeroed(in_15), 3 * usual + 3)
        lines[0] = np.where(known, lines[0] * keep + ordinary, lines[0])
        lines[1] = np.where(known, lines[1] * keep + 1, lines[1])
        self._columns.put(slots, lines)
        sudden = burst & ~mass
        leavers = np.where(sudden, in_15, leavers)
        return Exit(mass, burst, leavers, before, leavers / np.maximum(before, 1), usual)

    def forget(self, slots: Slots) -> None:
        """Clear slots whose sessions have ended."""
        self._columns.forget(slots)

    def snapshot(self) -> dict[str, NDArray[Any]]:
        """All state, by slot."""
        return self._columns.snapshot("exits")

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Go on from a snapshot."""
        self._columns.restore("exits", state)
