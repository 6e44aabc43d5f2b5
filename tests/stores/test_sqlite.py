"""The SQLite store keeps both contracts, and what is its own: files, threads, plans."""

import asyncio
import re
import sqlite3
import subprocess
import sys
import threading
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from roomtone.contracts import REMARK, WEATHER, a_summary, an_alert, weather
from roomtone.contracts_archive import a_conversation
from roomtone.errors import StoreError
from roomtone.stores import _archive, _points
from roomtone.stores.sqlite import SQLite
from roomtone.testing import START
from tests.stores.asking import talks_queries


def after(**time):
    return START + timedelta(**time)


async def read(store, step_s=0, place="here"):
    tags = {"place": place} if place else {}
    end = after(days=1)
    return await store.read("weather", tags=tags, start=START, end=end, step_s=step_s)


async def test_a_tick_is_written_whole_or_not_at_all(store, monkeypatch):
    """A write that fails half-way leaves nothing, and the next one is not led astray by it."""
    good = weather(0, {"here": (1, 2)})

    def fail(*_):
        raise sqlite3.OperationalError("disk I/O error")

    with monkeypatch.context() as patch:
        patch.setattr(_points, "roll_up", fail)
        with pytest.raises(StoreError, match="disk"):
            await store.write([good])

    assert await read(store) == []
    await store.write([good])
    assert [p.tags["place"] for p in await read(store)] == ["here"]


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(names=st.lists(st.text(min_size=1, max_size=40), min_size=1, max_size=20, unique=True))
def test_any_name_comes_back_as_it_went_in(tmp_path_factory, names):
    """Names are parameters, never SQL, so whatever a chat calls itself is kept to the letter."""
    rows = {name: (float(i), 0.0) for i, name in enumerate(names)}

    async def round_trip():
        store = SQLite(f"sqlite:///{tmp_path_factory.mktemp('names')}/roomtone.db")
        await store.open([WEATHER])
        await store.write([weather(0, rows)])
        await store.add_alerts([an_alert(0, name) for name in names])
        points = await read(store, place=None)
        alerts = [row for name in names for row in await store.alerts(session=name)]
        await store.close()
        return points, alerts

    points, alerts = asyncio.run(round_trip())
    assert {p.tags["place"]: p.fields["warm"] for p in points} == {
        n: w for n, (w, _) in rows.items()
    }
    assert [row["session"] for row in alerts] == names


async def test_lone_surrogates_are_refused_in_a_sentence(store):
    """Text that no encoding knows is refused by itself, and the store goes on."""
    with pytest.raises(StoreError, match="surrogates"):
        await store.write([weather(0, {"\ud800": (1, 2)})])

    await store.write([weather(0, {"here": (1, 2)})])
    assert len(await read(store, place=None)) == 1


WRITE_FOR_EVER = """
import asyncio, sys
from roomtone.contracts import WEATHER, weather
from roomtone.stores.sqlite import SQLite

async def run():
    store = SQLite(sys.argv[1])
    await store.open([WEATHER])
    for tick in range(100_000):
        await store.write([weather(5 * tick, {f"p{i}": (tick, i) for i in range(500)})])
        print(tick, flush=True)

asyncio.run(run())
"""


