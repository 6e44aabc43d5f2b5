"""What a reaction costs whoever sends it, how fast they are judged, and what is asked how often."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import numpy as np

from benchmarks._protocol import Disagreement, Options, Report
from roomtone.contracts import START
from roomtone.conversations import Conversations
from roomtone.events import Event, Message, Reaction
from roomtone.reactions import Case, Judgement
from roomtone.runtime import plugins
from roomtone.runtime.config import Settings
from roomtone.runtime.judging import Judging
from roomtone.runtime.pipeline import Pipeline
from roomtone.testing import ManualClock

MS = round(START.timestamp() * 1000)


class Counting:
    """The judge inside the package, and how often it was asked of what."""

    name, version = "local", "1"

    def __init__(self) -> None:
        self._judge = plugins.judge("local://")
        self.asked = 0

    def judge(self, cases: Sequence[Case]) -> Sequence[Judgement]:
        self.asked += len(cases)
        return self._judge.judge(cases)


def talk(count: int) -> list[Event]:
    """Questions and answers in some rooms, a reaction under each answer."""
    events: list[Event] = []
    for n in range(count):
        at, session = START + timedelta(seconds=n), f"room {n % 20}"
        asked, answered = "Can you explain how tides work?", "The moon pulls the sea, twice a day."
        more = {"session": session, "at": at}
        events += [
            Message(id=f"q{n}", user=f"u{n % 50}", text=asked, **more),  # type: ignore[arg-type]
            Message(id=f"a{n}", user="luna", role="bot", text=answered, **more),  # type: ignore[arg-type]
            Reaction(user=f"u{n % 50}", emoji="❤️", target=f"a{n}", bot="luna", **more),  # type: ignore[arg-type]
        ]
    return events


def run(options: Options) -> Report:
    """Measure, and see that every reaction got one verdict and one point."""
    report = Report("judging")
    count = 200 if options.quick else 1_000
    taken = {Message: [], Reaction: []}  # type: dict[type, list[float]]
    state: Conversations = plugins.conversations(Settings())
    for event in talk(5 * count):
        begun = time.perf_counter()
        state.apply((event,), MS)
        taken[type(event)].append((time.perf_counter() - begun) * 1e6)
    for kind, name in ((Reaction, "a reaction taken down"), (Message, "a message heard")):
        values = np.array(taken[kind])
        report.add(f"{name}, median", "us", float(np.median(values)))
        report.add(
            f"{name}, p99", "us", float(np.percentile(values, 99)), bar=5_000, less_is_better=True
        )
    asyncio.run(_judged(report, count))
    return report


async def _judged(report: Report, count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        clock = ManualClock(START + timedelta(hours=1))
        pipeline = await Pipeline.open(Settings(data=Path(folder)), clock)
        judge = Counting()
        judging = pipeline.judging = Judging(pipeline, "bench")
        judging.judge = judge
        await pipeline.start()
        await pipeline.submit(talk(count))
        await pipeline.settled()
        begun = time.perf_counter()
        while await judging.once():
            pass
        seconds = time.perf_counter() - begun
        first = judge.asked
        for _ in range(24):  # the documents look every hour, and ask again of what they find
            await judging.once()
        clock.advance(5)
        await asyncio.sleep(0.2)
        await pipeline.settled()
        await pipeline.stop()
        await pipeline.archive.open()
        _, total = await pipeline.archive.reactions(limit=1)
        await pipeline.archive.close()
    if not total == first == count:
        raise Disagreement(f"{count} reactions, {first} asked, {total} kept")
    report.add("reactions judged", "1/s", count / seconds)
    report.add("asked in 24 more looks", "calls", judge.asked - first, bar=0, less_is_better=True)
    report.add("calls spared against asking each hour", "share", 1 - first / (24 * count))
