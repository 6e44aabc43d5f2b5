"""Revisions are numbered, come behind their turn and outlive a restart; deletions keep nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from roomtone import revisions
from roomtone.conversations import Conversations
from roomtone.engine import Output
from roomtone.events import Event, Turn, TurnRead, decode, encode
from roomtone.revisions import Revising, TurnRevised
from roomtone.training_data import Revision

T0 = datetime(2026, 1, 1, tzinfo=UTC)
MS = round(T0.timestamp() * 1000)


def revised(turn: str = "1", text: str = "new", **more: Any) -> TurnRevised:
    """A message of a turn says something else."""
    told: dict[str, Any] = {"role": "user", "why": "edited", "user": "ann"} | more
    return TurnRevised(session="s", bot="luna", turn=turn, text=text, **told)


def run(own: Conversations, *events: Event) -> Output:
    """Apply, and tick once."""
    own.apply(events, MS)
    whole = Output(0)
    for part in own.ticking(MS // 1000 + 5):
        whole.turns += part.turns
        whole.revisions += part.revisions
    return whole


def turn(id: str) -> Turn:
    """Ann says something to luna."""
    said: dict[str, Any] = {"bot": "luna", "user": "ann", "message": f"m{id}", "reply": f"r{id}"}
    return Turn(session="s", id=id, at=T0, **said)


def read(id: str) -> TurnRead:
    """Nothing is made of it."""
    return TurnRead(session="s", turn=id, bot="luna", user="ann")


def told(made: Sequence[Revision]) -> list[tuple[str, str, int, str]]:
    """What tells revisions apart, and what they say."""
    return [(one.turn, one.role, one.number, one.content) for one in made]


def test_each_message_has_its_own_numbers() -> None:
    """A reply's do not go on where the message's are."""
    own = Revising()
    for event in (revised(text="a"), revised(text="b"), revised(text="c", role="assistant")):
        own.revise(event, MS, waits=False)

    assert told(own.take()) == [
        ("1", "user", 1, "a"),
        ("1", "user", 2, "b"),
        ("1", "assistant", 1, "c"),
    ]
    assert own.take() == []


def test_what_came_before_its_turn_comes_behind_it() -> None:
    """Of a turn that waits it is told once; of one that nobody knew yet, once more."""
    own = Revising()
    own.revise(revised("1"), MS, waits=True)
    own.revise(revised("2"), MS, waits=False)
    at_once = own.take()
    own.measured(("s", "1"))
    own.measured(("s", "2"))
    own.measured(("s", "3"))

    assert told(at_once) == [("2", "user", 1, "new")]
    assert told(own.take()) == [("1", "user", 1, "new"), ("2", "user", 1, "new")]


def test_a_deletion_keeps_nothing_of_what_stood_there() -> None:
    """Neither in what is to be told nor in what is held."""
    own = Revising()
    own.revise(revised(text="secret"), MS, waits=True)
    own.revise(revised("2", text="secret"), MS, waits=False)
    for turn in ("1", "2"):
        own.revise(revised(turn, text="secret", why="deleted"), MS, waits=turn == "1")

    assert b"secret" not in own.snapshot()
    own.measured(("s", "1"))
    assert told(own.take())[-2:] == [("1", "user", 1, ""), ("1", "user", 2, "")]


def test_what_is_held_and_counted_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest is told at once, or forgotten; a number is never given twice."""
    monkeypatch.setattr(revisions, "MOST_NUMBERED", 2)
    monkeypatch.setattr(revisions, "MOST_EARLY_CHARS", 10)
    own = Revising()
    for n in range(9):
        own.revise(revised(str(n % 3), text="four"), MS, waits=True)
    made = told(own.take())

    assert len({(turn, number) for turn, _, number, _ in made}) == len(made) == 7
    own.settle(MS + revisions.EARLY_MS, ())
    assert own.take() == []
    assert len(own.snapshot()) < 200


def test_a_turn_that_never_comes_is_not_waited_for() -> None:
    """After twenty minutes; one that waits to be read is."""
    own = Revising()
    own.revise(revised("1"), MS, waits=False)
    own.take()
    own.settle(MS + revisions.EARLY_MS, {("s", "1")})
    own.measured(("s", "1"))
    assert told(own.take()) == [("1", "user", 1, "new")]

    own.revise(revised("1"), MS, waits=False)
    own.take()
    own.settle(MS + revisions.EARLY_MS, ())
    own.measured(("s", "1"))
    assert own.take() == []


@given(
    st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["edited", "deleted"]), st.booleans()))
)
def test_a_snapshot_goes_on_as_if_nothing_had_been(said: list[tuple[int, Any, bool]]) -> None:
    """Wherever it is taken: the same revisions, the same bytes."""
    straight, own = Revising(), Revising()
    for place, (turn, why, waits) in enumerate(said):
        event = revised(str(turn), text=f"text {place}", why=why, at=T0 + timedelta(seconds=place))
        for one in (straight, own):
            one.revise(event, MS + place, waits=waits)
        taken = Revising()
        taken.restore(own.snapshot())
        own = taken

    assert own.snapshot() == straight.snapshot()
    straight.measured(("s", "1"))
    own.measured(("s", "1"))
    assert own.take() == straight.take()


@pytest.mark.parametrize(
    ("event", "says"),
    [
        (revised(text=" "), "give `text`"),
        (revised(why="regenerated"), "say `edited`"),
        (revised(why="deleted", text=""), ""),
        (revised(role="assistant", why="regenerated"), ""),
    ],
)
def test_what_cannot_be_is_said(event: TurnRevised, says: str) -> None:
    """With what to do about it."""
    assert event.wrong == says or (says and says in event.wrong)


def test_it_comes_back_from_the_wire_as_it_was() -> None:
    """Like every event."""
    event = revised(id="e1", at=T0, by="the owner")

    assert decode(encode([event]))[0] == [event]


def test_a_text_is_revised_behind_its_turn_whenever_that_is_told() -> None:
    """While it waits, after it was measured, and before it came."""
    own = Conversations([])
    edit = revised(text="x")
    waiting = run(own, turn("1"), edit)
    measured = run(own, read("1"))
    later = run(own, structs.replace(edit, text="y"), structs.replace(edit, turn="2"))
    after = run(own, turn("2"), read("2"))

    assert (waiting.revisions, [one.id for one in measured.turns]) == ([], ["1"])
    seen = [(one.turn, one.number, one.content) for one in measured.revisions + later.revisions]
    assert seen == [("1", 1, "x"), ("1", 2, "y"), ("2", 1, "x")]
    assert [(one.turn, one.number) for one in after.revisions] == [("2", 1)]


def test_the_next_turn_is_measured_by_what_the_last_one_says_now() -> None:
    """Of what was deleted nothing is remembered."""
    own = Conversations([])
    run(own, turn("1"), read("1"))
    run(own, revised(text="anew", role="assistant", why="regenerated"))
    own.apply([turn("2")], MS)
    (waits,) = own.to_read(9)

    assert waits.before == ("m1", "anew")
    run(own, revised(why="deleted"))
    assert own.talks["s", "luna", "ann"].message == ""
