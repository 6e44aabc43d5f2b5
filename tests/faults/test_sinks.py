"""Whichever sinks fail, each of the others has all that it is to have, as if none had failed."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest

from roomtone.errors import StoreError
from roomtone.events import Join, Leave, Message, Turn
from roomtone.runtime import lanes, plugins, pseudonyms
from roomtone.runtime.clock import utc
from roomtone.runtime.config import Settings, Stores
from roomtone.runtime.pipeline import Pipeline
from roomtone.stores.sqlite import SQLite
from tests.runtime.conftest import House, until

SINKS = ("series", "archive", "mirror")
SUBSETS = [set(some) for n in range(4) for some in itertools.combinations(SINKS, n)]


class Sink(SQLite):
    """SQLite in a file named after its use, which fails for good when it is told to."""

    failing: ClassVar[set[Path]] = set()

    def _check(self) -> None:
        if self.path in self.failing:
            raise StoreError(f"{self.path.stem} is away; wait")

    async def write(self, blocks: Any) -> None:
        self._check()
        await super().write(blocks)

    async def _keep(self, job: Any, *, durable: bool = False) -> Any:
        self._check()
        return await super()._keep(job, durable=durable)

    async def _keep_texts(self, job: Any) -> Any:
        self._check()
        return await super()._keep_texts(job)


@pytest.fixture(autouse=True)
def sinks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three stores, each to fail by itself; they are tried again soon."""
    for family in ("stores.series", "stores.archive"):
        monkeypatch.setitem(plugins.MEMBERS[family], "sqlite", "tests.faults.test_sinks:Sink")
    monkeypatch.setattr(Sink, "failing", set())
    monkeypatch.setattr(lanes, "RETRY_S", 0.05)
    monkeypatch.setattr(lanes, "LAST_RETRY_S", 0.1)


def said(n: int) -> Turn:
    """One turn of one of three persons."""
    return Turn(
        session=f"talk {n % 2}",
        user=f"person {n % 3}",
        bot="luna",
        message="I am so happy today!",
        reply="That is wonderful to hear.",
        id=f"turn {n}",
    )


async def live(folder: Path, failing: set[str]) -> dict[str, Any]:
    """A room that is left in a rush, and turns; then what each sink holds."""
    house = House(folder)
    urls = {name: f"sqlite:///{folder}/{name}.db" for name in SINKS}
    house.settings = Settings(data=folder, stores=Stores(**urls))
    pipeline = await house.open()
    await until(lambda: pipeline.keeper._key)
    files = {folder / f"{name}.db" for name in failing}
    Sink.failing |= files
    begun = house.clock.now_ms()
    await pipeline.submit([Join(session="s", user=f"u{i}") for i in range(40)])
    for n in range(8):
        chat = [Message(session="s", user=f"u{i % 5}", text="x") for i in range(8)]
        await pipeline.submit([said(n), *chat])
        await pipeline.reader.done(20)
        await house.tick()
    await pipeline.submit([Leave(session="s", user=f"u{i}") for i in range(16)])
    await house.tick(4)
    whole = failing - {"mirror"} == set()
    await until(lambda: whole <= pipeline.keeper.whole)
    for name in set(SINKS) - failing:
        await until(lambda name=name: not waits(pipeline, name))  # type: ignore[misc]
    key = await pipeline.keeper.key()
    held = {name: await points(pipeline, url, begun, key) for name, url in urls.items()}
    alerts = [(row["time"], row["type"]) for row in await pipeline.archive.alerts()]
    turns = [turn.id for n in (0, 1) for turn in await pipeline.archive.turns(f"talk {n}")]
    held["archive"] = (sorted(alerts), sorted(turns))
    Sink.failing -= files
    await pipeline.stop()
    return held


def waits(pipeline: Pipeline, name: str) -> bool:
    """Whether something waits for a sink."""
    if name == "mirror":
        return bool(pipeline.mirror.waiting)
    lane = next(lane for lane in pipeline.keeper._lanes if lane.name == name)
    return lane._waits()


async def points(
    pipeline: Pipeline, url: str, begun: int, key: bytes
) -> Mapping[str, list[tuple[Any, ...]]]:
    """All points of a store by measurement, with persons by name: each run has its own key."""
    store = SQLite(url)
    await store.open(pipeline.measurements)
    names = {pseudonyms.pseudonym(key, f"person {n}"): f"person {n}" for n in range(3)}
    found = {}
    for measurement in pipeline.measurements:
        rows = await store.read(
            measurement.name, tags={}, start=utc(begun), end=utc(begun + 3_600_000)
        )
        found[measurement.name] = sorted(
            (
                row.time,
                sorted((tag, names.get(value, value)) for tag, value in row.tags.items()),
                sorted(row.fields.items()),
                sorted(row.texts.items()),
            )
            for row in rows
        )
    await store.close()
    return found


async def test_for_every_subset_of_failing_sinks_only_its_own_points_are_missing(
    tmp_path: Path,
) -> None:
    """Series, archive and mirror: who works has everything, who fails has nothing of it."""
    none = await live(tmp_path / "none", set())
    alerts, turns = none["archive"]
    assert none["series"] == none["mirror"]
    assert none["series"]["engagement"] and none["series"]["user_emotion"]
    assert alerts and len(turns) == 8

    for failing in SUBSETS[1:]:
        held = await live(tmp_path / "-".join(sorted(failing)), failing)
        for name in SINKS:
            if name not in failing:
                assert held[name] == none[name], f"{name}, while {failing} failed"
        for name in failing - {"archive"}:
            assert not any(held[name].values()), f"{name} was to fail"
        if "archive" in failing:
            assert held["archive"] == ([], [])
