"""InfluxDB as a series store, on a real 1.6 over both of its writing APIs, and VictoriaMetrics."""

import asyncio
import itertools
import json
import math
import urllib.parse
import urllib.request
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from roomtone.contracts import HARD_TEXTS, HOSTILE, REMARK, WEATHER, remark, weather
from roomtone.errors import StoreError
from roomtone.points import Measurement, Point
from roomtone.stores._influx_address import parse
from roomtone.stores._influx_budget import Budget
from roomtone.stores._influx_lines import coded_tag, decoded_tag
from roomtone.stores.influxdb import InfluxDB
from roomtone.stores.sqlite import SQLite
from roomtone.testing import START, check_series_store
from tests.influx_shim import shim_before
from tests.servers import influxql, victoria_server
from tests.stores.test_same_answers import blocks, compare

pytestmark = pytest.mark.servers

count = itertools.count(1)
FELT = Measurement("felt", "what persons felt", ("bot", "emotion", "user_id"), REMARK.fields)


@pytest.fixture(params=["write", "api/v2/write"])
def either_url(request, influx_url, influx_process):
    """The same bucket over 1.x's own API, and over the one that the official client is made for."""
    if request.param == "write":
        yield influx_url
        return
    with shim_before(influx_process.port) as shim:
        yield shim.url + urllib.parse.urlsplit(influx_url).path
        assert all("precision=ms" in path for path, _, _ in shim.asked)


async def test_it_keeps_the_contract_of_a_series_store(either_url):
    """What holds for every series store holds for this one."""
    await check_series_store(InfluxDB(either_url))


async def test_random_blocks_read_as_from_sqlite(influx_url, tmp_path):
    """Written in the same random calls, read at every kind of step: the same answers."""
    chance = np.random.default_rng(3)
    one, other = SQLite(f"sqlite:///{tmp_path}/a.db"), InfluxDB(influx_url)
    for store in (one, other):
        await store.open([WEATHER])
    told = set()
    for _ in range(3):
        for _ in range(20):
            some = [b for b in blocks(chance) if b.time not in told and len(b.fields) == 2]
            told |= {b.time for b in some}  # what was written cannot be made absent again
            for store in (one, other):
                await store.write(some)
        await compare(one, other, chance)
    for store in (one, other):
        await store.close()


texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
hard = st.lists(
    st.sampled_from(
        [" ", ",", "=", '"', "'", "\\", "\n", "\r", "\t", "%0A", "%25", "é", "🧵", "x"]
    ),
    max_size=8,
).map("".join)


@given(st.lists(st.tuples(hard | texts, hard | texts), min_size=1, max_size=20))
@example([(name, text) for name, text in zip(HOSTILE, HARD_TEXTS, strict=False)])
@example([("", ""), ("\\", "\\"), ("a\\", 'a\\"'), (" ", "\n"), ("_others", "=,"), ("%5C", "\0")])
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_tags_and_texts_come_back_to_the_letter(influx_process, influx_url, pairs):
    """Spaces, commas, equals, quotes, backslashes, newlines, emoji, nothing: stored and found."""

    async def there_and_back():
        store = InfluxDB(bucket)
        await store.open([REMARK])
        rows = [remark(i, i / 4, name, label=text) for i, (name, text) in enumerate(pairs)]
        await store.write([REMARK.gather(rows)])
        for row, (name, text) in zip(rows, pairs, strict=True):
            asked = {"tags": {"person": name}, "start": row.time}
            end = row.time + timedelta(milliseconds=1)
            (point,) = await store.read("remark", end=end, **asked)
            assert point.tags == {"bot": "luna", "person": name, "emotion": "joy"}
            assert (point.fields, point.texts) == (row.fields, {"label": text.replace("\0", "�")})
        await store.close()

    # A new bucket: one that is emptied goes on dropping for a while, also what is new.
    bucket = f"{influx_url}_{next(count)}"
    influxql(influx_process, f"CREATE DATABASE {bucket.rpartition('/')[2]}")
    asyncio.run(there_and_back())


@given(texts | hard)
def test_a_coded_tag_is_told_back_and_fits_a_line(value):
    """The code of a tag is reversible and has nothing that a line cannot hold."""
    code = coded_tag(value)

    assert decoded_tag(code) == value
    assert not set("\\\n\r\t\0") & set(code)


