"""What can be set of who may ask: keys, sign-in, rates."""

from __future__ import annotations

import json
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_settings import NoDecode


def _lines(value: object) -> object:
    """A list of lines as an environment variable has it: JSON, or the lines with ; between."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        return json.loads(value)
    return [line.strip() for line in value.split(";") if line.strip()]


Lines = Annotated[list[str], NoDecode, BeforeValidator(_lines)]
Rate = Annotated[str, Field(pattern=r"^[1-9]\d{0,8}/(second|minute|hour|day)$")]


class Access(BaseModel):
    """Who may ask, once a key was made."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: str = Field(
        default="",
        description="file of keys and signed-in pages, for processes that share it; empty: "
        "`access.db` in the data folder",
    )
    keys: Lines = Field(
        default=[],
        description="keys for processes that do not share that file: lines as `roomtone keys "
        "create --line` prints them, which hold no secret",
    )
    open_health: bool = Field(
        default=False,
        description="true: `/readyz`, `/health` and `/metrics` need no key, for probes and "
        "scrapers that cannot send one; `/healthz` never does",
    )
    https: bool = Field(
        default=False,
        description="true: people come by https, through a proxy in front: cookies are for it "
        "alone, and browsers are told to stay with it",
    )
    session_hours: float = Field(
        default=12,
        gt=0,
        le=24 * 14,
        description="hours without a request after which a page has to sign in again; a "
        "working day",
    )
    rate_ingest: Rate = Field(
        default="2000/second",
        description="requests a key may send events with; a request holds up to a thousand",
    )
    rate: Rate = Field(
        default="300/second",
        description="all other requests of a key; a page of the dashboard asks some ten at once",
    )
    rate_sign_in: Rate = Field(
        default="20/minute",
        description="attempts to sign in from one address, right or wrong; behind a proxy that is "
        "one for all",
    )
