"""The documents' payloads become our events, in whatever spelling and wrapping they come."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from roomtone.events import (
    Join,
    Leave,
    Message,
    PollClosed,
    PollOpened,
    PollVote,
    Reaction,
    check_names,
)
from roomtone.sources._documents import CHANNELS, UNNAMED, Documents
from roomtone.sources._payloads import flat

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def take(kind: str, payload, key: str = ""):
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return Documents().take(kind, body, (lambda: key) if key else None)


def one(kind: str, payload):
    taken = take(kind, payload)
    assert taken.refusals == []
    (event,) = taken.events
    return event


def reason(kind: str, payload) -> str:
    taken = take(kind, payload)
    assert taken.events == []
    (refusal,) = taken.refusals
    return refusal.reason


@pytest.mark.parametrize(
    "payload",
    [
        {"sessionId": "s", "eventId": "conf", "message": "hi", "userId": "u", "messageId": "m1"},
        {"session_id": "s", "event_id": "conf", "text": "hi", "user_id": "u", "id": "m1"},
        {
            "sessionId": "s",
            "eventId": "conf",
            "message": {"id": "m1", "text": "hi", "authorId": "u"},
        },
        {"data": {"sessionId": "s", "eventId": "conf", "content": "hi", "userId": "u", "id": "m1"}},
        {"payload": '{"sessionId":"s","eventId":"conf","text":"hi","userId":"u","id":"m1"}'},
        {
            "specversion": "1.0",
            "id": "m1",
            "type": "platform.events.chat.message.v1",
            "source": "/chat",
            "data": {"sessionId": "s", "eventId": "conf", "text": "hi", "user": {"id": "u"}},
        },
        {
            "pattern": "chat",
            "data": {
                "payload": {
                    "sessionId": "s",
                    "eventId": "conf",
                    "text": "hi",
                    "sender": "u",
                    "message_id": "m1",
                }
            },
        },
    ],
)
def test_a_chat_message_in_every_spelling(payload) -> None:
    """Camel and snake case, a message that is a text or an object, one or two envelopes."""
    taken = take("chat", payload)

    assert taken.events == [Message(session="s", id="m1", user="u", text="hi")]
    assert taken.names == {"s": "conf"}


def test_a_message_without_a_text_counts() -> None:
    """The documents' tracker counted it as well: that somebody said something is known."""
    assert one("chat", {"sessionId": "s", "eventId": "e"}) == Message(session="s", text="")


@pytest.mark.parametrize(
    "stamp",
    [
        "2026-03-01T12:00:00.000Z",
        "2026-03-01T13:00:00+01:00",
        "2026-03-01T12:00:00",
        NOON.timestamp(),
        int(NOON.timestamp() * 1000),
        str(int(NOON.timestamp())),
    ],
)
def test_times_in_every_form(stamp) -> None:
    """ISO with and without an offset, epoch seconds and milliseconds, as number and as string."""
    event = one("chat", {"sessionId": "s", "message": "x", "timestamp": stamp})

    assert event.at == NOON


def test_votes_and_a_closing_without_its_session() -> None:
    """The session of a closed poll is that of its votes; a repeat under the same id is one."""
    documents = Documents()
    vote = {"sessionId": "s", "eventId": "e", "pollId": "p", "userId": "u", "optionId": 2}
    first = documents.take("vote", json.dumps({**vote, "voteId": 7}).encode())
    closed = documents.take("closed", b'{"pollId":"p"}')

    assert first.events == [PollVote(session="s", id="vote:7", user="u", poll="p", option=2)]
    assert closed.events == [PollClosed(session="s", poll="p")]
    assert one("vote", {"sessionId": "s", "pollId": "p"}).option == ""
    assert "no vote of it was seen" in reason("closed", {"pollId": "elsewhere"})


def test_the_memory_of_polls_is_bounded() -> None:
    """The poll that was voted in longest ago is forgotten first."""
    documents = Documents(remembered=2)
    for poll in ("a", "b", "a", "c"):
        documents.take("vote", json.dumps({"sessionId": "s", "pollId": poll}).encode())

    assert documents.take("closed", b'{"pollId":"b"}').refusals
    assert documents.take("closed", b'[{"pollId":"a"},{"pollId":"c"}]').refusals == []


def test_sync_events() -> None:
    """Joins, leaves, reactions, messages and polls; typing and the like say nothing."""
    common = {"sessionId": "s", "eventId": "e", "userId": "u"}
    rows = [
        {"type": "user_join", **common},
        {"type": "user_leave", **common},
        {"type": "reaction", **common, "data": {"emoji": "🎉", "reactionId": "r"}},
        {"type": "reaction", "sessionId": "s", "eventId": "e"},
        {"type": "message_created", **common, "payload": {"id": "m", "text": "hi"}},
        {"type": "poll_opened", **common, "data": {"pollId": "p", "question": "?"}},
        {"type": "typing", **common},
    ]
    taken = take("sync", rows)

    assert taken.refusals == []
    assert taken.uncounted == 1
    assert taken.events == [
        Join(session="s", user="u"),
        Leave(session="s", user="u"),
        Reaction(session="s", id="reaction:r", user="u", emoji="🎉"),
        Reaction(session="s", emoji=UNNAMED),
        Message(session="s", id="m", user="u", text="hi"),
        PollOpened(session="s", poll="p", question="?"),
    ]


