"""The shapes of what people may ask for, as the API documents them."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class _Model(BaseModel):
    model_config = ConfigDict(extra="allow")


class Purpose(_Model):
    """What holds for one purpose, since when, on which ground, and who said so."""

    granted: bool
    at: str | None = Field(description="null where nobody was asked")
    basis: str
    by: str
    asked: bool = Field(description="false: nobody was asked, and the default holds")


class Purposes(_Model):
    """The three purposes, each by itself."""

    analytics: Purpose
    memory: Purpose
    training: Purpose


class Consent(_Model):
    """What a person agreed to."""

    user: str
    purposes: Purposes


class Word(BaseModel):
    """What a person agrees to from now on, and not; what is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    analytics: bool | None = None
    memory: bool | None = None
    training: bool | None = None
    basis: str = Field("consent", min_length=1, max_length=200, description="or the words of a law")
    by: str = Field("api", min_length=1, max_length=200, description="who says so")


class Store(_Model):
    """What became of one store."""

    store: str
    removed: int = Field(description="rows, points, memories, files: what that store has")
    ok: bool = Field(description="false: it is tried again until it is done")
    detail: str


class Held(_Model):
    """A dataset that held the person, to be made again."""

    id: str
    name: str
    format: str


class Receipt(_Model):
    """What was erased where."""

    person: str = Field(description="their name in series, which is gone there too")
    stores: list[Store]
    datasets: list[Held]
    tombstone: bool = Field(description="whether the door is shut for them")
    done: bool


class Readmitted(_Model):
    """Somebody is taken in again."""

    user: str
    readmitted: bool
