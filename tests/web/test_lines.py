"""A connection is watched from outside: what left, what is on its way, who gave a sign of life."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from roomtone.web.lines import AHEAD, Line
from roomtone.web.viewer import Viewer


class Time:
    """A clock moved by hand."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


Say = Callable[[Any], Awaitable[None]]


async def carrying(line: Line, job: Callable[[Any, Say], Awaitable[None]], **scope: Any) -> None:
    """Let a line carry a WebSocket whose application is the job."""

    async def receive() -> Any:
        return {"type": "websocket.receive", "text": "3"}

    async def send(message: Any) -> None:
        await asyncio.sleep(0)

    async def app(scope: Any, receive: Any, send: Say) -> None:
        await job(receive, send)

    await line.carry({"type": "websocket", **scope}, receive, send, app)


def text(packet: str) -> dict[str, str]:
    return {"type": "websocket.send", "text": packet}


async def test_little_is_on_its_way() -> None:
    """Who would hand over more waits until something has left."""
    line, viewer = Line(Time(), print), Viewer()
    line.viewers.add(viewer)
    for _ in range(AHEAD):
        await asyncio.wait_for(line.room(), 1)
        line.handed(viewer)
    waiting = asyncio.create_task(line.room())
    await asyncio.sleep(0)
    assert not waiting.done()

    async def job(receive: Any, send: Say) -> None:
        await send(text('42["engagement:update",{}]'))

    await carrying(line, job)
    await asyncio.wait_for(waiting, 1)


async def test_progress_is_noted() -> None:
    """The time is that of the last packet that left; none when nothing is on its way."""
    time = Time()
    line, viewer = Line(time, print), Viewer()
    line.viewers.add(viewer)
    line.handed(viewer)
    line.handed(viewer)
    marks: list[float | None] = [viewer.sending_since]

    async def job(receive: Any, send: Say) -> None:
        time.now = 107
        await send(text("42/events,[]"))
        marks.append(viewer.sending_since)
        await send(text("42/events,[]"))
        marks.append(viewer.sending_since)

    await carrying(line, job)
    assert marks == [100, 107, None]


async def test_a_question_waits_for_its_answer() -> None:
    """Anything that comes in is one."""
    line, viewer = Line(Time(), print), Viewer()
    line.viewers.add(viewer)

    async def job(receive: Any, send: Say) -> None:
        await send(text("2"))
        assert viewer.asked_since == 100
        await receive()
        assert viewer.asked_since is None

    await carrying(line, job)


async def test_many_packets_of_one_poll_are_counted() -> None:
    """A polling client takes them in one answer; its id is in the first."""
    line, viewer = Line(Time(), print), Viewer()
    line.viewers.add(viewer)
    line.handed(viewer)
    line.handed(viewer)

    async def job(receive: Any, send: Say) -> None:
        body = b'0{"sid":"abc"}\x1e42[]\x1e42[]\x1e2'
        await send({"type": "http.response.body", "body": body})

    await carrying(line, job, type="http")
    assert (line.id, viewer.sending_since, viewer.asked_since) == ("abc", None, 100)


@pytest.mark.parametrize("abort", [True, False])
async def test_a_line_is_cut_where_that_can_be_done(abort: bool) -> None:
    """A server that cannot cut ends it by Engine.IO's own pings, later."""
    cut: list[str] = []
    line = Line(Time(), print)

    async def job(receive: Any, send: Say) -> None:
        line.cut()

    extensions = {"roomtone.abort": lambda: cut.append("cut")} if abort else {}
    await carrying(line, job, extensions=extensions)
    line.cut()
    assert cut == ["cut"] * abort
