"""One number over time, of a bot, a person or a session: points, trend, and what changed it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from statistics import fmean
from typing import Any, Protocol

from roomtone.errors import BadEvent
from roomtone.points import Field, Measurement, Point
from roomtone.ports import Archive, SeriesStore
from roomtone.runtime import pseudonyms
from roomtone.runtime.spoken import stamp
from roomtone.trends import MOST_POINTS, Trend, changes, trend

EPOCH, FOREVER = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

STEPS = (60, 3600, 86_400)
"""Seconds of the means that are asked for where there are too many points as they were written."""

MOST_CHARS = 50_000_000
"""How much text may be read over to find a session's numbers."""

TURNS_OF_A_CHANGE = 3

PAGE = 200


class Stores(Protocol):
    """Where numbers and texts are read from; a `Host` is one."""

    series: SeriesStore
    archive: Archive
    measurements: Sequence[Measurement]


@dataclass(frozen=True, slots=True)
class Asked:
    """Which number, of whom, and when. `step_s` None: as fine as MOST_POINTS allow."""

    measurement: str
    field: str
    bot: str | None = None
    user: str | None = None
    session: str | None = None
    start: datetime = EPOCH
    end: datetime = FOREVER
    step_s: int | None = None

    def of(self, *, bot: str | None, user: str | None, session: str | None) -> Asked:
        """The same of these; None stands for all."""
        return replace(self, bot=bot, user=user, session=session)


@dataclass(frozen=True, slots=True)
class Sample:
    """The number at one time; `source` and `session` are empty where it is a mean of a step."""

    at: datetime
    value: float
    source: str = ""
    session: str = ""


@dataclass(slots=True)
class Trajectory:
    """What was found: the samples in their order, and how fine they are (0: as written)."""

    asked: Asked
    samples: list[Sample]
    step_s: int
    trend: Trend
    changes: list[dict[str, Any]] = field(default_factory=list)

    def points(self) -> list[dict[str, Any]]:
        """As the wire has them; a mean has no one source."""
        return [
            {"at": stamp(one.at), "value": one.value, "source": one.source or None}
            for one in self.samples
        ]

    def sources(self) -> dict[str, float]:
        """The share of the points of each source, of those that have one."""
        counts = Counter(one.source for one in self.samples if one.source)
        return {source: n / counts.total() for source, n in counts.most_common()}

    def as_json(self) -> dict[str, Any]:
        """All of it, as the wire has it."""
        return {
            "measurement": self.asked.measurement,
            "field": self.asked.field,
            "step_s": self.step_s,
            "points": self.points(),
            "trend": self.trend.as_json(),
            "changes": self.changes,
            "sources": self.sources(),
        }


async def trajectory(stores: Stores, asked: Asked, *, explained: bool = True) -> Trajectory:
    """Read it and look at it. Raises BadEvent for what cannot be asked, and says what can.

    `explained`: also where it changed, and in which turns.
    """
    declared, number = declared_field(stores.measurements, asked.measurement, asked.field)
    samples, step_s = await _samples(stores, asked, declared)
    whole = None
    if number.low is not None and number.high is not None:
        whole = number.high - number.low
    times = [one.at.timestamp() for one in samples]
    values = [one.value for one in samples]
    line = await asyncio.to_thread(trend, times, values, whole)
    found = Trajectory(asked, samples, step_s, line)
    if explained:
        for change in await asyncio.to_thread(changes, times, values):
            here = samples[change.index]
            session, turns = await _turns_at(stores.archive, asked, here, step_s)
            found.changes.append(
                {
                    "at": stamp(here.at),
                    "before": change.before,
                    "after": change.after,
                    "p": change.p,
                    "session": session,
                    "turns": turns,
                }
            )
    return found


def declared_field(
    measurements: Sequence[Measurement], name: str, number: str
) -> tuple[Measurement, Field]:
    """What a measurement and one of its numbers are. Raises BadEvent with those there are."""
    declared = next((one for one in measurements if one.name == name), None)
    if declared is None:
        told = ", ".join(one.name for one in measurements)
        raise BadEvent(f"no measurement is called {name[:100]!r}; there are: {told}")
    if number not in declared.numbers:
        told = ", ".join(declared.numbers)
        raise BadEvent(f"{name} has no number {number[:100]!r}; there are: {told}")
    return declared, declared.numbers[number]


async def tags_of(archive: Archive, declared: Measurement, asked: Asked) -> dict[str, str]:
    """The tags that points of this bot, person and session have; persons are veiled in series.

    Raises BadEvent where the measurement does not tell them apart.
    """
    tags: dict[str, str] = {}
    if asked.bot is not None:
        tags["bot"] = asked.bot
    if asked.user is not None:
        tags[pseudonyms.TAG] = asked.user
    if asked.session is not None:
        tags["session" if "session" in declared.tags else "session_id"] = asked.session
    for tag in tags:
        if tag not in declared.tags:
            word = {"user_id": "user", "session_id": "session"}.get(tag, tag)
            raise BadEvent(
                f"{declared.name} is not told apart by {word}; leave `{word}` out, or ask for "
                "another measurement"
            )
    if asked.user is not None:
        key = await archive.key(pseudonyms.KEY)
        tags[pseudonyms.TAG] = pseudonyms.pseudonym(key, asked.user)
    return tags


