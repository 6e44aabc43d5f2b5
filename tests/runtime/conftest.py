"""A whole pipeline on a clock that is moved by hand, with real journal and real SQLite."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from roomtone.runtime.config import Settings
from roomtone.runtime.pipeline import Pipeline
from roomtone.testing import ManualClock


class House:
    """A pipeline, its clock, and the way to open it again after it was closed or crashed."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(data=folder)
        self.clock = ManualClock()
        self.pipeline: Pipeline

    async def open(self) -> Pipeline:
        self.pipeline = await Pipeline.open(self.settings, self.clock)
        await self.pipeline.start()
        return self.pipeline

    async def tick(self, times: int = 1) -> None:
        """Move the clock on to the next tick and wait until it has been taken."""
        for _ in range(times):
            now = self.clock.now_ms() // 1000
            due = now - now % 5 + 5
            self.clock.advance(due - self.clock.now_ms() / 1000)
            await until(lambda due=due: self.pipeline.engine.next_tick > due)
            await self.pipeline.settled()


async def until(happens: Callable[[], object]) -> None:
    """Wait for another thread's or task's work; fail aloud if it never comes."""
    async with asyncio.timeout(20):
        while not happens():
            await asyncio.sleep(0.002)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    made = House(tmp_path)
    await made.open()
    yield made
    await made.pipeline.stop()
