"""Notices when a feed's heartbeats stop: a broken pipe, which must not pass for a quiet room."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from roomtone.alerts import Alert
from roomtone.detectors._columns import Columns
from roomtone.detectors._hybrid import column, zeroed
from roomtone.points import Block, Slots
from roomtone.ports import State

MISSED = 3  # heartbeats overdue
LEAST_S = 15.0  # a feed that beats every second may still be late by a few
GRAVE = 4.0  # times as overdue is critical

_NUMBERS = {"since": 0.0}  # when the stall was announced, epoch seconds; 0: the feed is well


class Stall:
    """PIPELINE_STALL when the last heartbeat is older than max(3 learned intervals, 15 s).

    Sessions without heartbeats are never judged: their silence is the anomaly detector's matter.
    Where other activity arrived since the last heartbeat the pipe is evidently open, so the time
    since the last sign of life counts. One alarm per stall, and RECOVERED at the next sign.
    """

    measurement = "engagement"

    def __init__(self) -> None:
        self._columns = Columns(_NUMBERS, {})

    def observe(self, block: Block) -> Sequence[Alert]:
        """Judge every row of the block."""
        slots, now = block.slots, block.time.timestamp()
        if not len(slots):
            return []
        self._columns.grow(slots)
        lines = self._columns.take(slots)
        since = lines[0]
        age, every = column(block, "heartbeat_age_s"), column(block, "heartbeat_every_s")
        quiet = column(block, "quiet_s")
        sign = np.fmin(age, np.where(np.isnan(age), np.nan, quiet))
        limit = np.maximum(MISSED * zeroed(every), LEAST_S)
        overdue = sign > limit
        stalls, returns = overdue & (since == 0), (sign <= limit) & (since > 0)
        found = []
        for row in np.flatnonzero(stalls).tolist():
            found.append(_stall(block, row, float(sign[row]), float(limit[row]), float(every[row])))
        for row in np.flatnonzero(returns).tolist():
            found.append(_return(block, row, now - float(since[row]), float(sign[row])))
        since[:] = np.where(stalls, now, np.where(returns, 0.0, since))
        self._columns.put(slots, lines)
        return found

    def forget(self, slots: Slots) -> None:
        """Clear slots whose sessions have ended."""
        self._columns.forget(slots)

    def snapshot(self) -> dict[str, NDArray[Any]]:
        """All state, by slot."""
        return self._columns.snapshot("stall")

    def restore(self, state: State) -> None:
        """Go on exactly from a snapshot."""
        self._columns.restore("stall", state)


def _stall(block: Block, row: int, age: float, limit: float, every: float) -> Alert:
    known = np.isfinite(every) and every > 0
    usual = f"; one comes every {every:.0f} s" if known else ""
    return Alert(
        time=block.time,
        session=str(block.tags["session"][row]),
        type="PIPELINE_STALL",
        severity="CRITICAL" if age >= GRAVE * limit else "WARNING",
        detector="stall",
        score=min(1.0, 0.6 + 0.4 * (age / limit - 1) / GRAVE),
        current=age,
        expected=every if known else limit,
        subject="heartbeat_age_s",
        message=f"Nothing has come from the feed for {age:.0f} s{usual}: check the pipe.",
        evidence={"age_s": age, "limit_s": limit, "every_s": every if known else limit / MISSED},
    )


def _return(block: Block, row: int, since_s: float, age: float) -> Alert:
    return Alert(
        time=block.time,
        session=str(block.tags["session"][row]),
        type="RECOVERED",
        severity="INFO",
        detector="stall",
        score=0.0,
        current=age,
        expected=0.0,
        subject="heartbeat_age_s",
        message=f"The feed is back after {since_s:.0f} s.",
        evidence={"since_s": since_s},
    )
