"""History is copied whole, as often as one likes, through whatever breaks off on the way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from roomtone.contracts import REMARK, START, WEATHER, remark, weather
from roomtone.errors import StoreAway, StoreRefused
from roomtone.points import Block, Measurement, Point
from roomtone.ports import SeriesStore
from roomtone.runtime import backfill as module
from roomtone.runtime.backfill import backfill, pages
from roomtone.stores.influxdb import InfluxDB
from roomtone.stores.sqlite import SQLite
from roomtone.testing import ListSeriesStore

END = START + timedelta(days=2)
BOTH = [WEATHER, REMARK]


async def filled(folder: Path) -> SQLite:
    """Rooms on the clock and turns at times of their own, some of them in one moment."""
    store = SQLite(f"sqlite:///{folder}/first.db")
    await store.open(BOTH)
    rows = {f"p{i}": (float(i), 0.5) for i in range(7)}
    await store.write([weather(5 * n, rows) for n in range(40)])
    chance = np.random.default_rng(5)
    at, strong = chance.integers(0, 4_000, 300) / 4, chance.random(300)
    said = [
        remark(float(at[n]), strong[n], f"p{n % 5}", label=f"no. {n}, \\", source="model")
        for n in range(300)
    ]
    await store.write([REMARK.gather(said)])
    return store


async def all_of(store: SeriesStore, measurement: Measurement) -> list[object]:
    rows = await store.read(measurement.name, tags={}, start=START, end=END)
    return sorted(
        (row.time, sorted(row.tags.items()), sorted(row.fields.items()), sorted(row.texts.items()))
        for row in rows
    )


async def same(one: SeriesStore, other: SeriesStore) -> bool:
    return [await all_of(one, m) for m in BOTH] == [await all_of(other, m) for m in BOTH]


class Brittle(ListSeriesStore):
    """Fails at the calls that it is told of, counted from 1."""

    def __init__(self, failures: dict[int, Exception]) -> None:
        super().__init__()
        self.failures, self.calls = failures, 0

    async def write(self, blocks: Sequence[Block]) -> None:
        self.calls += 1
        if self.calls in self.failures:
            raise self.failures[self.calls]
        await super().write(blocks)


@pytest.mark.servers
async def test_an_influxdb_gets_what_the_first_store_has(tmp_path: Path, influx_url: str) -> None:
    """To the last bit and letter; a second time it is the same."""
    source, target = await filled(tmp_path), InfluxDB(influx_url)
    await target.open(BOTH)
    told: list[tuple[str, datetime, int]] = []
    for _ in range(2):
        done = await backfill(
            source, target, BOTH, START, END, lambda *its: told.append(its), size=100
        )
        assert await same(source, target)

    assert done.points == {"weather": 280, "remark": len(await all_of(source, REMARK))}
    assert (done.refused, done.folded) == (0, 0)
    assert [points for name, _, points in told if name == "weather"][:3] == sorted(
        points for name, _, points in told[:3]
    )
    await source.close()
    await target.close()


@pytest.mark.parametrize("size", [1, 2, 6, 7, 8, 50, 10_000])
async def test_pages_hold_every_point_once(tmp_path: Path, size: int) -> None:
    """Whatever their size, also where more points are of one moment than fit."""
    store = await filled(tmp_path)
    seen: list[Point] = []
    async for page in pages(store, "weather", START, END, size):
        seen += page
    await store.close()

    assert len(seen) == 280
    assert len({(p.time, p.tags["place"]) for p in seen}) == 280
    assert [p.time for p in seen] == sorted(p.time for p in seen)


async def test_what_was_broken_off_is_made_whole_by_running_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A target that stays away ends it; what was written stays, and nothing is there twice."""
    monkeypatch.setattr(module, "WAITS_S", (0.0, 0.0))
    source = await filled(tmp_path)
    away = StoreAway("it is away; wait")
    target = Brittle({3: away, 5: away, 6: away, 7: away})
    await target.open(BOTH)
    with pytest.raises(StoreAway):  # the third call is made again, the fifth stays away
        await backfill(source, target, BOTH, START, END, size=50)
    assert target.calls == 7
    assert 0 < len(target.rows) < 280
    await backfill(source, target, BOTH, START, END, size=50)

    assert await same(source, target)
    await source.close()


async def test_what_is_refused_for_good_is_counted_and_passed(tmp_path: Path) -> None:
    """One page that a target does not take keeps no other from it."""
    source = await filled(tmp_path)
    target = Brittle({2: StoreRefused("another type; use another bucket")})
    await target.open(BOTH)
    done = await backfill(source, target, BOTH, START, END, size=50)
    await source.close()

    assert 0 < done.refused <= 50
    assert "another type" in done.why
    assert done.points["weather"] == 280 - done.refused


async def test_only_what_was_asked_for_is_copied(tmp_path: Path) -> None:
    """A range and a measurement."""
    source, target = await filled(tmp_path), ListSeriesStore()
    await target.open(BOTH)
    start, end = START + timedelta(seconds=50), START + timedelta(seconds=100)
    done = await backfill(source, target, [WEATHER], start, end)
    await source.close()

    assert done.points == {"weather": 70}
    assert {start <= time < end for _, time, _ in target.rows} == {True}
