"""The routes that tell of conversations, people and how they stand to bots."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from urllib.parse import unquote

import msgspec
from fastapi import FastAPI, Query
from starlette.responses import Response

from roomtone import events as wire
from roomtone.errors import BadEvent
from roomtone.events import RelationshipSet
from roomtone.heard import on_scale
from roomtone.runtime import persons, spoken
from roomtone.runtime.clock import utc
from roomtone.runtime.host import Host
from roomtone.web import talk_models as models
from roomtone.web.parameters import Limit, When, pack, parse_time, unpack
from roomtone.web.problems import Problem
from roomtone.web.query import PROBLEMS, answer

Name = Annotated[str | None, Query(max_length=200)]
Search = Annotated[str, Query(max_length=200, description="in any case, in any of the names")]
Offset = Annotated[int, Query(ge=0, le=1_000_000)]
Quality = Annotated[float | None, Query(ge=0, le=1)]
Order = Literal["ended", "started", "turns", "quality", "satisfaction"]


def add_talks(api: FastAPI, host: Host, scale: int) -> None:
    """Add these routes to the documented API; `scale` is that of scores that do not say theirs."""
    _add_conversations(api, host)
    _add_people(api, host)
    _add_relationships(api, host, scale)


def moment(host: Host, text: str | None, name: str) -> datetime | None:
    """An instant as the API takes it, where there is one. Raises Problem with how to write it."""
    return None if text is None else parse_time(text, utc(host.clock.now_ms()), name)


def _add_conversations(api: FastAPI, host: Host) -> None:
    @api.get(
        "/v1/conversations",
        response_model=models.Conversations,
        responses=PROBLEMS,
        tags=["conversations"],
    )
    async def conversations(
        bot: Name = None,
        user: Name = None,
        emotion: Name = None,
        search: Search = "",
        min_quality: Quality = None,
        max_quality: Quality = None,
        start: When = None,
        end: When = None,
        order: Order = "ended",
        offset: Offset = 0,
        limit: Limit = 100,
    ) -> Response:
        """Those that ended from `start` up to `end`; the largest or latest first, by quality and
        satisfaction the lowest, as that is what one looks for."""
        page = await spoken.conversations_page(
            host.archive,
            bot=bot,
            user=user,
            emotion=emotion,
            search=search,
            least_quality=min_quality,
            most_quality=max_quality,
            start=moment(host, start, "start"),
            end=moment(host, end, "end"),
            order=order,
            offset=offset,
            limit=limit,
        )
        return answer(page)

    @api.get(
        "/v1/conversations/{session}",
        response_model=models.Transcript,
        responses=PROBLEMS,
        tags=["conversations"],
    )
    async def conversation(
        session: str,
        before: Annotated[
            str | None, Query(max_length=2000, description="`next` of the page before")
        ] = None,
        limit: Limit = 200,
    ) -> Response:
        """What was said in a session, the newest turn first, with what was measured of each. The
        texts come from people: show them as text only."""
        name = unquote(session)
        place = None if before is None else _place(before)
        found = await spoken.whole_conversation(host.archive, name, place, limit)
        if found is None:
            raise Problem(
                404,
                f"no conversation of session {name[:200]!r} is kept; GET /v1/conversations lists "
                "those there are",
            )
        told, more = found
        if more is not None:
            ms = round(more[0].timestamp() * 1000)
            return answer(told | {"next": pack(ms, more[1])})
        return answer(told | {"next": None})


def _place(cursor: str) -> spoken.Place:
    ms, id = unpack(cursor, tuple[int, str])
    try:
        return utc(ms), id
    except (ValueError, OverflowError, OSError):
        raise Problem(
            422, "`before` is not one of ours; take `next` of the page before, or leave it out"
        ) from None


def _add_people(api: FastAPI, host: Host) -> None:
    @api.get("/v1/people", response_model=models.People, responses=PROBLEMS, tags=["people"])
    async def people(
        search: Search = "", bot: Name = None, offset: Offset = 0, limit: Limit = 100
    ) -> Response:
        """How people stand to bots: one row for each pair, the one that changed last first."""
        page = await spoken.people_page(
            host.archive, search=search, bot=bot, offset=offset, limit=limit
        )
        return answer(page)

    @api.get("/v1/people/{user}", response_model=models.Person, responses=PROBLEMS, tags=["people"])
    async def person(
        user: str,
        tz: Annotated[
            str, Query(max_length=50, description="time zone of the days, like Europe/Helsinki")
        ] = "UTC",
    ) -> Response:
        """One person: relationships, newest conversations, hours of the week, days, streaks."""
        name = unquote(user)
        try:
            zone = persons.time_zone(tz)
        except BadEvent as error:
            raise Problem(422, f"`tz`: {error}") from None
        found = await persons.person(host.archive, name, utc(host.clock.now_ms()), zone)
        if found is None:
            raise Problem(
                404, f"nothing is kept of person {name[:200]!r}; GET /v1/people lists those known"
            )
        return answer(found)


def _add_relationships(api: FastAPI, host: Host, scale: int) -> None:
    path = "/v1/relationships/{bot}/{user}"
    described: dict[str, Any] = {
        "response_model": models.Relationship,
        "responses": PROBLEMS,
        "tags": ["people"],
    }

    @api.get(path, **described)
    async def relationship(bot: str, user: str) -> Response:
        """How one person stands to one bot."""
        found = await spoken.relationship_of(host.archive, unquote(bot), unquote(user))
        if found is None:
            raise Problem(
                404,
                f"nobody knows how {unquote(user)[:200]!r} stands to {unquote(bot)[:200]!r}; "
                "PUT says so, and GET /v1/people lists the pairs there are",
            )
        return answer(found)

    @api.put(path, **described)
    async def set_relationship(bot: str, user: str, standing: models.Standing) -> Response:
        """Say how one person stands to one bot, as the owner of the truth. What is left out stays.
        The answer is how the pair stands from now on: turns move it further."""
        said = said_of(unquote(bot), unquote(user), standing, scale)
        try:
            return answer(await host.set_relationship(said))
        except BadEvent as error:
            raise Problem(422, str(error)) from None


def said_of(bot: str, user: str, standing: models.Standing, scale: int) -> RelationshipSet:
    """The event that says so, held against the same rules as any. Raises Problem with the reason.

    >>> said_of("luna", "ann", models.Standing(trust=80), 100).trust
    0.8
    >>> said_of("luna", "ann", models.Standing(trust=1, scale=1), 100).trust
    1.0
    """
    known = {
        name: value
        for name in ("trust", "affection", "attunement")
        if (value := getattr(standing, name)) is not None
    }
    if not known:
        raise Problem(422, "nothing is said; give `trust`, `affection` or `attunement`")
    try:
        shares = {name: on_scale(value, standing.scale or scale) for name, value in known.items()}
    except ValueError as error:
        raise Problem(422, str(error)) from None
    told = {"type": "relationship", "session": "relationships", "bot": bot, "user": user}
    body = msgspec.json.encode({**told, **shares, "by": standing.by})
    events, refusals, _ = wire.decode(body)
    if refusals:
        raise Problem(422, f"{refusals[0].reason}; /v1/schema has the shape")
    (said,) = events
    assert isinstance(said, RelationshipSet)
    return said
