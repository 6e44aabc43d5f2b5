"""The same blocks give the same answers, whether SQLite, PostgreSQL or TimescaleDB keeps them."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from roomtone.contracts import WEATHER
from roomtone.stores.postgres import PostgreSQL
from roomtone.stores.sqlite import SQLite
from roomtone.testing import START

PLACES = ["a", "b", "é", "<b>", "d'", "f g"]
HOURS = 4


def blocks(chance):
    """A few blocks: late ones, rewrites, fields left out, numbers unknown, rows out of order."""
    for _ in range(chance.integers(1, 6)):
        count = int(chance.integers(0, len(PLACES) + 1))
        places = chance.choice(PLACES, count, replace=False)
        numbers = chance.normal(10, 3, (2, count))
        numbers[chance.random((2, count)) < 0.2] = np.nan
        fields = dict(zip(("warm", "wet"), numbers, strict=True))
        if chance.random() < 0.3:
            del fields["wet"]
        at = START + timedelta(milliseconds=int(chance.integers(0, HOURS * 3600 * 4)) * 250)
        tags = {"place": np.array([*places, None], dtype=object)[:-1]}
        tags["height"] = np.array([*chance.choice(["low", "high"], count), None], dtype=object)[:-1]
        block = WEATHER.block(at, np.arange(count), tags)
        yield replace(block, fields=fields)


async def told(store, step_s, **more):
    """A read as what can be compared: times, tags and numbers in one order."""
    end = START + timedelta(hours=HOURS + 1)
    asked = {"tags": {}, "start": START - timedelta(hours=1), "end": end} | more
    points = await store.read("weather", step_s=step_s, **asked)
    rows = [(p.time, sorted(p.tags.items()), dict(p.fields)) for p in points]
    return sorted(rows, key=lambda row: row[:2]), [p.time for p in points]


async def compare(one, other, chance):
    """All reads of both: times, tags, minima, maxima and points exact, means to the last bits."""
    start = START + timedelta(seconds=int(chance.integers(0, HOURS * 3600)))
    asks = [{}, {"tags": {"place": "a"}}, {"tags": {"place": "b", "height": "low"}}]
    asks += [{"start": start, "end": start + timedelta(minutes=50)}, {"fields": ["wet"]}]
    for step_s in (0, 15, 60, 300, 3600, 7200):
        for more in asks:
            (a, times), (b, other_times) = [await told(s, step_s, **more) for s in (one, other)]
            assert times == other_times == sorted(times)
            assert [row[:2] for row in a] == [row[:2] for row in b]
            for (*_, ours), (*_, theirs) in zip(a, b, strict=True):
                means = {k for k in ours if step_s and not k.endswith(("_min", "_max"))}
                assert {k: v for k, v in ours.items() if k not in means} == {
                    k: v for k, v in theirs.items() if k not in means
                }
                assert {k: ours[k] for k in means} == pytest.approx(
                    {k: v for k, v in theirs.items() if k in means}, rel=1e-12, abs=0
                )


@pytest.mark.parametrize("seed", range(2))
async def test_random_blocks_read_the_same(url, server_url, seed):
    """Written in the same random calls, read at every kind of step, before and after retention."""
    chance = np.random.default_rng(seed)
    one, other = SQLite(url), PostgreSQL(server_url)
    for store in (one, other):
        await store.open([WEATHER])
    for _ in range(3):
        for _ in range(20):
            some = list(blocks(chance))
            for store in (one, other):
                await store.write(some)
        await compare(one, other, chance)
        for store in (one, other):
            await store.retain(START + timedelta(hours=HOURS))
    await compare(one, other, chance)
    for store in (one, other):
        await store.close()
