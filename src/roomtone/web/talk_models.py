"""What the documented API answers with where it is asked of conversations and people."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from roomtone.training_data import Why

Values = dict[str, dict[str, float | str]]


class _Model(BaseModel):
    model_config = ConfigDict(extra="allow")


class Conversation(_Model):
    """One person and one bot in one session, without a long pause."""

    session: str
    bot: str
    user: str = Field(description="empty where nobody said who it was")
    started: str
    ended: str = Field(description="the last turn so far")
    turns: int
    quality: float | None = Field(description="mean of conversation_quality, 0 to 1")
    satisfaction: float | None = Field(description="mean satisfaction_score, 0 to 1")
    valence: float | None = Field(description="mean of the person's messages, -1 to 1")
    emotion: str = Field(description="what the person felt most; empty if nothing was read")
    switches: int = Field(description="turns that changed the topic")
    processing_time_ms: float | None


class Facets(_Model):
    """How many conversations there are in all by bot and by feeling, the most frequent."""

    bot: dict[str, int]
    emotion: dict[str, int]


class Conversations(_Model):
    """A page of conversations."""

    conversations: list[Conversation]
    total: int = Field(description="how many there are that were asked for")
    facets: Facets


class Turn(_Model):
    """What was said and answered. The texts come from people: show them as text only."""

    id: str
    at: str
    bot: str
    user: str
    message: str | None
    reply: str | None
    revised: dict[Literal["user", "assistant"], Why] = Field(
        description="whose text is another one now, or gone, and why; the text is the newest"
    )
    values: Values = Field(
        description="by measurement and field, see /v1/measurements; `source` tells where the "
        "numbers of a measurement come from"
    )


class Transcript(_Model):
    """What was said in a session, and its conversations, the newest first."""

    session: str
    conversations: list[Conversation]
    turns: list[Turn] = Field(description="fewer than `limit` where they are long")
    next: str | None = Field(description="`before` of the next page; null at the beginning")


class Relationship(_Model):
    """How a person stands to a bot; scores are 0 to 1, whatever scale they were set on."""

    user: str
    bot: str
    trust: float
    affection: float
    attunement: float
    source: Literal["store", "default", "estimate"]
    turns: int
    first: str
    updated: str


class People(_Model):
    """A page of pairs of a person and a bot, the one that changed last first."""

    people: list[Relationship]
    total: int


class Day(_Model):
    """One day in the person's time zone."""

    day: str
    turns: float


class Streak(_Model):
    """Days in a row with a turn: up to today or yesterday, and the longest ever."""

    current: int
    longest: int


class Person(_Model):
    """All that is told of one person."""

    user: str
    relationships: list[Relationship]
    conversations: list[Conversation] = Field(description="the newest 50")
    total: int = Field(description="how many conversations there are")
    hours: list[list[float]] = Field(
        description="turns by weekday, Monday first, and hour; those of a conversation are taken "
        "as spread evenly over it, by quarters of an hour"
    )
    days: list[Day]
    streak: Streak
    emotions: dict[str, float] = Field(description="turns by what was felt most")


class Standing(BaseModel):
    """What the owner of the truth says of a pair; what is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    trust: float | None = None
    affection: float | None = None
    attunement: float | None = None
    scale: Literal[1, 100] | None = Field(
        None,
        description="what the best value is called; left out: the setting relationships.scale. It "
        "is never guessed from a value: 1.0 on 1 is all there is, on 100 a hundredth",
    )
    by: str = Field("api", min_length=1, max_length=200, description="who says so")
