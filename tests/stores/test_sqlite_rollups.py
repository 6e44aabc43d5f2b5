"""Minutes and hours say what their points say, and outlive them; nothing goes too early."""

import asyncio
import math
import sqlite3
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from roomtone.contracts import WEATHER, weather
from roomtone.errors import StoreError
from roomtone.stores import _points, _rollup
from roomtone.stores.sqlite import SQLite
from roomtone.testing import START


def after(**time):
    return START + timedelta(**time)


async def read(store, step_s=0, place="here"):
    tags = {"place": place} if place else {}
    end = after(days=1)
    return await store.read("weather", tags=tags, start=START, end=end, step_s=step_s)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    writes=st.lists(
        st.lists(
            st.tuples(
                st.integers(0, 4 * 720).map(lambda tick: tick * 5),
                st.sampled_from(["a", "b"]),
                st.floats(-10, 10) | st.just(math.nan),
            ),
            max_size=6,
        ),
        max_size=12,
    ),
    step_s=st.sampled_from([15, 60, 300, 3600, 7200]),
    small=st.sampled_from([1, 64]),
)
def test_rollups_say_what_the_points_say(tmp_path_factory, writes, step_s, small):
    """In whatever order points are written and rewritten, added up or read back, steps agree."""

    async def compare():
        store = SQLite(f"sqlite:///{tmp_path_factory.mktemp('rolls')}/roomtone.db")
        await store.open([WEATHER])
        for write in writes:
            await store.write([weather(second, {place: (x, 1)}) for second, place, x in write])
        points = await read(store, place=None)
        steps = await read(store, step_s, place=None)
        await store.close()
        return points, steps

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_points, "SMALL", small)
        points, steps = asyncio.run(compare())
    held = {}
    for point in points:
        seconds = int(point.time.timestamp()) // step_s * step_s
        values = held.setdefault((seconds, point.tags["place"]), [])
        values += [point.fields["warm"]] if "warm" in point.fields else []
    assert {(int(p.time.timestamp()), p.tags["place"]) for p in steps} == held.keys()
    for step in steps:
        values = held[int(step.time.timestamp()), step.tags["place"]]
        if not values:
            assert not {"warm", "warm_min", "warm_max"} & step.fields.keys()
            continue
        assert step.fields["warm"] == pytest.approx(np.mean(values), abs=1e-9)
        assert step.fields["warm_min"] == min(values)
        assert step.fields["warm_max"] == max(values)


def crowd(second, people=range(100)):
    """A block large enough to be added up while it is written."""
    wet = math.nan if second % 10 else second
    return weather(second, {f"p{i}": (second * i, wet) for i in people})


async def odd_rows(store):
    """Series and minutes whose rollup is not what SQL makes of the points."""
    made = (
        "SELECT (time / 60000) * 60000, series, avg(warm), min(warm), max(warm), count(warm), "
        "avg(wet), min(wet), max(wet), count(wet) FROM points_weather GROUP BY 1, 2"
    )
    names = "warm, warm_min, warm_max, warm_n, wet, wet_min, wet_max, wet_n"
    kept = f"SELECT time, series, {names} FROM points_weather_1m"
    both = "SELECT count(*) FROM ({} EXCEPT {})"
    return await store._file.read(
        lambda c: [
            c.execute(both.format(*pair)).fetchone()[0] for pair in ((made, kept), (kept, made))
        ]
    )


async def test_a_minute_added_up_in_passing_is_what_reading_it_back_gives(store):
    """Sessions that come, go and change places in a minute, and unknown numbers, all count."""
    for second in range(0, 60, 5):
        people = np.random.default_rng(second).permutation(160)[: 64 + second]
        await store.write([crowd(second, people)])
    await store.write([crowd(60)])
    await store.write([weather(120, {"p0": (1, 1)})])
    await store.write([weather(180, {"p0": (1, 1)})])

    open_minute = 1
    assert await odd_rows(store) == [open_minute, 0]


