"""What every channel must do, and what the checks of all ports write; for `roomtone.testing`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import numpy as np

from roomtone.alerts import Alert
from roomtone.points import Block, Field, Measurement, Point
from roomtone.ports import Channel
from roomtone.records import SessionSummary

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

HARD_TEXTS = (*HOSTILE, "", "cut \0 here", "long " * 2_000)
"""Words as people write them, which a store keeps, but for NUL: it may be marked as lost."""

REMARK = Measurement(
    name="remark",
    meaning="what the checks of stores write one by one",
    tags=("bot", "person", "emotion"),
    fields={
        "strength": Field("how strongly it was said", "1", 0, 1),
        "label": Field("what it is called", is_text=True),
        "source": Field("who says so", is_text=True),
    },
)


def remark(
    seconds: float, strength: float | None = None, person: str = "ann", **texts: str
) -> Point:
    """A point of `REMARK` at START + `seconds`."""
    numbers = {} if strength is None else {"strength": strength}
    tags = {"bot": "luna", "person": person, "emotion": "joy"}
    return Point("remark", START + timedelta(seconds=seconds), tags, numbers, texts)


def kept_as(text: str) -> tuple[str, str]:
    """How a text may come back: as it is, or with U+FFFD for each NUL."""
    return text, text.replace("\0", "\ufffd")


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


def exactly(count: int, rows: Sequence[T]) -> Sequence[T]:
    """The rows, which are to be so many."""
    assert len(rows) == count, f"{count} asked for, {len(rows)} came"
    return rows


async def refuses(error: type[Exception], ask: Callable[[], Awaitable[Any]]) -> None:
    """See that asking raises such an error."""
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
