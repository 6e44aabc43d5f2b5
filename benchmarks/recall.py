"""Recall at 100,000 memories a bot: how long it takes, what it misses, and what memory it holds."""

from __future__ import annotations

import asyncio
import resource
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np
from msgspec import structs

from roomtone.contracts_memory import a_memory
from roomtone.records import TIERS
from roomtone.runtime.clock import WallClock
from roomtone.runtime.config import Models, Settings
from roomtone.runtime.recalling import Recalling
from roomtone.stores import _memory_columns

WORDS = [
    "dog",
    "cat",
    "violin",
    "chess",
    "tea",
    "coffee",
    "Oslo",
    "Bergen",
    "sister",
    "brother",
    "exam",
    "work",
    "holiday",
    "rain",
    "garden",
    "music",
    "film",
    "book",
    "run",
    "swim",
    "doctor",
    "school",
    "train",
    "house",
    "friend",
    "party",
    "cake",
    "winter",
    "summer",
    "river",
]
QUESTIONS = 300


def say(random: np.random.Generator) -> str:
    """A sentence of twelve words: every memory is another one."""
    return " ".join(random.choice(WORDS, 12)) + f" {random.integers(1_000_000)}"


async def fill(memory: Recalling, count: int, users: int) -> None:
    """So many memories of one bot, in all five tiers, of so many people."""
    random, now = np.random.default_rng(3), datetime.now(UTC)
    store = await memory.ready()
    for first in range(0, count, 2_000):
        made = []
        for n in range(first, min(count, first + 2_000)):
            one = a_memory(n, bot="luna", user=f"u{n % users}", content=say(random))
            at = now - timedelta(seconds=count - n)
            tier = TIERS[n // users % len(TIERS)]  # each person has some in each
            made.append(structs.replace(one, at=at, tier=tier, session=f"s{n // 20}"))
        lies, name = await memory.vectors(made)
        await store.add(made, lies, name)


async def measure(count: int, users: int, url: str) -> dict[str, Any]:
    """The times of recalls in ms, the share of the exact nearest that was found, and the memory."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data=Path(folder), models=Models(embedding=url))
        memory = Recalling(settings, WallClock(), lambda where, error: sys.exit(str(error)))
        await fill(memory, count, users)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        begun = perf_counter()
        await memory.recall("luna", "u0", "first")
        cold = (perf_counter() - begun) * 1000
        random, took, cpu = np.random.default_rng(4), [], []
        store = await memory.ready()
        for n in range(QUESTIONS):
            begun, used = perf_counter(), process_time()
            await memory.recall("luna", f"u{n % users}", say(random))
            took.append((perf_counter() - begun) * 1000)
            cpu.append((process_time() - used) * 1000)
        missed, asked = 0, 0
        rows, name = await memory.embed([say(random) for _ in range(50)])
        for row in rows:
            near = await store.search("luna", row, model=name, limit=10)
            was, _memory_columns.Columns.near.__defaults__ = (  # type: ignore[attr-defined]
                _memory_columns.Columns.near.__defaults__,  # type: ignore[attr-defined]
                (count,),
            )
            exact = await store.search("luna", row, model=name, limit=10)
            _memory_columns.Columns.near.__defaults__ = was  # type: ignore[attr-defined]
            least = exact[-1][1]
            asked += 10
            missed += 10 - sum(cosine >= least - 1e-4 for _, cosine in near)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        await memory.close()
        return {
            "memories": count,
            "people": users,
            "p50_ms": round(float(np.percentile(took, 50)), 1),
            "p99_ms": round(float(np.percentile(took, 99)), 1),
            "cpu_p50_ms": round(float(np.percentile(cpu, 50)), 1),
            "cpu_p99_ms": round(float(np.percentile(cpu, 99)), 1),
            "cold_ms": round(cold),
            "found_of_exact": round(1 - missed / asked, 4),
            "grown_mb": round((peak - before) / 1024),
        }


def run(data: Path, quick: bool) -> None:
    """Measure and print a line for each: one person with all of them, and a hundred people."""
    for users in (1, 100):
        print(asyncio.run(measure(2_000 if quick else 100_000, users, "hashed://")))


if __name__ == "__main__":
    run(Path(), quick="--quick" in sys.argv)
