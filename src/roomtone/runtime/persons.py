"""What one person did: hours of the week, days, streaks and feelings, in a time zone of theirs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from roomtone.errors import BadEvent
from roomtone.ports import Archive
from roomtone.records import Conversation
from roomtone.runtime.spoken import show_conversation, shown_pairs

NEWEST = 50
"""How many of a person's conversations are listed; the others are counted."""

MOST_PAIRS = 200

MOST_DAYS = 3_700
"""How many days are told: ten years."""

MOST_TALKS = 2_000
"""How many conversations hours, days and streaks are made of: years of a person's."""

MOST_QUARTERS = 1_000  # of one conversation: ten days without a pause

DAY, QUARTER = timedelta(days=1), timedelta(minutes=15)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Activity:
    """When turns were, and what was felt in them.

    `times` are starts of quarters of an hour, by which all time zones differ, each with its turns;
    `emotions` the turns by what was felt most.
    """

    times: Sequence[tuple[datetime, float]]
    emotions: dict[str, float] = field(default_factory=dict)


def time_zone(name: str) -> tzinfo:
    """A time zone by its name. Raises BadEvent for one that this machine does not know.

    >>> time_zone("UTC")
    datetime.timezone.utc
    >>> str(time_zone("Europe/Helsinki"))
    'Europe/Helsinki'
    """
    if name in ("", "UTC", "Z"):
        return UTC
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # of names that are paths, hold a NUL, or are unknown
        raise BadEvent(
            f"there is no time zone {name[:50]!r}; write one like Europe/Helsinki, or UTC"
        ) from None


def streaks(days: Sequence[date], today: date) -> tuple[int, int]:
    """The current and the longest run of days without a gap; `days` rise, each once.

    The current one ends today or, as today is not over, yesterday. Monday, Tuesday, Thursday are
    no three days: on Thursday the current run is 1.

    >>> week = [date(2026, 11, 23), date(2026, 11, 24), date(2026, 11, 26)]
    >>> streaks(week, date(2026, 11, 26)), streaks(week, date(2026, 11, 28))
    ((1, 2), (0, 2))
    >>> streaks([], date(2026, 11, 26))
    (0, 0)
    """
    if not days:
        return 0, 0
    run = longest = 1
    for before, after in pairwise(days):
        run = run + 1 if after - before == DAY else 1
        longest = max(longest, run)
    return run if today - days[-1] <= DAY else 0, longest


def calendar(activity: Activity, zone: tzinfo) -> tuple[list[list[float]], dict[date, float]]:
    """How many turns there were by weekday (Monday first) and hour, and by day, in a time zone.

    >>> monday = datetime(2026, 11, 23, 22, 30, tzinfo=UTC)
    >>> once = Activity(times=[(monday, 3)], emotions={})
    >>> hours, days = calendar(once, ZoneInfo("Europe/Helsinki"))
    >>> hours[1][0], days
    (3.0, {datetime.date(2026, 11, 24): 3.0})
    """
    hours = [[0.0] * 24 for _ in range(7)]
    days: dict[date, float] = {}
    for start, turns in sorted(activity.times):
        local = start.astimezone(zone)
        hours[local.weekday()][local.hour] += turns
        days[local.date()] = days.get(local.date(), 0.0) + turns
    return hours, dict(sorted(days.items()))


def spread(talks: Sequence[Conversation]) -> Activity:
    """The turns of conversations, evenly over the quarters of an hour that each went on in.

    >>> noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
    >>> talk = Conversation(
    ...     session="s", bot="b", user="u", started=noon, ended=noon + 2 * QUARTER, turns=6
    ... )
    >>> [turns for _, turns in spread([talk]).times]
    [2.0, 2.0, 2.0]
    """
    times: dict[datetime, float] = {}
    emotions: dict[str, float] = {}
    for talk in talks:
        first = talk.started - (talk.started - EPOCH) % QUARTER
        quarters = min((talk.ended - first) // QUARTER + 1, MOST_QUARTERS)
        for number in range(quarters):
            start = first + number * QUARTER
            times[start] = times.get(start, 0.0) + talk.turns / quarters
        if talk.emotion:
            emotions[talk.emotion] = emotions.get(talk.emotion, 0.0) + talk.turns
    return Activity(sorted(times.items()), emotions)


def counted(turns: float) -> float:
    """A number of turns, whole where it is; turns are shared out over the time they went on in.

    >>> counted(3.0), counted(2.9999999), counted(1 / 3)
    (3, 3, 0.333)
    """
    short = round(turns, 3)
    return int(short) if short.is_integer() else short


async def person(archive: Archive, user: str, now: datetime, zone: tzinfo) -> dict[str, Any] | None:
    """All that is told of one person; None where nothing is kept of them."""
    pairs, _ = await archive.relationships(user=user, limit=MOST_PAIRS)
    talks, total = await archive.conversations(user=user, limit=MOST_TALKS)
    if not pairs and not talks:
        return None
    activity = await asyncio.to_thread(spread, talks)
    hours, days = await asyncio.to_thread(calendar, activity, zone)
    current, longest = streaks(list(days), now.astimezone(zone).date())
    shown = list(days.items())[-MOST_DAYS:]
    return {
        "user": user,
        "relationships": shown_pairs(pairs),
        "conversations": [show_conversation(talk) for talk in talks[:NEWEST]],
        "total": total,
        "hours": [[counted(turns) for turns in day] for day in hours],
        "days": [{"day": day.isoformat(), "turns": counted(turns)} for day, turns in shown],
        "streak": {"current": current, "longest": longest},
        "emotions": {name: counted(turns) for name, turns in activity.emotions.items()},
    }
