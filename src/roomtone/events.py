"""What happens: everything that can come in, as frozen, tagged, versioned structs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from datetime import UTC
from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import Meta

from roomtone.compiled import loops
from roomtone.consents import ConsentGiven, Erased
from roomtone.heard import (
    MAX_AGENTS,
    MAX_NAME,
    Agent,
    Context,
    Feeling,
    Language,
    Looked,
    Milliseconds,
    Name,
    Recalled,
    Share,
    Standing,
)
from roomtone.occurrence import MAX_EMOJI as MAX_EMOJI
from roomtone.occurrence import MAX_OPTIONS, Emoji, Occurrence, Text, TurnText
from roomtone.occurrence import MAX_TEXT as MAX_TEXT
from roomtone.occurrence import MAX_TURN_TEXT as MAX_TURN_TEXT
from roomtone.revisions import TurnRevised as TurnRevised
from roomtone.verdicts import ReactionJudged, ReactionReview

WIRE_VERSION = 1

MAX_RECALLED = 200

# No control characters in names: an id with a NUL or a line feed would break stores, logs and
# URLs. No instants that have no UTC: year 1 east of Greenwich, year 9999 west of it. Both can only
# stand in a body that holds one of these, so `decode` looks closer only there; a regular expression
# on every name would cost a third of the decoding. Of escapes only those of control characters
# count: every text with an emoji or a quotation mark in it may hold others.
_ESCAPED = re.compile(rb"\\(?:[bfnrt]|u00(?:[01]|7[fF]))")
_SUSPECT = (b"\x7f", b"0001-01-01", b"9999-12-31")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class Message(Occurrence, frozen=True, kw_only=True, omit_defaults=True, tag="message"):
    """Somebody said something."""

    text: Text
    role: Literal["user", "bot", "host"] = "user"
    reply_to: Name | None = None


class Reaction(Occurrence, frozen=True, kw_only=True, omit_defaults=True, tag="reaction"):
    """Somebody reacted with an emoji, or took a reaction back.

    `target` is the id of the turn or message reacted to; with a `bot` and no target it is what that
    bot said last. What says neither is counted, and not judged.
    """

    emoji: Emoji
    target: Name | None = None
    action: Literal["add", "remove"] = "add"
    bot: Name | None = None


class Join(Occurrence, frozen=True, kw_only=True, omit_defaults=True, tag="join"):
    """Somebody came in."""


class Leave(Occurrence, frozen=True, kw_only=True, omit_defaults=True, tag="leave"):
    """Somebody left."""


class PollOpened(Occurrence, frozen=True, kw_only=True, omit_defaults=True, tag="poll_opened"):
    """A poll can be voted in from now on."""

    poll: Name
    question: Text = ""
    options: Annotated[list[Text], Meta(max_length=MAX_OPTIONS)] = []


class PollVote(Occurrence, frozen=True, kw_only=True, omit_defaults=True, tag="poll_vote"):
    """Somebody voted; a second vote of the same person in the same poll replaces the first."""

    poll: Name
    option: (
        Annotated[str, Meta(max_length=MAX_NAME)] | Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
    )


class PollClosed(Occurrence, frozen=True, kw_only=True, omit_defaults=True, tag="poll_closed"):
    """A poll takes no more votes."""

    poll: Name


class Heartbeat(Occurrence, frozen=True, kw_only=True, omit_defaults=True, tag="heartbeat"):
    """A feed says that it is alive, so that silence can be told from a broken pipe."""

    source: Name = "default"


class _OfPair(Occurrence, frozen=True, kw_only=True, omit_defaults=True):
    bot: Name

    @property
    def pair(self) -> tuple[str, str]:
        """The bot and the person, "" where nobody says who that is."""
        return self.bot, self.user or ""


class Turn(_OfPair, frozen=True, kw_only=True, omit_defaults=True, tag="turn"):
    """Somebody said something to a bot, and what it answered; either may be missing.

    `at` is when the reply was there. `memories` absent: nobody looked any up; empty: none found.
    """

    message: TurnText | None = None
    reply: TurnText | None = None
    processing_time_ms: Milliseconds | None = None
    memories: Annotated[list[Recalled], Meta(max_length=MAX_RECALLED)] | None = None
    retrieval_time_ms: Milliseconds | None = None
    user_emotion: Feeling | None = None
    bot_emotion: Feeling | None = None
    context: Context | None = None
    model: Name | None = None  # what wrote the reply
    platform: Name | None = None
    language: Language | None = None  # of the message
    agents: Annotated[list[Agent], Meta(max_length=MAX_AGENTS)] = []
    rehearsed: Looked | None = None  # what memory would have given for it; nobody had it then


class TurnRead(_OfPair, frozen=True, kw_only=True, omit_defaults=True, tag="turn_read"):
    """What a model made of a turn, some time after it. Roomtone says so to itself, nobody else.

    `turn` is the turn's id. It has none of its own: only the first reading of a turn counts.
    What the sender of the turn said himself is not read again, and is absent here.
    """

    turn: Name
    model: Name = "local"
    user_emotion: Feeling | None = None
    bot_emotion: Feeling | None = None
    relevance: Share | None = None  # how far the reply speaks of what the message does
    shift: Share | None = None  # how surely the message changes the topic
    sentiment: Annotated[float, Meta(ge=-1, le=1)] | None = None  # of the message
    standing: Standing | None = None  # as a store of relationships has it, or why it has not
    recalled: Looked | None = None  # what became of what was looked up in memory for it
    failed: bool = False  # nothing could be read, and nothing will be


class RelationshipSet(_OfPair, frozen=True, kw_only=True, omit_defaults=True, tag="relationship"):
    """The owner of the truth says how a person stands to a bot; what is absent stays."""

    session: Name = "relationships"  # it belongs to none
    trust: Share | None = None
    affection: Share | None = None
    attunement: Share | None = None
    by: Name = "api"
    standing: Standing | None = None  # as the archive had it: the door adds that, nobody else


_InRoom = Message | Reaction | Join | Leave | PollOpened | PollVote | PollClosed | Heartbeat
_OfRights = ConsentGiven | Erased
_OfTurns = Turn | TurnRevised | TurnRead | RelationshipSet
Event = _InRoom | _OfTurns | ReactionJudged | ReactionReview | _OfRights
EVENT_TYPES: tuple[type[Occurrence], ...] = get_args(Event)

OWN = (TurnRead, ReactionJudged, ReactionReview, Erased)
"""What Roomtone tells itself, and takes from nobody else."""


# What of an event is a name: neither text nor one of a few words. A turn's parts hold names too.
_TEXTS = ("text", "question", "options", "message", "reply")
_RECALLED = ("memories", "recalled", "rehearsed")
_PARTS = (*_RECALLED, "user_emotion", "bot_emotion", "context", "of", "agents")
_SAID = ("verdict", "reply", "before", "after")  # of reactions: texts, and numbers
_NAMES = {
    kind: [
        name
        for name in kind.__struct_fields__
        if name not in ("at", "role", "action", "why", *_TEXTS, *_PARTS, *_SAID)
    ]
    for kind in EVENT_TYPES
}


MALFORMED, TOO_LARGE, AHEAD = "malformed", "too_large", "ahead"
SESSIONS, CLIENT, HISTORY = "too_many_sessions", "too_many_of_one_client", "history"
HISTORIES, UNAVAILABLE = "too_many_histories", "unavailable"
CONSENT, ERASED = "no_consent", "erased"
_REFUSED = (MALFORMED, TOO_LARGE, AHEAD, SESSIONS, CLIENT, HISTORY, HISTORIES, UNAVAILABLE)
REFUSALS = (*_REFUSED, CONSENT, ERASED)
"""The kinds of reasons that there are: few and fixed, so that they can be counted apart."""


class Refusal(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why one event of a batch was not taken: its place in the batch, a sentence, and its kind."""

    index: int
    reason: str
    kind: str = MALFORMED


