"""The routes by which people have their rights: consent."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import msgspec
from fastapi import FastAPI
from starlette.responses import Response

from roomtone import events as wire
from roomtone.consents import ConsentGiven
from roomtone.errors import BadEvent
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
