"""What the documented API answers with where it is asked of training data and datasets."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Meaning = Literal["RATING", "AGREEMENT", "EMOTIONAL", "CONVERSATIONAL"]
Status = Literal["running", "done", "failed", "cancelled", "stale"]


class _Model(BaseModel):
    model_config = ConfigDict(extra="allow")


class Format(_Model):
    """A format in which training data leaves."""

    name: str = Field(description="as on the command line")
    title: str
    phrase: str = Field(description="what a row is")
    from_: str = Field(alias="from", description="what rows are made of")
    trainable_by: str
    file: str = Field(description="jsonl, json, csv or parquet, unless another is asked for")


class Formats(_Model):
    """All formats there are."""

    formats: list[Format]


class Amounts(_Model):
    """How much there is."""

    conversations: int
    messages: int
    people: int
    tokens: int = Field(description="about: a quarter of the characters")


class Excluded(_Model):
    """What is left out for one reason."""

    reason: str
    words: str
    conversations: int
    messages: int


class Quality(_Model):
    """How many conversations have which quality: 20 bins between 21 edges."""

    edges: list[float]
    counts: list[int]


class Facets(_Model):
    """How many conversations there are by each, the most frequent."""

    bot: dict[str, int]
    emotion: dict[str, int]
    language: dict[str, int]
    meaning: dict[str, int]


class Ratings(_Model):
    """How many ratings call a reply good, and how many bad."""

    desirable: int
    undesirable: int


class Overview(Amounts):
    """What could be learnt from, and what may be."""

    trainable: Amounts
    excluded: list[Excluded]
    quality: Quality
    facets: Facets
    exported: int
    ratings: Ratings


class PreviewRow(_Model):
    """A row as it will be written."""

    line: str = Field(description="to the byte; the texts come from people: show them as text only")
    redactions: int = Field(description="pieces of personal data replaced in its conversation")
    conversation: int


class Preview(_Model):
    """The first rows of a format."""

    format: str
    rows: list[PreviewRow]
    note: str


class Order(BaseModel):
    """A dataset to be made."""

    model_config = ConfigDict(extra="forbid")

    format: str = Field(max_length=200, description="see /v1/formats")
    name: str = Field("", max_length=200)
    filters: dict[str, Any] = Field(
        {},
        description="bot, user, language, emotion, meaning, min_quality, start, end, voice, "
        "exported; what is left out does not narrow",
    )
    split: dict[str, float] = Field(
        {}, description="shares of people: train, validation, test; they make 1"
    )
    seed: int = Field(0, ge=-(2**63), lt=2**63)
    redact: bool = True
    dedupe: bool = True
    min_confidence: float | None = Field(None, ge=0, le=1)
    min_reply_quality: float | None = Field(
        None, ge=0, le=1, description="what a reply needs to be learnt; others stay in prompts"
    )
    quality: Literal["v1", "v2"] = Field("v1", description="by which formula")
    system: str = Field("", max_length=20_000, description="opens every conversation")
    context: int | None = Field(
        None, ge=0, le=1_000_000, description="messages of a prompt at most; 0: all"
    )
    limit: int | None = Field(None, ge=1, lt=2**53, description="conversations at most")
    file: Literal["jsonl", "json", "csv", "parquet"] | None = None
    license: str = Field("other", max_length=200)


class File(_Model):
    """One file of a dataset; `path` is below `/v1/datasets/{id}/files/`."""

    path: str
    bytes: int
    sha256: str
    rows: int


class Dataset(_Model):
    """A dataset, made or on its way."""

    id: str
    name: str
    format: str
    made: str
    status: Status = Field(description="stale: somebody in it withdrew since; make it again")
    folder: str
    rows: int
    bytes: int
    progress: float
    error: str
    files: list[File]
    counts: dict[str, Any]
    excluded: list[dict[str, Any]]
    command: str = Field(description="what makes the same on the command line")
    manifest: dict[str, Any] | None = None


class Datasets(_Model):
    """Datasets, the newest first."""

    datasets: list[Dataset]
    total: int = Field(description="how many there are, of which these are some")


class Removed(_Model):
    """A dataset that was let go; `removed` is whether its files were ours to delete."""

    id: str
    removed: bool
    folder: str


class Wanted(BaseModel):
    """An export as the documents ask for it: one conversation, or the first not exported yet."""

    model_config = ConfigDict(extra="forbid")

    conversation_id: int | None = Field(None, ge=0, lt=2**63)
    limit: int = Field(100, ge=1, le=1000)
    format: str = Field("json", max_length=200)
    redact: bool = Field(True, description="replace personal data by stable names")


class Stats(_Model):
    """How training data stands, in the documents' numbers and ours."""

    total_conversations: int
    exported_conversations: int
    pending_conversations: int
    total_messages: int
    training_messages: int
    export_percentage: float
    trainable_conversations: int
    label_balance: Ratings
    contamination: dict[str, int] = Field(description="conversations by what reactions meant")
    coverage: dict[str, float] = Field(description="shares of conversations that have it")


class Marked(_Model):
    """A conversation that counts as exported now."""

    conversation_id: int
    training_data_exported: bool
