"""The routes that tell how numbers of bots, people and sessions moved, and compare them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import FastAPI, Query, Request
from starlette.responses import Response

from roomtone.errors import BadEvent
from roomtone.runtime import comparing, coverage, trajectories
from roomtone.runtime.host import Host
from roomtone.web import trend_models as models
from roomtone.web.parameters import When
from roomtone.web.problems import Problem
from roomtone.web.query import PROBLEMS, answer, as_response
from roomtone.web.talks import Name, moment

Measurement = Annotated[str, Query(min_length=1, max_length=100)]
Step = Annotated[
    Literal["0", "60", "3600", "86400"] | None,
    Query(
        description="seconds of which a mean is told; 0: as written; left out: as written where "
        "there are at most 10,000, with means of hours for what is older than is kept, else means"
    ),
]


def add_trends(api: FastAPI, host: Host) -> None:
    """Add these routes to the documented API."""

    @api.exception_handler(BadEvent)
    async def bad(request: Request, error: BadEvent) -> Response:
        return as_response(Problem(422, str(error)))

    @api.get("/v1/trends", response_model=models.Trends, responses=PROBLEMS, tags=["series"])
    async def trends(
        measurement: Measurement,
        field: Measurement,
        bot: Name = None,
        user: Name = None,
        session: Name = None,
        start: When = None,
        end: When = None,
        step: Step = None,
    ) -> Response:
        """How a number moved from `start` up to `end` (left out: all there is): its points, its
        trend per day with a 95 % interval, which does not depend on how much was said, and where
        its level changed, with the turns that led there."""
        asked = _asked(host, measurement, field, start, end, step)
        whose = {"bot": bot, "user": user, "session": session}
        found = await trajectories.trajectory(host, asked.of(**whose))
        return answer(found.as_json())

    @api.get("/v1/compare", response_model=models.Comparison, responses=PROBLEMS, tags=["series"])
    async def compare(
        by: comparing.By,
        of: Annotated[
            list[Annotated[str, Query(max_length=200)]], Query(min_length=2, max_length=8)
        ],
        measurement: Measurement,
        field: Measurement,
        start: When = None,
        end: When = None,
        step: Step = None,
    ) -> Response:
        """The same number of 2 to 8 bots, people or sessions."""
        asked = _asked(host, measurement, field, start, end, step)
        return answer(await comparing.compare(host, asked, by, of))

    @api.get("/v1/coverage", response_model=models.Coverage, responses=PROBLEMS, tags=["series"])
    async def covered(bot: Name = None) -> Response:
        """Which measurements the newest turns of each bot gave (of the ten with the most
        conversations, or of one), and which none of them did."""
        return answer(await coverage.coverage(host, bot))


def _asked(
    host: Host, measurement: str, field: str, start: str | None, end: str | None, step: str | None
) -> trajectories.Asked:
    since = moment(host, start, "start") or trajectories.EPOCH
    until: datetime = moment(host, end, "end") or trajectories.FOREVER
    if since > until:
        raise Problem(422, "`start` is after `end`; exchange them")
    return trajectories.Asked(
        measurement, field, start=since, end=until, step_s=None if step is None else int(step)
    )
