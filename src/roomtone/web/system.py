"""GET /v1/system: how this process is, in parts and numbers, for the page that shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from fastapi import FastAPI, Response
from pydantic import BaseModel, Field

from roomtone import __version__
from roomtone.runtime.host import Host
from roomtone.runtime.numbers import Number
from roomtone.runtime.tally import Durations
from roomtone.web.models import Readiness
from roomtone.web.problems import Faults
from roomtone.web.query import answer
from roomtone.web.readiness import readiness

Tell = Callable[[], Iterable[Number]]

MOST = 500
"""How many numbers one answer holds; there are about a hundred, and sources add four each."""


class Told(BaseModel):
    """One number: a gauge, a counter since the start, or a histogram's count and sum of seconds."""

    name: str = Field(description="as in /metrics, without roomtone_")
    labels: dict[str, str]
    value: float
    count: int | None = Field(description="of a histogram: how often; `value` is the sum then")


class System(Readiness):
    """How this process is."""

    version: str
    at: float = Field(description="this server's clock, epoch seconds")
    numbers: list[Told]


def add_system(api: FastAPI, host: Host, faults: Faults, tell: Tell) -> None:
    """Put the route into the documented API; `tell` is called in the event loop."""

    @api.get("/v1/system", response_model=System, tags=["health"])
    async def system() -> Response:
        """What /readyz says, part by part, and what /metrics counts, of this process.

        Always 200: a page that shows what is unwell must be able to."""
        told, _ = readiness([*await host.readiness(), faults.health()])
        numbers = [one for number in tell() for one in flat(number)][:MOST]
        at = host.clock.now_ms() / 1000
        return answer({**told, "version": __version__, "at": at, "numbers": numbers})


def flat(number: Number) -> Iterator[dict[str, Any]]:
    """One metric as rows, a row for each set of labels."""
    name = number.name.removeprefix("roomtone_")
    for labels, value in number.values:
        row: dict[str, Any] = {"name": name, "labels": dict(labels)}
        if isinstance(value, Durations):
            yield row | {"value": value.total, "count": value.count}
        else:
            yield row | {"value": value, "count": None}
