"""How PostgreSQL is written to: one COPY, rewrites, series met at once, minutes added up."""

import asyncio

import asyncpg
import numpy as np
import pytest

from roomtone.contracts import REMARK, WEATHER, a_summary, an_alert, remark, weather
from roomtone.errors import StoreError
from roomtone.stores import _pg_copy, _pg_points, _pg_rollup
from roomtone.stores._minute import Minute
from roomtone.stores._pg_copy import encode, group_of
from roomtone.stores.postgres import PostgreSQL
from roomtone.testing import START
from tests.stores.asking import ask, read

servers = pytest.mark.servers


def test_a_copy_stream_is_what_the_driver_would_send():
    """Known numbers are eight bytes behind their length, unknown ones a length of -1."""
    times = np.array([946_684_800_000, 946_684_800_001])
    columns = [np.array([1.5, np.nan]), np.array([np.nan, -0.0])]
    stream = b"".join(encode(times, np.array([7, 8]), columns))

    number = "00000008" + "3ff8000000000000", "00000008" + "8000000000000000"
    rows = (
        "0004" + "00000008" + "0" * 16 + "00000004" + "00000007" + number[0] + "ffffffff",
        "0004" + "00000008" + f"{1000:016x}" + "00000004" + "00000008" + "ffffffff" + number[1],
    )
    assert stream == b"PGCOPY\n\xff\r\n\0" + bytes(8) + bytes.fromhex("".join(rows) + "ffff")


def test_texts_go_behind_the_numbers_as_utf_8():
    """Each behind its length in bytes, an unknown one as a length of -1, and a NUL as lost."""
    texts = [np.array(["é", None], object), np.array([None, "a\0"], object)]
    stream = b"".join(encode(np.zeros(2, int), np.array([7, 8]), [np.array([np.nan, 1])], texts))
    _, numbers = encode(np.zeros(1, int), np.array([7]), [np.array([np.nan])])[:2]
    rows = stream.removeprefix(b"PGCOPY\n\xff\r\n\0" + bytes(8)).removesuffix(b"\xff\xff")

    first = bytes([0, 5]) + numbers[2:] + bytes([0, 0, 0, 2]) + "é".encode() + b"\xff" * 4
    assert rows.startswith(first)
    assert rows.endswith(b"\xff" * 4 + bytes([0, 0, 0, 4]) + b"a" + "\ufffd".encode())


def test_of_two_rows_of_one_key_the_later_is_copied_whole():
    """Numbers and texts of a row stay together when rows are put into the order of the key."""
    times, series = np.array([5, 0, 5]), np.array([1, 1, 1])
    columns, texts = [np.array([1.0, 2.0, 3.0])], [np.array(["a", "b", "c"], object)]
    group = group_of(("n", "t"), times, series, columns, texts)
    kept = [np.array([2.0, 3.0])], [np.array(["b", "c"], object)]

    assert group.pieces == encode(np.array([0, 5]), np.array([1, 1]), *kept)


@servers
async def test_scattered_minutes_are_rolled_up_together(server_url, server_store):
    """Late rows of many minutes take few statements, and leave due the last one and its hour."""
    await server_store.open([REMARK])
    seconds = np.random.default_rng(3).permutation(200) * 130.0
    rows = [remark(at, at / 26_000, source="late") for at in seconds]
    asked = []
    with pytest.MonkeyPatch.context() as patch:
        real = _pg_rollup.roll_sql
        patch.setattr(
            _pg_rollup,
            "roll_sql",
            lambda *given, **more: asked.append(given) or real(*given, **more),
        )
        await server_store.write([REMARK.gather(rows)])

    assert len(asked) <= 6
    due = "SELECT step_s FROM rollups_due WHERE measurement = 'remark' ORDER BY step_s"
    assert await ask(server_url, due) == [(60,), (3600,)]
    assert await ask(server_url, "SELECT count(*) FROM points_remark_1m") == [(199,)]


