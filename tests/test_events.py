"""Events decode one by one; what does not is refused with a sentence, and alone."""

from __future__ import annotations

import json
import random
from datetime import timedelta
from typing import Any

import pytest

from roomtone import events
from roomtone.events import EVENT_TYPES, Join, Message, PollVote, Reaction, decode

TURN: dict[str, Any] = {
    "bot": "luna",
    "message": "My cat is ill.\nVery.",
    "reply": "Oh no.",
    "processing_time_ms": 840.5,
    "memories": [{"similarity": 0.83, "id": "m-17"}, {"similarity": 1}],
    "retrieval_time_ms": 12,
    "user_emotion": {"primary": "sadness", "intensity": 0.7, "scores": {"sadness": 0.9}},
    "bot_emotion": {"primary": "caring", "confidence": 1},
    "context": {"topic": "pets", "urgency": "high", "confidence": 0.5},
}


OF = {
    "id": "r_1",
    "session": "s",
    "emoji": "❤️",
    "ms": 1,
    "bot": "luna",
    "user": "a",
    "target": "t1",
}


def one(**fields: Any) -> bytes:
    """One event as JSON."""
    return json.dumps({"session": "s", **fields}).encode()


def refusal(body: bytes) -> str:
    """Why the only event of a body was refused."""
    taken, refused, _ = decode(body)
    assert taken == []
    return refused[0].reason


def test_every_documented_type_decodes() -> None:
    """The sixteen types of wire version 1, each with its fields."""
    bodies = [
        one(type="message", user="a", text="hi", role="host", reply_to="m1"),
        one(type="reaction", user="a", emoji="❤️", target="m1", action="remove"),
        one(type="join", user="a"),
        one(type="leave", user="a"),
        one(type="poll_opened", poll="p", question="Tea?", options=["yes", "no"]),
        one(type="poll_vote", user="a", poll="p", option="yes"),
        one(type="poll_closed", poll="p"),
        one(type="heartbeat", source="irc"),
        one(type="turn", user="a", **TURN),
        one(type="turn_revised", bot="luna", turn="t1", role="user", why="edited", text="hm"),
        one(type="turn_read", user="a", turn="t1", bot="luna", relevance=0.5),
        one(type="relationship", user="a", bot="luna", trust=0.8),
        one(type="reaction_judged", user="a", of=OF, verdict={"meaning": "RATING"}),
        one(type="reaction_review", user="a", of=OF, meaning="AGREEMENT", by="ann"),
        one(type="consent", user="a", purposes={"training": True}, basis="contract", by="form"),
        one(type="erased", person="5f"),
    ]

    taken, refused, places = decode(b"\n".join(bodies))

    assert refused == []
    assert places == list(range(16))
    assert tuple(type(event) for event in taken) == EVENT_TYPES


def test_an_object_an_array_and_lines_are_all_taken() -> None:
    """One event, pretty-printed or not, an array, or one per line with blank ones between."""
    join = one(type="join", user="a")
    pretty = json.dumps(json.loads(join), indent=2).encode()

    for body, count in [
        (join, 1),
        (pretty, 1),
        (b"[" + join + b"]", 1),
        (join + b"\r\n\n" + join, 2),
    ]:
        taken, refused, _ = decode(body)
        assert (len(taken), refused) == (count, [])


