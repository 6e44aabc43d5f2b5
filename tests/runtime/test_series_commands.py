"""`roomtone query` and `roomtone backfill`, as they are typed, beside a server that runs."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from roomtone.__main__ import app
from roomtone.errors import BadConfig, BadEvent, StoreError
from roomtone.events import Turn
from roomtone.runtime import series_commands
from roomtone.runtime.clock import WallClock
from roomtone.runtime.config import Settings
from roomtone.runtime.pipeline import Pipeline
from tests.servers import Running, influxql


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings but these tests' own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))


def typed(*words: str, said: str | None = None) -> Any:
    """What a command answers; its errors are raised."""
    done = CliRunner().invoke(app, words, input=said)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


@contextlib.asynccontextmanager
async def spoken(folder: Path, turns: int = 3) -> AsyncIterator[Pipeline]:
    """A server with a few turns of this moment, which runs on meanwhile."""
    pipeline = await Pipeline.open(Settings(data=folder), WallClock())
    await pipeline.start()
    for n in range(turns):
        turn = Turn(
            session="s", user="ann", bot="luna", message="I am happy", reply="Oh!", id=f"{n}"
        )
        await pipeline.submit([turn])
        await pipeline.reader.done(20)
    async with asyncio.timeout(30):
        while pipeline.keeper.written < turns:
            await asyncio.sleep(0.05)
    yield pipeline
    await pipeline.stop()


async def test_a_saved_query_is_answered_beside_a_running_server(tmp_path: Path) -> None:
    """The documents' first check, as a table, as JSON, as Flux from standard input."""
    data = str(tmp_path / "data")
    async with spoken(Path(data)):
        shown = await asyncio.to_thread(typed, "query", "user_emotion", "--data", data)
        told = await asyncio.to_thread(typed, "query", "user_emotion", "--data", data, "--json")
        text = (await asyncio.to_thread(typed, "query", "user_emotion", "--flux")).stdout
        again = await asyncio.to_thread(typed, "query", "-", "--data", data, "--json", said=text)
    rows = json.loads(told.stdout)

    assert "user_emotion" in shown.stdout and "intensity" in shown.stdout
    assert [row["_value"] for row in rows if row["_field"] == "session_id"] == ["s"] * 3
    assert "ann" not in told.stdout
    assert 'r._measurement == "user_emotion"' in text
    assert len(json.loads(again.stdout)) == len(rows)


def test_the_saved_queries_are_listed() -> None:
    """Each with what it asks, and no store is needed for it."""
    lines = typed("query").stdout.splitlines()

    names = ["bot_emotion", "relationship", "user_emotion", "user_feedback"]
    assert [line.split()[0] for line in lines] == names
    assert all("last hour" in line or "last day" in line for line in lines), lines


def test_a_folder_without_a_store_is_said(tmp_path: Path) -> None:
    """Nothing is made of a typing mistake."""
    with pytest.raises(StoreError, match="name the data folder"):
        typed("query", "user_emotion", "--data", str(tmp_path / "nowhere"))
    with pytest.raises(BadEvent, match="choose one of"):
        typed("query", "nothing", "--data", str(tmp_path))
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.servers
async def test_history_is_copied_into_an_influxdb_beside_a_running_server(
    tmp_path: Path, influx_url: str, influx_process: Running
) -> None:
    """What was measured of turns is there under its names, and running again changes nothing."""
    data, bucket = str(tmp_path / "data"), influx_url.rpartition("/")[2]
    async with spoken(Path(data)):
        words = ("backfill", "--to", influx_url, "--data", data, "--measurement", "user_emotion")
        first = await asyncio.to_thread(typed, *words, "--json")
        second = await asyncio.to_thread(typed, *words, "--from", "2020-01-01")
    (series,) = influxql(influx_process, "SELECT COUNT(intensity) FROM user_emotion", bucket)
    everything = influxql(influx_process, "SHOW MEASUREMENTS", bucket)

    assert json.loads(first.stdout)["points"] == {"user_emotion": 3}
    assert "3 points are there" in second.stdout
    assert series["values"][0][1] == 3
    assert everything[0]["values"] == [["user_emotion"]]


def test_what_cannot_be_copied_is_said_before_anything_is_done(tmp_path: Path) -> None:
    """An unknown measurement, and a range that ends before it begins."""
    words = ("backfill", "--to", f"sqlite:///{tmp_path}/b.db", "--data", str(tmp_path))
    with pytest.raises(BadConfig, match=r"measured as moods; choose among: engagement, "):
        typed(*words, "--measurement", "moods")
    with pytest.raises(BadEvent, match="--from is not before"):
        typed(*words, "--from", "2026-01-02", "--to-time", "2026-01-01")
    with pytest.raises(BadConfig, match="--to nonsense is no URL of a store; write it like influx"):
        typed("backfill", "--to", "nonsense", "--data", str(tmp_path))
    with pytest.raises(BadConfig, match="--to redis://cache is no URL of a store"):
        typed("backfill", "--to", "redis://cache", "--data", str(tmp_path))
    own = f"sqlite:///{tmp_path}/../{tmp_path.name}/roomtone.db"
    (tmp_path / "roomtone.db").touch()
    with pytest.raises(BadConfig, match="the store that is read from; name another"):
        typed("backfill", "--to", own, "--data", str(tmp_path))
    assert not (tmp_path / "b.db").exists()


def test_numbers_of_a_table_are_without_noise() -> None:
    """As they were meant: the doubles behind them are for JSON."""
    assert [series_commands.brief(x) for x in (0.1 + 0.2, 3.0, None, "joy", 12)] == [
        "0.3",
        "3",
        "",
        "joy",
        "12",
    ]
    assert [series_commands.brief(x) for x in (1234567.25, 0.00001234)] == [
        "1234567.25",
        "1.234e-05",
    ]
