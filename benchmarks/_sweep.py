"""Share of incidents found and median delay at a given rate of false alarms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks._chats import DEPTHS, TICK_S, Cuts
from roomtone.alerts import Alert
from roomtone.detectors.anomaly import Anomaly
from roomtone.detectors.stall import Stall

REFRACTORY = 24  # ticks: 2 minutes
WITHIN_S = 180  # an incident counts as found for 3 minutes

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Raised:
    """What a product run raised: tick, cut and alert of every alarm, of both detectors."""

    alarms: list[tuple[int, int, Alert]]

    def false_per_hour(self, cuts: Cuts) -> float:
        """All alarms of all types before the incident, per hour of that time."""
        sound = cuts.sound_ticks
        return sum(tick < sound[cut] for tick, cut, _ in self.alarms) / hours(cuts)

    def delays(self, cuts: Cuts) -> Floats:
        """Seconds from each incident to its first alarm; infinite where none came in time."""
        delays = np.full(cuts.cuts, np.inf)
        for tick, cut, _ in self.alarms:
            after = TICK_S * (tick + 1) - cuts.incident_s[cut]
            if tick >= cuts.sound_ticks[cut] and after <= WITHIN_S:
                delays[cut] = min(delays[cut], after)
        return delays


def product(cuts: Cuts, alarms_per_hour: float, mode: str = "calibrated") -> Raised:
    """Run both detectors as the product does, every cut a session that starts cold."""
    detectors = (Anomaly(mode, alarms_per_hour), Stall())  # type: ignore[arg-type]
    alarms = []
    for tick, block in enumerate(cuts.blocks()):
        for detector in detectors:
            for alert in detector.observe(block):
                if alert.is_alarm:
                    alarms.append((tick, int(alert.session.rsplit("-", 1)[1]), alert))
    return Raised(alarms)


def hours(cuts: Cuts) -> float:
    """Session hours before the incidents."""
    return float(cuts.sound_ticks.sum()) * TICK_S / 3600


def false_per_hour(parts: Sequence[tuple[Cuts, Floats]], threshold: float) -> float:
    """Excursions above the threshold before the incidents, at least two minutes apart."""
    count = 0
    for cuts, statistic in parts:
        above = statistic > threshold
        above &= np.arange(cuts.ticks)[:, None] < cuts.sound_ticks
        for cut in np.flatnonzero(above.any(axis=0)):
            last = -REFRACTORY
            for tick in np.flatnonzero(above[:, cut]):
                if tick - last >= REFRACTORY:
                    count, last = count + 1, tick
    return count / sum(hours(cuts) for cuts, _ in parts)


def threshold_at(parts: Sequence[tuple[Cuts, Floats]], rate: float) -> float:
    """The lowest threshold that raises at most `rate` false alarms per hour over all parts."""
    low = min(float(statistic.min()) for _, statistic in parts)
    high = max(float(statistic.max()) for _, statistic in parts) + 1e-6
    for _ in range(24):
        middle = (low + high) / 2
        if false_per_hour(parts, middle) > rate:
            low = middle
        else:
            high = middle
    return high


def delays(cuts: Cuts, statistic: Floats, threshold: float) -> Floats:
    """Seconds from each incident until the statistic exceeds the threshold, if within 3 minutes."""
    found = np.full(cuts.cuts, np.inf)
    for cut in np.flatnonzero(cuts.incident_s >= 0):
        first = cuts.incident_s[cut] // TICK_S
        late = np.flatnonzero(statistic[first : first + 37, cut] > threshold)
        if len(late):
            after = TICK_S * (first + late[0] + 1) - cuts.incident_s[cut]
            found[cut] = after if after <= WITHIN_S else np.inf
    return found


def found(parts: Sequence[tuple[Cuts, Floats]], depth: float) -> tuple[float, float]:
    """Share found and median delay among incidents of this depth; `parts` hold delays."""
    of_depth = np.concatenate([late[cuts.depth == depth] for cuts, late in parts])
    in_time = of_depth[np.isfinite(of_depth)]
    return len(in_time) / max(len(of_depth), 1), float(np.median(in_time)) if len(in_time) else 0.0


def cells(parts: Sequence[tuple[Cuts, Floats]]) -> list[str]:
    """Both depths as table cells."""
    return [f"{share:.0%}, {delay:.0f} s" for share, delay in (found(parts, d) for d in DEPTHS)]
