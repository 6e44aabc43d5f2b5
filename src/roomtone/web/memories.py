"""The routes that tell what bots remember of people, and take a person's word on it."""

from __future__ import annotations

from datetime import UTC
from typing import Annotated

from fastapi import FastAPI, Query
from starlette.responses import Response

from roomtone.errors import BadEvent
from roomtone.runtime.erasing import REASON
from roomtone.runtime.host import Host
from roomtone.runtime.memory_making import clean
from roomtone.web import memory_models as models
from roomtone.web.parameters import Limit
from roomtone.web.problems import Problem
from roomtone.web.query import PROBLEMS, answer

Name = Annotated[str | None, Query(max_length=200)]
Whose = Annotated[str, Query(min_length=1, max_length=200)]
Search = Annotated[str, Query(max_length=200, description="in any case, in the texts")]
Offset = Annotated[int, Query(ge=0, le=1_000_000)]
Most = Annotated[int, Query(ge=1, le=5)]
Trial = Annotated[bool, Query(description="only a look: nothing counts as recalled")]
Question = Annotated[str, Query(min_length=1, max_length=8_000, description="what it is about")]


def add_memories(api: FastAPI, host: Host) -> None:
    """Add these routes to the documented API."""
    _add_reading(api, host)
    _add_writing(api, host)


def _none(id: str) -> Problem:
    return Problem(404, f"no memory has the id {id[:50]!r}; GET /v1/memories lists those there are")


def _add_reading(api: FastAPI, host: Host) -> None:
    @api.get("/v1/memories", response_model=models.Memories, responses=PROBLEMS, tags=["memories"])
    async def memories(
        bot: Name = None,
        user: Name = None,
        session: Name = None,
        tier: models.Tier | None = None,
        kind: Name = None,
        hidden: bool | None = None,
        verified: bool | None = None,
        search: Search = "",
        offset: Offset = 0,
        limit: Limit = 100,
    ) -> Response:
        """What is remembered, the one said last first, with why each is kept for how long."""
        page = await host.memory.page(
            bot=bot,
            user=user,
            session=session,
            tier=tier,
            interaction_type=kind,
            hidden=hidden,
            verified=verified,
            search=search,
            offset=offset,
            limit=limit,
        )
        return answer(page)

    @api.get(
        "/v1/memories/recall", response_model=models.Recalled, responses=PROBLEMS, tags=["memories"]
    )
    async def recall(
        bot: Whose, user: Whose, query: Question, limit: Most = 5, trial: Trial = False
    ) -> Response:
        """What a bot remembers of a person that has to do with a question: at most two memories of
        each tier. Send the ids with the turn that they are for, as its `memories`; a turn of this
        pair that says nothing of memories is taken to have come of its last recall."""
        found = await host.memory.recall(bot, user, query, limit, trial=trial)
        return answer(found._asdict())

    @api.get(
        "/v1/memories/{id}", response_model=models.Memory, responses=PROBLEMS, tags=["memories"]
    )
    async def memory(id: str) -> Response:
        """One memory."""
        found = await host.memory.one(id)
        if found is None:
            raise _none(id)
        return answer(found)


def _add_writing(api: FastAPI, host: Host) -> None:
    @api.post(
        "/v1/memories",
        response_model=models.Memory,
        status_code=201,
        responses=PROBLEMS,
        tags=["memories"],
    )
    async def remember(new: models.NewMemory) -> Response:
        """Have a bot remember something of a person; 200 where it was remembered already."""
        if new.at is not None and new.at.tzinfo is None:
            raise Problem(422, "`at` has no offset; write it like 2026-03-01T12:00:00Z")
        if await host.is_erased(new.user):
            raise Problem(422, REASON)
        try:
            kept, is_new = await host.memory.remember(
                new.bot,
                new.user,
                new.content,
                id=new.id,
                tier=new.tier,
                worth=new.importance,
                at=None if new.at is None else new.at.astimezone(UTC),
                response=clean(new.response),
                session=clean(new.session),
                interaction_type=new.kind,
                tags=tuple(new.tags),
                metadata=dict(new.metadata),
                source="told",
            )
        except (BadEvent, OverflowError) as error:
            raise Problem(422, str(error)) from None
        return answer(kept, 201 if is_new else 200)

    @api.patch(
        "/v1/memories/{id}", response_model=models.Memory, responses=PROBLEMS, tags=["memories"]
    )
    async def correct(id: str, word: models.Word) -> Response:
        """Correct its text, hide it from recall, say that it is true, or keep it elsewhere."""
        told = word.model_dump(exclude_none=True, exclude={"by"})
        try:
            found = await host.memory.correct(id, word.by, told)
        except BadEvent as error:
            raise Problem(422, str(error)) from None
        if found is None:
            raise _none(id)
        return answer(found)

    @api.delete(
        "/v1/memories/{id}", response_model=models.Forgotten, responses=PROBLEMS, tags=["memories"]
    )
    async def forget(id: str) -> Response:
        """Delete a memory for good; what it had replaced holds again."""
        gone = await host.memory.forget(id)
        if not gone:
            raise _none(id)
        return answer({"deleted": gone})
