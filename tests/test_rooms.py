"""Rooms count what is recent and who is there, exactly."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roomtone import recent
from roomtone.engine import Engine
from roomtone.events import Join, Leave, Message, PollClosed, PollOpened, PollVote, Reaction
from roomtone.rooms import Rooms

pytestmark = pytest.mark.usefixtures("each_way")

T0 = 1_763_719_200  # a multiple of 60


def read(engine: Engine, now: int) -> dict[str, float]:
    """The last minute of room `s`."""
    minute = recent.read(engine.rooms, now)
    row = list(minute.ids).index("s")
    return {
        name: float(getattr(minute, name)[row])
        for name in minute.__dataclass_fields__
        if name not in ("ids", "slots")
    }


def play(*events: tuple[int, Any]) -> Engine:
    """An engine to which these events came, each at its second after T0."""
    engine = Engine([], [])
    for second, event in events:
        engine.apply([event], (T0 + second) * 1000)
    return engine


def say(user: str | None = "ann") -> Message:
    return Message(session="s", user=user, text="hi")


def test_get_or_create_session() -> None:
    """A session has one room, opened by whatever comes first."""
    rooms = Rooms()

    first = rooms.room("s", T0)

    assert rooms.room("s", T0 + 9) is first
    assert len(rooms) == 1


def test_record_chat_message() -> None:
    """A message counts as chat, and its author as active."""
    engine = play((0, say("ann")), (1, say("bob")), (2, say("ann")))

    minute = read(engine, T0 + 5)

    assert (minute["chat"], minute["active"]) == (3, 2)


def test_rolling_window_behavior() -> None:
    """What was said a minute ago is no longer recent: at any rate, silence decays to 0."""
    engine = play(*[(0, say(f"u{i}")) for i in range(5_000)], (30, say("late")))

    assert read(engine, T0 + 60)["chat"] == 5_001
    assert read(engine, T0 + 61)["chat"] == 1
    assert read(engine, T0 + 91)["chat"] == 0
    assert read(engine, T0 + 91)["active"] == 0


def test_cleanup_inactive_sessions() -> None:
    """A session without events for half an hour ends with a summary, and leaves nothing behind."""
    engine = play((0, say("ann")))

    before = engine.tick(T0 + 1795)
    after = engine.tick(T0 + 1800)

    assert before.ended == []
    assert [(s.session, s.messages, s.reason) for s in after.ended] == [("s", 1, "idle")]
    assert len(engine.rooms) == 0
    assert not engine.rooms.buckets.any()
    assert not any(column.any() for column in engine.rooms.columns.values())


def test_a_bot_does_not_make_a_room_look_alive() -> None:
    """Messages of bots and hosts are no chat of the audience."""
    engine = play((0, say()), (1, Message(session="s", user="bot", text="x", role="bot")))

    assert read(engine, T0 + 5)["chat"] == 1


def test_ten_of_a_hundred_acting_is_a_tenth() -> None:
    """The active share is measured against those present."""
    joins = [(0, Join(session="s", user=f"u{i}")) for i in range(100)]
    engine = play(*joins, *[(30, say(f"u{i}")) for i in range(10)])

    minute = read(engine, T0 + 60)

    assert minute["active"] / minute["total"] == pytest.approx(0.10)


def test_two_hundred_of_a_thousand_leaving_is_a_fifth() -> None:
    """Leaving is measured against who was there when the window began, however many leave."""
    joins = [(0, Join(session="s", user=f"u{i}")) for i in range(1000)]
    leaves = [(70 + i // 4, Leave(session="s", user=f"u{i}")) for i in range(200)]
    engine = play(*joins, *leaves)

    assert read(engine, T0 + 120)["leave_rate"] == pytest.approx(0.20)


def test_who_left_is_no_longer_active() -> None:
    """When the lively half of a room leaves, its active share falls; it does not rise to one."""
    joins = [(0, Join(session="s", user=f"u{i}")) for i in range(10)]
    said = [(70, say(f"u{i}")) for i in range(5)]
    gone = [(75, Leave(session="s", user=f"u{i}")) for i in range(5)]
    engine = play(*joins, *said, *gone)

    minute = read(engine, T0 + 80)

    assert (minute["active"], minute["total"]) == (0, 5)


def test_who_comes_back_has_not_left() -> None:
    """People who change host leave and join again at once: nobody left."""
    joins = [(0, Join(session="s", user=f"u{i}")) for i in range(10)]
    moves = [(70, Leave(session="s", user="u1")), (75, Join(session="s", user="u1"))]
    engine = play(*joins, *moves)

    minute = read(engine, T0 + 100)

    assert (minute["leavers_60s"], minute["present_before"], minute["total"]) == (0, 10, 10)


def test_who_came_and_went_within_the_window_was_never_part_of_it() -> None:
    """A visit shorter than the window is neither a gain nor a loss, also when it is repeated."""
    joins = [(0, Join(session="s", user=f"u{i}")) for i in range(10)]
    visits = [
        (second, kind(session="s", user="guest"))
        for second, kind in ((70, Join), (72, Leave), (74, Join), (76, Leave), (78, Join))
    ]
    engine = play(*joins, *visits)

    minute = read(engine, T0 + 100)

    assert (minute["leavers_60s"], minute["present_before"], minute["total"]) == (0, 10, 11)


def test_a_leave_without_a_join_counts_once() -> None:
    """Whoever leaves was there, though nobody saw them come; saying it again changes nothing."""
    engine = play(
        (0, Join(session="s", user="a")),
        (1, Leave(session="s", user="ghost")),
        (2, Leave(session="s", user="ghost")),
    )

    minute = read(engine, T0 + 5)

    assert (minute["leavers_60s"], minute["total"]) == (1, 1)


def test_repeated_votes_are_one() -> None:
    """Participation counts people, not clicks."""
    joins = [(0, Join(session="s", user=f"u{i}")) for i in range(10)]
    votes = [(i, PollVote(session="s", user="u1", poll="p", option=i % 2)) for i in range(1, 11)]
    engine = play(*joins, *votes)

    assert read(engine, T0 + 15)["participation"] == pytest.approx(0.1)


def test_a_closed_poll_fades_after_a_window() -> None:
    """Closing a poll is no drop: it stays for a minute and then is absent, not zero."""
    engine = play(
        (0, Join(session="s", user="a")),
        (0, PollOpened(session="s", poll="p")),
        (1, PollVote(session="s", user="a", poll="p", option="x")),
        (10, PollClosed(session="s", poll="p")),
    )

    assert read(engine, T0 + 65)["participation"] == 1.0
    assert np.isnan(read(engine, T0 + 70)["participation"])


def test_two_polls_count_each_voter_once() -> None:
    """Who voted in two polls took part once, and still does when one of them closes."""
    engine = play(
        *[(0, Join(session="s", user=u)) for u in "abcd"],
        *[(1, PollVote(session="s", user="a", poll=p, option=1)) for p in ("p", "q")],
        (1, PollVote(session="s", user="b", poll="q", option=1)),
        (2, PollClosed(session="s", poll="q")),
    )

    assert read(engine, T0 + 5)["participation"] == pytest.approx(0.25)


def test_a_reaction_taken_back_was_none() -> None:
    """Removing a reaction within the window undoes it; removing an unknown one does nothing."""
    heart = {"session": "s", "user": "a", "target": "m"}
    engine = play(
        (0, Reaction(emoji="❤️", **heart)),
        (1, Reaction(emoji="👍", **heart)),
        (2, Reaction(emoji="❤️", action="remove", **heart)),
        (3, Reaction(emoji="❤️", action="remove", **heart)),
    )

    assert read(engine, T0 + 5)["reactions"] == 1


def test_presence_unknown_is_an_estimate() -> None:
    """Without joins and leaves, the room is whoever acted in the last half hour."""
    engine = play((0, say("a")), (600, say("b")), (1900, say("c")))

    minute = read(engine, T0 + 1905)

    assert (minute["total"], minute["presence_known"]) == (2, 0)
    assert np.isnan(minute["leave_rate"])


def test_slots_are_reused_clean() -> None:
    """A new session in an old slot knows nothing of the one before."""
    engine = play(
        (0, Message(session="old", user="a", text="x")), (0, Join(session="old", user="x"))
    )
    engine.tick(T0 + 1800)

    engine.apply([say("new")], (T0 + 1801) * 1000)

    minute = read(engine, T0 + 1805)
    assert engine.rooms.rooms["s"].slot == 0
    assert (minute["chat"], minute["active"], minute["presence_known"]) == (1, 1, 0)


def test_people_beyond_the_bound_are_not_remembered() -> None:
    """A flood of names cannot grow a room without end; messages still count."""
    engine = Engine([], [], max_users=100)
    for i in range(300):
        engine.apply([say(f"u{i}")], T0 * 1000)

    assert len(engine.rooms.rooms["s"].users) == 100
    assert read(engine, T0 + 5)["chat"] == 300


ACTS = st.lists(
    st.tuples(
        st.integers(0, 12),  # seconds since the one before
        st.sampled_from(["say", "join", "leave", "react"]),
        st.sampled_from("abcd"),
    ),
    max_size=60,
)


@settings(max_examples=200, deadline=None)
@given(ACTS)
def test_columns_agree_with_a_naive_recount(acts: list[tuple[int, str, str]]) -> None:
    """Whatever happens, the columns say what a plain list of everything says."""
    engine = Engine([], [])
    log: list[tuple[int, str, str]] = []
    second = T0
    for wait, kind, user in acts:
        second += wait
        event: Any = {
            "say": say(user),
            "join": Join(session="s", user=user),
            "leave": Leave(session="s", user=user),
            "react": Reaction(session="s", user=user, emoji="x"),
        }[kind]
        engine.apply([event], second * 1000)
        log.append((second, kind, user))
    if not log:
        return
    now = second + 1

    minute = read(engine, now)

    window = [entry for entry in log if now - 60 <= entry[0]]
    said = sum(kind == "say" for _, kind, _ in window)
    active = set()
    for _, kind, user in window:
        if kind in ("say", "react"):
            active.add(user)
        elif kind == "leave":
            active.discard(user)
    assert minute["active"] == len(active)
    if any(kind == "say" for _, kind, _ in log):
        assert minute["chat"] == said
    if any(kind in ("join", "leave") for _, kind, _ in log):
        assert minute["leavers_60s"] == _naive_leavers(log, now)


def _naive_leavers(log: list[tuple[int, str, str]], now: int) -> int:
    """People who were in when the window began (or never seen coming) and are out at its end."""
    by_user: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for second, kind, user in log:
        by_user[user].append((second, kind))
    knows_from = next(s for s, kind, _ in log if kind in ("join", "leave"))
    leavers = 0
    for entries in by_user.values():
        inside: bool | None = None  # None: never seen
        counted: int | None = None  # when they left in a way that counts
        since = -1
        for second, kind in entries:
            if kind == "leave":
                if inside is None or (inside and since <= second - 60):
                    counted = second
                elif inside:
                    counted = None
                if inside is not False:
                    inside = False
            else:
                if inside is False:
                    since = -2 if counted is not None and counted > second - 60 else second
                elif inside is None:
                    since = second if kind == "join" else -2
                inside = True
                if inside:
                    counted = None
        leavers += counted is not None and counted >= now - 60 and counted >= knows_from
    return leavers
