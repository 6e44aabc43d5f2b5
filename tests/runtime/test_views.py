"""What is shown is what was counted."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from roomtone.events import Message
from roomtone.runtime.clock import utc
from tests.runtime.conftest import House


def say(n: int, session: str = "s") -> list[Message]:
    return [Message(session=session, user=f"u{i}", text=f"t{i}") for i in range(n)]


async def test_a_first_frame_has_no_hole(house: House) -> None:
    """Whoever was away gets exactly the points after the last they have."""
    await house.pipeline.submit(say(3))
    await house.tick(10)
    await house.pipeline.keeper.drain()
    whole = json.loads(await house.pipeline.snapshot_frame("session:s"))

    rest = json.loads(await house.pipeline.snapshot_frame("session:s", whole["t"][5]))

    assert len(whole["t"]) == 10
    assert rest["t"] == whole["t"][6:]
    assert rest["fields"]["score"] == whole["fields"]["score"][6:]


async def test_the_newest_point_is_there_before_the_store_has_it(house: House) -> None:
    """A first frame does not wait for the database."""
    await house.pipeline.submit(say(3))
    await house.tick(2)

    made = json.loads(await house.pipeline.snapshot_frame("session:s"))

    assert made["t"][-1] == house.pipeline.board.now


async def test_an_explanation_adds_up_now_and_then(house: House) -> None:
    """The parts make the score, of now and of a moment in the past."""
    await house.pipeline.submit(say(9))
    await house.tick()
    then = utc(house.clock.now_ms())
    score = house.pipeline.board.known("s")["score"]
    await house.tick(14)
    await house.pipeline.keeper.drain()

    now = await house.pipeline.explain("s")
    before = await house.pipeline.explain("s", then + timedelta(seconds=2))

    assert now is not None and before is not None
    assert (now["score"], before["score"]) == (0, pytest.approx(score))
    assert sum(part["contribution"] for part in before["parts"]) == pytest.approx(score)
    assert await house.pipeline.explain("unknown") is None


async def test_the_ticker_shows_the_last_events_newest_last(house: House) -> None:
    """Of this session only."""
    await house.pipeline.submit(say(5))
    await house.pipeline.submit(say(3, "other"))
    await house.pipeline.settled()

    assert [e["text"] for e in house.pipeline.ticker("s", 2)] == ["t3", "t4"]


async def test_sessions_come_worst_first(house: House) -> None:
    """Live ones by score, those without one yet behind them."""
    await house.pipeline.submit([*say(9, "lively"), *say(1, "dull")])
    await house.tick()
    await house.pipeline.submit(say(1, "new"))
    await house.pipeline.settled()

    assert [s["session"] for s in house.pipeline.sessions()] == ["dull", "lively", "new"]


async def test_health_names_each_part(house: House) -> None:
    """All well: every part says so by name."""
    parts = house.pipeline.health()

    assert {part["name"] for part in parts} == {
        *("journal", "stores", "reader", "judging", "clock", "loops")
    }
    assert all(part["ok"] for part in parts)