async def test_a_row_that_a_small_write_renews_counts_as_it_is_now(store):
    """A minute that was added up is read back where somebody wrote to it by the way."""
    for second in range(0, 60, 5):
        await store.write([crowd(second)])
    await store.write([weather(30, {"p1": (-99, 7)})])
    await store.write([crowd(60)])

    assert await odd_rows(store) == [100, 0]
    (minute,) = await store.read(
        "weather", tags={"place": "p1"}, start=START, end=after(seconds=60), step_s=60
    )
    assert minute.fields["warm_min"] == -99


async def test_rows_with_times_of_their_own_spoil_no_minute_that_was_added_up(store):
    """What comes one by one into a minute of many is in its rollup, also where it renews."""
    await store.write([crowd(0)])
    block = weather(0, {"p1": (-99, 7), "p2": (-98, 7)})
    times = np.array([START.timestamp() * 1000, START.timestamp() * 1000 + 7], np.int64)
    await store.write([replace(block, times=times)])
    await store.write([crowd(60)])

    assert await odd_rows(store) == [100, 0]


@pytest.mark.parametrize("again", [5, 10, 55])
async def test_a_minute_begun_by_another_process_is_whole(url, store, again):
    """What was written before a crash, and once more after it, counts once."""
    for second in range(0, 30, 5):
        await store.write([crowd(second)])
    await store.close()
    await store.open([WEATHER])
    for second in range(again, 60, 5):
        await store.write([crowd(second)])
    await store.write([weather(60, {"p0": (1, 1)})])

    assert await odd_rows(store) == [1, 0]


async def test_as_many_rows_are_not_yet_the_same_rows(store):
    """A tick written twice does not make up for the one that another process wrote."""
    await store.write([crowd(0)])
    await store.close()
    await store.open([WEATHER])
    for second in (5, 5, 60):
        await store.write([crowd(second)])

    assert await odd_rows(store) == [100, 0]


async def test_a_crash_does_not_lose_what_is_due_to_be_rolled_up(url, store):
    """What waits for its rollup is kept beside the points, so a new process makes it good."""
    await store.write([weather(0, {"here": (1, 2)})])
    await store.close()
    other = SQLite(url)
    await other.open([WEATHER])
    await other.write([weather(120, {"there": (5, 5)})])
    await other.close()

    rows = (
        sqlite3.connect(other.path).execute("SELECT time, warm FROM points_weather_1m").fetchall()
    )
    assert rows == [(int(START.timestamp() * 1000), 1.0)]
    await store.open([WEATHER])


async def test_retention_deletes_in_slices(url, monkeypatch):
    """No transaction of the sweep is long, however much there is to go."""
    monkeypatch.setattr(_rollup, "SLICE_ROWS", 10)
    store = SQLite(url, keep_s={0: 3600, 60: None, 3600: None})
    await store.open([WEATHER])
    rows = {f"p{i}": (i, i) for i in range(7)}
    await store.write([weather(5 * i, rows) for i in range(30)])
    await store.retain(after(minutes=5))
    tables = store._writer("weather").tables
    first = await store._file.write(lambda c: _rollup.delete_some(c, tables, 10**14, {0: 3600}))

    assert 0 < first <= 14
    assert first + await store.retain(after(days=30)) == 210
    await store.close()


def test_points_do_not_outlive_their_rollups():
    """Keeping that makes no sense is refused before anything is deleted."""
    with pytest.raises(StoreError, match="keep each as long"):
        SQLite("sqlite:///x.db", keep_s={0: None, 60: 3600})


async def test_an_hour_is_computed_some_series_at_a_time(tmp_path, monkeypatch):
    """However many go into one piece, the rows are the same, and none is missing."""
    found = []
    for size in (1, 3, 1_000):
        monkeypatch.setattr(_rollup, "HOUR_SERIES", size)
        store = SQLite(f"sqlite:///{tmp_path / str(size)}.db")
        await store.open([WEATHER])
        for minute in range(0, 62, 3):
            places = {f"place {n}": (minute * n / 7, 1) for n in range(10) if (n + minute) % 4}
            await store.write([weather(minute * 60, places)])
        await store.write([weather(2 * 3600, {"place 1": (1, 1)})])
        found.append(await read(store, 3600, place=None))
        await store.close()
    assert len(found[0]) > 10
    assert found[0] == found[1] == found[2]
