"""Which measurements of turns each bot really gives: how many, how fresh, by whom, in range."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from roomtone.points import Measurement, Point
from roomtone.ports import Archive
from roomtone.runtime.spoken import stamp
from roomtone.runtime.trajectories import Stores

Row = dict[str, Any]

MOST_BOTS = 10
"""How many bots are looked at where none is named: those with the most conversations."""

ENOUGH_TURNS = 500
"""How many of a bot's newest turns are looked at, about."""

MOST_TALKS = 200
MOST_ROWS = 5_000
HOUR_S = 3_600

LATE_S = 600
"""A measurement of most turns whose last point is so much older than the last turn is stale."""

MOST_TURNS = 0.5  # the share of turns from which on a measurement is expected of the last one

SELDOM: Mapping[str, str] = {
    "context_switches": "messages that change the topic",
    "memory_quality": "turns that tell which `memories` were looked up, or `ingest --recall`",
    "user_feedback": "reactions that rate an answer",
    "reaction_engagement": "reactions that agree or nod",
    "reaction_emotion": "reactions that show a feeling",
}
"""What only some turns have, and which: a bot without them is well."""


class Found(NamedTuple):
    """One finding about a measurement, as `doctor` shows it."""

    name: str
    ok: bool
    detail: str
    remedy: str


def of_turns(measurements: Sequence[Measurement]) -> list[Measurement]:
    """Those that turns have: they tell bots and persons apart."""
    return [one for one in measurements if {"bot", "user_id"} <= {*one.tags}]


async def coverage(stores: Stores, bot: str | None = None) -> Row:
    """What the newest turns of each bot gave, and what none of them gave."""
    expected = of_turns(stores.measurements)
    if bot is None:
        facets = await stores.archive.facets()
        names = list(facets.get("bot", {}))[:MOST_BOTS]
    else:
        names = [bot]
    bots = [told for name in names if (told := await _of_bot(stores, name, expected)) is not None]
    given = {one["name"] for told in bots for one in told["measurements"]}
    return {"bots": bots, "missing": [one.name for one in expected if one.name not in given]}


async def newest(archive: Archive, bot: str) -> tuple[datetime, datetime] | None:
    """From when to when a bot's newest turns were; None where it has none."""
    talks, _ = await archive.conversations(bot=bot, limit=MOST_TALKS)
    if not talks:
        return None
    start, turns = talks[0].started, 0
    for talk in talks:
        start = min(start, talk.started)
        turns += talk.turns
        if turns >= ENOUGH_TURNS:
            break
    return start, talks[0].ended + timedelta(milliseconds=1)


async def _of_bot(stores: Stores, bot: str, expected: Sequence[Measurement]) -> Row | None:
    span = await newest(stores.archive, bot)
    if span is None:
        return None
    found = {one.name: await _rows(stores, one, bot, *span) for one in expected}
    turns = {key for rows, step_s in found.values() if not step_s for key in map(_turn, rows)}
    return {
        "bot": bot,
        "turns": len(turns),
        "last_turn": stamp(span[1] - timedelta(milliseconds=1)),
        "measurements": [
            _told(one, *found[one.name], len(turns)) for one in expected if found[one.name][0]
        ],
    }


async def _rows(
    stores: Stores, declared: Measurement, bot: str, start: datetime, end: datetime
) -> tuple[Sequence[Point], int]:
    """Its points as written, or means of hours where the points are past their keeping."""
    while True:
        rows = await stores.series.read(
            declared.name, tags={"bot": bot}, start=start, end=end, limit=MOST_ROWS
        )
        if len(rows) < MOST_ROWS or end - start <= timedelta(seconds=1):
            break
        start = end - (end - start) / 2  # it gives the oldest first, and the newest are wanted
    if rows:
        return rows, 0
    return (
        await stores.series.read(
            declared.name,
            tags={"bot": bot},
            start=start,
            end=end,
            step_s=HOUR_S,
            limit=MOST_ROWS,
        ),
        HOUR_S,
    )


def _turn(point: Point) -> tuple[datetime, str]:
    """Whose turn a point is of: a person has one a millisecond."""
    return point.time, point.tags.get("user_id", "")


def _told(declared: Measurement, rows: Sequence[Point], step_s: int, turns: int) -> Row:
    sources = Counter(row.texts["source"] for row in rows if row.texts.get("source"))
    return {
        "name": declared.name,
        "points": len(rows),
        "step_s": step_s,
        "turns_share": None if step_s else len({*map(_turn, rows)}) / turns,
        "first": stamp(min(row.time for row in rows)),
        "last": stamp(max(row.time for row in rows)),
        "sources": {source: n / sources.total() for source, n in sources.most_common()},
        "out_of_range": sum(out_of_range(declared, row) for row in rows),
    }


def out_of_range(declared: Measurement, point: Point) -> int:
    """How many of a point's numbers are outside the range that was declared for them."""
    count = 0
    for name, field in declared.numbers.items():
        value = point.fields.get(name)
        if value is not None:
            count += (field.low is not None and value < field.low) or (
                field.high is not None and value > field.high
            )
    return count


def findings(report: Row, expected: Sequence[str]) -> Iterator[Found]:
    """One for each measurement: is it present, fresh and in range, at every bot?"""
    bots = report["bots"]
    if not bots:
        yield Found("turns", True, "none yet", "")
        return
    for name in expected:
        wrong, remedies, told = [], [], []
        for bot in bots:
            one = next((one for one in bot["measurements"] if one["name"] == name), None)
            if one is None:
                told.append(f"{bot['bot']}: none")
                if name not in SELDOM:
                    wrong.append(f"{bot['bot']} has none")
                    remedies.append("see what the turns lack in the inspector, and `reader` above")
                continue
            told.append(f"{bot['bot']}: {one['points']:,}, last {one['last']}")
            if _is_stale(bot, one):
                wrong.append(f"{bot['bot']} has none since {one['last']}, and talks still")
                remedies.append("see that the series store takes what is written")
            if one["out_of_range"]:
                wrong.append(f"{bot['bot']} has {one['out_of_range']:,} numbers out of range")
                remedies.append("see who else writes to the series store")
        if name in SELDOM and all(part.endswith(": none") for part in told):
            told.append(f"which needs {SELDOM[name]}")
        detail = "; ".join(wrong or told)
        yield Found(f"measured: {name}", not wrong, detail, "; ".join(dict.fromkeys(remedies)))


def _is_stale(bot: Row, one: Row) -> bool:
    """Whether turns were said long after its last point, which most turns have."""
    share = one["turns_share"]
    if one["step_s"] or share is None or share < MOST_TURNS:
        return False
    last, turn = (datetime.fromisoformat(text) for text in (one["last"], bot["last_turn"]))
    return (turn - last).total_seconds() > LATE_S
