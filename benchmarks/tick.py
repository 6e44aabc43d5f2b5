"""All live sessions at a tick: its share of the 5 s, and how long the loop is blocked by it."""

from __future__ import annotations

import asyncio
import gc
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks._protocol import START_S, Load, Options, Report
from benchmarks.e2e import open_pipeline, submit
from roomtone.runtime.pipeline import Pipeline
from roomtone.testing import ManualClock

TICK_S = 5.0


@dataclass
class Ticks:
    """What the ticks of one size took, in seconds."""

    wall: list[float] = field(default_factory=list)  # until the last frame is published
    kept: list[float] = field(default_factory=list)  # until the last row is committed
    cpu: list[float] = field(default_factory=list)
    block: list[float] = field(default_factory=list)  # the longest that another task had to wait
    turn: list[float] = field(default_factory=list)  # CPU of the loop's thread in the worst turn


def run(options: Options) -> Report:
    """Ticks of the real pipeline, with journal, store and a watched overview, by sessions."""
    report = Report("tick")
    sizes = (1000,) if options.quick else (1000, 5000, 15_000, 50_000)
    for sessions in sizes:
        ticks = 4 if options.quick else (8 if sessions <= 15_000 else 4)
        found = asyncio.run(_measure(sessions, ticks))
        name = f"{sessions:,} sessions"
        share = [100 * wall / TICK_S for wall in found.wall]
        marks = {15_000: {"bar": 5.0}, 50_000: {"moonshot": 5.0}}.get(sessions, {})
        report.add(f"{name}: tick", "% of 5 s", share, less_is_better=True, **marks)
        kept = [100 * wall / TICK_S for wall in found.kept]
        report.add(f"{name}: until stored", "% of 5 s", kept, less_is_better=True)
        us = [cpu / sessions * 1e6 for cpu in found.cpu]
        report.add(f"{name}: CPU", "us/session-tick", us)
        blocks: dict[str, Any] = {"less_is_better": True, "moonshot": 5}
        blocks["bar"] = 20 if sessions <= 15_000 else None
        for what, values in (("CPU", found.turn), ("as waited for", found.block)):
            worst = [value * 1e3 for value in values]
            report.add(f"{name}: longest block, {what}", "ms", worst, **blocks)
    report.lines += [
        "each session has five people and one event every five seconds; a tick is done when its "
        "frames are out",
        "block: a task that does nothing but sleep 0 measures how late it comes back, the store's "
        "thread running; the worst of each tick, and of these the median and the extremes; CPU is "
        "what the loop's thread did meanwhile, the rest is waiting for the machine's other work",
        "garbage is collected as in the server: what was loaded at the start is frozen",
    ]
    return report


async def _measure(sessions: int, ticks: int) -> Ticks:
    load = Load(sessions=sessions, rate=0.2, seconds=5, people=5, named=False)
    found = Ticks()
    with tempfile.TemporaryDirectory() as folder:
        pipeline, clock = await open_pipeline(Path(folder))
        viewer = pipeline.news.subscribe("pulse")  # who reads nothing still watches
        gc.collect()
        gc.freeze()
        for first in range(0, len(load.opening), 1000):
            await submit(pipeline, b"[" + b",".join(load.opening[first : first + 1000]) + b"]")
        talk = [event for step in load.steps for event in step]
        bodies = [
            b"[" + b",".join(talk[first : first + 1000]) + b"]"
            for first in range(0, len(talk), 1000)
        ]
        await pipeline.settled()
        for turn in range(ticks + 2):
            clock.advance(START_S + 5 * turn + 4.5 - clock.now_ms() / 1000)
            await _talk(pipeline, bodies, START_S + 5 * turn)
            one = await _tick(pipeline, clock, START_S + 5 * (turn + 1))
            if turn >= 2:  # the first two touch fresh pages and prepare statements
                for name in ("wall", "kept", "cpu", "block", "turn"):
                    getattr(found, name).append(one[name])
        viewer.close()
        await pipeline.stop()
        gc.unfreeze()
    return found


async def _talk(pipeline: Pipeline, bodies: list[bytes], second: int) -> None:
    """The same five seconds of talk again, moved on in time."""
    for body in bodies:
        await submit(pipeline, _without_at(body))
    await pipeline.settled()


def _without_at(body: bytes) -> bytes:
    """The events without their `at`: they happen when they arrive."""
    return body.replace(b'"at":', b'"was":').replace(b'"at": ', b'"was": ')


async def _tick(pipeline: Pipeline, clock: ManualClock, due: int) -> dict[str, float]:
    waits = {"block": 0.0, "turn": 0.0}
    watching = asyncio.create_task(_watch_loop(waits))
    await asyncio.sleep(0.02)
    waits.update(block=0.0, turn=0.0)
    cpu, wall = time.process_time(), time.perf_counter()
    clock.advance(due - clock.now_ms() / 1000)
    while pipeline.engine.next_tick <= due or pipeline.backlog:
        await asyncio.sleep(0.002)
    await pipeline.settled()
    ticked = time.perf_counter() - wall
    while pipeline.keeper.lag:
        await asyncio.sleep(0.01)
    kept = time.perf_counter() - wall
    watching.cancel()
    spent = time.process_time() - cpu
    return {"wall": ticked, "kept": kept, "cpu": spent, **waits}


async def _watch_loop(waits: dict[str, float]) -> None:
    """How late a task comes back that asks for nothing but its turn, every other millisecond."""
    while True:
        begun, cpu = time.perf_counter(), time.thread_time()
        await asyncio.sleep(0)
        waits["block"] = max(waits["block"], time.perf_counter() - begun)
        waits["turn"] = max(waits["turn"], time.thread_time() - cpu)
        begun, cpu = time.perf_counter(), time.thread_time()
        await asyncio.sleep(0.001)
        waits["block"] = max(waits["block"], time.perf_counter() - begun - 0.001)
        waits["turn"] = max(waits["turn"], time.thread_time() - cpu)
