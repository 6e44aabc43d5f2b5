"""A list of sessions is walked page by page without a hole or a repeat."""

from __future__ import annotations

from roomtone.events import Message
from roomtone.web.listing import list_page
from tests.runtime.conftest import House


async def test_a_walk_meets_each_session_once(house: House) -> None:
    """Whatever the size of the pages; rooms without a score come last."""
    pipeline = house.pipeline
    for number in range(10):
        said = [Message(session=f"s{number}", user=f"u{i}", text="x") for i in range(number + 1)]
        await pipeline.submit(said)
    await house.tick()
    await pipeline.submit([Message(session="new", user="u", text="x")])
    await pipeline.settled()
    for limit in (1, 3, 4, 11, 50):
        names: list[str] = []
        cursor = None
        while True:
            page, cursor = await list_page(pipeline, "live", limit, cursor)
            names += [session["session"] for session in page]
            if cursor is None:
                break
        assert names == [*(f"s{i}" for i in range(10)), "new"], limit
