"""What the documented API takes and answers where it is asked of memories."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

Tier = Literal["session", "sub_temporary", "temporary", "permanent", "personal"]
Named = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]


class _Model(BaseModel):
    model_config = ConfigDict(extra="allow")


class Link(_Model):
    """Another memory that one has to do with."""

    id: str
    kind: Literal["similar", "same_feeling", "reaction_to", "supersedes", "contradicts"]
    strength: float = Field(description="how near it is, 0 to 1")


class Memory(_Model):
    """What a bot remembers of a person. The texts come from people: show them as text only."""

    id: str = Field(description="a UUID, made of what left the memory")
    bot: str
    user: str
    at: str = Field(description="when it was said")
    content: str
    response: str = Field(description="what was answered; empty where nothing was")
    context: str = Field(description="what was said before")
    session: str
    interaction_type: str = Field(description="conversation, emoji_reaction, note, or another")
    source: str = Field(description="what left it")
    tier: Tier
    reason: str = Field(description="why it is in this tier")
    expires: str | None = Field(description="when it is forgotten; null: never")
    importance: float = Field(description="0 to 1")
    emotion: str = Field(description="what the person felt when it was said")
    intensity: float | None
    valence: float | None = Field(description="-1 to 1")
    tags: list[str]
    related: list[Link]
    accesses: int = Field(description="how often it was recalled")
    accessed: str | None
    answered: int = Field(description="of how many recalls the answer was seen")
    used: int = Field(description="how many of those answers drew on it")
    helped: float = Field(description="the sum, -1 to 1 each, of what was said next")
    judged: int = Field(description="of how many turns that is the sum")
    training_relevance: float | None = Field(description="0 to 1")
    verified: bool = Field(description="a person says that it is true")
    verified_at: str | None
    corrected_at: str | None = Field(description="when a person changed the text")
    hidden: bool = Field(description="it is kept, and never recalled")
    superseded_by: str = Field(description="the id of what holds instead; empty: it holds")
    metadata: dict[str, str | float]


class Memories(_Model):
    """A page of memories, the one said last first."""

    memories: list[Memory]
    total: int = Field(description="how many there are that were asked for")
    tiers: dict[str, int] = Field(
        description="how many of each tier, whatever `tier` asks for; empty without `user`"
    )
    bots: dict[str, int] = Field(description="how many memories each bot has in all")


class Recollection(_Model):
    """A memory that was recalled."""

    memory: Memory
    similarity: float = Field(description="how near it is to what was asked, 0 to 1")
    score: float = Field(description="what they are ordered by")
    why: str = Field(description="why it stands where it does")


class Mood(_Model):
    """Whether what was recalled feels like the question does, beside all that was found."""

    query: str = Field(description="what the question feels like; empty if that was not read")
    congruent: float | None = Field(description="share of what was recalled on the question's side")
    found: float | None = Field(description="the same share of all that was weighed")


class Recalled(_Model):
    """At most two memories of each tier, and five in all, the best first."""

    memories: list[Recollection]
    took_ms: float
    tiers: dict[str, int] = Field(description="how many of each tier were weighed")
    mood: Mood
    embedding: str = Field(description="the model, its version and its dimensions")


class Forgotten(_Model):
    """How many memories were deleted."""

    deleted: int


class NewMemory(BaseModel):
    """What somebody wants a bot to remember of a person."""

    model_config = ConfigDict(extra="forbid")

    bot: Named
    user: Named
    content: str = Field(min_length=1, max_length=400_000, description="both ends of it are kept")
    response: str = Field("", max_length=400_000)
    session: str = Field("", max_length=200)
    at: datetime | None = Field(None, description="when it was said, with an offset; else now")
    tier: Tier | None = Field(None, description="left out: by how important it is")
    importance: float | None = Field(None, ge=0, le=1, description="left out: by what it says")
    tags: list[Annotated[str, Field(min_length=1, max_length=50, pattern=r"^[^,\x00-\x1f]+$")]] = (
        Field(default=[], max_length=20)
    )
    kind: Named = "note"
    id: Named | None = Field(None, description="your own: the same one is remembered once")
    metadata: dict[Named, str | FiniteFloat] = Field(default={}, max_length=30)


class Word(BaseModel):
    """A person's word on a memory; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    content: str | None = Field(None, min_length=1, max_length=400_000)
    response: str | None = Field(None, max_length=400_000)
    hidden: bool | None = None
    verified: bool | None = None
    tier: Tier | None = None
    by: str = Field("", max_length=200, description="who says so")
