"""What holds for every store, on each of them: SQLite, PostgreSQL and TimescaleDB."""

import asyncio
import math
import subprocess
import sys
from datetime import timedelta

import pytest

from roomtone.contracts import REMARK, WEATHER, an_alert, remark, weather
from roomtone.contracts_archive import a_turn
from roomtone.errors import StoreError
from roomtone.records import DeadLetter
from roomtone.stores import _archive
from roomtone.testing import START, check_archive, check_series_store


def after(**time):
    return START + timedelta(**time)


async def read(store, step_s=0, place="here"):
    tags = {"place": place} if place else {}
    return await store.read("weather", tags=tags, start=START, end=after(days=2), step_s=step_s)


async def test_it_keeps_the_contract_of_a_series_store(any_url, any_member):
    """What holds for every series store holds for this one."""
    await check_series_store(any_member(any_url))


async def test_it_keeps_the_contract_of_an_archive(any_url, any_member):
    """What holds for every archive holds for this one."""
    await check_archive(any_member(any_url))


async def test_it_keeps_both_under_one_url_at_once(any_url, any_member):
    """Series and archive named by the same URL share what they write through."""
    series, archive = any_member(any_url), any_member(any_url)
    await asyncio.gather(series.open([WEATHER]), archive.open())
    await asyncio.gather(
        *(series.write([weather(5 * i, {"here": (i, i)})]) for i in range(50)),
        *(archive.add_alerts([an_alert(i)]) for i in range(50)),
    )

    assert len(await read(series)) == 50
    await series.close()
    assert len(await archive.alerts()) == 50
    await archive.close()


async def test_points_outlive_whoever_wrote_them(any_store):
    """What was written is there for whoever opens the store next, with the ids of before."""
    await any_store.write([weather(0, {"here": (1, 2)})])
    await any_store.close()
    await any_store.open([WEATHER])
    await any_store.write([weather(5, {"here": (3, 4)})])

    assert [p.fields["warm"] for p in await read(any_store)] == [1, 3]


async def test_points_with_texts_outlive_whoever_wrote_them(any_url, any_member):
    """So do those of turns, whose tables have an index of their own: it is made once."""
    for n in range(3):
        store = any_member(any_url)
        await store.open([REMARK])
        await store.write([REMARK.gather([remark(n, 0.5, label=f"no. {n}")])])
        found = await store.read("remark", tags={}, start=START, end=after(minutes=1))
        await store.close()

    assert [p.texts["label"] for p in found] == ["no. 0", "no. 1", "no. 2"]


async def test_a_newer_declaration_adds_columns_and_keeps_the_old(any_url, any_store, any_member):
    """A field that is no longer declared keeps its numbers, and is there again when it returns."""
    await any_store.write([weather(0, {"here": (1, 2)})])
    await any_store.close()
    fields = {"wet": WEATHER.fields["wet"]}
    other = any_member(any_url)
    await other.open([type(WEATHER)("weather", "dry", WEATHER.tags, fields)])
    (point,) = await read(other)
    assert point.fields == {"wet": 2}
    await other.close()
    await any_store.open([WEATHER])
    assert (await read(any_store))[0].fields == {"warm": 1, "wet": 2}


async def test_of_one_call_the_later_write_counts(any_store):
    """The same point twice in one write, also as two kinds of rows, is one point."""
    both = weather(0, {"here": (1, 2), "there": (3, 4)})
    warm = type(both)(both.measurement, both.time, both.tags, {"warm": both.fields["warm"] + 10})
    wet = weather(0, {"here": (math.nan, 5)})
    await any_store.write([both, warm, wet, weather(5, {"here": (6, 7)})])

    assert [p.fields for p in await read(any_store)] == [{"wet": 5}, {"warm": 6, "wet": 7}]
    assert [p.fields for p in await read(any_store, place="there")] == [{"warm": 13, "wet": 4}]


async def test_a_bad_block_spoils_the_call_and_nothing_else(any_store):
    """A name that cannot be kept is refused by itself, in a sentence, and the store goes on."""
    good = weather(0, {"here": (1, 2)})
    with pytest.raises(StoreError, match=r"surrogate.*; replace"):
        await any_store.write([good, weather(0, {"\ud800": (1, 2)})])

    await any_store.write([good])
    assert len(await read(any_store, place=None)) == 1


async def test_dead_letters_have_a_bound(any_store, monkeypatch):
    """A flood of rubbish fills no disk: the newest are kept."""
    monkeypatch.setattr(_archive, "DEAD_LETTERS", 10)
    letters = [DeadLetter(at=START, source="s", reason=str(i), raw=b"") for i in range(25)]
    await any_store.add_dead_letters(letters)

    kept = await any_store.dead_letters()
    assert [d.reason for d in kept] == [str(i) for i in range(24, 14, -1)]


