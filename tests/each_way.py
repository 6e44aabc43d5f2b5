"""The loops that every event passes through, in Python, where they are compiled otherwise."""

from __future__ import annotations

import pytest

from roomtone import counting, events, rooms
from roomtone.increments import Increments


def plainly(patch: pytest.MonkeyPatch) -> None:
    """Count in Python, as on a machine on which nothing was compiled."""
    patch.setattr(counting, "gather", counting.gather_plainly)
    patch.setattr(counting, "stretch", counting.stretch_plainly)
    patch.setattr(rooms, "settle", Increments.settle)
    patch.setattr(events, "loops", None)
    patch.setattr(events, "is_suspect", events.is_suspect_plainly)