def test_one_reaction_on_two_channels_has_one_id() -> None:
    """By its own id, or else by who, what and the millisecond; another one is another."""
    own = {"sessionId": "s", "userId": "u", "emoji": "🔥", "reactionId": "r1"}
    bare = {"sessionId": "s", "userId": "u", "emoji": "🔥", "timestamp": "2026-02-02T12:00:00.123Z"}
    later = {**bare, "timestamp": "2026-02-02T12:00:00.124Z"}
    for told in (own, bare):
        on_sync = one("sync", {"type": "reaction", "eventId": "e", **told})
        wrapped = one("sync", {"type": "reaction", "sessionId": "s", "eventId": "e", "data": told})
        assert one("reaction", told).id == on_sync.id == wrapped.id is not None

    assert one("reaction", bare).id != one("reaction", later).id
    assert one("reaction", {**bare, "timestamp": "2026-02-02T12:00:00Z"}).id is None


def test_a_message_on_two_channels_has_one_id() -> None:
    """As chat message and as message_created, told with the same id."""
    chat = {"sessionId": "s", "eventId": "e", "message": {"id": "m9", "text": "hi"}}
    sync = {"type": "message_created", "sessionId": "s", "eventId": "e", "payload": {"id": "m9"}}

    assert one("chat", chat).id == one("sync", sync).id == "m9"


def test_a_key_makes_redelivery_harmless() -> None:
    """The same payload under the same key has the same ids, each event its own."""
    rows = [{"sessionId": "s", "message": "a"}, {"sessionId": "s", "message": "b", "id": "own"}]

    first, again = take("chat", rows, "k1"), take("chat", rows, "k1")

    assert [event.id for event in first.events] == ["k1-0", "own"]
    assert first.events == again.events
    assert take("wire", b'{"type":"join","session":"s","user":"u"}', "k2").events[0].id == "k2-0"


@pytest.mark.parametrize(
    ("kind", "payload", "said"),
    [
        ("chat", b"hello", "no JSON"),
        ("chat", b"", "no JSON"),
        ("chat", b'"hello"', "an object was expected"),
        ("chat", b"[1]", "an object was expected"),
        ("chat", b"[" * 9000, "nested too deeply"),
        ("chat", {"message": "x"}, "no `sessionId`"),
        ("chat", {"sessionId": "", "message": "x"}, "no `sessionId`"),
        ("chat", {"sessionId": ["s"]}, "`sessionId` is a list"),
        ("chat", {"sessionId": "s" * 300}, "at most 200"),
        ("chat", {"sessionId": "a\u0000b"}, "control character"),
        ("chat", {"sessionId": "s", "message": "x" * 20_000}, "at most 16,384"),
        ("chat", {"sessionId": "s", "text": 5}, "send a string"),
        ("chat", {"sessionId": "s", "timestamp": "yesterday"}, "is no time"),
        ("vote", {"sessionId": "s"}, "no `pollId`"),
        ("vote", {"sessionId": "s", "pollId": "p", "option": [1]}, "send its id"),
        ("sync", {"sessionId": "s"}, "no `type`"),
        ("sync", {"sessionId": "s", "type": "dance"}, "unknown type 'dance'"),
        ("sync", {"sessionId": "s", "type": "user_join"}, "say who"),
        ("reaction", {"sessionId": "s", "emoji": "x" * 70}, "at most 64"),
        ("wire", b'{"type":"nap","session":"s"}', "known types"),
        ("wire", b"", "empty"),
    ],
)
def test_what_cannot_be_taken_says_why(kind, payload, said) -> None:
    """A sentence that names the trouble and what to send, and the beginning of what came."""
    assert said in reason(kind, payload)


def test_a_bad_one_does_not_spoil_its_neighbours() -> None:
    """In an array and in lines: the rest is taken, each refusal knows its place and its bytes."""
    lines = b'{"sessionId":"s","text":"a"}\n{broken\n{"sessionId":"s","text":"b"}\n'
    taken = take("chat", lines)

    assert [event.text for event in taken.events] == ["a", "b"]
    assert taken.kept == [0, 2]
    assert [refusal.index for refusal in taken.refusals] == [1]
    assert taken.samples == [b"{broken"]
    wire = take("wire", b'[{"type":"join","session":"s","user":"u"},{"type":"nap"}]')
    assert (len(wire.events), wire.samples) == (1, [b'{"type":"nap"}'])


def test_the_fields_of_a_stream_entry() -> None:
    """JSON in `data`, `payload` or `event`, or the fields themselves."""
    for field in (b"data", b"payload", b"event"):
        assert flat([b"v", b"1", field, b'{"sessionId":"s"}']) == b'{"sessionId":"s"}'
    assert flat([b"data", b"broken"]) == b"broken"
    fields = [b"sessionId", b"s", b"message", b"hi {", b"userId", b"7"]
    assert one("chat", flat(fields)) == Message(session="s", text="hi {", user="7")
    message = [b"sessionId", b"s", b"message", b'{"id":"m","text":"hi"}']
    assert one("chat", flat(message)) == Message(session="s", id="m", text="hi")
    wire = [b"type", b"reaction", b"session", b"s", b"emoji", "👏".encode()]
    assert one("wire", flat(wire)) == Reaction(session="s", emoji="👏")


def test_every_event_made_could_have_come_over_the_wire() -> None:
    """What is made of hostile payloads passes the wire's own checks."""
    hostile = [
        "<img src=x onerror=alert(1)>",
        "\u202eright",
        "👨‍👩‍👧",
        "🏴\U000e0067\U000e007f",
        "é",
    ]
    for text in hostile:
        told = {"sessionId": text, "eventId": text, "userId": text, "message": text, "emoji": text}
        for kind in ("chat", "reaction"):
            for event in take(kind, told).events:
                check_names(event)
    assert set(CHANNELS.values()) == {"chat", "vote", "closed", "sync", "reaction", "wire"}
