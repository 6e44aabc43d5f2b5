"""Frames hold what docs/wire.md says, for topics of hostile names as well."""

from __future__ import annotations

import json

from roomtone.engine import Engine
from roomtone.events import Message, PollVote, Reaction, Turn
from roomtone.records import Batch
from roomtone.runtime import frames
from roomtone.runtime.board import Board
from roomtone.signals.engagement import Engagement

T0 = 1_763_719_200
HOSTILE = '<img src=x onerror=alert(1)>"\\ \u2028'


def make(*sessions: str) -> Board:
    gauge = Engagement()
    engine = Engine([gauge], [])
    board = Board(engine, gauge)
    engine.apply([Message(session=s, user="a", text="x") for s in sessions], T0 * 1000)
    board.take(engine.tick(T0 + 5))
    return board


def test_a_pulse_tick_is_columns() -> None:
    """One list for each field, all as long as the list of sessions."""
    made = json.loads(frames.pulse_tick(make("a", "b")))

    assert (made["topic"], made["kind"], made["t"], made["count"]) == ("pulse", "tick", T0 + 5, 2)
    assert {len(column) for column in made["fields"].values()} == {len(made["score"])} == {2}


def test_a_session_tick_leaves_out_what_is_not_known() -> None:
    """Absent, not null and not zero."""
    made = json.loads(frames.session_tick(make("a"), "a"))

    assert "poll_participation" not in made["fields"]
    assert made["level"] in ("HIGH", "MODERATE")


def test_hostile_names_stay_strings() -> None:
    """Whatever a session is called, its frame is JSON and its name is what it was."""
    made = json.loads(frames.session_tick(make(HOSTILE), HOSTILE))

    assert made["topic"] == f"session:{HOSTILE}"


def test_a_change_shows_the_last_events_and_counts_the_rest() -> None:
    """A burst is summed up; nobody reads a hundred lines a second."""
    board = make("a")
    events = [{"text": str(i)} for i in range(25)]

    made = json.loads(frames.session_change(board, "a", T0 + 6, events))

    assert [e["text"] for e in made["events"]] == [str(i) for i in range(5, 25)]
    assert (made["missed"], made["chat_per_min"]) == (5, 1)


def test_the_ticker_shows_each_kind_of_event() -> None:
    """What was said, which emoji, which option; long texts are cut for the ticker only."""
    batch = Batch(
        arrival=T0 * 1000,
        source="x",
        events=[
            Message(session="a", user="u", text="y" * 5000),
            Reaction(session="a", user="u", emoji="❤️"),
            PollVote(session="a", user="u", poll="tea", option="yes"),
            Message(session="b", text="elsewhere"),
        ],
    )

    shown = list(frames.show_events(batch, "a"))

    assert [e["type"] for e in shown] == ["message", "reaction", "poll_vote"]
    assert len(shown[0]["text"]) == 2000
    assert shown[1]["emoji"] == "❤️"
    assert shown[2]["text"] == "tea: yes"


def test_frames_are_numbered_in_the_order_of_making() -> None:
    """So that a reader can see that one is missing."""
    first, second = (json.loads(frames.frame("t", "k"))["seq"] for _ in range(2))

    assert second == first + 1


def test_a_turn_is_shown_with_its_reply() -> None:
    """Both texts in one line, as the one who spoke first."""
    said = Turn(session="s", user="ann", bot="luna", message=HOSTILE, reply="hello")
    alone = Turn(session="s", bot="luna", reply="hello")

    shown, other = (frames.show_event(event, T0 * 1000) for event in (said, alone))

    assert (shown["text"], shown["role"]) == (f"{HOSTILE} \N{RIGHTWARDS ARROW} hello", "user")
    assert (other["text"], other["role"]) == ("hello", "bot")
