"""How long until an event is durable, beside a bare append and sync on the same disk."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks._protocol import Load, Options, Report, array, ratios
from benchmarks.e2e import open_pipeline
from roomtone.events import decode

EVERY_S = 0.01


def run(options: Options) -> Report:
    """1,000 events a second in requests of ten, each awaited; and the same bytes synced barely."""
    report = Report("ack")
    seconds, reps = (2, 1) if options.quick else (8, options.repeat(4))
    ours: list[list[float]] = []
    bare: list[list[float]] = []
    for rep in range(reps):
        load = Load(sessions=100, rate=10, seconds=seconds, step_ms=10, seed=rep)
        for name in ("ours", "bare") if rep % 2 else ("bare", "ours"):
            if name == "ours":
                ours.append(asyncio.run(_ours(load)))
            else:
                bare.append(_bare(load))
    report.lines += [
        f"{load}; an event every ms, a request every {EVERY_S * 1e3:.0f} ms",
        "bare: write and fdatasync of the same bytes, at the same pace; both are power-safe",
    ]
    for percent, bar, moonshot in ((50, 2.0, 1.2), (99, None, None)):
        a = [float(np.percentile(times, percent)) * 1e3 for times in ours]
        b = [float(np.percentile(times, percent)) * 1e3 for times in bare]
        report.add(f"ours p{percent}", "ms", a)
        report.add(f"bare p{percent}", "ms", b)
        report.add(
            f"times a bare sync, p{percent}",
            "x",
            ratios(a, b),
            bar=bar,
            moonshot=moonshot,
            less_is_better=True,
        )
    return report


async def _ours(load: Load) -> list[float]:
    times: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        pipeline, _ = await open_pipeline(Path(folder))

        async def one(step: list[bytes]) -> None:
            begun = time.perf_counter()
            events, refusals, kept = decode(array([_undated(event) for event in step]))
            await pipeline.submit(events, refusals, kept)
            times.append(time.perf_counter() - begun)

        loop = asyncio.get_running_loop()
        begin, jobs = loop.time(), []
        for index, step in enumerate(load.steps):
            await asyncio.sleep(max(0.0, begin + index * EVERY_S - loop.time()))
            jobs.append(asyncio.create_task(one(step)))
        await asyncio.gather(*jobs)
        await pipeline.stop()
    return times


def _bare(load: Load) -> list[float]:
    times: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        fd = os.open(Path(folder) / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        begin = time.perf_counter()
        for index, step in enumerate(load.steps):
            time.sleep(max(0.0, begin + index * EVERY_S - time.perf_counter()))
            begun = time.perf_counter()
            os.write(fd, array(step))
            os.fdatasync(fd)
            times.append(time.perf_counter() - begun)
        os.close(fd)
    return times


def _undated(event: bytes) -> bytes:
    return event.replace(b'"at":', b'"was":')