async def test_a_killed_process_leaves_whole_ticks(url):
    """After kill -9 every tick that was acknowledged is there, and none in part."""
    command = [sys.executable, "-c", WRITE_FOR_EVER, url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        told = [int(process.stdout.readline()) for _ in range(30)]
        process.kill()
        told += [int(line) for line in process.stdout if line.endswith("\n")]
    store = SQLite(url)
    await store.open([WEATHER])
    counts = await store._file.read(
        lambda c: c.execute("SELECT count(*) FROM points_weather GROUP BY time").fetchall()
    )
    await store.close()

    assert set(counts) == {(500,)}
    assert len(told) <= len(counts) <= len(told) + 1


async def test_nothing_is_written_on_the_event_loop(store):
    """Disk work has threads of its own: one to write, others to read."""
    here = threading.get_ident()
    writers = {await store._file.write(lambda c: threading.get_ident()) for _ in range(5)}
    readers = {await store._file.read(lambda c: threading.get_ident()) for _ in range(5)}

    assert len(writers) == 1
    assert not {here, *writers} & readers
    assert here not in writers


def queries(table):
    """Every kind of page and stretch that is ever asked for."""
    return [
        _archive.page_sql("alerts", "time", [], True),
        _archive.page_sql("alerts", "time", ["session = ?"], True),
        _archive.page_sql("alerts", "time", ["session = ?", "time >= ?", "time < ?"], False),
        _archive.page_sql("alerts", "time", ["time >= ?", "time < ?"], False),
        _archive.page_sql("sessions", "started", [], True),
        _archive.page_sql("sessions", "started", ["session = ?"], True),
        _points.select_sql(table, ["warm"], [1]),
        _points.select_sql(table, ["warm"], [1, 2, 3]),
        _points.select_sql(table, ["warm"], None),
        _points.select_sql(table, ["warm"], list(range(99))),
        "SELECT * FROM dead_letters WHERE source = ? AND id < ? ORDER BY id DESC LIMIT ?",
        *talks_queries("instr"),
    ]


async def test_every_query_uses_an_index(store):
    """No page and no stretch is found by looking at the whole table, and none is sorted."""
    await store.add_alerts([an_alert(0)])
    await store.add_sessions([a_summary(0)])
    connection = sqlite3.connect(store.path)
    for sql in queries("points_weather"):
        parameters = ["0"] * len(set(re.findall(r"\?\d+", sql)) or re.findall(r"\?", sql))
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", parameters)]
        tables = [step for step in plan if step.startswith(("SEARCH", "SCAN")) and step != "SCAN t"]
        assert tables, sql
        for step in tables:
            assert "INDEX" in step or "PRIMARY KEY" in step, (sql, plan)
        assert not any("TEMP B-TREE" in step for step in plan), (sql, plan)
    connection.close()


async def test_series_told_one_by_one_are_found_without_their_neighbours(store):
    """A person's points are read off an index, however many others spoke in between."""
    await store.open([REMARK])
    connection = sqlite3.connect(store.path)
    for table in ("points_remark", "points_remark_1m", "points_remark_1h"):
        sql = _points.select_sql(table, ["strength"], [1, 2], one_by_one=True)
        (step,) = [
            row[3]
            for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", ["0"] * 4)
            if row[3].startswith("SEARCH")
        ]
        assert f"USING INDEX ix_{table} (series=? AND time>? AND time<?)" in step
    connection.close()


async def test_a_search_is_no_work_for_long_patterns(store):
    """What is looked for may be as long as it likes, and be full of wildcards."""
    await store.add_conversations([a_conversation(0, "a" * 200)])
    for search in ("a" * 200, "A" * 100):
        assert (await store.conversations(search=search))[1] == 1
    for search in ("%" * 100_000, "a%", "_"):
        assert await store.conversations(search=search) == ([], 0)


async def test_another_process_reads_while_this_one_writes(store):
    """The file is in WAL mode, so a reader sees the last whole tick and holds nobody up."""
    await store.write([weather(0, {"here": (1, 2)})])
    reader = sqlite3.connect(store.path, isolation_level=None)
    reader.execute("BEGIN")
    count = "SELECT count(*) FROM points_weather"
    assert reader.execute(count).fetchone() == (1,)
    await store.write([weather(5, {"here": (1, 2)})])

    assert reader.execute(count).fetchone() == (1,)
    reader.execute("COMMIT")
    assert reader.execute(count).fetchone() == (2,)
    reader.close()


@pytest.mark.parametrize(
    "url", ["sqlite://", "sqlite:///:memory:", "postgresql://h/d", "sqlite:/x"]
)
def test_a_url_that_names_no_file_is_refused(url):
    """A store that would forget everything is not what anybody asks for by URL."""
    with pytest.raises(StoreError, match="write it like"):
        SQLite(url)


@pytest.mark.parametrize("name", ["Weather", "weather_1m", 'we"ather', "w" * 60])
async def test_a_measurement_that_cannot_name_a_table_is_refused(url, name):
    """Names become tables and columns, so only plain ones are taken."""
    odd = type(WEATHER)(name, "odd", WEATHER.tags, WEATHER.fields)

    with pytest.raises(StoreError):
        await SQLite(url).open([odd])
