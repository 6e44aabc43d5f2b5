"""The routes by which people have their rights: consent, all that is kept, being erased."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any
from urllib.parse import unquote

import msgspec
from fastapi import FastAPI, Query
from starlette.responses import Response, StreamingResponse

from roomtone import events as wire
from roomtone.consents import ConsentGiven
from roomtone.errors import BadEvent
from roomtone.runtime import person_export
from roomtone.runtime.config import Settings
from roomtone.runtime.consenting import standing
from roomtone.runtime.host import Host
from roomtone.training_data import PURPOSES
from roomtone.web import rights_models as models
from roomtone.web.problems import Problem
from roomtone.web.query import PROBLEMS, answer


def add_rights(api: FastAPI, host: Host, settings: Settings) -> None:
    """Add these routes to the documented API."""
    path = "/v1/people/{user}/consent"
    described: dict[str, Any] = {
        "response_model": models.Consent,
        "responses": PROBLEMS,
        "tags": ["people"],
    }

    @api.get(path, **described)
    async def consent(user: str) -> Response:
        """What a person agreed to, purpose by purpose; nobody need be known to be asked of."""
        return answer(await standing(host.archive, settings, unquote(user)))

    @api.put(path, **described)
    async def give_consent(user: str, word: models.Word) -> Response:
        """Say what a person agrees to. A withdrawal of training holds for the next row that is
        exported; without analytics nothing more of them is measured, without memory nothing is
        remembered or recalled. What is kept stays until it is erased."""
        try:
            return answer(await host.give_consent(said_of(unquote(user), word)))
        except BadEvent as error:
            raise Problem(422, str(error)) from None

    _add_erasing(api, host)


def _add_erasing(api: FastAPI, host: Host) -> None:
    @api.get("/v1/people/{user}/export", responses=PROBLEMS, tags=["people"])
    async def export(user: str) -> Response:
        """All that is kept of a person, as one JSON document, for them."""
        pieces = person_export.export(host, unquote(user))
        first = await anext(pieces)  # what fails, fails before anything is sent

        async def whole() -> AsyncIterator[bytes]:
            yield first
            async for piece in pieces:
                yield piece

        kept = {"content-disposition": 'attachment; filename="person.json"'}
        return StreamingResponse(whole(), media_type="application/json", headers=kept)

    @api.delete(
        "/v1/people/{user}", response_model=models.Receipt, responses=PROBLEMS, tags=["people"]
    )
    async def erase(
        user: str,
        dry_run: Annotated[bool, Query(description="only say what would be removed")] = False,
    ) -> Response:
        """Erase a person from every store, and take nothing more of them. What cannot be reached
        now is `ok: false`, and is erased once it is back."""
        name = unquote(user)
        if dry_run:
            return answer(await person_export.would_erase(host, name))
        try:
            return answer(await host.erase_person(name))
        except BadEvent as error:
            raise Problem(422, str(error)) from None

    @api.post(
        "/v1/people/{user}/readmit",
        response_model=models.Readmitted,
        responses=PROBLEMS,
        tags=["people"],
    )
    async def readmit(user: str) -> Response:
        """Take in again what a person does who was erased; what is gone stays gone."""
        name = unquote(user)
        if not await host.readmit_person(name):
            raise Problem(404, "this person was not erased here; there is nothing to take back")
        return answer({"user": name, "readmitted": True})


def said_of(user: str, word: models.Word) -> ConsentGiven:
    """The event that says so, held against the same rules as any. Raises Problem with the reason.

    >>> said_of("ann", models.Word(training=False)).purposes
    {'training': False}
    """
    purposes = {one: value for one in PURPOSES if (value := getattr(word, one)) is not None}
    if not purposes:
        raise Problem(422, f"nothing is said; give one of {', '.join(PURPOSES)}")
    told = {"type": "consent", "user": user, "purposes": purposes}
    body = msgspec.json.encode({**told, "basis": word.basis, "by": word.by})
    events, refusals, _ = wire.decode(body)
    if refusals:
        raise Problem(422, f"{refusals[0].reason}; /v1/schema has the shape")
    (said,) = events
    assert isinstance(said, ConsentGiven)
    return said
