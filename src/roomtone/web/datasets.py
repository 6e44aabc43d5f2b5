"""The routes that make datasets, list them, hand out their files and let them go."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import unquote

from fastapi import FastAPI, Query
from starlette.responses import FileResponse, Response

from roomtone.errors import BadEvent, UnknownMember
from roomtone.runtime import datasets as making
from roomtone.runtime.clock import utc
from roomtone.runtime.export_plan import plan_of
from roomtone.runtime.host import Host
from roomtone.web import training_models as models
from roomtone.web.parameters import Limit
from roomtone.web.problems import Problem
from roomtone.web.query import PROBLEMS, answer

Name = Annotated[str | None, Query(max_length=200)]
Offset = Annotated[int, Query(ge=0, le=1_000_000)]
WHERE = "GET /v1/datasets lists those there are"


def add_datasets(api: FastAPI, host: Host) -> None:
    """Add these routes to the documented API."""
    _add_making(api, host)
    _add_looking(api, host)


def _add_making(api: FastAPI, host: Host) -> None:
    @api.post(
        "/v1/datasets",
        status_code=202,
        response_model=models.Dataset,
        responses={422: PROBLEMS[422]},
        tags=["datasets"],
    )
    async def make(order: models.Order) -> Response:
        """Begin to make a dataset of the conversations of those who agreed to training; its
        `progress` is told by GET /v1/datasets/{id}. It goes on after a restart."""
        told = {k: v for k, v in order.model_dump().items() if v is not None}
        told["filters"] = {k: v for k, v in order.filters.items() if v not in (None, "")}
        told["split"] = {part: share for part, share in order.split.items() if share}
        try:
            plan = plan_of(told, utc(host.clock.now_ms()))
            return answer(await host.datasets.make(plan), 202)
        except (BadEvent, UnknownMember) as error:
            raise Problem(422, str(error)) from None

    @api.delete(
        "/v1/datasets/{id}", response_model=models.Removed, responses=PROBLEMS, tags=["datasets"]
    )
    async def remove(id: str) -> Response:
        """Forget a dataset and delete its files; one that is being made is cancelled."""
        found = await host.datasets.drop(id)
        if found is None:
            raise Problem(404, f"there is no such dataset; {WHERE}")
        return answer(found)


def _add_looking(api: FastAPI, host: Host) -> None:
    @api.get("/v1/datasets", response_model=models.Datasets, tags=["datasets"])
    async def datasets(
        user: Name = None, offset: Offset = 0, limit: Limit = making.LISTED
    ) -> Response:
        """Datasets, or those that hold a person, the newest first; `total` is how many."""
        found, total = await host.datasets.listed(user or None, limit=limit, offset=offset)
        return answer({"datasets": found, "total": total})

    @api.get(
        "/v1/datasets/{id}", response_model=models.Dataset, responses=PROBLEMS, tags=["datasets"]
    )
    async def dataset(id: str) -> Response:
        """One dataset with its whole manifest: filters, counts, hashes, what was left out."""
        found = await host.datasets.find(id)
        if found is None:
            raise Problem(404, f"there is no such dataset; {WHERE}")
        return answer(making.shown(found, whole=True))

    @api.get(
        "/v1/datasets/{id}/files/{path:path}",
        response_class=FileResponse,
        responses={**PROBLEMS, 410: PROBLEMS[404] | {"description": "it is to be made anew"}},
        tags=["datasets"],
    )
    async def file(id: str, path: str) -> Response:
        """A file of a dataset, whole or a range of it."""
        try:
            found = await host.datasets.file(id, unquote(path))
        except BadEvent as error:
            raise Problem(410, str(error)) from None
        if found is None:
            raise Problem(
                404, f"there is no such file; its dataset lists those it has, and {WHERE}"
            )
        return FileResponse(
            found, media_type="application/octet-stream", filename=f"{id}-{found.name}"
        )
