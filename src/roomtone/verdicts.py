"""What reactions were found to mean, as events: a judge's word, and a person's."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from roomtone.heard import MAX_NAME, Name, Share
from roomtone.occurrence import Emoji, Occurrence

MOST_LINES = 20
"""How many messages around a reaction are told of, before and after each."""

MOST_LINE = 2_000
"""How many characters of each."""

Meaning = Literal["RATING", "AGREEMENT", "EMOTIONAL", "CONVERSATIONAL"]
Whose = Literal["bot", "user", "other", ""]
_Named = Annotated[str, Meta(max_length=MAX_NAME)]
_Words = Annotated[str, Meta(max_length=MOST_LINE)]


class Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A message around a reaction: of whoever reacted, of the bot, or of somebody else."""

    who: Literal["user", "bot", "other"]
    text: _Words


_Lines = Annotated[list[Line], Meta(max_length=MOST_LINES)]


class Reacted(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which reaction: whose, with what, to what, and when (epoch milliseconds).

    `id` is ours and the same wherever the same events are read. `bot` is whose message it was, ""
    where it was no bot's or is not known; `target_is` is "" where that is not known.
    """

    id: Name
    session: Name
    emoji: Emoji
    ms: int
    bot: _Named = ""
    user: _Named = ""
    target: _Named = ""
    target_is: Whose = ""


class Ruling(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a judge made of a reaction. `meaning` is None where it is not sure enough.

    `satisfaction` and `score` are of a RATING alone. `cost` is money, by the prices in the
    settings.
    """

    meaning: Meaning | None = None
    confidence: Share = 0.0
    probabilities: dict[Meaning, Share] = {}
    reasoning: _Words = ""
    satisfaction: Share | None = None
    score: Share | None = None
    model: Name = "local"
    version: Name = "1"
    calls: Annotated[int, Meta(ge=0)] = 0
    tokens_in: Annotated[int, Meta(ge=0)] = 0
    tokens_out: Annotated[int, Meta(ge=0)] = 0
    cost: Annotated[float, Meta(ge=0)] = 0.0


class ReactionJudged(
    Occurrence, frozen=True, kw_only=True, omit_defaults=True, tag="reaction_judged"
):
    """What a model made of a reaction, some time after it. Roomtone says so to itself, nobody else.

    Only the first judgement of a reaction counts, unless it is judged `again` on purpose. Without
    a verdict it cannot be answered, for the reason `why`. What it was judged by comes with it.
    """

    of: Reacted
    verdict: Ruling | None = None
    why: Name | None = None
    again: bool = False
    reply: _Words | None = None
    before: _Lines = []
    after: _Lines = []
    latency_s: float | None = None  # from the message to the reaction
    to_me: bool = True  # whoever reacted is whom the message answered
    revision: int = 0  # of what is kept of it, where the engine may have forgotten it


class ReactionReview(
    Occurrence, frozen=True, kw_only=True, omit_defaults=True, tag="reaction_review"
):
    """A person's word on a reaction, which stays; it comes through the API alone.

    `meaning` absent: nobody can tell. `gone`: the reaction was taken back, which is known only
    now. `verdict` is the judge's, where there was one.
    """

    of: Reacted
    meaning: Meaning | None = None
    gone: bool = False
    verdict: Ruling | None = None
    by: Name = "api"
    revision: int = 0  # of what is kept of it, where the engine may have forgotten it
