"""A replay is the live computation over again, without a server."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from roomtone.events import Event, Message
from roomtone.runtime.config import Settings
from roomtone.runtime.replay import paced, replay_events, rows

START = datetime(2026, 1, 1, tzinfo=UTC)


def chat(seconds: int, rate: float = 1.0) -> list[Event]:
    """Messages of ten people at a steady rate."""
    return [
        Message(session="s", user=f"u{i % 10}", text="x", at=START + timedelta(seconds=i / rate))
        for i in range(int(seconds * rate))
    ]


def lines(events: list[Event]) -> list[str]:
    """What `replay --json` prints."""
    return [json.dumps(row) for out in replay_events(events, Settings()) for row in rows(out)]


def test_a_replay_prints_the_same_twice() -> None:
    """Line by line, byte by byte."""
    assert lines(chat(600)) == lines(chat(600))


def test_points_stand_every_five_seconds_and_the_summary_ends_it() -> None:
    """Ten minutes are a hundred and twenty points and one summary that counts everything."""
    made = [json.loads(line) for line in lines(chat(600))]

    points = [row for row in made if row["kind"] == "point"]
    assert len(points) == 120
    assert made[-1]["kind"] == "summary"
    assert (made[-1]["messages"], made[-1]["people"]) == (600, 10)
    assert 9.9 < made[-1]["minutes"] <= 10


def test_a_chat_that_dies_raises_an_alarm() -> None:
    """Half an hour of talk, then nothing for the last minutes but one straggler."""
    last = Message(session="s", user="z", text="x", at=START + timedelta(seconds=2100))

    made = [json.loads(line) for line in lines([*chat(1800, 2), last])]

    alarms = [r for r in made if r["kind"] == "alert" and r["type"] != "RECOVERED"]
    assert alarms
    first = datetime.fromisoformat(alarms[0]["time"])
    assert timedelta(0) < first - (START + timedelta(seconds=1800)) < timedelta(seconds=60)


def test_pace_waits_between_ticks() -> None:
    """At ten times the speed, five seconds take half a second."""
    waits: list[float] = []

    list(paced(replay_events(chat(20), Settings()), waits.append, speed=10))

    assert waits == [0.5] * (len(waits))
    assert waits
