"""A replay is the live computation over again, without a server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("st"), st.sampled_from("abc"), st.integers(-15_000, 9_000)),
        max_size=40,
    ),
    st.sampled_from([2, 7, 1000]),
)
def test_many_at_once_are_told_as_one_by_one(steps: list[tuple[str, str, int]], most: int) -> None:
    """However many events wait for each other, late ones among them, the same lines come out."""
    at, events = START, list[Event]()
    for session, user, ms in steps:
        at += timedelta(milliseconds=ms)
        events.append(Message(session=session, user=user, text="x", at=at))

    def told(at_once: int) -> list[str]:
        outputs = replay_events(events, Settings(), at_once)
        return [json.dumps(row) for out in outputs for row in rows(out)]

    assert told(most) == told(1)


def test_what_came_before_an_error_is_told() -> None:
    """A source that breaks off in the middle of a batch has had its events played."""

    def broken() -> Iterator[Event]:
        yield from chat(20)
        raise OSError("the disk is gone")

    told = []
    with pytest.raises(OSError, match="gone"):
        for out in replay_events(broken(), Settings(), 1000):
            told += list(rows(out))
    assert len(told) == 3
