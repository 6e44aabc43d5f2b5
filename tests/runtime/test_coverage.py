"""What bots really give is counted: present, fresh, in range, and by whom."""

from __future__ import annotations

from datetime import timedelta

import pytest

from roomtone.points import Field, Measurement, Point
from roomtone.runtime import coverage as module
from roomtone.runtime import plugins
from roomtone.runtime.coverage import coverage, findings, of_turns, out_of_range
from roomtone.testing import ListArchive, ListSeriesStore
from tests.runtime.test_trajectories import PROGRESS, ROOM, TEXTS, Kept
from tests.talked import NOON, keep, turns

SHIFTS = Measurement("context_switches", "s", ("bot", "user_id"), {"by": Field("b"), **TEXTS})
NAMES = ["relationship_progression", "context_switches"]


@pytest.fixture
async def kept() -> Kept:
    """Ten turns of ann with luna, one a minute; each has its point of trust."""
    made = Kept(ListSeriesStore(), ListArchive(), (ROOM, PROGRESS, SHIFTS))
    await made.series.open(made.measurements)
    await keep(made.archive, turns(count=10))
    return made


async def test_a_bot_is_told_by_what_it_gave(kept: Kept) -> None:
    """Points, share of turns, first, last and sources; and what nobody gave."""
    await kept.write([0.5] * 9, every=timedelta(minutes=1))
    await kept.write([0.5], at=NOON + timedelta(minutes=9), source="estimate")
    told = await coverage(kept)
    [bot] = told["bots"]
    [trust] = bot["measurements"]

    assert (bot["bot"], bot["turns"], told["missing"]) == ("luna", 10, ["context_switches"])
    assert (trust["points"], trust["turns_share"], trust["out_of_range"]) == (10, 1.0, 0)
    assert (trust["first"][11:16], trust["last"][11:16]) == ("12:00", "12:09")
    assert trust["sources"] == {"store": 0.9, "estimate": 0.1}
    assert all(found.ok for found in findings(told, NAMES))


async def test_what_few_turns_have_is_well_and_said(kept: Kept) -> None:
    """A bot without memories or changes of topic is not unwell."""
    await kept.write([0.5] * 10, every=timedelta(minutes=1))
    found = {one.name: one for one in findings(await coverage(kept), NAMES)}

    assert found["measured: context_switches"].ok
    assert "change the topic" in found["measured: context_switches"].detail


def test_no_bot_is_unwell_because_nobody_reacted() -> None:
    """Whatever is measured of reactions is what only some turns have."""
    names = {one.name for one in plugins.load("signals.reactions", "feedback").measurements}

    assert names and names <= module.SELDOM.keys()


async def test_what_is_missing_stale_or_out_of_range_is_found(kept: Kept) -> None:
    """Each with a remedy."""
    (missing, _) = findings(await coverage(kept), NAMES)
    await kept.write([0.5, 7.0], at=NOON, every=timedelta(minutes=1))
    await keep(kept.archive, turns(count=10, every=timedelta(minutes=5)))
    (stale, _) = findings(await coverage(kept), NAMES)

    assert not missing.ok
    assert "luna has none" in missing.detail
    assert not stale.ok
    assert "none since 2026-11-20T12:01" in stale.detail
    assert "1 numbers out of range" in stale.detail
    assert missing.remedy
    assert stale.remedy


async def test_nobody_has_said_anything_is_well() -> None:
    """A new server is not unwell for it."""
    empty = Kept(ListSeriesStore(), ListArchive(), (PROGRESS,))
    await empty.series.open(empty.measurements)
    told = await coverage(empty)

    assert told == {"bots": [], "missing": ["relationship_progression"]}
    assert [(one.name, one.ok) for one in findings(told, NAMES)] == [("turns", True)]


async def test_the_newest_turns_are_looked_at(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not the oldest, which a store gives first, and no more than so many."""
    monkeypatch.setattr(module, "MOST_ROWS", 10)
    await kept.write([0.5] * 60, every=timedelta(seconds=9))
    [bot] = (await coverage(kept, "luna"))["bots"]

    assert 0 < bot["measurements"][0]["points"] < 10
    assert bot["measurements"][0]["last"][11:19] == "12:08:51"


async def test_points_past_their_keeping_are_told_by_their_hours(kept: Kept) -> None:
    """Then no share of turns is known, and no source; but it is not missing."""
    await kept.write([0.5] * 10, every=timedelta(minutes=1))
    reads = kept.series.read

    async def forgetful(measurement: str, **asked):  # type: ignore[no-untyped-def]
        """Rollups alone, as after some days."""
        return await reads(measurement, **asked) if asked.get("step_s") else []

    kept.series.read = forgetful  # type: ignore[method-assign]
    told = await coverage(kept)
    [trust] = told["bots"][0]["measurements"]

    assert (trust["step_s"], trust["points"], trust["turns_share"]) == (3600, 1, None)
    assert all(found.ok for found in findings(told, NAMES))


def test_the_range_is_the_declared_one() -> None:
    """Its ends are in it; a number without a range cannot be out of it."""

    def point(value: float) -> Point:
        return Point(PROGRESS.name, NOON, {}, {"trust_level": value})

    assert [out_of_range(PROGRESS, point(v)) for v in (-0.1, 0.0, 1.0, 1.1)] == [1, 0, 0, 1]
    assert out_of_range(SHIFTS, Point(SHIFTS.name, NOON, {}, {"by": 1e9})) == 0
    assert of_turns([ROOM, PROGRESS]) == [PROGRESS]
