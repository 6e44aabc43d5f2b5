"""What chance alone does to the deficit statistic: the table that the alarm budget starts from.

    python benchmarks/_null.py

prints, for Poisson rooms of so many messages a minute, mean and standard deviation of the
statistic's largest value in 2 minutes, and the one in sixty of those as a multiple of what a
normal law would give. `roomtone/detectors/_budget.py` holds these numbers, smoothed; of its last
row nothing under 0.88, as no real room has a tail that short.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

if not __package__:  # run as a file
    sys.path.insert(0, str(Path(__file__).parents[1]))

from roomtone.detectors._budget import BLOCK, NULL_RATES
from roomtone.detectors._deficit import Deficits

ROOMS, TICKS = 400, 600
ONE_IN_SIXTY = 2.128  # standard normal


def main() -> int:
    """Simulate and print the table."""
    rng, no = np.random.default_rng(3), np.zeros(ROOMS, bool)
    print(f"{'messages/min':>12}{'mean':>8}{'sd':>8}{'tail':>8}")
    for per_min in np.exp(NULL_RATES):
        test, slots = Deficits(), np.arange(ROOMS)
        counts = rng.poisson(per_min / 12, (TICKS, ROOMS)).astype(float)
        path = np.stack([test.update(slots, row, doubt=no, gap=no).strength for row in counts])
        extremes = path[BLOCK:].reshape(-1, BLOCK, ROOMS).max(axis=1)
        mean, sd = extremes.mean(), extremes.std()
        tail = (np.quantile(extremes, 1 - 1 / 60) - mean) / sd / ONE_IN_SIXTY
        print(f"{per_min:12.0f}{mean:8.2f}{sd:8.2f}{tail:8.2f}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