@servers
async def test_a_tick_is_one_copy_per_measurement(server_url, server_store):
    """However many rows and blocks: one COPY into the table, and no INSERT for points."""
    await server_store.write([weather(0, {"here": (0, 0), "there": (0, 0)})])
    said = []
    pool = await server_store._pool._pool
    async with pool.acquire() as connection:
        connection.add_query_logger(lambda record: said.append(record.query))
        copies = []
        real = asyncpg.Connection.copy_to_table

        async def counted(self, table, **more):
            copies.append(table)
            return await real(self, table, **more)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(asyncpg.Connection, "copy_to_table", counted)
            await server_store.write(
                [weather(5 * i, {"here": (i, i), "there": (i, i)}) for i in range(1, 5)]
            )
            await server_store.open([REMARK])
            some = [remark(i * 100, 0.5, label=str(i)) for i in range(5)]
            await server_store.write([REMARK.gather(some[:3]), REMARK.gather(some[3:])])

    assert copies == ["points_weather", "points_remark"]
    assert len(await read(server_store, None)) == 10


@servers
async def test_a_tick_is_written_whole_or_not_at_all(server_store, monkeypatch):
    """A write that fails half-way leaves nothing, and the next one is not led astray by it."""
    good, late = weather(0, {"here": (1, 2)}), weather(5, {"here": (3, 4)})

    async def fail(*_):
        raise OSError("the network is gone")

    only = type(good)(good.measurement, good.time, good.tags, {"warm": good.fields["warm"]})
    with monkeypatch.context() as patch:
        patch.setattr(_pg_copy, "_merge_in", fail)  # the first COPY stands, the second conflicts
        with pytest.raises(StoreError, match="network"):
            await server_store.write([good, late, only])

    assert await read(server_store) == []
    await server_store.write([good])
    assert [p.tags["place"] for p in await read(server_store)] == ["here"]


@servers
async def test_rewriting_the_same_leaves_no_dead_rows(postgres_url):
    """A tick that is derived again after a crash costs a comparison, not a table full of waste."""
    store = PostgreSQL(postgres_url)
    await store.open([WEATHER])
    block = weather(0, {f"p{i}": (i, i) for i in range(300)})
    await store.write([block])
    where = await ask(postgres_url, "SELECT ctid::text FROM points_weather ORDER BY series")
    await store.write([block, weather(5, {"here": (1, 1)})])
    same = "SELECT ctid::text FROM points_weather WHERE time = $1 ORDER BY series"

    assert await ask(postgres_url, same, START) == where
    await store.close()


@servers
async def test_times_are_instants_for_whoever_looks(server_url, server_store):
    """psql and Grafana read real times, to the millisecond."""
    await server_store.write([weather(0.25, {"here": (1, 2)})])
    await server_store.add_alerts([an_alert(0)])
    await server_store.add_sessions([a_summary(0)])
    (at,) = (await ask(server_url, "SELECT time FROM points_weather"))[0]
    rows = await ask(
        server_url,
        "SELECT (SELECT time FROM alerts), (SELECT started FROM sessions), "
        "(SELECT min(start) FROM hours_kept), (SELECT evidence->>'deficit' FROM alerts)",
    )

    assert at == START.replace(microsecond=250_000)
    assert rows == [(START, START, START, "5.25")]


@servers
async def test_known_series_have_a_bound(server_store, monkeypatch):
    """The dictionary of ids is begun anew when it is full, and the ids stay the same."""
    monkeypatch.setattr(_pg_points, "KNOWN_SERIES", 10)
    for tick in range(4):
        await server_store.write([weather(5 * tick, {f"p{i}": (i, tick) for i in range(20)})])

    assert len(server_store._writers["weather"]._known) == 20
    await server_store.write([weather(100, {"p0": (1, 1)})])
    assert len(server_store._writers["weather"]._known) == 1
    assert len(await read(server_store, "p0")) == 5


