"""What an unbroken run makes of a journal's prefix, to hold a restored folder against."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from roomtone import state
from roomtone.engine import Output
from roomtone.records import Batch, Closed, Gap, Tick
from roomtone.runtime import plugins
from roomtone.runtime.config import Settings
from roomtone.runtime.histories import Histories
from roomtone.runtime.journal import read_journal
from roomtone.runtime.pipeline import Pipeline

Key = tuple[str, str, Any]  # measurement, session, time


class Unbroken:
    """One engine that heard everything up to a position, and never stopped."""

    def __init__(self, journal: Path, position: int) -> None:
        settings = Settings()
        self.engine = plugins.engine(settings)
        self.histories = Histories(lambda: plugins.engine(settings), self.engine.gauges[0])
        self.outputs: list[Output] = []
        for end, entry in read_journal(journal):
            if end > position:
                break
            match entry:
                case Batch(history=True):
                    self.outputs += self.histories.play(entry.events)
                case Batch():
                    self.engine.apply(entry.events, entry.arrival)
                case Tick():
                    self.outputs.append(self.engine.tick(entry.now))
                case Gap():
                    self.engine.gap(entry.start, entry.end)
                case Closed():
                    ended = self.histories.close(entry.session)
                    self.outputs += [] if ended is None else [ended]

    def state(self) -> tuple[bytes, bytes]:
        return state.pack(self.engine.snapshot()), state.pack(self.histories.snapshot())

    def points(self) -> dict[Key, dict[str, float]]:
        return {
            (point.measurement, point.tags["session"], point.time): dict(point.fields)
            for out in self.outputs
            for block in out.blocks
            for point in block.points()
        }

    def alerts(self) -> set[str]:
        return {alert.id for out in self.outputs for alert in out.alerts}

    def summaries(self) -> set[str]:
        return {summary.id for out in self.outputs for summary in out.ended}


async def check_restored(
    folder: Path, journal: Path, position: int, settings: Settings | None = None
) -> Unbroken:
    """Hold a restored folder against an unbroken run: state to the byte, points, alerts."""
    wanted = Unbroken(journal, position)
    pipeline = await Pipeline.open(settings or Settings(data=folder))
    try:
        assert pipeline.position == position
        found = state.pack(pipeline.engine.snapshot()), state.pack(pipeline.histories.snapshot())
        assert found == wanted.state()
        assert await _points(pipeline, wanted) == wanted.points()
        alerts = await pipeline.archive.alerts(limit=10_000)
        assert {row["id"] for row in alerts} == wanted.alerts()
        summaries = await pipeline.archive.sessions(limit=10_000)
        assert {summary.id for summary in summaries} == wanted.summaries()
    finally:
        await pipeline.stop()
    return wanted


async def _points(pipeline: Pipeline, wanted: Unbroken) -> dict[Key, dict[str, float]]:
    """All that the store holds, also of sessions that should not be there."""
    times = [key[2] for key in wanted.points()]
    if not times:
        return {}
    found = {}
    for measurement in pipeline.measurements:
        points = await pipeline.series.read(
            measurement.name,
            tags={},
            start=min(times) - timedelta(days=300),
            end=max(times) + timedelta(days=300),
            limit=1_000_000,
        )
        for point in points:
            key = (point.measurement, point.tags["session"], point.time)
            found[key] = dict(point.fields)
    return found
