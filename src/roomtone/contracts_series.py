"""What every series store must do, whatever it is made of; for use by `roomtone.testing`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np

from roomtone.contracts import (
    HARD_TEXTS,
    HOSTILE,
    REMARK,
    START,
    WEATHER,
    exactly,
    kept_as,
    refuses,
    remark,
    weather,
)
from roomtone.errors import RoomtoneError, UndeclaredField
from roomtone.points import Block, Field, Point
from roomtone.ports import SeriesStore


async def check_series_store(store: SeriesStore) -> None:
    """Raise AssertionError where a new, empty store breaks the contract of `SeriesStore`."""
    await store.open([WEATHER])
    try:
        await _points_come_back(store)
        await _later_writes_count(store)
        await _series_are_forgotten(store)
        await _steps_summarise(store)
        await _bad_asks_are_refused(store)
        await _declarations_grow(store)
        await store.open([REMARK])
        await _texts_come_back(store)
        await _rows_have_times_of_their_own(store)
        await _late_rows_renew_steps(store)
        await _tags_are_any(store)
        await _what_is_taken_back_is_gone(store)
        await _texts_are_declared(store)
    finally:
        await store.close()
        await store.close()


async def _read(
    store: SeriesStore, start: float, end: float, place: str | None = None, **more: Any
) -> Sequence[Point]:
    tags = {} if place is None else {"place": place}
    start_at, end_at = START + timedelta(seconds=start), START + timedelta(seconds=end)
    return await store.read("weather", tags=tags, start=start_at, end=end_at, **more)


async def _points_come_back(store: SeriesStore) -> None:
    rows = {name: (280.0 + i, float(i)) for i, name in enumerate(HOSTILE)}
    await store.write([weather(0, rows), weather(0.25, rows, height="high"), weather(5, {})])
    await store.write([])

    for name, (warm, wet) in rows.items():
        low, high = exactly(2, await _read(store, 0, 5, name))
        assert low.tags == {"place": name, "height": "low"}, "tags come back as they went in"
        assert low.fields == {"warm": warm, "wet": wet}, "numbers come back to the last bit"
        assert (low.measurement, low.time) == ("weather", START)
        assert high.time == START + timedelta(seconds=0.25), "times are kept to the millisecond"
    both = {"place": "plain", "height": "high"}
    end = START + timedelta(seconds=5)
    (point,) = exactly(1, await store.read("weather", tags=both, start=START, end=end))
    assert point.tags == both, "all tags given: one series"
    everything = await _read(store, 0, 5)
    assert len(everything) == 2 * len(rows), "no tags given: all series"
    assert [p.time for p in everything] == sorted(p.time for p in everything), "oldest first"
    assert not await _read(store, 0, 5, "nowhere")
    assert not await _read(store, 0.25, 0.25)
    assert len(await _read(store, 0, 0.25)) == len(rows), "the end is not in the range"
    assert [p.time for p in await _read(store, 0, 5, "plain", limit=1)] == [START]
    (only,) = exactly(1, await _read(store, 0, 0.25, "plain", fields=["wet"]))
    assert only.fields == {"wet": 0.0}, "a zero is a number, and other fields were not asked for"


async def _series_are_forgotten(store: SeriesStore) -> None:
    both = {"gone": (1.0, 2.0), "stays": (3.0, 4.0)}
    await store.write([weather(second, both) for second in range(90_000, 90_130, 10)])

    assert await store.drop_series({"place": "gone"}) >= 0
    assert not await _read(store, 90_000, 90_130, "gone"), "all that has the tag is gone"
    assert not await _read(store, 90_000, 90_130, "gone", step_s=60), "also its steps"
    assert len(await _read(store, 90_000, 90_130, "stays")) == 13, "and nothing else"
    await store.write([weather(90_000, both)])
    assert len(await _read(store, 90_000, 90_130, "gone")) == 1, "it may be written again"


async def _later_writes_count(store: SeriesStore) -> None:
    for warm in (281.0, 281.0, 282.0):
        await store.write([weather(100, {"twice": (warm, math.nan)})])

    (point,) = exactly(1, await _read(store, 100, 101, "twice"))
    assert point.fields == {"warm": 282.0}, "NaN is absent, and of two writes the later counts"


async def _steps_summarise(store: SeriesStore) -> None:
    def at(second: int) -> Block:
        wet = math.nan if second < 7220 else 1.0
        return weather(second, {"steps": (float(second), wet), "beside": (1.0, 1.0)})

    for second in range(7200, 7325, 5):
        await store.write([at(second)])
    for _ in range(2):  # the second time after all was written anew
        for step_s, starts in ((15, range(7200, 7325, 15)), (60, (7200, 7260, 7320))):
            points = await _read(store, 7200, 7325, "steps", step_s=step_s)
            times = [int((p.time - START).total_seconds()) for p in points]
            assert times == [*starts], f"a point per {step_s} s, at the start of the step"
            last = min(starts[1], 7325) - 5
            first = points[0].fields
            assert math.isclose(first["warm"], (7200 + last) / 2, rel_tol=1e-12), "the mean"
            assert (first["warm_min"], first["warm_max"]) == (7200.0, last)
            assert ("wet" in first) == (step_s == 60), "a field nobody knew is absent"
        (hour,) = exactly(1, await _read(store, 7201, 7202, "steps", step_s=3600))
        assert math.isclose(hour.fields["warm"], 7260.0, rel_tol=1e-12), "the range is widened"
        assert hour.fields["wet"] == 1.0, "what is absent weighs nothing"
        await store.write([at(second) for second in range(7200, 7325, 5)])
    await store.write([weather(7205, {"steps": (9999.0, 0.0)})])
    (minute,) = exactly(1, await _read(store, 7200, 7260, "steps", step_s=60, fields=["warm"]))
    assert minute.fields["warm_max"] == 9999.0, "a step follows what was rewritten"
    assert len(await _read(store, 7200, 7260, step_s=60)) == 2, "each series has its own steps"
    now = START + timedelta(seconds=7400)
    await store.retain(now)
    assert len(await _read(store, 7200, 7260, "steps")) == 12, "nothing recent goes"


async def _bad_asks_are_refused(store: SeriesStore) -> None:
    good = weather(200, {"refused": (1.0, 1.0)})
    strange = replace(good, fields={"cold": np.ones(1)})
    untagged = replace(good, tags={"place": good.tags["place"]})
    unheard = replace(good, measurement="tides")
    await refuses(UndeclaredField, lambda: store.write([good, strange]))
    await refuses(RoomtoneError, lambda: store.write([untagged]))
    await refuses(RoomtoneError, lambda: store.write([unheard]))
    await refuses(RoomtoneError, lambda: _read(store, 0, 1, fields=["cold"]))
    await refuses(
        RoomtoneError, lambda: store.read("weather", tags={"colour": "red"}, start=START, end=START)
    )
    await store.write([good])
    assert len(await _read(store, 200, 201, "refused")) == 1, "a refused write does not disturb"


async def _declarations_grow(store: SeriesStore) -> None:
    grown = replace(WEATHER, fields={**WEATHER.fields, "wind": Field("wind", "m/s")})
    await store.open([grown])
    block = weather(0, {"plain": (300.0, 1.0)})
    await store.write([replace(block, fields={"wind": np.array([7.5])})])

    (point,) = exactly(1, await _read(store, 0, 0.2, "plain"))
    assert point.fields["wind"] == 7.5, "a field declared later is kept"
    assert point.fields["warm"] == 280.0, "and those of before are still there"


async def _remarks(store: SeriesStore, start: float, end: float, **more: Any) -> Sequence[Point]:
    start_at, end_at = START + timedelta(seconds=start), START + timedelta(seconds=end)
    asked: dict[str, Any] = {"tags": {}, "start": start_at, "end": end_at}
    return await store.read("remark", **asked | more)


async def _texts_come_back(store: SeriesStore) -> None:
    rows = [remark(i, 0.5, label=text, source="model") for i, text in enumerate(HARD_TEXTS)]
    await store.write([REMARK.gather([*rows, remark(50), remark(51, label="only")])])

    *found, bare, only = exactly(len(rows) + 2, await _remarks(store, 0, 60))
    for row, point in zip(rows, found, strict=True):
        assert point.texts.get("label") in kept_as(row.texts["label"]), "texts come back"
        assert (point.texts.get("source"), point.fields) == ("model", {"strength": 0.5})
    assert (bare.fields, bare.texts) == ({}, {}), "what is not known is absent"
    assert (only.fields, only.texts) == ({}, {"label": "only"})
    (one,) = exactly(1, await _remarks(store, 0, 1, fields=["label"]))
    assert (one.fields, one.texts) == ({}, {"label": HARD_TEXTS[0]}), "others were not asked for"
    (minute,) = exactly(1, await _remarks(store, 0, 60, step_s=60))
    assert minute.fields == {"strength": 0.5, "strength_min": 0.5, "strength_max": 0.5}
    assert minute.texts == {}, "texts have no steps"
    (minute,) = exactly(1, await _remarks(store, 0, 60, step_s=60, fields=["label"]))
    assert minute.fields == {}, "a step that holds points is there, with what was asked for"


async def _rows_have_times_of_their_own(store: SeriesStore) -> None:
    day = 86_400.0
    seconds = [day + n * 0.001 for n in (0, 1, 59_999, 60_000, 3_600_000, 86_400_000, 172_799_999)]
    rows = [remark(at, i / 8, "bob", source=f"no. {i}") for i, at in enumerate(seconds)]
    for _ in range(2):  # the same once more counts once
        await store.write([REMARK.gather(rows[::2][::-1] + rows[1::2])])

    found = exactly(len(rows), await _remarks(store, day, 3 * day, tags={"person": "bob"}))
    assert [p.time for p in found] == [p.time for p in rows], "oldest first, each at its own time"
    assert [(p.fields, p.texts) for p in found] == [(p.fields, p.texts) for p in rows]
    tags = {"bot": "luna", "person": "bob", "emotion": "joy"}
    assert list(found) == list(await _remarks(store, day, 3 * day, tags=tags)), "and by all tags"
    first = exactly(3, await _remarks(store, day, 3 * day, tags=tags, limit=3))
    assert list(first) == list(found)[:3]
    await _are_summed(store, [(at, i / 8) for i, at in enumerate(seconds)], "bob")


async def _late_rows_renew_steps(store: SeriesStore) -> None:
    told: dict[float, float] = {}
    start = 4 * 86_400.0
    chance = np.random.default_rng(11)
    for _ in range(6):
        seconds = start + chance.integers(0, 3 * 86_400, 40) / 4
        strengths = chance.random(40)
        told |= dict(zip(seconds.tolist(), strengths.tolist(), strict=True))
        rows = [remark(at, x, "cleo") for at, x in zip(seconds, strengths, strict=True)]
        await store.write([REMARK.gather(rows[:30]), REMARK.gather(rows[30:])])
        await _are_summed(store, sorted(told.items()), "cleo")
    at = max(told)
    await store.write([REMARK.gather([remark(at, 0.25, "cleo"), remark(at, 0.75, "cleo")])])
    await _are_summed(store, sorted((told | {at: 0.75}).items()), "cleo")


async def _are_summed(store: SeriesStore, told: Sequence[tuple[float, float]], person: str) -> None:
    """See that each step says what these (seconds, strength) are together."""
    start, end = told[0][0], told[-1][0] + 1
    for step_s in (60, 300, 3600, 86_400):
        steps: dict[int, list[float]] = {}
        for at, strength in told:
            second = int(START.timestamp() + at)
            steps.setdefault(second - second % step_s, []).append(strength)
        found = await _remarks(store, start, end, tags={"person": person}, step_s=step_s)
        assert [int(p.time.timestamp()) for p in found] == [*steps], f"a point per {step_s} s"
        for point, values in zip(found, steps.values(), strict=True):
            mean = sum(values) / len(values)
            assert math.isclose(point.fields["strength"], mean, rel_tol=1e-12), "each counts once"
            assert point.fields["strength_min"] == min(values)
            assert point.fields["strength_max"] == max(values)


async def _tags_are_any(store: SeriesStore) -> None:
    names = ("bot", "person", "query_type", "strategy", "vector")
    for count in range(1, len(names) + 1):
        declared = replace(REMARK, name=f"tagged_{count}", tags=names[:count])
        await store.open([declared])
        each = [
            dict.fromkeys(declared.tags, "same") | {declared.tags[-1]: HOSTILE[i]} for i in (0, 1)
        ]
        rows = [Point(declared.name, START, tags, {"strength": 1.0}) for tags in each]
        await store.write([declared.gather(rows)])
        end = START + timedelta(seconds=1)
        for tags in each:
            last = {declared.tags[-1]: tags[declared.tags[-1]]}
            for asked in (tags, last):
                found = await store.read(declared.name, tags=asked, start=START, end=end)
                assert [p.tags for p in found] == [tags], "a series by all its tags, or by one"
    tagged = replace(REMARK, name="tagged").tagged("label")
    await store.open([tagged])
    await store.write([tagged.gather([remark(0, label=name, source="s") for name in HOSTILE])])
    end = START + timedelta(seconds=1)
    found = await store.read("tagged", tags={"label": HOSTILE[1]}, start=START, end=end)
    assert [(p.tags["label"], p.texts) for p in found] == [(HOSTILE[1], {"source": "s"})]


async def _what_is_taken_back_is_gone(store: SeriesStore) -> None:
    declared = replace(REMARK, name="taken_back")
    await store.open([declared])

    def rows(*strengths: tuple[float, float]) -> Block:
        made = [remark(at, value, source="s") for at, value in strengths]
        return declared.gather([replace(one, measurement="taken_back") for one in made])

    async def told(step_s: int = 0) -> list[float]:
        end = START + timedelta(seconds=3600)
        found = await store.read("taken_back", tags={}, start=START, end=end, step_s=step_s)
        assert all(point.texts for point in found if not step_s), "nothing is left of what went"
        return [point.fields["strength"] for point in found if "strength" in point.fields]

    await store.write([rows((0, 0.25), (1, 0.75), (130, 0.5))])
    await store.retract([rows((1, 0.0), (7, 0.0))])
    assert await told() == [0.25, 0.5], "one point goes, and no other; what is not there is none"
    assert await told(60) == [0.25, 0.5], "steps are made without it"
    await store.retract([rows((130, 0.0))])
    await store.retract([rows((130, 0.0))])
    assert await told(3600) == [0.25], "also once it was summed up, and also twice"
    await store.write([rows((130, 1.0))])
    assert await told() == [0.25, 1.0], "it may be written again"


async def _texts_are_declared(store: SeriesStore) -> None:
    good = REMARK.gather([remark(70, 0.5, source="s")])
    strange = replace(good, texts={"mood": good.texts["source"]})
    number = replace(good, texts={"strength": good.texts["source"]})
    text = replace(good, fields={"label": good.fields["strength"]})
    for bad in (strange, number, text):
        await refuses(UndeclaredField, lambda bad=bad: store.write([good, bad]))  # type: ignore[misc]
    more = {"weight": Field("how heavy", "1"), "colour": Field("which", is_text=True)}
    grown = replace(REMARK, fields={**REMARK.fields, **more})
    await store.open([grown])
    tags = {**good.tags, "person": np.array(["dan"], object)}
    block = replace(good, tags=tags, texts={}, fields={})
    weight, colour = np.array([2.0]), np.array(["red"], object)
    await store.write([replace(block, fields=good.fields), replace(block, texts=good.texts)])
    await store.write([replace(block, fields={"weight": weight}, texts={"colour": colour})])
    (point,) = exactly(1, await _remarks(store, 70, 71, tags={"person": "dan"}))
    assert point.fields == {"strength": 0.5, "weight": 2.0}, "a number declared later is kept"
    assert point.texts == {"source": "s", "colour": "red"}, "and so is a text"
    await store.open([replace(WEATHER, fields={**WEATHER.fields, "sky": more["colour"]})])
    block = replace(weather(0, {"plain": (1.0, 1.0)}), fields={}, texts={"sky": colour})
    await store.write([block])
    (first,) = exactly(1, await _read(store, 0, 0.2, "plain"))
    assert (first.texts, first.fields["wet"]) == ({"sky": "red"}, 0.0), "also where none was before"