@servers
async def test_two_writers_of_the_same_series_agree(server_url):
    """Two processes that meet new sessions at once give each one id, and lose nothing."""
    stores = [PostgreSQL(server_url), PostgreSQL(server_url + "?pool=2")]
    for store in stores:
        await store.open([WEATHER])
    names = [f"p{i}" for i in range(200)]
    for tick in range(0, 120, 10):
        order = names if tick % 20 else names[::-1]
        await asyncio.gather(
            stores[0].write([weather(tick, {n: (tick, 1) for n in names})]),
            stores[1].write([weather(tick + 5, {n: (tick, 2) for n in order})]),
        )
    await stores[0].write([weather(300, {"p0": (0, 0)})])

    assert await ask(server_url, "SELECT count(*) FROM series") == [(200,)]
    minutes = await read(stores[1], "p7", 60)
    assert [p.fields["wet"] for p in minutes] == [1.5, 1.5]
    assert await ask(server_url, "SELECT count(*) FROM rollups_due WHERE step_s = 60") == [(1,)]
    for store in stores:
        await store.close()


def crowd(second, people=range(100)):
    """A block large enough to be added up while it is written."""
    wet = np.nan if second % 10 else second
    return weather(second, {f"p{i}": (second * i, wet) for i in people})


async def odd_rows(url):
    """How many series' first two minutes are not what SQL makes of their points."""
    made = (
        "SELECT date_bin('1 min', time, 'epoch'), series, avg(warm), min(warm), max(warm), "
        "count(warm), avg(wet), min(wet), max(wet), count(wet) FROM points_weather "
        "WHERE time < $1 GROUP BY 1, 2"
    )
    names = "warm, warm_min, warm_max, warm_n, wet, wet_min, wet_max, wet_n"
    kept = f"SELECT time, series, {names} FROM points_weather_1m WHERE time < $1"
    both = "SELECT count(*) FROM ({} EXCEPT {}) AS odd"
    until = START.replace(minute=2)
    return [
        (await ask(url, both.format(*pair), until))[0][0] for pair in ((made, kept), (kept, made))
    ]


@servers
async def test_a_minute_added_up_in_passing_is_what_reading_it_back_gives(server_url, server_store):
    """Sessions that come, go and change places, unknown numbers and rewritten ticks all count."""
    for second in range(0, 60, 5):
        people = np.random.default_rng(second).permutation(160)[: 64 + second]
        await server_store.write([crowd(second, people)])
    await server_store.write([crowd(60)])
    await server_store.write([crowd(65), crowd(65, range(50, 150))])
    await server_store.write([crowd(120)])

    assert await odd_rows(server_url) == [0, 0]


@servers
async def test_a_minute_that_another_process_wrote_to_is_read_back(server_url, server_store):
    """What was written before a crash, or by somebody else, is in the minute's rollup."""
    other = PostgreSQL(server_url + "?pool=3")
    await other.open([WEATHER])
    for second in range(0, 60, 5):
        await (other if second < 30 else server_store).write([crowd(second)])
    await server_store.write([crowd(60)])
    await other.close()
    await server_store.write([crowd(120)])

    assert await odd_rows(server_url) == [0, 0]


def test_slices_of_one_tick_are_added_up():
    """A tick of many rooms comes in parts; only what is said anew makes a minute uncountable."""
    minute = Minute(["warm"])
    for at, ids in ((0, [1, 2]), (0, [3]), (5_000, [3, 1]), (5_000, [2])):
        minute.add(at, ids, {"warm": np.array(ids, float)})
    ids, (mean, _, _, n) = minute.table()

    assert minute.rows == 6
    assert (ids, mean.tolist(), n.tolist()) == ([1, 2, 3], [1, 2, 3], [2, 2, 2])
    minute.add(5_000, [1], {"warm": np.array([9.0])})
    assert minute.rows == -1