async def test_numbers_are_floats_and_texts_are_strings(influx_url, influx_process):
    """A whole number is a float from its first write on, and no later one is refused for it."""
    store = InfluxDB(influx_url)
    await store.open([FELT])
    person = {"bot": "luna", "emotion": "joy", "user_id": "u_1"}
    numbers = [5.0, 0.1 + 0.2, 1e300, -0.0, 5e-324, 123456789012345680.0]
    at = [START + timedelta(milliseconds=i) for i in range(len(numbers))]
    rows = [
        Point("felt", time, person, {"strength": number}, {"label": "5"})
        for time, number in zip(at, numbers, strict=True)
    ]
    await store.write([FELT.gather(rows)])
    found = await store.read("felt", tags={}, start=START, end=START + timedelta(seconds=1))
    await store.close()

    assert [p.fields["strength"] for p in found] == numbers
    assert [p.time for p in found] == at
    bucket = influx_url.rpartition("/")[2]
    (series,) = influxql(influx_process, 'SHOW FIELD KEYS FROM "felt"', bucket)
    assert series["values"] == [["label", "string"], ["strength", "float"]]


async def test_what_is_not_finite_is_absent(influx_url):
    """Neither NaN nor infinity has a place in a line; the rest of the row has."""
    store = InfluxDB(influx_url)
    await store.open([WEATHER])
    await store.write([weather(0, {"here": (math.inf, 1.0), "there": (math.nan, -math.inf)})])
    found = await store.read("weather", tags={}, start=START, end=START + timedelta(seconds=1))
    await store.close()

    assert {p.tags["place"]: p.fields for p in found} == {"here": {"wet": 1.0}, "there": {}}


async def test_a_bad_block_spoils_the_call_and_nothing_else(influx_url):
    """A name that cannot be kept is refused by itself, in a sentence, and the store goes on."""
    store = InfluxDB(influx_url)
    await store.open([WEATHER])
    good = weather(0, {"here": (1, 2)})
    with pytest.raises(StoreError, match=r"surrogate.*; replace"):
        await store.write([good, weather(0, {"\ud800": (1, 2)})])

    await store.write([good])
    end = START + timedelta(seconds=1)
    assert len(await store.read("weather", tags={}, start=START, end=end)) == 1
    await store.close()
    with pytest.raises(StoreError, match="not open"):
        await store.write([good])


async def test_large_calls_are_sent_in_batches(influx_process, influx_url):
    """Five thousand lines in a request at most; all of them arrive, packed."""
    with shim_before(influx_process.port) as shim:
        store = InfluxDB(f"{shim.url}{urllib.parse.urlsplit(influx_url).path}?batch=100&gzip=true")
        await store.open([WEATHER])
        rows = {f"p{i}": (float(i), 0.0) for i in range(250)}
        await store.write([weather(0, rows), weather(5, rows)])
        end = START + timedelta(minutes=1)
        found = await store.read("weather", tags={}, start=START, end=end)
        await store.close()

    assert len(found) == 500
    assert len(shim.asked) == 5
    assert {headers["Content-Encoding"] for _, headers, _ in shim.asked} == {"gzip"}


# -- persons without end ---------------------------------------------------------------------------


def felt(person, strength, second=0.0, session="s"):
    tags = {"bot": "luna", "emotion": "joy", "user_id": person}
    at = START + timedelta(seconds=second)
    return Point("felt", at, tags, {"strength": strength}, {"label": session})


async def all_felt(store, step_s=0):
    end = START + timedelta(hours=1)
    return await store.read("felt", tags={}, start=START, end=end, step_s=step_s)


async def test_persons_beyond_the_budget_share_a_series(influx_url, influx_process):
    """The first have their own, for good; later ones are told together, and none of it is lost."""
    rows = [felt(f"u_{i}", i / 100) for i in range(100)]  # all in one millisecond
    for _ in range(2):  # the second time after a restart, in another order
        store = InfluxDB(f"{influx_url}?series=10")
        await store.open([FELT])
        await store.write([FELT.gather(rows)])
        assert store.folded == {"felt": 90}
        rows = rows[::-1]
        found = await all_felt(store)
        steps = {p.tags["user_id"]: p.fields["strength"] for p in await all_felt(store, 60)}
        await store.close()

    own = {p.tags["user_id"]: p.fields["strength"] for p in found if p.tags["user_id"] != "_others"}
    others = sorted(p.fields["strength"] for p in found if p.tags["user_id"] == "_others")
    assert own == {f"u_{i}": i / 100 for i in range(10)}
    assert others == [i / 100 for i in range(10, 100)]
    assert {p.time for p in found} == {START}
    assert steps["_others"] == pytest.approx(sum(others) / 90)
    bucket = influx_url.rpartition("/")[2]
    (series,) = influxql(influx_process, 'SHOW SERIES FROM "felt"', bucket)
    assert len(series["values"]) == 11


