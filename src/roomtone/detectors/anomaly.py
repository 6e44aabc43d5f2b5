"""Notices when a room is being lost: sudden drops, declines, low engagement, mass exits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from numpy.typing import NDArray

from roomtone.alerts import Alert
from roomtone.detectors._calibrated import Calibrated
from roomtone.detectors._documents import Documents
from roomtone.errors import BadConfig
from roomtone.points import Block, Slots
from roomtone.ports import State

Mode = Literal["calibrated", "documents"]
ALARMS_PER_HOUR = 0.5


class Anomaly:
    """Watches the engagement of all sessions at once; each session is judged by itself alone.

    `mode="calibrated"` tests activity over windows of 5 s to 3 minutes against the session's own
    past and keeps its alarms, of all types together, at `alarms_per_hour` (0 to 60, per session).
    `mode="documents"` is the documents' hybrid: 0.7 half-space trees and 0.3 z-score behind
    rules, with fixed thresholds and no budget; `window` is its trees' window in points. Either
    shows both parts in `Alert.evidence`. Raises BadConfig for other settings.
    """

    measurement = "engagement"

    def __init__(
        self,
        mode: Mode = "calibrated",
        alarms_per_hour: float = ALARMS_PER_HOUR,
        *,
        window: int = 250,
        seed: int = 42,
    ) -> None:
        self._way: Calibrated | Documents
        if mode == "calibrated":
            if not 0 < alarms_per_hour <= 60:
                raise BadConfig("alarms_per_hour must be over 0 and at most 60; try 0.5.")
            self._way = Calibrated(alarms_per_hour, seed)
        elif mode == "documents":
            self._way = Documents(window, seed)
        else:
            raise BadConfig(f"No anomaly mode {mode!r}; choose 'calibrated' or 'documents'.")

    def observe(self, block: Block) -> Sequence[Alert]:
        """Judge every row of the block, then learn from it; at most one alarm per row."""
        return self._way.observe(block) if len(block.slots) else []

    def forget(self, slots: Slots) -> None:
        """Clear slots whose sessions have ended; nothing of them is left."""
        self._way.forget(slots)

    def snapshot(self) -> dict[str, NDArray[Any]]:
        """All state as arrays by name; taking it changes nothing."""
        return self._way.snapshot()

    def restore(self, state: State) -> None:
        """Go on exactly from a snapshot of a detector with the same settings."""
        self._way.restore(state)
