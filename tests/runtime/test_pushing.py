"""Between two ticks only what changed is shown, and only to those who look."""

from __future__ import annotations

from roomtone.events import Message
from roomtone.runtime import frames
from roomtone.runtime.pushing import push, tick_frames, watched_sessions
from tests.runtime.conftest import House


async def test_nobody_looks_so_nothing_is_made(house: House) -> None:
    """A room changed, and there is nobody to show it to."""
    await house.pipeline.submit([Message(session="s", user="a", text="hi")])
    await house.pipeline.settled()
    before = house.pipeline.pace.published
    await push(house.pipeline, [])

    assert house.pipeline.pace.published == before
    assert tick_frames(house.pipeline) == []


async def test_who_looks_at_a_session_is_shown_it(house: House) -> None:
    """One frame at the change, one at the tick; a session that is not live is not shown."""
    pipeline = house.pipeline
    topic = frames.session_topic("s")
    async with pipeline.news.subscribe(topic), pipeline.news.subscribe(frames.session_topic("x")):
        await pipeline.submit([Message(session="s", user="a", text="hi")])
        await pipeline.settled()
        await push(pipeline, [])
        await pipeline.watched.look()

        assert watched_sessions(pipeline) == ["s"]
        assert [name for name, _ in tick_frames(pipeline)] == [topic]