async def test_who_has_a_series_is_known_after_a_restart(influx_url, influx_process):
    """Thousands of persons, then a new process: those of before keep their series."""
    store = InfluxDB(f"{influx_url}?series=15000")
    await store.open([FELT])
    await store.write([FELT.gather([felt(f"u_{i}", 0.5, i / 1000) for i in range(20_000)])])
    await store.close()
    assert store.folded == {"felt": 5_000}
    again = InfluxDB(f"{influx_url}?series=15000")
    await again.open([FELT])
    await again.write([FELT.gather([felt("u_7", 0.75, 500), felt("u_19999", 0.25, 500)])])
    assert again.folded == {"felt": 1}
    await again.close()

    bucket = influx_url.rpartition("/")[2]
    (series,) = influxql(influx_process, 'SELECT COUNT("strength") FROM "felt"', bucket)
    assert series["values"][0][1] == 20_002
    (series,) = influxql(influx_process, 'SHOW SERIES EXACT CARDINALITY FROM "felt"', bucket)
    assert series["values"] == [[15_001]]


def test_a_hundred_thousand_persons_make_fifty_thousand_series():
    """The default budget: so many series, and one for all who come later."""
    budget = Budget(FELT, parse("influxdb://h").series)
    keys = {budget.place(["luna", "joy", f"u_{i}"], 0)[0] for i in range(100_000)}

    assert (len(keys), budget.used) == (50_001, 50_000)
    assert "felt,bot=luna,emotion=joy,user_id=_others" in keys


async def test_rooms_are_not_folded(influx_url):
    """The budget is for persons: a measurement that knows none is written as it is."""
    store = InfluxDB(f"{influx_url}?series=1")
    await store.open([WEATHER])
    await store.write([weather(0, {"here": (1, 2), "there": (3, 4)})])
    found = await store.read("weather", tags={}, start=START, end=START + timedelta(seconds=1))
    await store.close()

    assert {p.tags["place"] for p in found} == {"here", "there"}
    assert store.folded == {}


# -- the client, unmodified, on VictoriaMetrics ----------------------------------------------------


async def test_victoria_metrics_takes_what_the_official_client_writes(tmp_path):
    """Over /api/v2/write, packed, in ms; exported: tags exact, numbers to its twelve digits."""
    server = victoria_server(tmp_path)
    server.start()
    try:
        store = InfluxDB(f"influxdb://token@127.0.0.1:{server.port}/org/bucket?gzip=true")
        await store.open([WEATHER])
        rows = {name: (280.0 + i / 3, float(i)) for i, name in enumerate(HOSTILE)}
        await store.write([weather(0.25, rows)])
        await store.close()
        line = f"http://127.0.0.1:{server.port}"
        urllib.request.urlopen(f"{line}/internal/force_flush", timeout=20).close()
        asked = urllib.parse.urlencode({"match[]": '{__name__="weather_warm"}'})
        with urllib.request.urlopen(f"{line}/api/v1/export?{asked}", timeout=20) as answer:
            told = [json.loads(row) for row in answer]
    finally:
        server.stop()

    found = {decoded_tag(row["metric"]["place"]): row["values"] for row in told}
    assert found.keys() == rows.keys()
    for name, (warm, _) in rows.items():
        assert found[name] == [pytest.approx(warm, rel=1e-12)]
    assert {tuple(row["timestamps"]) for row in told} == {(round(START.timestamp() * 1000) + 250,)}


async def test_a_newer_declaration_reads_what_an_older_wrote(influx_url):
    """A field that is no longer declared keeps its numbers, and is there again when it returns."""
    store = InfluxDB(influx_url)
    await store.open([WEATHER])
    await store.write([weather(0, {"here": (1, 2)})])
    await store.open([replace(WEATHER, fields={"wet": WEATHER.fields["wet"]})])
    end = START + timedelta(seconds=1)
    (dry,) = await store.read("weather", tags={}, start=START, end=end)
    await store.open([WEATHER])
    (whole,) = await store.read("weather", tags={}, start=START, end=end)
    await store.close()

    assert (dry.fields, whole.fields) == ({"wet": 2}, {"warm": 1, "wet": 2})
