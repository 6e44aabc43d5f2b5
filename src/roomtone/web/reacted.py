"""The routes that tell what reactions meant, and take what people say of them."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import unquote

from fastapi import FastAPI, Query
from starlette.responses import Response, StreamingResponse

from roomtone.errors import BadEvent
from roomtone.runtime import reaction_views
from roomtone.runtime.clock import utc
from roomtone.runtime.config import Reactions
from roomtone.runtime.host import Host
from roomtone.web import reaction_models as models
from roomtone.web.parameters import Limit
from roomtone.web.problems import Problem
from roomtone.web.query import PROBLEMS, answer

Name = Annotated[str | None, Query(max_length=200)]
Search = Annotated[str, Query(max_length=200, description="in any case, in names and emoji")]
Offset = Annotated[int, Query(ge=0, le=1_000_000)]


def add_reactions(api: FastAPI, host: Host, rules: Reactions) -> None:
    """Add these routes to the documented API; `rules` are the settings of judging."""
    _add_reading(api, host)
    _add_numbers(api, host, rules)
    _add_one(api, host)  # behind those whose names are no ids
    _add_writing(api, host)


def _add_reading(api: FastAPI, host: Host) -> None:
    @api.get(
        "/v1/reactions", response_model=models.Reactions, responses=PROBLEMS, tags=["reactions"]
    )
    async def reactions(
        needs_review: bool = False,
        meaning: models.Meaning | None = None,
        state: models.State | None = None,
        bot: Name = None,
        user: Name = None,
        session: Name = None,
        target: Name = None,
        search: Search = "",
        offset: Offset = 0,
        limit: Limit = 100,
    ) -> Response:
        """Reactions, the newest first; with `needs_review` those that a person is asked about, the
        least sure first. The texts come from people: show them as text only."""
        page = await reaction_views.reactions_page(
            host.archive,
            queue=needs_review,
            meaning=meaning,
            states=None if state is None else (state,),
            bot=bot,
            user=user,
            session=session,
            target=target,
            search=search,
            offset=offset,
            limit=limit,
        )
        return answer(page)


def _add_numbers(api: FastAPI, host: Host, rules: Reactions) -> None:
    @api.get(
        "/v1/reactions/summary",
        response_model=models.Summary,
        responses=PROBLEMS,
        tags=["reactions"],
    )
    async def summary() -> Response:
        """What waits, what was found, how people and model agree, and what it cost."""
        standing = await host.reactions_standing()
        now = utc(host.clock.now_ms())
        return answer(await reaction_views.summary(host.archive, standing, rules, now))

    @api.get(
        "/v1/reactions/pooled",
        response_model=models.Pooled,
        responses=PROBLEMS,
        tags=["reactions"],
    )
    async def pooled(
        session: Annotated[str, Query(max_length=200)],
        target: Annotated[str, Query(max_length=200)],
    ) -> Response:
        """What people think of one message together: their ratings pooled by how much each says,
        with how sure that is and how far they disagree."""
        found = await reaction_views.message_pooled(host.archive, session, target)
        if found is None:
            raise Problem(
                404, "nobody reacted to this message; GET /v1/reactions lists those there are"
            )
        return answer(found)

    @api.get("/v1/reactions/gold", tags=["reactions"], response_class=StreamingResponse)
    async def gold() -> Response:
        """What people said of reactions, a JSON object per line: `case`, `person`, `model`,
        `confidence`, `by` and `at`; labels to train and to score a judge with."""
        return StreamingResponse(
            reaction_views.gold(host.archive), media_type="application/x-ndjson"
        )


def _add_one(api: FastAPI, host: Host) -> None:
    @api.get(
        "/v1/reactions/{id}", response_model=models.Reaction, responses=PROBLEMS, tags=["reactions"]
    )
    async def reaction(id: str) -> Response:
        """One reaction."""
        record = await host.archive.reaction(unquote(id)[:300])
        if record is None:
            raise _none(id)
        return answer(reaction_views.show_reaction(record))


def _add_writing(api: FastAPI, host: Host) -> None:
    @api.post(
        "/v1/reactions/{id}/review",
        response_model=models.Reaction,
        responses=PROBLEMS,
        tags=["reactions"],
    )
    async def review(id: str, word: models.Word) -> Response:
        """Say what a reaction means, that the model is right, or that nobody can tell. It stays,
        and points are made anew by it. The answer is the reaction as it is from now on."""
        given = [word.meaning is not None, word.accept, word.skip]
        if sum(given) != 1:
            raise Problem(422, "say one thing; give `meaning`, or `accept`, or `skip`")
        does: Literal["mean", "accept", "skip"] = (
            "accept" if word.accept else "skip" if word.skip else "mean"
        )
        record = await host.archive.reaction(unquote(id)[:300])
        if record is None:
            raise _none(id)
        if record.state == "retracted":
            raise Problem(409, "the reaction was taken back; there is nothing left to say of it")
        try:
            shown = await host.review_reaction(record.of.id, does, word.meaning, word.by)
        except BadEvent as error:
            raise Problem(422, str(error)) from None
        if shown is None:
            raise _none(id)
        return answer(shown)

    @api.post(
        "/v1/reactions/enrich",
        response_model=models.Queued,
        responses=PROBLEMS,
        tags=["reactions"],
    )
    async def enrich(order: models.Order) -> Response:
        """Judge now what waits; with `again` also what another model or version judged, or nobody
        could. What a person said is never judged again."""
        return answer({"queued": await host.enrich_reactions(order.again)})


def _none(id: str) -> Problem:
    return Problem(
        404, f"no reaction {id[:100]!r} is kept; GET /v1/reactions lists those there are"
    )