async def test_a_closed_store_says_so(any_store):
    """Nothing hangs or is lost silently after close."""
    await any_store.close()

    with pytest.raises(StoreError, match="not open"):
        await any_store.write([weather(0, {"here": (1, 2)})])


ASK_KEY = """
import asyncio, sys
from roomtone.runtime import plugins

async def run(url):
    store = plugins.load("stores.archive", url.partition(":")[0])(url)
    await store.open()
    print((await store.key("pseudonyms")).hex(), end="")
    await store.close()

asyncio.run(run(sys.argv[1]))
"""


async def test_two_processes_get_one_key(any_url, any_store):
    """Who asks at once, by connections of his own, gets what the first one made."""
    asked = [sys.executable, "-c", ASK_KEY, any_url]
    processes = [
        await asyncio.create_subprocess_exec(*asked, stdout=subprocess.PIPE) for _ in range(2)
    ]
    told = {(await process.communicate())[0].decode() for process in processes}

    assert told == {(await any_store.key("pseudonyms")).hex()}


async def test_text_with_halves_of_characters_does_not_keep_the_others_from_being_kept(any_store):
    """A lone surrogate in what was said is marked as lost; in a name it is refused."""
    halves = "a\ud800b"
    felt = {"user_emotion": {"raw_label": halves, "intensity": math.nan}}
    await any_store.add_turns([a_turn(0, "t", message=halves, values=felt), a_turn(1, "u")])
    await any_store.open([REMARK])
    await any_store.write([REMARK.gather([remark(0, 0.5, label=halves), remark(1, label="b")])])

    _, turn = await any_store.turns("chat")
    assert turn.message == "a\ufffdb"
    assert turn.values == {"user_emotion": {"raw_label": "a\ufffdb"}}
    points = await any_store.read("remark", tags={}, start=START, end=after(hours=1))
    assert [point.texts["label"] for point in points] == ["a\ufffdb", "b"]
    with pytest.raises(StoreError):
        await any_store.add_turns([a_turn(2, halves)])


async def test_retention_counts_for_each_row_from_its_own_time(any_url, any_member):
    """Of a block over many hours the old ones go when their hour is past keeping, texts and all."""
    store = any_member(any_url, keep_s={0: 3600, 60: None, 3600: None})
    await store.open([REMARK])
    await store.write([REMARK.gather([remark(3600 * i, 0.5, source="s") for i in range(10)])])
    await store.retain(START)
    kept = []
    for now in (after(hours=3), after(hours=5), after(hours=30)):
        await store.retain(now)
        points = await store.read("remark", tags={}, start=START, end=after(days=2))
        kept.append([round((point.time - START).total_seconds() / 3600) for point in points])

    assert kept == [[*range(2, 10)], [*range(4, 10)], []]
    minutes = await store.read("remark", tags={}, start=START, end=after(days=2), step_s=60)
    assert [point.fields["strength"] for point in minutes] == [0.5] * 10
    await store.close()


# -- keeping -------------------------------------------------------------------------------------


async def test_retention_lets_points_go_before_their_minutes(any_url, any_member):
    """Points go first, then minutes; hours stay, and steps are still answered from them."""
    store = any_member(any_url, keep_s={0: 3600, 60: 2 * 86_400, 3600: None})
    await store.open([WEATHER])
    await store.write([weather(5 * i, {"here": (i, 1)}) for i in range(24)])
    await store.retain(after(minutes=5))
    counts = []
    for now in (after(minutes=6), after(hours=3), after(days=4)):
        await store.retain(now)
        counts.append([len(await read(store, step_s)) for step_s in (0, 60, 3600)])

    assert counts == [[24, 2, 1], [0, 2, 1], [0, 0, 1]]
    (hour,) = await read(store, 3600)
    assert (hour.fields["warm"], hour.fields["warm_max"]) == (11.5, 23)
    await store.close()


async def test_history_taken_in_today_stays_as_long_as_today(any_url, any_member):
    """Keeping counts from the writing, or else the chat of last year would be gone at once."""
    store = any_member(any_url, keep_s={0: 3600, 60: None, 3600: None})
    await store.open([WEATHER])
    await store.write([weather(0, {"here": (1, 1)})])
    kept = []
    for now in (after(days=400), after(days=400, minutes=59), after(days=400, hours=2)):
        await store.retain(now)
        kept.append(len(await read(store)))

    assert kept == [1, 1, 0]
    await store.close()


async def test_writing_again_renews_the_keeping(any_url, any_member):
    """An hour that got a point today is kept from today on, also where its points were gone."""
    store = any_member(any_url, keep_s={0: 3600, 60: None, 3600: None})
    await store.open([WEATHER])
    kept = []
    for day in (1, 2, 3):
        await store.write([weather(5 * day, {"here": (day, 1)})])
        for hours in (0, 0.5, 2):
            await store.retain(after(days=day, hours=hours))
            kept.append(len(await read(store)))

    assert kept == [1, 1, 0] * 3
    await store.close()