def test_one_bad_event_does_not_reject_its_batch() -> None:
    """Neighbours of a bad event are taken, whatever is wrong with it, and places are kept."""
    good = one(type="join", user="a")
    for bad in (
        b"nonsense",
        one(type="nap"),
        one(type="message"),
        b'{"type":"join","session":"\\ud800"}',
    ):
        taken, refused, places = decode(good + b"\n" + bad + b"\n" + good)
        assert (len(taken), [r.index for r in refused], places) == (2, [1], [0, 2])
    array = b"[" + good + b"," + one(type="nap") + b',{"type":"join","session":"\\ud800"}]'
    taken, refused, places = decode(array)
    assert (len(taken), [r.index for r in refused], places) == (1, [1, 2], [0])


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (one(type="nap"), "known types: message"),
        (b'{"session": "s"}', "known types: message"),
        (one(type="message", text="x" * 16_385), "16384"),
        (one(type="join", at="2026-01-01T00:00:00"), "timezone"),
        (one(type="join", at="yesterday"), "$.at"),
        (one(type="join", session=""), "$.session"),
        (one(type="join", user="a" * 201), "200"),
        (one(type="join", user="a\x00b"), "control character in `user`"),
        (one(type="join", session="a\nb"), "control character in `session`"),
        (one(type="message", text=5), "Expected `str`"),
        (b'{"type":"message","session":"s","text":"\\ud83d"}', "surrogate"),
        (b"\xff\xfe{}", "JSON"),
    ],
)
def test_each_refusal_says_what_was_wrong(body: bytes, says: str) -> None:
    """A sentence that names the field or the remedy."""
    assert says in refusal(body)


@pytest.mark.parametrize("body", [b"", b"  \n ", b"[", b"[" * 200_000, b"[1,2"])
def test_a_body_that_is_no_json_is_refused_as_a_whole(body: bytes) -> None:
    """There is nothing in it to take."""
    with pytest.raises(ValueError):
        decode(body)


def test_deep_nesting_is_refused_and_harmless() -> None:
    """A thousand brackets do not break the decoder, in a known field or an unknown one."""
    deep = b'{"type":"join","session":"s","user":"a","x":' + b"[" * 100_000 + b"]" * 100_000 + b"}"

    assert "nested too deeply" in refusal(deep)


def test_more_events_than_allowed_are_refused_as_a_whole() -> None:
    """The limit holds for arrays and lines."""
    join = one(type="join", user="a")
    for body in (b"[" + b",".join([join] * 4) + b"]", b"\n".join([join] * 4)):
        with pytest.raises(ValueError, match="at most 3"):
            decode(body, limit=3)


def test_any_offset_is_the_same_instant() -> None:
    """Times come with any offset and mean what they say."""
    taken, _, _ = decode(
        one(type="join", at="2026-01-01T08:00:00.5+08:00")
        + b"\n"
        + one(type="join", at="2026-01-01T00:00:00.5Z")
    )

    assert taken[0].at == taken[1].at
    assert taken[0].at is not None and taken[0].at.utcoffset() == timedelta(hours=8)


def test_unknown_fields_are_ignored() -> None:
    """A newer client's fields do no harm."""
    taken, refused, _ = decode(one(type="join", user="a", mood={"x": [1]}))

    assert (taken, refused) == ([Join(session="s", user="a")], [])


def test_a_family_of_seven_code_points_is_one_reaction() -> None:
    """An emoji is kept whole, however many code points it takes."""
    family = "👨‍👩‍👧‍👦"
    taken, _, _ = decode(one(type="reaction", user="a", emoji=family))

    assert isinstance(taken[0], Reaction)
    assert (len(family), taken[0].emoji) == (7, family)


def test_text_may_hold_anything_printable_or_not() -> None:
    """Chat text is not judged here: a NUL, an override or markup stays text."""
    text = "a\x00b \u202e <img src=x onerror=alert(1)>"
    taken, _, _ = decode(one(type="message", text=text))

    assert isinstance(taken[0], Message) and taken[0].text == text


def test_options_are_words_or_numbers() -> None:
    """A vote names its option either way."""
    taken, _, _ = decode(
        one(type="poll_vote", poll="p", option=2)
        + b"\n"
        + one(type="poll_vote", poll="p", option="b")
    )

    assert [event.option for event in taken if isinstance(event, PollVote)] == [2, "b"]


def test_what_is_encoded_decodes_to_the_same() -> None:
    """The wire round-trips."""
    made = [Message(session="s", user="a", text="é\u2028"), Reaction(session="s", emoji="❤️")]

    assert decode(events.encode(made))[0] == made


