"""A person is taken out of an event, and nothing else of it changes."""

from __future__ import annotations

import msgspec
import pytest

from roomtone.blanking import Blank, stand_in
from roomtone.events import Event

BLANK = Blank("ann", "5f")


def test_a_stand_in_is_as_long_and_nobody_else_s() -> None:
    """Whatever the name is made of; another erasure has another."""
    for user in ("a", "ann", "é👍", "x" * 200):
        name = stand_in(user, "5f")
        assert len(name.encode()) == len(user.encode())
        assert name.isprintable() and name != user
    assert stand_in("somebody", "5f") != stand_in("somebody", "60")


def test_what_happened_in_a_room_stays_as_somebody_s() -> None:
    """Its time and its kind are counted; who it was and what they said is gone."""
    said = {"type": "message", "session": "s", "id": "ann-7", "user": "ann", "text": "höre mich"}

    kept = BLANK.event(said)

    assert kept is not None and "ann" not in str(kept)
    assert (kept["type"], kept["session"], len(kept["text"])) == ("message", "s", 10)


def test_what_they_said_to_a_bot_goes() -> None:
    """With what was read of it and judged of it."""
    of = {"user": "ann", "id": "r"}
    for event in (
        {"type": "turn", "session": "s", "bot": "luna", "user": "ann", "message": "hi"},
        {"type": "reaction", "session": "s", "bot": "luna", "user": "ann", "emoji": "x"},
        {"type": "reaction_judged", "session": "s", "of": of},
        {"type": "consent", "session": "consents", "user": "ann", "purposes": {}},
    ):
        assert BLANK.event(event) is None


def test_what_others_say_is_theirs() -> None:
    """Also where they say the name, or the same words."""
    blank = Blank("ann", "5f")
    blank.learn(["hello there"])
    others = [
        {"type": "message", "session": "s", "user": "bob", "text": "hello there"},
        {"type": "message", "session": "ann", "user": "annie", "text": "ann"},
    ]

    kept = [blank.event(one) for one in others]

    assert kept == others, "and a session's name is its operator's"


@pytest.mark.parametrize("user", ["message", "bob", "luna", "training", "en", "👍", "user", "joy"])
def test_what_an_event_is_never_changes_whatever_somebody_is_called(user: str) -> None:
    """Or a journal could not be read any more: others' events are what they were."""
    at = {"session": "luna", "id": "1", "at": "2026-03-01T00:00:00Z"}
    feeling = {"primary": "joy", "scores": {"joy": 0.5}}
    bob = user == "bob"
    others = [
        {"type": "message", "text": "hello", "user": "ann", **at},
        {"type": "reaction", "emoji": "👍", "user": "ann", "bot": "luna", "target": "en", **at},
        {"type": "turn", "bot": "luna", "user": "ann", "message": "hi", "language": "en", **at}
        | {"user_emotion": feeling, "context": {"topic": "training"}},
        {"type": "consent", "user": "ann", "purposes": {"training": True}, "by": "bob", **at},
        {"type": "reaction_judged", "before": [{"who": "user", "text": "message"}], **at}
        | {"of": {"id": "1", "session": "en", "emoji": "👍", "ms": 1}},
    ]
    blank = Blank(user, "5f")

    kept = [blank.event(one) for one in others]

    msgspec.convert(kept, list[Event])
    assert kept[:3] == others[:3] and kept[4] == others[4]
    assert kept[3] == others[3] | ({"by": blank.name} if bob else {})


def test_what_others_components_told_of_them_goes_where_it_is_the_name() -> None:
    """In the outputs alone; what the outputs are called stays."""
    agents = [{"agent": "ann", "output": {"ann": "ann", "of": "annie", "many": 2}}, {"agent": "b"}]
    turn = {"type": "turn", "session": "s", "bot": "luna", "user": "bob", "agents": agents}

    kept = BLANK.event(turn)

    told = {"agent": "ann", "output": {"ann": BLANK.name, "of": "annie", "many": 2}}
    assert kept == turn | {"agents": [told, {"agent": "b"}]}


def test_what_stood_around_others_reactions_is_blanked() -> None:
    """Where it was theirs, also shortened; what whoever reacted said stays."""
    blank = Blank("ann", "5f")
    blank.learn(["x" * 3000, "my secret"])
    judged = {
        "type": "reaction_judged",
        "of": {"user": "bob"},
        "reply": "my secret",
        "before": [{"who": "user", "text": "my secret"}, {"who": "other", "text": "x" * 2000}],
        "verdict": {"model": "llm", "reasoning": "they were told my secret"},
    }

    kept = blank.event(judged)

    assert kept == judged | {
        "reply": "-" * 9,
        "before": [{"who": "user", "text": "my secret"}, {"who": "other", "text": "-" * 2000}],
        "verdict": {"model": "llm", "reasoning": "-" * 24},
    }
    apart = {**judged, "reply": "hello", "before": []}
    assert blank.event(apart) == apart, "which says nothing of theirs"
