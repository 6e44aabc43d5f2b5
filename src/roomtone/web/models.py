"""What the documented API answers with: the wire's shapes for people and their tools to read."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from roomtone.alerts import AlertType as AlertTypes
from roomtone.alerts import Severity

State = Literal["live", "history", "ended"]
Level = Literal["VERY_HIGH", "HIGH", "MODERATE", "LOW", "VERY_LOW"]
Outcome = Literal["accepted", "duplicate", "refused", "late", "note"]
Verdict = Literal["acknowledged", "false_alarm", ""]
Columns = dict[str, list[float | None]]


class _Model(BaseModel):
    model_config = ConfigDict(extra="allow")


class Alert(_Model):
    """One thing a detector noticed in one session, with all that led to it."""

    id: str = Field(description="the same in every run and replay")
    time: str
    session: str
    type: AlertTypes
    severity: Severity
    detector: str
    score: float | None = Field(description="strength of the evidence, 0 to 1")
    subject: str = Field(description="what `current` and `expected` count")
    current: float | None
    expected: float | None
    deviation: float | None = Field(description="current minus expected")
    message: str
    evidence: dict[str, float | None] = Field(description="every part the verdict was made of")
    verdict: Verdict
    verdict_at: str | None


class Session(_Model):
    """One room: its numbers at the last tick and its totals."""

    session: str
    state: State
    started: str
    last_event: str | None
    ended: str | None
    at: str | None = Field(description="the tick that the numbers are of")
    score: float | None = Field(description="0 to 1; null before the first tick")
    level: Level | None
    fields: dict[str, float | None] = Field(description="see /v1/measurements")
    spark: list[float | None] = Field(description="up to 60 scores, 5 s apart, oldest first")
    spark_from: int = Field(description="epoch seconds of the first of them")
    messages: int
    reactions: int
    votes: int
    people: int
    alarms: int
    late: int
    trouble: Alert | None = Field(description="the newest open alarm")


class Sessions(_Model):
    """A page of sessions."""

    data: list[Session]
    next_cursor: str | None


class Alerts(_Model):
    """A page of alerts, newest first."""

    data: list[Alert]
    next_cursor: str | None


class Part(_Model):
    """One part of a score."""

    name: str
    label: str
    raw: float | None
    normalised: float | None
    weight: float
    contribution: float
    gain: float = Field(description="what the score would win with this part at its best")
    known: bool
    note: str


class Raise(_Model):
    """What would raise a score most."""

    name: str
    gain: float
    how: str


class Explanation(_Model):
    """Where a score comes from."""

    session: str
    at: str
    score: float | None
    level: Level | None
    seed_weights: bool
    parts: list[Part]
    raise_most: Raise | None


class Ticker(_Model):
    """One event as a person sees it. The texts come from the chat: show them as text only."""

    at: str
    session: str
    type: str
    user: str | None
    text: str | None
    emoji: str | None
    role: str | None


class Events(_Model):
    """The last events of a session, newest last."""

    data: list[Ticker]


class Series(_Model):
    """One session's numbers over time, as columns of equal length."""

    measurement: str
    session: str
    step_s: int
    t: list[int] = Field(description="epoch seconds, rising")
    fields: Columns


class Judgement(BaseModel):
    """What a person says of an alert; an empty verdict takes it back."""

    id: str = Field(max_length=500, examples=["keynote/SUDDEN_DROP/20261121T100605Z"])
    verdict: Verdict


class Source(_Model):
    """What one source sent so far."""

    source: str
    accepted: int
    duplicates: int
    refused: int
    late: int
    last_at: str | None


class Inspected(_Model):
    """What became of one event."""

    at: str
    source: str
    outcome: Outcome
    type: str | None
    session: str | None
    reason: str | None
    sample: str | None


class Inspection(_Model):
    """What came in lately, and what became of it."""

    sources: list[Source]
    data: list[Inspected]


class Catalogue(_Model):
    """All measurements: name, meaning, tags, and each field's meaning, unit and range."""

    data: list[dict[str, Any]]


class HistorySessions(BaseModel):
    """History sessions that are complete."""

    sessions: list[str] = Field(max_length=1000)


class ClosedSessions(_Model):
    """How many of them were open."""

    closed: int


class Health(_Model):
    """One part of the server."""

    name: str
    ok: bool
    detail: str
    remedy: str
    vital: bool = Field(description="without it nothing can be acknowledged: not ready")


class Readiness(_Model):
    """Whether everything works, part by part."""

    status: Literal["ready", "degraded", "not ready"]
    parts: list[Health]


class Component(_Model):
    """One part of the server, in the words of /health."""

    status: Literal["healthy", "unhealthy"]
    detail: str
    remedy: str


class DetailedHealth(_Model):
    """The state of the server for people and older tools."""

    status: Literal["healthy", "degraded", "unhealthy"]
    service: str
    version: str
    active_sessions: int | None
    components: dict[str, Component]


class Refused(_Model):
    """Why one event of a request was not taken."""

    index: int
    reason: str
    kind: str = Field("malformed", description="of the reason; left out where it is malformed")


class Taken(_Model):
    """What became of a request's events: the accepted ones are on the disk."""

    accepted: int
    duplicates: int
    errors: list[Refused]


class ProblemDocument(_Model):
    """What went wrong and what to do (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