def test_the_schema_names_every_type() -> None:
    """The published JSON Schema has each type with its tag and the bounds of names."""
    schema = events.schema()

    kinds = [d["properties"]["type"] for d in schema["$defs"].values() if "type" in d["required"]]
    tags = {kind["enum"][0] for kind in kinds}
    assert tags == {str(t.__struct_config__.tag) for t in EVENT_TYPES}
    assert schema["$defs"]["Join"]["properties"]["session"]["maxLength"] == 200


def test_many_lines_at_once_are_lines_one_by_one() -> None:
    """Whatever lines are put together, the quick way gives what looking at each alone gives."""
    rng = random.Random(5)
    join = one(type="join", user="a")
    pieces = [join] * 12 + [
        one(type="message", text='say "hi" \n twice 🎉'),
        join + b"\r",
        b"  " + join,
        b"",
        b"   ",
        join + join,
        b"[" + join + b"]",
        b'{"type":"join",',
        b'"session":"s","user":"a"}',
        b'{"type":"join","session":"s\\u0001"}',
        b'{"type":"join","session":"s\\u007F"}',
        b'{"type":"join","session":"s","at":"0001-01-01T00:00:00+08:00"}',
        b"nonsense",
        b"\xef\xbb\xbf" + join,
    ]
    for _ in range(400):
        listed = rng.choices(pieces, k=rng.randrange(2, 6))
        body = b"\n".join([join, *listed, join])
        parts = [part for part in body.split(b"\n") if part.strip()]
        assert decode(body, lines=True) == events._decode_each(parts)


@pytest.mark.parametrize("escape", ["b", "f", "n", "r", "t", "u0000", "u001F", "u007f", "u007F"])
@pytest.mark.parametrize("name", ["session", "id", "user", "emoji", "target"])
def test_no_escape_smuggles_a_control_character_into_a_name(name: str, escape: str) -> None:
    """Alone, in an array and among lines, in every name; in a text it is a text."""
    good = one(type="reaction", user="a", emoji="x")
    fields = {"session": "s", "emoji": "👨‍👩‍👧‍👦", name: "PLACE"}
    bad = one(type="reaction", **fields).replace(b"PLACE", b"a\\" + escape.encode())
    text = one(type="message", text="PLACE").replace(b"PLACE", b"a\\" + escape.encode())

    for body in (bad, b"[" + good + b"," + bad + b"]", good + b"\n" + bad):
        taken, refused, _ = decode(body)
        assert all(getattr(event, name) != "PLACE" for event in taken)
        assert "control character" in refused[0].reason
    assert decode(text + b"\n" + text)[1] == []


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"user_emotion": {"primary": "joy", "intensity": 7}}, "<= 1"),
        ({"bot_emotion": {"primary": "joy\u0000"}}, "control character in `bot_emotion`"),
        ({"user_emotion": {"primary": "a", "scores": {"b\n": 1}}}, "`user_emotion`"),
        ({"context": {"topic": "a\u007f"}}, "control character in `context`"),
        ({"memories": [{"similarity": 0.5, "id": "\t"}]}, "control character in `memories`"),
        ({"memories": [{"similarity": -0.1}]}, ">= 0"),
        ({"memories": [{"similarity": 0.5}] * 201}, "length <= 200"),
        ({"processing_time_ms": -1}, ">= 0"),
        ({"bot": ""}, "length >= 1"),
        ({"bot": None}, "null"),
        ({"message": "x" * 400_001}, "length <= 400000"),
    ],
)
def test_a_turn_that_cannot_be_is_refused_with_the_place(fields: Any, says: str) -> None:
    """Shares are shares, names are printable, and everything has a bound."""
    assert says in refusal(one(type="turn", **{**TURN, **fields}))


def test_a_turn_may_be_half_of_one() -> None:
    """A reply without a question, a question without a reply, and texts with line breaks."""
    for half in ({"message": "a\tb\nc"}, {"reply": "\u202e"}, {}):
        taken, refused, _ = decode(one(type="turn", bot="b", **half))
        assert (len(taken), refused) == (1, [])
