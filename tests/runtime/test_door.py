"""The door refuses with a reason what it cannot take, and takes the rest."""

from __future__ import annotations

from datetime import timedelta

import pytest

from roomtone.events import Join, Message, Refusal
from roomtone.runtime.clock import utc
from roomtone.runtime.config import Limits, Settings
from roomtone.runtime.door import TooManySessions
from roomtone.runtime.pipeline import Pipeline
from tests.runtime.conftest import House


def say(session: str = "s") -> Message:
    return Message(session=session, user="a", text="x")


async def narrow(house: House) -> Pipeline:
    """The same house with room for three sessions, two for one client."""
    await house.pipeline.stop()
    limits = Limits(max_sessions=3, max_sessions_per_client=2)
    house.settings = Settings(data=house.settings.data, limits=limits)
    return await house.open()


async def test_an_event_of_next_year_is_refused_alone(house: House) -> None:
    """A clock that is far ahead is told so; the rest of its batch is taken."""
    now = utc(house.clock.now_ms())
    ahead = Message(session="s", user="a", text="x", at=now + timedelta(days=365))

    receipt = await house.pipeline.submit([say(), ahead, say()])

    assert (receipt.accepted, [e.index for e in receipt.errors]) == (2, [1])
    assert "ahead of this server's clock" in receipt.errors[0].reason


async def test_places_are_those_of_the_request(house: House) -> None:
    """What was refused before keeps its place beside what is refused here."""
    now = utc(house.clock.now_ms())
    ahead = Message(session="s", user="a", text="x", at=now + timedelta(days=1))

    receipt = await house.pipeline.submit([say(), ahead], [Refusal(1, "no JSON")], [0, 2])

    assert sorted(error.index for error in receipt.errors) == [1, 2]


async def test_one_client_cannot_take_all_sessions(house: House) -> None:
    """Sessions over the limit are refused one by one, or as a whole when nothing is left."""
    pipeline = await narrow(house)

    first = await pipeline.submit([say(f"s{i}") for i in range(5)], client="10.0.0.1")
    with pytest.raises(TooManySessions, match="max_sessions_per_client"):
        await pipeline.submit([say("s9")], client="10.0.0.1")
    known = await pipeline.submit([say("s0"), say("s9")], client="10.0.0.1")
    other = await pipeline.submit([say("t1"), say("t2")], client="10.0.0.2")

    assert (first.accepted, len(first.errors)) == (2, 3)
    assert (known.accepted, len(known.errors)) == (1, 1)
    assert (other.accepted, len(other.errors)) == (1, 1)
    assert "limits.max_sessions" in other.errors[0].reason


async def test_an_ended_session_makes_room(house: House) -> None:
    """The limit is on live sessions, not on all there ever were."""
    pipeline = await narrow(house)
    await pipeline.submit([say("s0"), say("s1")], client="c")
    await house.tick(361)

    receipt = await pipeline.submit([say("s2")], client="c")

    assert receipt.accepted == 1


async def test_history_says_when_and_stays_apart_from_live(house: House) -> None:
    """History needs a time, and a session is either live or past."""
    now = utc(house.clock.now_ms())
    past = Message(session="s", user="a", text="x", at=now - timedelta(days=1))
    old = Message(session="old", user="a", text="x", at=now - timedelta(days=1))
    await house.pipeline.submit([say("s")])
    await house.pipeline.settled()

    receipt = await house.pipeline.submit([past, Join(session="p", user="a"), old], history=True)
    await house.pipeline.settled()
    mixed = await house.pipeline.submit([say("old")])

    assert receipt.accepted == 1
    assert ["is live" in e.reason or "needs `at`" in e.reason for e in receipt.errors] == [True] * 2
    assert "being filled with history" in mixed.errors[0].reason
