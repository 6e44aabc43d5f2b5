"""A process that judges reactions in a data folder and kills itself after so many steps."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from roomtone.contracts import START
from roomtone.reactions import Case, Judgement
from roomtone.runtime.config import Models, Settings
from roomtone.runtime.pipeline import Pipeline
from roomtone.testing import ManualClock
from tests.reacted import Told, heart, said


class Counted(Told):
    """Says RATING; a line for each call has of whom it was asked, written before it answers."""

    def __init__(self, file: Path) -> None:
        super().__init__("RATING")
        self._file = file

    def judge(self, cases: Sequence[Case]) -> Sequence[Judgement]:
        with self._file.open("a") as out:
            out.write(" ".join(case.id for case in cases) + "\n")
        return super().judge(cases)


class Steps:
    """Counts what a worker waits for, and dies at one of these."""

    def __init__(self, last: int) -> None:
        self.left = last

    def step(self) -> None:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, of: Any, name: str) -> None:
        real = getattr(of, name)

        async def stepped(*args: Any, **more: Any) -> Any:
            self.step()
            given = await real(*args, **more)
            self.step()
            return given

        setattr(of, name, stepped)


async def tick(pipeline: Pipeline, clock: ManualClock) -> None:
    """Move the clock on to the next tick and wait until it has been taken."""
    now = clock.now_ms() // 1000
    due = now - now % 5 + 5
    clock.advance(due - clock.now_ms() / 1000)
    while pipeline.engine.next_tick <= due:
        await asyncio.sleep(0.002)
    await pipeline.settled()


async def main(folder: Path, reactions: int, last: int, url: str) -> int:
    """Judge all there is; 0 when nothing is left. Reactions are sent where there are none yet.

    With a URL a server judges, and each reaction is on a message of its own: a call for each.
    """
    runs = folder / "runs"
    with runs.open("a") as out:
        out.write(".")
    clock = ManualClock(START)
    clock.advance(1800 * runs.stat().st_size)  # later each time, as clocks are
    models = Models(judge=url) if url else Models()
    pipeline = await Pipeline.open(Settings(data=folder, models=models), clock)
    judging = pipeline.judging
    if not url:
        judging.judge = Counted(folder / "asked")

    async def rest() -> None:
        await asyncio.Event().wait()

    judging.run = rest  # type: ignore[method-assign]
    await pipeline.start()
    if not pipeline.conversations.reacting.known.held:
        events = []
        for n in range(reactions):
            message = f"m{n}" if url or not n else "m0"
            events += [said(message, at=n / 10)] if url or not n else []
            events.append(heart(message, user=f"u{n}", at=n / 10))
        await pipeline.submit(events)
        await pipeline.settled()
    steps = Steps(last)
    for of, name in (
        (pipeline.archive, "claim"),
        (pipeline.archive, "settle"),
        (pipeline.archive, "add_reactions"),
        (pipeline.series, "write"),
        (pipeline.door, "submit"),
        (judging._aside, "run"),
    ):
        steps.around(of, name)
    while await judging.once():
        if not url:
            await tick(pipeline, clock)
    await tick(pipeline, clock)
    await pipeline.stop()
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])))
