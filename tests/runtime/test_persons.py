"""Days, hours and streaks are counted where the person lives."""

from __future__ import annotations

from datetime import UTC, date, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomtone.errors import BadEvent
from roomtone.runtime.persons import calendar, person, spread, streaks, time_zone
from roomtone.testing import ListArchive
from tests.talked import NOON, conversation, keep, turns

TODAY = date(2026, 11, 26)
DAY = timedelta(days=1)


def test_monday_tuesday_thursday_is_no_streak_of_three() -> None:
    """Active days are not days in a row."""
    days = [TODAY - 3 * DAY, TODAY - 2 * DAY, TODAY]

    assert streaks(days, TODAY) == (1, 2)


def test_a_streak_outlives_the_night() -> None:
    """Who talked yesterday may still talk today; the day after, it is over."""
    days = [TODAY - 2 * DAY, TODAY - DAY]

    assert streaks(days, TODAY) == (2, 2)
    assert streaks(days, TODAY + DAY) == (0, 2)


@given(st.sets(st.integers(0, 60), min_size=1), st.integers(0, 3))
def test_streaks_are_what_counting_gives(offsets: set[int], later: int) -> None:
    """The same as walking over the calendar day by day."""
    days = [TODAY + offset * DAY for offset in sorted(offsets)]
    runs = [n for s in range(61) for n in range(1, 62 - s) if {*range(s, s + n)} <= offsets]
    today = days[-1] + later * DAY
    back = 0
    while max(offsets) - back in offsets:
        back += 1

    assert streaks(days, today) == (back if later <= 1 else 0, max(runs))


@pytest.mark.parametrize("name", ["Europe/Berlin", "Asia/Kolkata", "Pacific/Chatham"])
def test_the_calendar_holds_every_turn_once(name: str) -> None:
    """Whatever the zone, and over a change of its clocks; by hour as well as by day."""
    said = [turns(f"s{n}", at=NOON.replace(month=3, day=28) + n * 5 * DAY / 24) for n in range(20)]
    activity = spread([conversation(one) for one in said])
    hours, days = calendar(activity, ZoneInfo(name))

    assert sum(map(sum, hours)) == pytest.approx(100)
    assert sum(days.values()) == pytest.approx(100)


@pytest.mark.parametrize("name", ["Nowhere/Else", "../../etc/passwd", "/etc/passwd", "a\0b", "é"])
def test_a_time_zone_that_there_is_not_is_told(name: str) -> None:
    """With an example; a path is none."""
    with pytest.raises(BadEvent, match="Europe/Helsinki"):
        time_zone(name)


async def test_a_person_is_all_that_is_kept_of_them() -> None:
    """Pairs, newest conversations, how many there are, and what was felt most."""
    archive = ListArchive()
    for number in range(60):
        await keep(archive, turns(f"s{number}", at=NOON + number * DAY))
    await keep(archive, turns("other", user="bob"), emotion="fear")
    told = await person(archive, "ann", NOON + 59 * DAY, UTC)

    assert told is not None
    assert (len(told["conversations"]), told["total"]) == (50, 60)
    assert told["streak"] == {"current": 60, "longest": 60}
    assert set(told["emotions"]) == {"joy"}
    assert {day["turns"] for day in told["days"]} == {5}
    assert await person(archive, "nobody", NOON, UTC) is None