_one = msgspec.json.Decoder(Event)
_many = msgspec.json.Decoder(list[Event])
if loops is not None:
    loops.know_events(Occurrence, Message, Reaction, Join, PollVote)
_raw = msgspec.json.Decoder(list[msgspec.Raw])

# msgspec raises three kinds of error on hostile input; RecursionError on deep nesting is the
# one that nobody expects.
_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError)


def decode(
    body: bytes, *, lines: bool = False, limit: int | None = None
) -> tuple[list[Event], list[Refusal], list[int]]:
    """Decode a body into events, refusals, and each event's index in the body.

    The body is one JSON object, an array of objects, or (with `lines`, or when it starts like an
    object and holds several lines) one object per line. What does not decode is refused alone;
    the rest is taken. Raises ValueError when the body as a whole is no JSON, or holds more than
    `limit` items.

    >>> events, refusals, _ = decode(b'[{"type":"join","session":"s","user":"u"},{"type":"nap"}]')
    >>> len(events), refusals[0].index
    (1, 1)
    """
    body = body.strip()
    if not body:
        raise ValueError("the body is empty; send one event, an array, or one event per line")
    if body[:1] == b"[" and not (lines and b"\n" in body):
        return _decode_array(body, limit)
    count = body.count(b"\n") + 1
    if count > 1 and (limit is None or count <= limit):
        events = decode_lines(body, count)
        if events is not None:
            return events, [], list(range(count))
    if lines or count > 1:
        parts: Sequence[bytes | msgspec.Raw] = [p for p in body.split(b"\n") if p.strip()]
        # A single pretty-printed object spans lines too; it is one event.
        if not lines and len(parts) > 1 and not parts[0].rstrip().endswith(b"}"):
            parts = [body]
    else:
        parts = [body]
    _check_limit(len(parts), limit)
    return _decode_each(parts)