async def _samples(stores: Stores, asked: Asked, declared: Measurement) -> tuple[list[Sample], int]:
    by_text = "session_id" in declared.texts and asked.session is not None
    if by_text and not asked.step_s:
        return await _of_session(stores.archive, asked), 0
    if by_text:
        raise BadEvent("the numbers of one session come as they were written; leave `step` out")
    tags = await tags_of(stores.archive, declared, asked)
    if asked.step_s is None:
        found, cut = await _read(stores.series, asked, declared, tags, 0)
        if not cut:
            return await _with_older(stores.series, asked, declared, tags, found), 0
    for step_s in STEPS if asked.step_s is None else (asked.step_s,):
        found, cut = await _read(stores.series, asked, declared, tags, step_s)
        if not cut:
            return _together(found) if step_s else found, step_s
    raise BadEvent(
        f"that is more than {MOST_POINTS:,} points; ask for less time, a larger step, or for one "
        "bot or person"
    )


async def _read(
    series: SeriesStore,
    asked: Asked,
    declared: Measurement,
    tags: Mapping[str, str],
    step_s: int,
    end: datetime | None = None,
) -> tuple[list[Sample], bool]:
    """The samples, and whether there are more: of points, not all of which have the number."""
    wanted = [asked.field, *(name for name in ("source", "session_id") if name in declared.texts)]
    points: Sequence[Point] = await series.read(
        asked.measurement,
        tags=tags,
        start=asked.start,
        end=asked.end if end is None else end,
        fields=wanted,
        step_s=step_s,
        limit=MOST_POINTS + 1,
    )
    usual = "" if "source" in declared.texts or step_s else declared.source
    samples = [
        Sample(
            point.time,
            point.fields[asked.field],
            point.texts.get("source", usual),
            point.texts.get("session_id") or point.tags.get("session_id", ""),
        )
        for point in points
        if asked.field in point.fields
    ]
    return samples, len(points) > MOST_POINTS


async def _with_older(
    series: SeriesStore,
    asked: Asked,
    declared: Measurement,
    tags: Mapping[str, str],
    found: list[Sample],
) -> list[Sample]:
    """Before the first of these, which are as written, there may be means of hours still."""
    end = asked.end
    if found:
        end = found[0].at - (found[0].at - EPOCH) % HOUR
    if end <= asked.start:
        return found
    hours, cut = await _read(series, asked, declared, tags, 3600, end)
    older = _together(hours)
    return found if cut or len(older) + len(found) > MOST_POINTS else [*older, *found]


def _together(samples: Sequence[Sample]) -> list[Sample]:
    """One sample for each time: the mean of the series that have one then."""
    at: dict[datetime, list[float]] = {}
    for one in samples:
        at.setdefault(one.at, []).append(one.value)
    return [Sample(time, fmean(values)) for time, values in sorted(at.items())]


async def _of_session(archive: Archive, asked: Asked) -> list[Sample]:
    """A session's numbers stand beside its turns: the newest that fit, oldest first."""
    assert asked.session is not None
    found: list[Sample] = []
    size = 0
    before: tuple[datetime, str] | None = (asked.end, "")
    while before is not None and len(found) < MOST_POINTS and size < MOST_CHARS:
        turns = await archive.turns(asked.session, before=before, limit=PAGE)
        for turn in turns:
            size += len(turn.message or "") + len(turn.reply or "")
            values = turn.values.get(asked.measurement, {})
            value = values.get(asked.field)
            ours = turn.bot == (asked.bot or turn.bot) and turn.user == (asked.user or turn.user)
            if ours and turn.at >= asked.start and isinstance(value, int | float):
                source = str(values.get("source", ""))
                found.append(Sample(turn.at, float(value), source, asked.session))
        full = len(turns) == PAGE and turns[-1].at >= asked.start
        before = (turns[-1].at, turns[-1].id) if full else None
    return found[:MOST_POINTS][::-1]


async def _turns_at(
    archive: Archive, asked: Asked, here: Sample, step_s: int
) -> tuple[str | None, list[str]]:
    """The session in which a level changed, and the last turns up to there, oldest first."""
    session, until = here.session, here.at + timedelta(milliseconds=1)
    if not session:
        until = here.at + timedelta(seconds=step_s or 3600)
        talks, _ = await archive.conversations(
            bot=asked.bot, user=asked.user, start=here.at, end=until + DAY, limit=PAGE
        )
        begun = [talk for talk in talks if talk.started < until]
        if not begun:
            return None, []
        session = begun[-1].session
    turns = await archive.turns(session, before=(until, ""), limit=PAGE // 10)
    ours = [
        turn.id
        for turn in turns
        if turn.bot == (asked.bot or turn.bot) and turn.user == (asked.user or turn.user)
    ]
    return session, ours[:TURNS_OF_A_CHANGE][::-1]
