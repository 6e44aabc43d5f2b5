"""What is told of a turn beside its texts: feelings, memories recalled, context, standing."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

MAX_NAME = 200
"""Ids and names end up in indexes, URLs and logs, where 200 characters is already generous."""

MAX_LABELS = 100

MAX_AGENTS, MAX_OUTPUTS, MAX_OUTPUT = 50, 50, 2_000
"""How many components a turn may tell of, how much each gave, and how long a text of it is."""

PRINTABLE: dict[str, Any] = {"pattern": r"^[^\u0000-\u001f\u007f]+$"}
Name = Annotated[str, Meta(min_length=1, max_length=MAX_NAME, extra_json_schema=PRINTABLE)]
Share = Annotated[float, Meta(ge=0, le=1)]
Milliseconds = Annotated[float, Meta(ge=0, le=86_400_000)]
Language = Annotated[str, Meta(pattern="^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=35)]
Told = Annotated[str, Meta(max_length=MAX_OUTPUT)] | float | bool | None


def on_scale(value: float, scale: float) -> float:
    """A score as a share of its scale, which somebody has declared: 1 or 100, usually.

    A scale is never guessed from a value: 1 on a scale of 1 is all there is, on one of 100 it is a
    hundredth. Raises ValueError for what is outside the scale, and for what is no number.

    >>> on_scale(0.8, 1), on_scale(80, 100), on_scale(1, 1), on_scale(1, 100)
    (0.8, 0.8, 1.0, 0.01)
    >>> on_scale(80, 1)
    Traceback (most recent call last):
    ...
    ValueError: 80 is not within 0 and 1, the scale; say which scale it is on
    """
    if not 0 <= value <= scale:
        raise ValueError(
            f"{value:g} is not within 0 and {scale:g}, the scale; say which scale it is on"
        )
    return value / scale


def session_of(bot: str, user: object) -> str:
    """The session of a pair that names none: it does not tell who the person is.

    >>> session_of("luna", "ann") == session_of("luna", "ann") != session_of("luna", "bob")
    True
    >>> session_of("luna", "ann").startswith("luna/"), session_of("luna", None)
    (True, 'luna/unknown')
    """
    if not user:
        return f"{bot[: MAX_NAME - 20]}/unknown"
    digest = hashlib.blake2b(f"{bot}\0{user}".encode("utf-8", "replace"), digest_size=8)
    return f"{bot[: MAX_NAME - 20]}/{digest.hexdigest()}"


def ends(text: str, most: int) -> str:
    """The text, or half of `most` characters from its beginning and half from its end.

    >>> ends("abcdefgh", 4), ends("abcd", 4)
    ('ab gh', 'abcd')
    """
    return text if len(text) <= most else f"{text[: most // 2]} {text[-(most // 2) :]}"


class Feeling(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a text feels like, as the sender's own component read it, in its own words."""

    primary: Name
    intensity: Share | None = None
    confidence: Share | None = None
    valence: Annotated[float, Meta(ge=-1, le=1)] | None = None
    scores: Annotated[dict[Name, Share], Meta(max_length=MAX_LABELS)] = {}


class Recalled(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One memory that was looked up for a reply, and how near it was."""

    similarity: Share
    id: Name | None = None


class Looked(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of a look into memory, by who has the memories: shares of those recalled.

    `memories` is absent where the turn itself told of them.
    """

    memories: Annotated[list[Recalled], Meta(max_length=MAX_LABELS)] | None = None
    retrieval_time_ms: Milliseconds | None = None
    used: Share | None = None  # the answer says something of it that the message does not
    stale: Share | None = None  # replaced, or bound to a time that is over
    repeated: Share | None = None  # says what another one says
    contradicted: Share | None = None  # something said later says otherwise


class Agent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one of the sender's own components made of a turn: of its message, or for its reply."""

    agent: Name
    role: Literal["user", "assistant"] = "assistant"  # of which side
    output: Annotated[dict[Name, Told], Meta(max_length=MAX_OUTPUTS)] = {}
    confidence: Share | None = None
    duration_ms: Milliseconds | None = None
    span: Annotated[str, Meta(pattern="^[0-9a-f]{0,32}$")] = ""  # of OpenTelemetry


class Context(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the sender's own component made of a turn's context."""

    topic: Name | None = None
    mode: Name | None = None
    urgency: Name | None = None
    intent: Name | None = None
    confidence: Share | None = None


class Standing(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How far a person trusts, likes and understands a bot, each 0 to 1, and who says so."""

    trust: Share | None = None
    affection: Share | None = None
    attunement: Share | None = None
    source: Literal["store", "default", "estimate"] = "store"
    turns: Annotated[int, Meta(ge=0)] = 0  # how many turns they had before
    first_ms: int | None = None  # and when the first of them was, in epoch milliseconds
