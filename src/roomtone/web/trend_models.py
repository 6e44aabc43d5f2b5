"""What the documented API answers with where it is asked how numbers moved."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class _Model(BaseModel):
    model_config = ConfigDict(extra="allow")


Sources = dict[str, float]


class Sample(_Model):
    """A number at one time."""

    at: str
    value: float
    source: str | None = Field(
        description="measured, model, store, heuristic, estimate or default; null: a mean"
    )


class Trend(_Model):
    """A line through the points, the same however often was measured."""

    direction: Literal["rising", "falling", "steady", "unclear"]
    slope_per_day: float | None = Field(description="null where too little is known")
    low: float | None = Field(description="the 95 % interval of the slope")
    high: float | None
    points: int
    days: float


class Change(_Model):
    """A place from which on the level is another."""

    at: str
    before: float = Field(description="median since the change before")
    after: float = Field(description="median up to the next one")
    p: float = Field(description="how often chance alone looks like that")
    session: str | None = Field(description="where it happened, as far as it is known")
    turns: list[str] = Field(description="ids of the turns up to there, the last one last")


class Trends(_Model):
    """How one number moved."""

    measurement: str
    field: str
    step_s: int = Field(description="0: as written; else seconds of which these are means")
    points: list[Sample]
    trend: Trend
    changes: list[Change]
    sources: Sources = Field(description="share of the points of each source")


class Line(_Model):
    """One of those compared."""

    name: str
    step_s: int
    points: list[Sample]
    mean: float | None
    count: int
    trend: Trend
    sources: Sources


class Comparison(_Model):
    """The same number of several."""

    series: list[Line]


class Given(_Model):
    """What the newest turns of a bot gave of one measurement."""

    name: str
    points: int
    step_s: int = Field(description="0: points as written; 3600: means of hours are all there is")
    turns_share: float | None = Field(description="share of the turns that have a point")
    first: str
    last: str
    sources: Sources
    out_of_range: int = Field(description="numbers outside their declared range")


class BotCoverage(_Model):
    """What a bot's newest turns gave, some 500 of them."""

    bot: str
    turns: int = Field(description="how many were looked at")
    last_turn: str
    measurements: list[Given]


class Coverage(_Model):
    """Which measurements of turns there really are."""

    bots: list[BotCoverage]
    missing: list[str] = Field(description="measurements that none of these bots gives")
