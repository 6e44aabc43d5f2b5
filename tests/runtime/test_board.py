"""The board shows the last tick's numbers, and only what is known."""

from __future__ import annotations

from roomtone.engine import Engine
from roomtone.events import Message, Reaction
from roomtone.runtime.board import SPARK, Board
from roomtone.signals.engagement import Engagement

T0 = 1_763_719_200


def make(sessions: int = 3) -> Board:
    """A board of rooms in which the first says one thing, the second two, and so on."""
    gauge = Engagement()
    engine = Engine([gauge], [])
    board = Board(engine, gauge)
    for n in range(sessions):
        events = [Message(session=f"s{n}", user=f"u{i}", text="x") for i in range(n + 1)]
        engine.apply(events, T0 * 1000)
    board.take(engine.tick(T0 + 5))
    return board


def test_the_worst_room_comes_first() -> None:
    """An overview begins with the room that needs somebody."""
    assert make().worst() == ["s0", "s1", "s2"]
    assert make(40).worst(2) == ["s0", "s1"]


def test_a_session_is_shown_with_what_is_known() -> None:
    """Numbers that are not known are null, never zero."""
    shown = make().session("s1")

    assert shown is not None
    assert (shown["state"], shown["messages"], shown["people"]) == ("live", 2, 2)
    assert shown["fields"]["chat_per_min"] == 2
    assert shown["fields"]["poll_participation"] is None
    assert shown["score"] == shown["spark"][-1] or abs(shown["score"] - shown["spark"][-1]) < 1e-4
    assert shown["spark_from"] == T0 + 5


def test_the_sparkline_is_five_minutes_oldest_first() -> None:
    """It grows to sixty scores and then moves on."""
    board = make(1)
    for i in range(2, 70):
        if i == 69:
            board.engine.apply([Message(session="s0", user="z", text="x")], (T0 + 344) * 1000)
        board.take(board.engine.tick(T0 + 5 * i))

    shown = board.session("s0")

    assert shown is not None and len(shown["spark"]) == SPARK
    assert shown["spark"][10] == 0 and shown["spark"][-1] > 0
    assert shown["spark_from"] == T0 + 345 - 5 * 59


def test_a_session_before_its_first_tick_has_no_score() -> None:
    """It is there, but nothing is made up about it."""
    board = make(1)
    board.engine.apply([Message(session="new", user="a", text="x")], (T0 + 6) * 1000)

    shown = board.session("new")

    assert shown is not None
    assert (shown["score"], shown["at"], shown["spark"]) == (None, None, [])
    assert board.session("unknown") is None


def test_running_counts_change_nothing() -> None:
    """Looking between two ticks tells the minute up to now and leaves no trace."""
    board = make(2)
    board.engine.apply([Reaction(session="s1", user="u0", emoji="x")], (T0 + 7) * 1000)
    board.engine.rooms.settle()
    before = board.engine.rooms.buckets.copy()

    now = board.counts(["s1", "s0"], T0 + 8)
    later = board.counts(["s1", "s0"], T0 + 61)

    assert now == {"chat_per_min": [2, 1], "reactions_per_min": [1, 0], "active_users": [2, 1]}
    assert later == {"chat_per_min": [0, 0], "reactions_per_min": [1, 0], "active_users": [1, 0]}
    assert (board.engine.rooms.buckets == before).all()
