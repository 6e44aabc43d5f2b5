"""A person is taken out of an event, and nothing else of it changes."""

from __future__ import annotations

from roomtone.blanking import Blank, stand_in

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

    assert kept[0] == others[0]
    assert kept[1] == others[1] | {"session": blank.name}


def test_what_stood_around_others_reactions_is_blanked() -> None:
    """Where it was theirs, also shortened; what whoever reacted said stays."""
    blank = Blank("ann", "5f")
    blank.learn(["x" * 3000, "my secret"])
    judged = {
        "type": "reaction_judged",
        "of": {"user": "bob"},
        "reply": "my secret",
        "before": [{"who": "user", "text": "my secret"}, {"who": "other", "text": "x" * 2000}],
    }

    kept = blank.event(judged)

    assert kept == judged | {
        "reply": "-" * 9,
        "before": [{"who": "user", "text": "my secret"}, {"who": "other", "text": "-" * 2000}],
    }
