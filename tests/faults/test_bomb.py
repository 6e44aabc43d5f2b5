"""A flood of names from one client costs bounded memory, and nobody else notices."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta

import pytest

from roomtone import engine as engines
from roomtone import rooms
from roomtone.engine import Engine
from roomtone.errors import JournalError
from roomtone.events import Join, Message, PollVote
from roomtone.known import MOST_HELD
from roomtone.room import MOST_REACTED
from roomtone.runtime import histories
from roomtone.runtime.config import Limits, Settings
from roomtone.runtime.door import TooManySessions
from roomtone.runtime.pipeline import Pipeline
from roomtone.testing import START, ManualClock
from tests.faults.bomb import NEIGHBOURS, Damage, explode

NAMES, SECONDS = 15_000, 120


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    return tmp_path_factory.mktemp("bombs")


async def check(damage: Damage, alone: Damage) -> None:
    """The neighbours' numbers are those of a quiet night, and each memory has its bound."""
    heard = [[row for row in one.neighbours if row] for one in (damage, alone)]
    assert len(heard[1]) > 20 and heard[0] == heard[1]
    assert damage.refused > 0
    sizes = damage.sizes
    assert sizes["sessions"] <= Limits().max_sessions_per_client + NEIGHBOURS
    assert sizes["owners"] <= Limits().max_sessions_per_client + NEIGHBOURS
    assert sizes["clients"] == 2
    assert sizes["sources"] <= 51
    assert sizes["polls"] <= rooms.MOST_POLLS
    assert sizes["reactions"] <= 2 * MOST_REACTED
    assert sizes["people"] <= Limits().max_users_per_session
    assert sizes["held reactions"] <= MOST_HELD
    assert sizes["remembered events"] < 100_000


async def test_many_names_move_no_neighbour_by_a_bit(folders):
    """Sessions, people, emojis, targets, polls and sources, each heard of once."""
    damage = await explode(folders / "bomb", NAMES, seconds=SECONDS)
    alone = await explode(folders / "alone", 0, seconds=SECONDS)

    await check(damage, alone)
    assert damage.grown_mb < 256


@pytest.mark.faults
@pytest.mark.timeout(1800)
def test_a_million_names_in_ten_minutes(tmp_path):
    """Each flood in a process of its own, side by side: what it grows by is what names cost."""
    command = [sys.executable, "-m", "tests.faults.bomb"]
    floods = {
        kinds: subprocess.Popen(
            [*command, str(tmp_path / kinds), "--kinds", kinds],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        for kinds in ("suepl", "u")
    }
    told = {kinds: json.loads(flood.communicate(timeout=900)[0]) for kinds, flood in floods.items()}
    print(json.dumps(told, indent=1))

    assert all(one["grown_mb"] <= 256 for one in told.values())


def test_polls_that_nobody_closes_make_way():
    """The oldest open poll of a room ends when one too many is opened."""
    engine = Engine([], [])
    for n in range(rooms.MOST_POLLS + 10):
        engine.apply([PollVote(session="s", user=f"u{n}", poll=f"p{n}", option=1)], 10**12)

    room = engine.rooms.rooms["s"]
    assert list(room.polls) == [f"p{n}" for n in range(10, rooms.MOST_POLLS + 10)]
    assert len(room.voters) == rooms.MOST_POLLS


def test_people_of_ended_sessions_are_bounded_in_all(monkeypatch):
    """The session that ended first is forgotten first; a snapshot knows how many there are."""
    monkeypatch.setattr(engines, "MOST_SEATED", 10)
    engine = Engine([], [], session_idle_s=60)
    for n in range(4):
        engine.apply([Join(session=f"s{n}", user=f"u{k}") for k in range(4)], 10**12 + n)
    engine.tick(10**9 + 100)

    assert sum(map(len, engine.resting.values())) <= 10
    assert "s3" in engine.resting and "s0" not in engine.resting

    again = Engine([], [], session_idle_s=60)
    again.restore(engine.snapshot())
    again.apply([Join(session="new", user=f"u{k}") for k in range(8)], 10**12 + 200_000)
    again.tick(10**9 + 400)
    assert list(again.resting) == ["new"]


async def test_histories_that_are_open_at_once_are_bounded(tmp_path, monkeypatch):
    """Each has an engine of its own; what is too much is refused with what to do."""
    monkeypatch.setattr("roomtone.runtime.door.MOST_HISTORIES", 3)
    assert histories.MOST_HISTORIES <= 1_000
    pipeline = await Pipeline.open(Settings(data=tmp_path), ManualClock())
    await pipeline.start()
    answers = []
    for n in range(5):
        event = Message(session=f"p{n}", user="u", text="x", at=START - timedelta(hours=2))
        answers.append(await pipeline.submit([event], history=True))
        await pipeline.settled()

    assert [answer.accepted for answer in answers] == [1, 1, 1, 0, 0]
    assert "close some" in answers[-1].errors[0].reason
    await pipeline.stop()


async def test_sessions_that_came_to_nothing_do_not_count_against_their_client(tmp_path):
    """Neither repeats of what is over, nor what the disk refused, use up a client's sessions."""
    clock = ManualClock()
    limits = Limits(max_sessions_per_client=2)
    pipeline = await Pipeline.open(Settings(data=tmp_path, limits=limits), clock)
    await pipeline.start()
    old = [Message(session="old", id="1", user="u", text="x")]
    await pipeline.submit(old, client="c")
    await pipeline.settled()
    clock.advance(5)
    pipeline.engine.end("old", clock.now_ms() // 1000, "idle")
    pipeline.door.forget([type("Ended", (), {"session": "old"})()])
    assert (await pipeline.submit(old, client="c")).duplicates == 1

    append = pipeline.journal.append

    def refuse(entry):
        raise JournalError("no room")

    pipeline.journal.append = refuse
    for n in range(3):
        with pytest.raises(JournalError):
            await pipeline.submit([Message(session=f"n{n}", user="u", text="x")], client="c")
    pipeline.journal.append = append

    for n in range(2):
        new = [Message(session=f"new {n}", user="u", text="x")]
        assert (await pipeline.submit(new, client="c")).accepted == 1
    with pytest.raises(TooManySessions, match="2 sessions of yours"):
        await pipeline.submit([Message(session="third", user="u", text="x")], client="c")
    await pipeline.stop()
