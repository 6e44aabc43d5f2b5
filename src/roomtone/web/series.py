"""The routes that give numbers over time as columns, and the catalogue of what is measured."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Annotated, Any, Literal

import msgspec
from fastapi import FastAPI, Query
from starlette.responses import Response

from roomtone.points import Point
from roomtone.runtime import frames
from roomtone.runtime.clock import utc
from roomtone.runtime.host import Host
from roomtone.runtime.trajectories import Asked, tags_of
from roomtone.web import models
from roomtone.web.parameters import parse_time
from roomtone.web.problems import Problem
from roomtone.web.query import PROBLEMS, answer
from roomtone.web.talks import Name

MOST_POINTS = 20_000
"""How many points one answer holds: a day of 5-second ones."""

TOO_MANY = f"that is more than {MOST_POINTS:,} points; ask for less time or a larger step"

DEFAULT_SPAN = timedelta(minutes=15)


def add_series(api: FastAPI, host: Host) -> None:
    """Add these routes to the documented API."""

    @api.get("/v1/series", response_model=models.Series, responses=PROBLEMS, tags=["series"])
    async def series(
        session: Annotated[str | None, Query(min_length=1, max_length=200)] = None,
        bot: Name = None,
        user: Name = None,
        measurement: Annotated[str, Query(max_length=100)] = "engagement",
        fields: Annotated[
            str,
            Query(
                max_length=2000,
                description="comma between; empty: all; with `step` 60 or "
                "3600 also score_min, score_max and so on",
            ),
        ] = "",
        start: Annotated[str | None, Query(alias="from", max_length=50)] = None,
        end: Annotated[str | None, Query(alias="to", max_length=50)] = None,
        step: Literal["5", "60", "3600"] = "5",
    ) -> Response:
        """Numbers over time, as columns of equal length; null: not known then. Rooms are asked by
        `session`; what is measured of turns by any of `session`, `bot` and `user`, with `step` 5 as
        they were written, at their own times."""
        now = utc(host.clock.now_ms())
        until = now + timedelta(seconds=1) if end is None else parse_time(end, now, "to")
        since = until - DEFAULT_SPAN if start is None else parse_time(start, now, "from")
        if since > until:
            raise Problem(422, "`from` is after `to`; exchange them")
        step_s = int(step)
        names = _field_names(host, measurement, fields, step_s)
        declared = next(one for one in host.measurements if one.name == measurement)
        of_rooms = "session" in declared.tags
        if of_rooms and session is None:
            raise Problem(422, f"{measurement} is of rooms; say which `session`")
        if of_rooms and (until - since).total_seconds() / step_s > MOST_POINTS:
            raise Problem(422, TOO_MANY)
        by_text = session is not None and "session_id" in declared.texts
        if by_text and step_s > 5:
            raise Problem(422, "means do not tell sessions apart; leave `step` or `session` out")
        whose = Asked(measurement, "", bot, user, None if by_text else session)
        points = await host.series.read(
            measurement,
            tags=await tags_of(host.archive, declared, whose),
            start=since,
            end=until,
            fields=sorted({*names.values(), *(["session_id"] if by_text else [])}),
            step_s=0 if step_s == 5 else step_s,
            limit=MOST_POINTS + 2,
        )
        if not of_rooms and len(points) > MOST_POINTS:
            raise Problem(422, TOO_MANY)
        if by_text:
            points = [one for one in points if one.texts.get("session_id") == session]
        about = {"measurement": measurement, "session": session or "", "step_s": step_s}
        make = _columns(about, points, names)
        body = await asyncio.to_thread(make) if len(points) > 1000 else make()
        return Response(body, media_type="application/json")

    @api.get("/v1/measurements", response_model=models.Catalogue, tags=["series"])
    async def measurements() -> Response:
        """Everything that is measured: tags, fields, units and ranges."""
        return answer({"data": [declared.as_json() for declared in host.measurements]})


def _field_names(host: Host, measurement: str, fields: str, step_s: int) -> dict[str, str]:
    """The columns asked for, and the declared field that each is read from."""
    known = {declared.name: declared for declared in host.measurements}
    if measurement not in known:
        told = ", ".join(known)
        raise Problem(404, f"no measurement is called {measurement!r}; there are: {told}")
    declared = list(known[measurement].numbers)
    names = [name for name in fields.split(",") if name] or declared
    allowed = {name: name for name in declared}
    if step_s > 5:
        ends = {f"{name}_{end}": name for name in declared for end in ("min", "max")}
        allowed = ends | allowed
    for name in names:
        if name not in allowed:
            raise Problem(
                422, f"{measurement} has no field {name[:100]!r}; there are: {', '.join(declared)}"
            )
    return {name: allowed[name] for name in names}


def _columns(
    about: dict[str, Any], points: Sequence[Point], names: Iterable[str]
) -> Callable[[], bytes]:
    def make() -> bytes:
        rows = [(point.time.timestamp(), point.fields) for point in points]
        return msgspec.json.encode({**about, **frames.columns(rows, names)})

    return make
