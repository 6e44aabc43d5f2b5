"""What the web asks is answered from the engine of this process."""

from __future__ import annotations

from roomtone.events import Message, Refusal
from roomtone.runtime.desk import LETTERS
from tests.runtime.conftest import House, until


async def say(house: House, *sessions: str) -> None:
    """One message in each session, taken in and applied."""
    await house.pipeline.submit([Message(session=s, user="ann", text="hi") for s in sessions])
    await house.pipeline.settled()


async def test_the_overview_counts_more_than_it_shows(house: House) -> None:
    """The worst so many, and how many there are in all."""
    await say(house, "a", "b", "c")
    await house.tick()
    seen = await house.pipeline.overview(2)

    assert (len(seen["sessions"]), seen["count"]) == (2, 3)


async def test_open_sessions_go_on_behind_a_place(house: House) -> None:
    """Each comes with its own place, from which the next page goes on."""
    await say(house, "a", "b", "c")
    first = await house.pipeline.open_sessions(("live", -1.0, -1, ""), 2)
    rest = await house.pipeline.open_sessions(first[-1][0], 2)

    assert [found["session"] for _, found in first + rest] == ["a", "b", "c"]


async def test_what_was_refused_is_shown_and_kept(house: House) -> None:
    """The inspector counts all of a request, the archive keeps some."""
    refusals = [Refusal(place, "it is no event; send another") for place in range(LETTERS + 5)]
    house.pipeline.refuse("http", refusals, [b"{}"] * len(refusals))
    seen = await house.pipeline.inspect("http", "refused", 100)
    await until(lambda: not len(house.pipeline.keeper.letters))

    assert seen["sources"][0]["refused"] == len(seen["data"]) == LETTERS + 5
    assert len(await house.pipeline.archive.dead_letters()) == LETTERS


async def test_an_alert_that_is_not_there_cannot_be_judged(house: House) -> None:
    """And a session that nobody heard of is not found."""
    assert await house.pipeline.judge("nothing", "acknowledged", "ann") is None
    assert await house.pipeline.find("nobody") is None


async def test_a_fault_is_part_of_the_readiness(house: House) -> None:
    """Whatever failed elsewhere in this process is shown with the rest."""
    house.pipeline.fault("live", ConnectionError("gone"))
    parts = {part["name"]: part for part in await house.pipeline.readiness()}

    assert "live: ConnectionError: gone" in parts["loops"]["detail"]
