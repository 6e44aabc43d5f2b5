"""What a client wants is read leniently, and never taken for more than it is."""

from __future__ import annotations

from roomtone.web import wishes


def test_address_and_auth_say_the_same() -> None:
    """Either may name the session; where both do, `auth` holds."""
    scope = {"query_string": b"session_id=a&since=5"}
    asked = wishes.said(scope, {"sessionId": "b", "offset": "15"})

    assert (wishes.session(asked), wishes.since(asked)) == ("b", 5.0)
    assert wishes.session(wishes.said(scope, "nonsense")) == "a"


def test_nonsense_is_nothing() -> None:
    """Neither a time that is none, nor a session's id that could be no topic."""
    assert wishes.since({"offset": "nan"}) is wishes.since({"since": []}) is wishes.since(7) is None
    assert wishes.session({"sessionId": "x\x00"}) == wishes.session({"sessionId": "x" * 201}) == ""
    assert wishes.session(["s"]) == wishes.event_id({"eventId": {"a": 1}}) == ""


def test_rooms_have_the_predecessors_names() -> None:
    """As whoever emits to one knows them."""
    assert wishes.room("keynote") == "session:keynote:agent"
