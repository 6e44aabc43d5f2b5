"""Reading the last minute gives columns of all rooms, or of those asked for."""

from __future__ import annotations

import numpy as np

from roomtone import recent
from roomtone.engine import Engine
from roomtone.events import Heartbeat, Message

T0 = 1_763_719_200


def make() -> Engine:
    """Three rooms with one, two and three messages."""
    engine = Engine([], [])
    for n, session in enumerate("abc", start=1):
        engine.apply(
            [Message(session=session, user=f"u{i}", text="x") for i in range(n)], T0 * 1000
        )
    return engine


def test_rooms_asked_for_are_read_as_among_all() -> None:
    """A slice of rooms has the numbers that the whole has."""
    engine = make()

    whole = recent.read(engine.rooms, T0 + 5)
    part = recent.read(engine.rooms, T0 + 5, np.array([2, 0]))

    assert list(part.ids) == ["c", "a"]
    assert part.chat.tolist() == whole.chat[[2, 0]].tolist() == [3, 1]


def test_no_rooms_make_empty_columns() -> None:
    """An empty server reads as nothing, not as an error."""
    minute = recent.read(Engine([], []).rooms, T0)

    assert len(minute.ids) == len(minute.chat) == 0


def test_activity_counts_since_the_last_tick() -> None:
    """What came since is counted once, wherever its second was."""
    engine = make()
    engine.tick(T0 + 5)
    engine.apply([Message(session="b", user="u", text="x")], (T0 + 6) * 1000)

    assert recent.read(engine.rooms, T0 + 10).activity.tolist() == [0, 1, 0]


def test_a_heartbeats_rhythm_is_learned() -> None:
    """Beats every ten seconds make ten; a room without beats knows none."""
    engine = make()
    for second in range(0, 60, 10):
        engine.apply([Heartbeat(session="a")], (T0 + second) * 1000)

    minute = recent.read(engine.rooms, T0 + 60)

    assert minute.heartbeat_every_s[0] == 10
    assert minute.heartbeat_age_s[0] == 10
    assert np.isnan(minute.heartbeat_every_s[1])


def test_who_acted_half_an_hour_ago_and_no_longer_counts_at_no_tick() -> None:
    """Without joins and leaves the room is whoever acted in thirty minutes, whole minutes too."""
    engine = Engine([], [])
    start = T0 - T0 % 60
    crowd = [Message(session="s", user=f"u{n}", text="x") for n in range(50)]
    engine.apply(crowd, (start + 5) * 1000)
    totals = {}
    for now in range(start + 10, start + 40 * 60, 5):
        engine.apply([Message(session="s", user="alone", text="x")], (now - 1) * 1000)
        engine.tick(now)
        totals[now - start] = recent.read(engine.rooms, now).total.tolist()[0]

    assert {totals[t] for t in totals if t <= 30 * 60} == {51}
    assert {totals[t] for t in totals if t > 30 * 60} == {1}
