"""What something takes in memory: the growth of a fresh process that builds it."""

from __future__ import annotations

import gc
import importlib
import os
import subprocess
import sys

import psutil


def grown_kb(module: str, builder: str, count: int) -> float:
    """KB per piece by which a process grows that calls `builder(count)` and keeps what it gave.

    Half of them are built first, so that imports, allocator arenas and the growth by doubling
    are not taken for the pieces' own; the second half is measured by building twice as many.
    """
    half, whole = (_grown(module, builder, n) for n in (count // 2, count))
    return max(whole - half, 0) / 1024 / (count - count // 2)


def _grown(module: str, builder: str, count: int) -> float:
    code = f"from benchmarks._memory import measure; measure({module!r}, {builder!r}, {count})"
    ran = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        timeout=150,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
    )
    return float(ran.stdout.split()[-1])


def measure(module: str, builder: str, count: int) -> None:
    """In the fresh process: build, and print the bytes it now holds."""
    kept = getattr(importlib.import_module(module), builder)(count)
    gc.collect()
    print(psutil.Process().memory_info().rss)
    del kept
