"""Asks InfluxDB in InfluxQL, which 1.x, 2.x and 3.x have in common, and reads its answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

from roomtone.points import Measurement, Point
from roomtone.stores._influx_lines import MARK, coded_tag, decoded_tag
from roomtone.stores._steps import from_ms, numbers_of

Series = Mapping[str, Any]
"""One of an answer: `tags` where it was grouped by them, `columns` and `values`."""

FIRST_MS, LAST_MS = -9_223_372_036_854, 9_223_372_036_854
"""What InfluxDB's clock of nanoseconds can tell."""


def name(text: str) -> str:
    """An identifier in quotes.

    >>> print(name('a "b"'))
    "a \\"b\\""
    """
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def literal(text: str) -> str:
    """A string in quotes.

    >>> print(literal("it's"))
    'it\\'s'
    """
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return f"'{escaped}'"


def _within(tags: Mapping[str, str], start: int, end: int) -> str:
    start, end = max(start, FIRST_MS), min(end, LAST_MS)
    asked = [f"{name(tag)}::tag = {literal(coded_tag(value))}" for tag, value in tags.items()]
    return " AND ".join([f"time >= {start}ms", f"time < {end}ms", *asked])


def points_query(
    measurement: Measurement, tags: Mapping[str, str], start: int, end: int, limit: int
) -> str:
    """The points of [start, end) in epoch ms, oldest first: all fields, as a point is there also
    where none of those that are wanted is known; then all tags."""
    columns = [f"{name(field)}::field" for field in (*measurement.fields, MARK)]
    columns += [f"{name(tag)}::tag" for tag in measurement.tags]
    return (
        f"SELECT {', '.join(columns)} FROM {name(measurement.name)} "
        f"WHERE {_within(tags, start, end)} ORDER BY time LIMIT {limit}"
    )


def delete_query(series: str, tags: Mapping[str, str], ns: int) -> str:
    """Deletes what a series of 1.x has at one time. Tags are as they are stored; "" is none."""
    asked = [f"{name(tag)} = {literal(coded_tag(value))}" for tag, value in tags.items()]
    return f"DELETE FROM {name(series)} WHERE {' AND '.join([*asked, f'time = {ns}'])}"


def forget_query(tags: Mapping[str, str]) -> str:
    """Deletes, in 1.x, all series with these tags from all measurements."""
    asked = [f"{name(tag)} = {literal(coded_tag(value))}" for tag, value in tags.items()]
    return f"DROP SERIES WHERE {' AND '.join(asked)}"


def forget_body(tags: Mapping[str, str]) -> dict[str, str]:
    """The same for 2.x.

    >>> forget_body({"user_id": "u_1"})["predicate"]
    '"user_id"="u_1"'
    """
    asked = [f'"{tag}"={_quoted(coded_tag(value))}' for tag, value in tags.items()]
    return {
        "start": "1677-09-22T00:00:00Z",
        "stop": "2262-04-11T00:00:00Z",
        "predicate": " AND ".join(asked),
    }


def delete_body(series: str, tags: Mapping[str, str], ns: int) -> dict[str, str]:
    """The same for 2.x, where deleting has a path of its own.

    >>> delete_body("weather", {"place": "here", "height": ""}, 1_500_000_000_000_000_001)["start"]
    '2017-07-14T02:40:00.000000001Z'
    """
    asked = [f'"{tag}"={_quoted(coded_tag(value))}' for tag, value in tags.items() if value]
    at = f"{from_ms(ns // 1_000_000_000 * 1000):%Y-%m-%dT%H:%M:%S}.{ns % 1_000_000_000:09d}Z"
    return {
        "start": at,
        "stop": at,
        "predicate": " AND ".join([f"_measurement={_quoted(series)}", *asked]),
    }


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def newest_query(measurements: Sequence[str]) -> str:
    """The newest point of each of these measurements."""
    return f"SELECT * FROM {', '.join(map(name, measurements))} ORDER BY time DESC LIMIT 1"


def points_in(
    answer: Sequence[Series], measurement: Measurement, fields: Sequence[str]
) -> list[Point]:
    """The points of an answer to `points_query`, with the fields that are wanted."""
    declared, wanted = [*measurement.fields], set(fields or measurement.fields)
    numbers = [
        (i, f) for i, f in enumerate(declared, 1) if f in wanted and f in measurement.numbers
    ]
    texts = [(i, f) for i, f in enumerate(declared, 1) if f in wanted and f in measurement.texts]
    tags = [*enumerate(measurement.tags, len(declared) + 2)]
    return [
        Point(
            measurement.name,
            from_ms(row[0]),
            {tag: decoded_tag(row[i] or "") for i, tag in tags},
            {f: float(row[i]) for i, f in numbers if row[i] is not None},
            {f: row[i] for i, f in texts if row[i] is not None},
        )
        for series in answer
        for row in series.get("values", ())
    ]


def steps_query(
    measurement: Measurement,
    tags: Mapping[str, str],
    fields: Sequence[str],
    start: int,
    end: int,
    step_s: int,
    limit: int,
) -> str:
    """Mean, least and most of each number by step and series, in [start, end) of whole steps.

    Counts of the other fields stand behind them, so that a step is there if it holds any point.
    """
    wanted = numbers_of(measurement, fields or [*measurement.fields])
    columns = [f"{how}({name(f)}::field)" for f in wanted for how in ("MEAN", "MIN", "MAX")]
    others = [f for f in (*measurement.fields, MARK) if f not in wanted]
    columns += [f"COUNT({name(f)}::field)" for f in others]
    by = "".join(f", {name(tag)}" for tag in measurement.tags)
    return (
        f"SELECT {', '.join(columns)} FROM {name(measurement.name)} "
        f"WHERE {_within(tags, start, end)} GROUP BY time({step_s}s){by} FILL(none) LIMIT {limit}"
    )


def steps_in(
    answer: Sequence[Series], measurement: Measurement, fields: Sequence[str], limit: int
) -> list[Point]:
    """The points of an answer to `steps_query`: the first `limit`, oldest first."""
    wanted = numbers_of(measurement, fields or [*measurement.fields])
    columns = [f"{f}{part}" for f in wanted for part in ("", "_min", "_max")]
    found: list[tuple[int, Mapping[str, str], Sequence[Any]]] = []
    for series in answer:
        told = series.get("tags") or {}
        tags = {tag: decoded_tag(told.get(tag) or "") for tag in measurement.tags}
        found += [(row[0], tags, row) for row in series.get("values", ())]
    found.sort(key=itemgetter(0))
    return [
        Point(
            measurement.name,
            from_ms(time),
            tags,
            {c: float(v) for c, v in zip(columns, row[1:], strict=False) if v is not None},
        )
        for time, tags, row in found[:limit]
    ]
