"""The routes of training data: what there is of it, how it would look, and the documents' own."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from fastapi import Depends, FastAPI, Query
from starlette.responses import Response, StreamingResponse

from roomtone.errors import BadEvent, UnknownMember
from roomtone.runtime import datasets, training_views
from roomtone.runtime.clock import utc
from roomtone.runtime.export_plan import MOST_CONTEXT, Filters
from roomtone.runtime.host import Host
from roomtone.web import training_models as models
from roomtone.web.problems import Problem
from roomtone.web.query import PROBLEMS, answer

Name = Annotated[str | None, Query(max_length=200)]
Share = Annotated[float | None, Query(ge=0, le=1)]
Flag = Annotated[bool | None, Query()]
Id = Annotated[int | None, Query(ge=0, lt=2**63)]
Many = Annotated[int, Query(ge=1, le=1000)]
MEDIA = {"csv": "text/csv", "parquet": "application/vnd.apache.parquet", "json": "application/json"}


def add_training(api: FastAPI, host: Host) -> None:
    """Add these routes to the documented API."""
    _add_looking(api, host)
    _add_documents(api, host)
    _add_numbers(api, host)


def _asked(
    bot: Name = None,
    user: Name = None,
    language: Name = None,
    emotion: Name = None,
    meaning: models.Meaning | None = None,
    min_quality: Share = None,
    start: Name = None,
    end: Name = None,
    voice: Flag = None,
    exported: Flag = None,
    trainable: bool = True,
) -> Filters:
    """The filters that stand in an address; what is empty does not narrow."""
    given = {name: value for name, value in locals().items() if value not in (None, "")}
    return Filters(**given)


Asked = Annotated[Filters, Depends(_asked)]


def _add_looking(api: FastAPI, host: Host) -> None:
    def fixed(asked: Filters) -> Filters:
        try:
            return asked.at(utc(host.clock.now_ms()))
        except BadEvent as error:
            raise Problem(422, str(error)) from None

    @api.get("/v1/formats", response_model=models.Formats, tags=["training"])
    async def formats() -> Response:
        """The formats in which training data leaves, and who reads them."""
        return answer({"formats": datasets.formats()})

    @api.get(
        "/v1/training/overview",
        response_model=models.Overview,
        responses={422: PROBLEMS[422]},
        tags=["training"],
    )
    async def overview(asked: Asked) -> Response:
        """How much was said that could be learnt from, how much of it may be, and what is left
        out and why; with histogram and facets to choose by."""
        return answer(await training_views.overview(host.datasets.archive, fixed(asked)))

    @api.get(
        "/v1/training/preview",
        response_model=models.Preview,
        responses={422: PROBLEMS[422]},
        tags=["training"],
    )
    async def preview(
        asked: Asked,
        format: Annotated[str, Query(max_length=200)],
        limit: Annotated[int, Query(ge=1, le=50)] = 3,
        redact: bool = True,
        min_confidence: Share = None,
        min_reply_quality: Share = None,
        quality: Annotated[Literal["v1", "v2"] | None, Query()] = None,
        system: Annotated[str | None, Query(max_length=2_000)] = None,
        context: Annotated[int | None, Query(ge=0, le=MOST_CONTEXT)] = None,
    ) -> Response:
        """The first rows of a format, each as it will be written to the byte; always of people
        who agreed to training."""
        try:
            told = await training_views.preview(
                host.datasets.archive,
                format,
                msgspec.structs.replace(fixed(asked), trainable=True),
                limit=limit,
                redact=redact,
                min_confidence=min_confidence,
                min_reply_quality=min_reply_quality,
                quality=quality,
                system=system,
                context=context,
            )
        except UnknownMember as error:
            raise Problem(422, str(error)) from None
        return answer(told)


def _add_documents(api: FastAPI, host: Host) -> None:
    async def export(wanted: models.Wanted) -> Response:
        try:
            kind, parts = await training_views.documents_export(
                host.datasets.archive,
                wanted.conversation_id,
                wanted.limit,
                wanted.format,
                redact=wanted.redact,
            )
        except (UnknownMember, BadEvent) as error:
            raise Problem(422, str(error)) from None
        if parts is None:
            raise Problem(
                404,
                f"conversation {wanted.conversation_id} is not kept, or its person has not agreed "
                "to training; GET /api/training/stats says how many may be exported",
            )
        media = MEDIA.get(kind, "application/x-ndjson")
        return StreamingResponse(parts, media_type=media)

    @api.post(
        "/api/training/export",
        response_class=StreamingResponse,
        responses=PROBLEMS,
        tags=["training"],
    )
    async def post_export(wanted: models.Wanted) -> Response:
        """Export one conversation, or the first that were not exported yet, in any format of
        /v1/formats; `json` is the documents' own shape."""
        return await export(wanted)

    @api.get(
        "/api/training/export",
        response_class=StreamingResponse,
        responses=PROBLEMS,
        tags=["training"],
    )
    async def get_export(
        conversation_id: Id = None,
        limit: Many = 100,
        format: Annotated[str, Query(max_length=200)] = "json",
        redact: bool = True,
    ) -> Response:
        """The same by an address."""
        return await export(
            models.Wanted(
                conversation_id=conversation_id, limit=limit, format=format, redact=redact
            )
        )


def _add_numbers(api: FastAPI, host: Host) -> None:
    @api.get("/api/training/stats", response_model=models.Stats, tags=["training"])
    async def stats() -> Response:
        """How many conversations and messages there are, may be learnt from, and were exported."""
        return answer(await training_views.stats(host.datasets.archive))

    @api.post(
        "/api/training/mark-exported/{id}",
        response_model=models.Marked,
        responses=PROBLEMS,
        tags=["training"],
    )
    async def mark_exported(id: int) -> Response:
        """Note that a conversation was exported; doing it again changes nothing."""
        if not 0 <= id < 2**63 or not await host.datasets.archive.mark_exported([id]):
            raise _no_conversation(id)
        return answer({"conversation_id": id, "training_data_exported": True})

    @api.get("/api/training/conversation/{id}", responses=PROBLEMS, tags=["training"])
    async def conversation(id: int) -> Response:
        """One conversation in the documents' shape, of a person who agreed to training."""
        found = None
        if 0 <= id < 2**63:
            _, found = await training_views.documents_export(host.datasets.archive, id, 1, "json")
        if found is None:
            raise _no_conversation(id)
        return StreamingResponse(found, media_type="application/json")


def _no_conversation(id: int) -> Problem:
    return Problem(
        404,
        f"conversation {str(id)[:20]} is not kept, or its person has not agreed to training; "
        "GET /api/training/stats says how many may be exported",
    )
