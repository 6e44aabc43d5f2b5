"""All live sessions at a tick: its share of the 5 s, and how long the loop is blocked by it."""

from __future__ import annotations

import asyncio
import gc
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks._protocol import START_S, Load, Options, Report
from benchmarks.e2e import open_pipeline, submit
from roomtone.runtime.pipeline import Pipeline

TICK_S = 5.0


@dataclass
class Ticks:
    """What the ticks of one size took, in seconds."""

    wall: list[float] = field(default_factory=list)  # until the last frame is published
    kept: list[float] = field(default_factory=list)  # until the last row is committed
    cpu: list[float] = field(default_factory=list)
    block: list[float] = field(default_factory=list)  # the longest that another task had to wait


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
        worst = [block * 1e3 for block in found.block]
        report.add(
            f"{name}: longest block",
            "ms",
            worst,
            less_is_better=True,
            bar=20 if sessions <= 15_000 else None,
            moonshot=5,
        )
    report.lines += [
        "each session has five people and one event every five seconds; a tick is done when its "
        "frames are out",
        "block: a task that does nothing but sleep 0 (and 1 ms) measures how late it comes back, "
        "the store's thread running; median of the ticks' worst",
        "the collector of cyclic garbage runs as it does in the server",
    ]
    return report


async def _measure(sessions: int, ticks: int) -> Ticks:
    load = Load(sessions=sessions, rate=0.2, seconds=5, people=5, named=False)
    found = Ticks()
    with tempfile.TemporaryDirectory() as folder:
        pipeline, clock = await open_pipeline(Path(folder))
        pipeline.watched["pulse"] += 1
        for first in range(0, len(load.opening), 1000):
            await submit(pipeline, b"[" + b",".join(load.opening[first : first + 1000]) + b"]")
        talk = [event for step in load.steps for event in step]
        bodies = [
            b"[" + b",".join(talk[first : first + 1000]) + b"]"
            for first in range(0, len(talk), 1000)
        ]
        await pipeline.settled()
        gc.collect()
        for turn in range(ticks + 2):
            clock.advance(START_S + 5 * turn + 4.5 - clock.now_ms() / 1000)
            await _talk(pipeline, bodies, START_S + 5 * turn)
            one = await _tick(pipeline, clock, START_S + 5 * (turn + 1))
            if turn >= 2:  # the first two touch fresh pages and prepare statements
                for name in ("wall", "kept", "cpu", "block"):
                    getattr(found, name).append(one[name])
        await pipeline.stop()
    return found


async def _talk(pipeline: Pipeline, bodies: list[bytes], second: int) -> None:
    """The same five seconds of talk again, moved on in time."""
    for body in bodies:
        await submit(pipeline, _without_at(body))
    await pipeline.settled()


def _without_at(body: bytes) -> bytes:
    """The events without their `at`: they happen when they arrive."""
    return body.replace(b'"at":', b'"was":').replace(b'"at": ', b'"was": ')


async def _tick(pipeline: Pipeline, clock: object, due: int) -> dict[str, float]:
    waits = [0.0]
    watching = asyncio.create_task(_watch_loop(waits))
    await asyncio.sleep(0.02)
    waits[0] = 0.0
    cpu, wall = time.process_time(), time.perf_counter()
    clock.advance(due - clock.now_ms() / 1000)  # type: ignore[attr-defined]
    while pipeline.engine.next_tick <= due or pipeline.backlog:
        await asyncio.sleep(0)
    await pipeline.settled()
    ticked = time.perf_counter() - wall
    while pipeline.keeper.lag:
        await asyncio.sleep(0.001)
    kept = time.perf_counter() - wall
    spent = time.process_time() - cpu
    watching.cancel()
    return {"wall": ticked, "kept": kept, "cpu": spent, "block": waits[0]}


async def _watch_loop(waits: list[float]) -> None:
    """How late a task comes back that asks for nothing but its turn."""
    while True:
        begun = time.perf_counter()
        await asyncio.sleep(0)
        waits[0] = max(waits[0], time.perf_counter() - begun)
        begun = time.perf_counter()
        await asyncio.sleep(0.001)
        waits[0] = max(waits[0], time.perf_counter() - begun - 0.001)
