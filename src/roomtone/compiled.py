"""The hot loops, compiled: there where the package was built with a C compiler, and None elsewhere.

Everything works without them; `counting`, `increments` and `events` hold the same in Python, which
is what they are tested against.
"""

from __future__ import annotations

__all__ = ["loops"]

SHAPE = 1
"""Counts up with what the loops take and give: those of another release are not used."""

try:
    import roomtone._compiled as loops
except ImportError:  # built without a compiler, or for another Python
    loops = None  # type: ignore[assignment]
else:
    if getattr(loops, "SHAPE", 0) != SHAPE:
        loops = None  # type: ignore[assignment]