def encode(events: Sequence[Event]) -> bytes:
    """The events as a JSON array, as clients send them."""
    return msgspec.json.encode(events)


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of everything that may come in."""
    (one,), components = msgspec.json.schema_components([Event], ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Roomtone event, wire version {WIRE_VERSION}",
        **one,
        "$defs": components,
    }


def _decode_array(body: bytes, limit: int | None) -> tuple[list[Event], list[Refusal], list[int]]:
    try:
        events = _many.decode(body)
        if is_suspect(body, events):
            for event in events:
                check_names(event)
    except _UNREADABLE:
        parts = _split_array(body)
        _check_limit(len(parts), limit)
        return _decode_each(parts)
    _check_limit(len(events), limit)
    return events, [], list(range(len(events)))


def decode_lines(body: bytes, count: int) -> list[Event] | None:
    """All lines at once, at a quarter of the cost; None when they must be looked at one by one.

    The decoder asks for no line to hold one whole object. Here all do: no object has `}` and `{`
    on both sides of a line feed within it, so all line feeds lie between objects, and as many
    objects as lines are one on each.
    """
    if (body.count(b"}\n{") if loops is None else loops.between(body)) != count - 1:
        return None
    try:
        events = _one.decode_lines(body)
        if len(events) == count and is_suspect(body, events):
            for event in events:
                check_names(event)
    except _UNREADABLE:
        return None
    return events if len(events) == count else None


def _split_array(body: bytes) -> Sequence[bytes | msgspec.Raw]:
    """The array's items, each still to be decoded.

    A lone surrogate in one item makes msgspec give up on the whole array; the standard library
    reads past it, so that the item alone can be refused.
    """
    try:
        return _raw.decode(body)
    except _UNREADABLE as error:
        first = error
    try:
        items = json.loads(body)
    except (ValueError, RecursionError):
        raise ValueError(
            f"the body is not a JSON array of events: {explain_refusal(first)}"
        ) from None
    return [json.dumps(item).encode() for item in items]


def _decode_each(
    parts: Sequence[bytes | msgspec.Raw],
) -> tuple[list[Event], list[Refusal], list[int]]:
    events: list[Event] = []
    refusals: list[Refusal] = []
    kept: list[int] = []
    for index, part in enumerate(parts):
        try:
            event = _one.decode(part)
            if is_suspect(bytes(part), (event,)):
                check_names(event)
            events.append(event)
            kept.append(index)
        except _UNREADABLE as error:
            refusals.append(Refusal(index, explain_refusal(error)))
    return events, refusals, kept


def is_suspect_plainly(body: bytes, events: Sequence[Event]) -> bool:
    """Whether a name in a body of these events may hold a control character, or an `at` no UTC."""
    return _ESCAPED.search(body) is not None or any(mark in body for mark in _SUSPECT)


is_suspect = is_suspect_plainly if loops is None else loops.suspect


def check_names(event: Event) -> None:
    """Raise ValueError when a name holds a control character, or `at` lies outside all UTC."""
    if event.at is not None:
        try:
            event.at.astimezone(UTC)
        except OverflowError:
            raise ValueError(
                "`at` is outside the years 1 to 9999 in UTC; send when it was"
            ) from None
    for name in _NAMES[type(event)]:
        value = getattr(event, name)
        # Most names are printable, which is known sooner; an emoji of several parts is not.
        if isinstance(value, str) and not value.isprintable() and _CONTROL.search(value):
            raise ValueError(f"a control character in `{name}`; names are printable text")
    if isinstance(event, Turn | TurnRead | ReactionJudged | ReactionReview):
        for name in _PARTS:
            if any(_CONTROL.search(text) for text in _texts(getattr(event, name, None))):
                raise ValueError(f"a control character in `{name}`; names are printable text")


def _texts(value: Any) -> Iterator[str]:
    """Every text in a part of a turn, however deep: each is a name there."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from _texts(getattr(value, name))
    elif isinstance(value, dict | list):
        for one in value:  # a mapping's names; its values are numbers
            yield from _texts(one)


def explain_refusal(error: Exception) -> str:
    """A decoder's error as a sentence for the one who sent the event."""
    text = str(error)
    if isinstance(error, RecursionError):
        return "nested too deeply; an event is a flat object"
    if isinstance(error, UnicodeDecodeError):
        return "not valid UTF-8; encode the body as UTF-8"
    if ("Invalid value" in text and "$.type" in text) or "missing required field `type`" in text:
        known = ", ".join(str(t.__struct_config__.tag) for t in EVENT_TYPES if t not in OWN)
        return f"{text}; known types: {known}"
    if "surrogate" in text or "hex escape" in text or "truncated" in text:
        return f"{text}; cut off, or a lone surrogate, which is not a character"
    return text


def _check_limit(count: int, limit: int | None) -> None:
    if limit is not None and count > limit:
        raise ValueError(f"{count} events in one request; send at most {limit}")
