"""Saved queries are Flux to InfluxData's own compiler, and are answered with InfluxDB's rows."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from roomtone.contracts import START
from roomtone.errors import BadEvent
from roomtone.points import Point
from roomtone.ports import SeriesStore
from roomtone.runtime import flux, plugins
from roomtone.runtime.config import Settings
from roomtone.stores.influxdb import InfluxDB
from roomtone.stores.sqlite import SQLite
from tests.servers import Running, influxql, missing

NODE = Path(__file__).parents[1] / "node"
NOW = START + timedelta(hours=2)

CHECKS = {
    "user_emotion": """from(bucket: "performance_metrics")
   |> range(start: -1h)
   |> filter(fn: (r) => r._measurement == "user_emotion")
   |> limit(n: 10)""",
    "bot_emotion": """from(bucket: "performance_metrics")
   |> range(start: -1h)
   |> filter(fn: (r) => r._measurement == "bot_emotion")
   |> limit(n: 10)""",
    "relationship": """from(bucket: "performance_metrics")
   |> range(start: -1h)
   |> filter(fn: (r) => r._measurement == "relationship_progression")
   |> filter(fn: (r) => r._field == "trust_level" or r._field == "affection_level")
   |> limit(n: 10)""",
}
"""The three checks as the documents have them."""

BY_NAME = {m.name: m for m in plugins.measurements(Settings())}


def compiled(scripts: list[str]) -> list[bool]:
    """Whether InfluxData's compiler takes each of these."""
    node = shutil.which("node") or shutil.which("node", path=Path(sys.executable).parent)
    if node is None or not (NODE / "node_modules" / "@influxdata").is_dir():
        missing("no Node.js or no flux-lsp-node; run: make tests/node/node_modules/.ready")
    done = subprocess.run(
        [str(node), str(NODE / "flux.mjs")],
        input=json.dumps(scripts),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    found: list[bool] = json.loads(done.stdout)
    return found


@pytest.mark.servers
def test_saved_queries_are_flux_to_influxdatas_own_compiler() -> None:
    """And what it would not take is refused: names, arguments, types and syntax."""
    good = [flux.text_of(name) for name in flux.saved()]
    (some, *_) = good
    bad = [
        some.replace("range", "rang"),
        some.replace("start", "begin"),
        some.replace("n: 10", 'n: "ten"'),
        some.replace("=>", ">"),
    ]

    assert compiled(good) == [True] * len(good)
    assert compiled(bad) == [False] * len(bad)


@pytest.mark.parametrize("name", CHECKS)
def test_the_documents_checks_are_saved_word_by_word(name: str) -> None:
    """Only a comment stands before them."""
    comment, _, text = flux.text_of(name).partition("\n")

    assert text.rstrip() == CHECKS[name]
    assert comment.startswith("// ")
    assert set(CHECKS) <= set(flux.saved())


def turns(count: int = 15) -> list[Point]:
    """Turns of two persons and a relationship, some too old, some to come."""
    rows = []
    for n in range(-2, count):
        at = NOW - timedelta(hours=1) + timedelta(minutes=4 * n, milliseconds=n % 7)
        who = {"bot": "luna", "user_id": f"u_{n % 2}"}
        feeling = {**who, "emotion": "joy" if n % 3 else ""}
        texts = {"session_id": "s 1", "source": "model"}
        strength = {"intensity": n / 16, "confidence": 0.5}
        if n % 4 == 0:
            del strength["confidence"]
        rows.append(Point("user_emotion", at, feeling, strength, texts))
        rows.append(Point("bot_emotion", at, feeling, strength, texts))
        bond = {"trust_level": n / 16, "affection_level": 0.25, "attunement_level": 0.125}
        rows.append(Point("relationship_progression", at, who, bond, texts))
    return rows


async def filled(store: Any) -> SeriesStore:
    await store.open([*BY_NAME.values()])
    for name in ("user_emotion", "bot_emotion", "relationship_progression"):
        own = [row for row in turns() if row.measurement == name]
        await store.write([BY_NAME[name].gather(own)])
    made: SeriesStore = store
    return made


async def told(store: SeriesStore, text: str) -> list[dict[str, Any]]:
    return await flux.answer(flux.parse(text, NOW), store, [*BY_NAME.values()])


def expected(text: str) -> list[dict[str, Any]]:
    """The rows by hand: all that the checks mean, cut to ten in each table."""
    (name,) = set(re.findall(r'_measurement == "(\w+)"', text))
    wanted = re.findall(r'_field == "(\w+)"', text)
    tables: dict[Any, list[Any]] = {}
    for row in sorted(turns(), key=lambda row: row.time):
        if row.measurement == name and NOW - timedelta(hours=1) <= row.time < NOW:
            tags = tuple(sorted((tag, value) for tag, value in row.tags.items() if value))
            for field, value in {**row.fields, **row.texts}.items():
                if not wanted or field in wanted:
                    tables.setdefault((tags, field), []).append((row.time, value))
    return [
        {"table": n, "_start": NOW - timedelta(hours=1), "_stop": NOW, "_time": at}
        | {"_value": value, "_field": field, "_measurement": name, **dict(tags)}
        for n, ((tags, field), rows) in enumerate(sorted(tables.items()))
        for at, value in rows[:10]
    ]


@pytest.mark.parametrize("name", CHECKS)
async def test_the_embedded_store_answers_the_checks(name: str, tmp_path: Path) -> None:
    """A table per series and field, in order, ten rows of each, the last hour only."""
    store = await filled(SQLite(f"sqlite:///{tmp_path}/a.db"))
    found = await told(store, flux.text_of(name))
    await store.close()

    assert found == expected(flux.text_of(name))
    assert {row["_field"] for row in found} >= (
        {"trust_level", "affection_level"} if name == "relationship" else {"intensity", "source"}
    )


@pytest.mark.servers
@pytest.mark.parametrize("name", CHECKS)
async def test_an_influxdb_holds_the_same_rows(
    name: str, influx_url: str, influx_process: Running
) -> None:
    """Asked in InfluxQL for each field's first ten of each series: the same tables, row by row."""
    store = await filled(InfluxDB(influx_url))
    found = await told(store, flux.text_of(name))
    await store.close()
    bucket, tables = influx_url.rpartition("/")[2], {}
    start, end = [round(at.timestamp() * 1000) for at in (NOW - timedelta(hours=1), NOW)]
    (measurement,) = {row["_measurement"] for row in found}
    for field in {row["_field"] for row in found}:
        for series in influxql(
            influx_process,
            f'SELECT "{field}" FROM "{measurement}" WHERE time >= {start}ms AND time < {end}ms '
            "GROUP BY * LIMIT 10",
            bucket,
        ):
            tags = {tag: value for tag, value in series["tags"].items() if value}
            tables[(tuple(sorted(tags.items())), field)] = series["values"]

    assert found == expected(flux.text_of(name))
    ordered = [
        (n, at, value, field)
        for n, ((_, field), rows) in enumerate(sorted(tables.items()))
        for at, value in rows
    ]
    assert ordered == [
        (row["table"], round(row["_time"].timestamp() * 1000), row["_value"], row["_field"])
        for row in found
    ]


async def test_a_query_of_ones_own_is_answered(tmp_path: Path) -> None:
    """Any order of filters, brackets, other tags, an offset, moments instead of durations."""
    store = await filled(SQLite(f"sqlite:///{tmp_path}/a.db"))
    found = await told(
        store,
        """from(bucket: "any")
        |> range(start: 2026-03-01T13:00:00Z, stop: now()) // an hour
        |> filter(fn: (row) => row["user_id"] == "u_1" and (row.emotion != "joy" or row.x == "y")
                               or row._measurement == "bot_emotion" and row.user_id == "u_0")
        |> filter(fn: (r) => r._field != "session_id" and r._field != "source")
        |> limit(n: 2, offset: 1)""",
    )
    await store.close()

    assert {(row["_measurement"], row["user_id"]) for row in found} == {("bot_emotion", "u_0")}
    assert {row["_field"] for row in found} == {"intensity", "confidence"}
    assert all(row["_time"] >= datetime(2026, 3, 1, 13, tzinfo=UTC) for row in found)
    per_table = [row["table"] for row in found]
    assert max(per_table.count(table) for table in per_table) == 2


async def test_an_endless_answer_is_refused(tmp_path: Path, monkeypatch: Any) -> None:
    """Memory has a bound; a shorter range or a limit is asked for."""
    monkeypatch.setattr(flux, "MOST_ROWS", 20)
    store = await filled(SQLite(f"sqlite:///{tmp_path}/a.db"))
    with pytest.raises(BadEvent, match="ask for a shorter range"):
        await told(store, 'from(bucket: "b") |> range(start: -1d)')
    await store.close()


@pytest.mark.parametrize(
    "text",
    [
        "",
        'from(bucket: "b")',
        'from(bucket: "b") |> filter(fn: (r) => r.a == "b")',
        'from(bucket: "b") |> range(stop: -1h)',
        'from(bucket: "b") |> range(start: -1h) |> mean()',
        'from(bucket: "b") |> range(start: -1h) |> limit(n: "10")',
        'from(bucket: "b") |> range(start: -1h) |> filter(fn: (r) => r.a > "b")',
        'from(bucket: "b") |> range(start: -1h) |> filter(fn: (r) => q.a == "b")',
        'from(bucket: "b") |> range(start: -1h) |> limit(n: 1) |> filter(fn: (r) => r.a == "b")',
        'from(bucket: "b") |> range(start: -1h) |> limit(n: 1, m: 2)',
        'from(bucket: "b") |> range(start: -1h) ; drop',
        'from(bucket: "unclosed) |> range(start: -1h)',
        'import "sql"',
        'from(bucket: "b") |> range(start: -1h) |> filter(fn: (r) => ' + "(" * 5_000,
    ],
)
def test_what_is_not_understood_is_refused(text: str) -> None:
    """Never half answered: one sentence, with what is understood."""
    with pytest.raises(BadEvent, match="what is understood: from, range"):
        flux.parse(text, NOW)


def test_an_unknown_name_is_told_those_there_are() -> None:
    """The names of the saved ones."""
    with pytest.raises(BadEvent, match="choose one of: bot_emotion, relationship, user_emotion"):
        flux.text_of("users")
