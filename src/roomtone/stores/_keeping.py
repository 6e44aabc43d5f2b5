"""How long points, minutes and hours are kept, whatever store keeps them."""

from __future__ import annotations

import math
from collections.abc import Mapping

from roomtone.errors import StoreError
from roomtone.stores._schema import STEPS

DAY_S = 86_400
KEEP_S: Mapping[int, int | None] = {0: 7 * DAY_S, 60: 90 * DAY_S, 3600: None}
"""Seconds that points, minutes and hours are kept by default; None is for ever.

A week of 5-second points answers "what happened in that event?", a season of minutes "how does
it compare?", and hours are so small (1/720 of the points) that they never need to go.
"""


def checked(keep_s: Mapping[int, int | None]) -> dict[int, int | None]:
    """The same times. Raises StoreError where points would outlive what is made of them."""
    kept = [math.inf if (keep := keep_s.get(step)) is None else keep for step in STEPS]
    if kept != sorted(kept):
        raise StoreError(
            f"points would outlive their rollups (kept {kept} s); "
            "keep each as long as the one before it, or longer"
        )
    return dict(keep_s)
