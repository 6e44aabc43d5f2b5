"""Several are compared on the same number, each with its own trend."""

from __future__ import annotations

import pytest

from roomtone.errors import BadEvent
from roomtone.runtime.comparing import MOST, compare
from roomtone.runtime.trajectories import Asked
from roomtone.testing import ListArchive, ListSeriesStore
from tests.runtime.test_trajectories import TRUST, Kept
from tests.talked import keep, turns


@pytest.fixture
async def kept() -> Kept:
    made = Kept(ListSeriesStore(), ListArchive())
    await made.series.open(made.measurements)
    return made


async def test_each_has_its_points_and_its_trend(kept: Kept) -> None:
    """People, in the order in which they were named; one of whom nothing is known."""
    await kept.write([0.4 + 0.01 * day for day in range(10)])
    await kept.write([0.8] * 10, user="bob")
    told = await compare(kept, Asked(TRUST.measurement, TRUST.field), "user", ["bob", "ann", "eve"])
    bob, ann, eve = told["series"]

    assert [line["name"] for line in told["series"]] == ["bob", "ann", "eve"]
    assert (bob["mean"], bob["count"], bob["trend"]["direction"]) == (0.8, 10, "steady")
    assert ann["trend"]["direction"] == "rising"
    assert (eve["mean"], eve["count"], eve["points"]) == (None, 0, [])
    assert ann["sources"] == {"store": 1.0}


async def test_sessions_and_bots_can_be_compared(kept: Kept) -> None:
    """By the same words."""
    await kept.write([0.5] * 3)
    for session in ("s", "t"):
        await keep(kept.archive, turns(session))
    asked = Asked(TRUST.measurement, TRUST.field)
    sessions = await compare(kept, asked, "session", ["s", "t"])
    bots = await compare(kept, asked, "bot", ["luna", "nova"])

    assert [line["count"] for line in sessions["series"]] == [5, 5]
    assert [line["count"] for line in bots["series"]] == [3, 0]


@pytest.mark.parametrize("names", [[], ["a"], ["a", "a"], [str(n) for n in range(MOST + 1)]])
async def test_one_or_many_or_twice_the_same_is_no_comparison(kept: Kept, names: list[str]) -> None:
    """Two to eight different ones."""
    with pytest.raises(BadEvent, match="2 to 8"):
        await compare(kept, Asked(TRUST.measurement, TRUST.field), "bot", names)
