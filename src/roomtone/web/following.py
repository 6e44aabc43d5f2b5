"""What a viewer says: the topics that it follows and what it has already."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated
from urllib.parse import parse_qs

import msgspec
from msgspec import Meta

from roomtone.web.problems import Problem, Scope

TOPICS = 50
"""How many topics one viewer may follow: a wall of session tiles."""

MOST_ASKED = 65_536
"""The largest message a viewer may send, in characters."""

Topic = Annotated[str, Meta(pattern=r"^(pulse|alerts|session:[^\x00-\x1f\x7f]{1,200})$")]
Since = Annotated[float, Meta(ge=0, le=253_402_300_799)]


class Ask(msgspec.Struct):
    """What a viewer says: topics it wants to hear, topics no longer, and what it has already."""

    sub: Annotated[list[Topic], Meta(max_length=TOPICS)] = []
    unsub: Annotated[list[Topic], Meta(max_length=TOPICS)] = []
    since: dict[str, Since | None] = {}


def read_ask(message: str | bytes) -> Ask:
    """A viewer's message. Raises Problem with what to send instead."""
    try:
        if len(message) > MOST_ASKED:
            raise ValueError(f"it is longer than {MOST_ASKED:,} characters")
        return msgspec.json.decode(message, type=Ask)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise Problem(
            422,
            f"that was not understood: {error}; send "
            '{"sub": ["pulse", "alerts", "session:ID"], "since": {}, "unsub": []}',
        ) from None


def parse_stream(scope: Scope) -> Ask:
    """What an event stream's address asks for. Raises Problem with what to write instead."""
    try:
        query = scope["query_string"].decode("latin-1")
        given = parse_qs(query, keep_blank_values=True, max_num_fields=2 * TOPICS)
    except ValueError:
        raise Problem(400, f"too many query parameters; name at most {TOPICS} topics") from None
    topics = [*_split_topics(given.get("topics", [])), *given.get("topic", [])]
    since = given.get("since", [""])[-1]
    for name, value in scope["headers"]:
        if name == b"last-event-id" and value.strip():
            since = value.decode("latin-1").strip()
    try:
        asked = {"sub": topics, "since": dict.fromkeys(topics, float(since)) if since else {}}
        ask = msgspec.convert(asked, Ask)
    except (msgspec.ValidationError, ValueError) as error:
        raise Problem(
            422,
            f"that was not understood: {error}; ask like /v1/stream?topics=pulse,alerts or "
            "?topic=session:ID, with since= in epoch seconds",
        ) from None
    if not ask.sub:
        raise Problem(422, "no topics; ask like /v1/stream?topics=pulse,alerts")
    return ask


def _split_topics(values: Iterable[str]) -> list[str]:
    return [topic for value in values for topic in value.split(",") if topic]
