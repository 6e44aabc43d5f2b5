"""What every store and channel must do, whatever it is made of; for use by `roomtone.testing`."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import numpy as np

from roomtone.alerts import Alert
from roomtone.errors import RoomtoneError, UndeclaredField
from roomtone.points import Block, Field, Measurement, Point
from roomtone.ports import Archive, Channel, SeriesStore
from roomtone.records import DeadLetter, JournalSegment, SessionSummary

T = TypeVar("T")
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
PATIENCE_S = 10.0  # for news that has to come through a server

HOSTILE = (
    "plain",
    'it\'s "quoted"; DROP TABLE alerts;--',
    "<img src=x onerror=alert(1)>",
    "a,b=c d\\",
    "% _ \t \n \r",
    "\u202eright to left \U0001f468\u200d\U0001f469\u200d\U0001f467",
    "é and e\u0301",
)
"""Names as chats really have them; a store takes each as it is."""

WEATHER = Measurement(
    name="weather",
    meaning="what the checks of stores write",
    tags=("place", "height"),
    fields={"warm": Field("temperature", "K"), "wet": Field("rain", "mm", 0)},
)


def weather(
    seconds: float, rows: Mapping[str, tuple[float, float]], *, height: str = "low"
) -> Block:
    """A block of `WEATHER` at START + `seconds`: place -> (warm, wet)."""
    places = np.array([*rows, None], dtype=object)[:-1]
    heights = np.array([height] * len(rows) + [None], dtype=object)[:-1]
    warm, wet = np.array([*rows.values()], dtype=np.float64).reshape(-1, 2).T
    return WEATHER.block(
        START + timedelta(seconds=seconds),
        np.arange(len(rows)),
        {"place": places, "height": heights},
        warm=warm,
        wet=wet,
    )


async def check_series_store(store: SeriesStore) -> None:
    """Raise AssertionError where a new, empty store breaks the contract of `SeriesStore`."""
    await store.open([WEATHER])
    try:
        await _points_come_back(store)
        await _later_writes_count(store)
        await _steps_summarise(store)
        await _bad_asks_are_refused(store)
        await _declarations_grow(store)
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
        low, high = _exactly(2, await _read(store, 0, 5, name))
        assert low.tags == {"place": name, "height": "low"}, "tags come back as they went in"
        assert low.fields == {"warm": warm, "wet": wet}, "numbers come back to the last bit"
        assert (low.measurement, low.time) == ("weather", START)
        assert high.time == START + timedelta(seconds=0.25), "times are kept to the millisecond"
    both = {"place": "plain", "height": "high"}
    end = START + timedelta(seconds=5)
    (point,) = _exactly(1, await store.read("weather", tags=both, start=START, end=end))
    assert point.tags == both, "all tags given: one series"
    everything = await _read(store, 0, 5)
    assert len(everything) == 2 * len(rows), "no tags given: all series"
    assert [p.time for p in everything] == sorted(p.time for p in everything), "oldest first"
    assert not await _read(store, 0, 5, "nowhere")
    assert not await _read(store, 0.25, 0.25)
    assert len(await _read(store, 0, 0.25)) == len(rows), "the end is not in the range"
    assert [p.time for p in await _read(store, 0, 5, "plain", limit=1)] == [START]
    (only,) = _exactly(1, await _read(store, 0, 0.25, "plain", fields=["wet"]))
    assert only.fields == {"wet": 0.0}, "a zero is a number, and other fields were not asked for"


async def _later_writes_count(store: SeriesStore) -> None:
    for warm in (281.0, 281.0, 282.0):
        await store.write([weather(100, {"twice": (warm, math.nan)})])

    (point,) = _exactly(1, await _read(store, 100, 101, "twice"))
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
        (hour,) = _exactly(1, await _read(store, 7201, 7202, "steps", step_s=3600))
        assert math.isclose(hour.fields["warm"], 7260.0, rel_tol=1e-12), "the range is widened"
        assert hour.fields["wet"] == 1.0, "what is absent weighs nothing"
        await store.write([at(second) for second in range(7200, 7325, 5)])
    await store.write([weather(7205, {"steps": (9999.0, 0.0)})])
    (minute,) = _exactly(1, await _read(store, 7200, 7260, "steps", step_s=60, fields=["warm"]))
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
    await _refuses(UndeclaredField, lambda: store.write([good, strange]))
    await _refuses(RoomtoneError, lambda: store.write([untagged]))
    await _refuses(RoomtoneError, lambda: store.write([unheard]))
    await _refuses(RoomtoneError, lambda: _read(store, 0, 1, fields=["cold"]))
    await _refuses(
        RoomtoneError, lambda: store.read("weather", tags={"colour": "red"}, start=START, end=START)
    )
    await store.write([good])
    assert len(await _read(store, 200, 201, "refused")) == 1, "a refused write does not disturb"


async def _declarations_grow(store: SeriesStore) -> None:
    grown = replace(WEATHER, fields={**WEATHER.fields, "wind": Field("wind", "m/s")})
    await store.open([grown])
    block = weather(0, {"plain": (300.0, 1.0)})
    await store.write([replace(block, fields={"wind": np.array([7.5])})])

    (point,) = _exactly(1, await _read(store, 0, 0.2, "plain"))
    assert point.fields["wind"] == 7.5, "a field declared later is kept"
    assert point.fields["warm"] == 280.0, "and those of before are still there"


def _exactly(count: int, rows: Sequence[T]) -> Sequence[T]:
    assert len(rows) == count, f"{count} asked for, {len(rows)} came"
    return rows


async def _refuses(error: type[Exception], ask: Callable[[], Awaitable[Any]]) -> None:
    try:
        await ask()
    except error:
        return
    raise AssertionError(f"{error.__name__} was to be raised")


def an_alert(seconds: float, session: str = "keynote", **more: Any) -> Alert:
    """An alert at START + `seconds`."""
    fields: dict[str, Any] = {"type": "SUDDEN_DROP", "severity": "WARNING", "detector": "anomaly"}
    fields |= {"score": 0.75, "current": 6.0, "expected": 42.0, "evidence": {"deficit": 5.25}}
    return Alert(time=START + timedelta(seconds=seconds), session=session, **(fields | more))


def a_summary(seconds: float, session: str = "keynote", **more: Any) -> SessionSummary:
    """A summary of a session that started at START + `seconds`."""
    counts = ("messages", "reactions", "votes", "people", "peak_active", "alarms", "late")
    fields: dict[str, Any] = {name: i for i, name in enumerate(counts)}
    fields |= {"mean_score": 0.5, "min_score": None, "max_score": 0.75, "ended": None}
    started = START + timedelta(seconds=seconds)
    return SessionSummary(session=session, started=started, **(fields | more))


async def check_archive(archive: Archive) -> None:
    """Raise AssertionError where a new, empty archive breaks the contract of `Archive`."""
    await archive.open()
    try:
        await _alerts_are_kept(archive)
        await _verdicts_stay(archive)
        await _alerts_come_in_pages(archive)
        await _summaries_are_renewed(archive)
        await _dead_letters_are_kept(archive)
        await _segments_are_noted(archive)
    finally:
        await archive.close()
        await archive.close()


async def _alerts_are_kept(archive: Archive) -> None:
    odd = [an_alert(i, name, message=name, subject=name) for i, name in enumerate(HOSTILE)]
    await archive.add_alerts([])
    await archive.add_alerts(odd)

    for alert in odd:
        (row,) = _exactly(1, await archive.alerts(session=alert.session))
        for name in alert.__struct_fields__:
            assert row[name] == getattr(alert, name), f"{name} comes back as it went in"
        assert (row["id"], row["deviation"]) == (alert.id, -36.0)
        assert (row["verdict"], row["verdict_by"], row["verdict_at"]) == ("", "", None)
        assert await archive.alert(alert.id) == row
    assert await archive.alert("no such") is None
    start, end = START + timedelta(seconds=1), START + timedelta(seconds=3)
    some = await archive.alerts(start=start, end=end)
    assert [row["id"] for row in some] == [odd[2].id, odd[1].id], "newest first, without the end"


async def _verdicts_stay(archive: Archive) -> None:
    alert, at = an_alert(50, "judged"), START + timedelta(minutes=5)
    await archive.add_alerts([alert, alert])
    assert await archive.judge_alert(alert.id, "false_alarm", "Ann O'Nym", at)
    await archive.add_alerts([alert])

    (row,) = _exactly(1, await archive.alerts(session="judged"))
    assert (row["verdict"], row["verdict_by"]) == ("false_alarm", "Ann O'Nym")
    assert row["verdict_at"] == at
    assert not await archive.judge_alert("no such", "acknowledged", "", at)
    await _refuses(RoomtoneError, lambda: archive.judge_alert(alert.id, "perhaps", "", at))
    assert await archive.judge_alert(alert.id, "", "", at), "a verdict can be taken back"
    (row,) = _exactly(1, await archive.alerts(session="judged"))
    assert (row["verdict"], row["verdict_at"]) == ("", None)


async def _alerts_come_in_pages(archive: Archive) -> None:
    names = [f"room {i:02}" for i in range(23)]
    await archive.add_alerts([an_alert(100 + i // 5, name) for i, name in enumerate(names)])
    await archive.add_alerts([an_alert(200, "worst", type="MASS_EXIT", severity="CRITICAL")])
    start = START + timedelta(seconds=100)
    seen: list[str] = []
    before = None
    for _ in range(6):
        page = await archive.alerts(start=start, before=before, limit=5)
        seen += [row["session"] for row in page]
        before = page[-1]["id"] if page else before

    assert seen == ["worst", *names[::-1]], "pages neither repeat nor skip, ties included"
    assert len(await archive.alerts(severity="CRITICAL")) == 1
    assert len(await archive.alerts(type="MASS_EXIT", severity="WARNING")) == 0


async def _summaries_are_renewed(archive: Archive) -> None:
    summaries = [a_summary(i % 3, name) for i, name in enumerate(HOSTILE)]
    await archive.add_sessions(summaries)
    end = START + timedelta(hours=1)
    ended = a_summary(0, "plain", ended=end, messages=99, reason="idle")
    await archive.add_sessions([ended, a_summary(9000, "plain")])

    assert await archive.sessions(session="plain") == [a_summary(9000, "plain"), ended]
    seen: list[SessionSummary] = []
    for _ in range(len(HOSTILE)):
        seen += await archive.sessions(before=seen[-1].id if seen else None, limit=2)
    assert len(seen) == len(HOSTILE) + 1 == len({s.id for s in seen})
    assert [s.started for s in seen] == sorted((s.started for s in seen), reverse=True)


async def _dead_letters_are_kept(archive: Archive) -> None:
    def letter(i: int, raw: bytes = b"\x00\xff{") -> DeadLetter:
        return DeadLetter(at=START, source=f"s{i % 2}", reason=f"no. {i}'s", raw=raw)

    await archive.add_dead_letters([letter(i) for i in range(5)])
    await archive.add_dead_letters([letter(5, b"x" * 5000)])

    last, *rest = await archive.dead_letters()
    assert last.raw == b"x" * 2048, "a body is kept up to a bound"
    assert [d.reason for d in rest] == [f"no. {i}'s" for i in (4, 3, 2, 1, 0)], "newest first"
    assert (rest[0].raw, rest[0].at, rest[0].source) == (b"\x00\xff{", START, "s0")
    page = await archive.dead_letters(source="s0", before=rest[0].id, limit=2)
    assert [d.reason for d in page] == ["no. 2's", "no. 0's"]


async def _segments_are_noted(archive: Archive) -> None:
    def segment(base: int, journal: str = "/é's", **more: Any) -> JournalSegment:
        times: dict[str, Any] = {"first_arrival": START, "last_arrival": None}
        counts = {"end": base + 2**40, "entries": 2**33, "events": 0}
        return JournalSegment(journal=journal, base=base, **(times | counts | more))

    other = segment(0, "/other")
    await archive.note_segments("/other", [other], first=0)
    await archive.note_segments("/é's", [segment(5), segment(0), segment(9)], first=0)
    full = segment(5, sealed=True, sha256="ab", events=7, last_arrival=START)
    await archive.note_segments("/é's", [full], first=5)

    assert await archive.segments("/é's") == [full, segment(9)], "renewed, and the first is gone"
    assert await archive.segments() == [other, full, segment(9)], "each journal for itself"


async def check_channel(channel: Channel) -> None:
    """Raise AssertionError where a new channel breaks the contract of `Channel`."""
    async with asyncio.timeout(6 * PATIENCE_S):
        await _news_reach_all(channel)
        await _slow_ones_miss_alone(channel)
        await _leaving_is_clean(channel)
        await _listeners_are_known(channel)
        await _closing_ends_it(channel)


async def _news_reach_all(channel: Channel) -> None:
    sent = [str(i).encode() for i in range(20)]
    odd = "b:\N{SNOWMAN} *"
    async with (
        channel.subscribe("a") as one,
        channel.subscribe("a") as two,
        channel.subscribe(odd) as other,
    ):
        for payload in sent:
            await channel.publish("a", payload)
        await channel.publish(odd, b"")
        await channel.publish("nobody", b"lost")

        assert [await anext(one) for _ in sent] == sent, "all news, in order"
        assert [await anext(two) for _ in sent] == sent, "to every listener"
        assert await anext(other) == b"", "and each topic for itself"
        assert one.missed == two.missed == other.missed == 0


async def _slow_ones_miss_alone(channel: Channel) -> None:
    last = 20_000
    async with channel.subscribe("flood") as slow, channel.subscribe("calm") as quick:
        for i in range(last + 1):
            await channel.publish("flood", str(i).encode())
        await channel.publish("calm", b"here")
        assert await anext(quick) == b"here", "a slow listener delays nobody"
        got = [int(await anext(slow))]
        while got[-1] != last:
            got.append(int(await anext(slow)))
        assert got == sorted(set(got)), "what is left is in order"
        assert len(got) + slow.missed == last + 1, "each payload came or was counted"
        assert slow.missed > 0, "queues have a bound"


async def _leaving_is_clean(channel: Channel) -> None:
    async def listen() -> None:
        async with channel.subscribe("a") as news:
            async for _ in news:
                pass

    task = asyncio.create_task(listen())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled()
    async with channel.subscribe("a") as news:
        waiting = asyncio.ensure_future(anext(news))
        await asyncio.sleep(0)
        waiting.cancel()
        await channel.publish("a", b"later")
        assert await anext(news) == b"later", "a wait that was given up loses nothing"


async def _listeners_are_known(channel: Channel) -> None:
    async with channel.subscribe("b:known"):
        while "b:known" not in await channel.listened():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    while "b:known" in await channel.listened():  # noqa: ASYNC110
        await asyncio.sleep(0.01)


async def _closing_ends_it(channel: Channel) -> None:
    async with channel.subscribe("a") as news:
        await channel.close()
        assert [payload async for payload in news] == []
