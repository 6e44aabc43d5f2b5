"""The routes of who may ask: who am I, signing a page in and out, tickets, and keys."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any, Literal, cast

from fastapi import FastAPI, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.responses import Response

from roomtone.errors import BadConfig
from roomtone.runtime.access import SESSION_MOST_S, TICKET_S
from roomtone.runtime.access_keys import DEFAULT, SCOPES, in_order, is_secret
from roomtone.web.gate import Caller, Gate, unknown
from roomtone.web.models import ProblemDocument
from roomtone.web.problems import RETRY_S, Problem
from roomtone.web.query import answer

Scope = Literal["ingest", "read", "review", "export", "admin"]


def _problem(words: str) -> dict[str, Any]:
    return {"model": ProblemDocument, "description": words}


WHO: dict[int | str, dict[str, Any]] = {
    401: _problem("the key is missing, over or unknown"),
    422: _problem("the question was not understood"),
}


class Me(BaseModel):
    """Who asks."""

    project: str
    scopes: list[Scope]
    via: Literal["open", "key", "session", "ticket"] = Field(
        description="`open`: no key was ever made, so nobody is asked"
    )
    csrf: str | None = Field(
        default=None, description="of a signed-in page: sent as X-CSRF-Token with every change"
    )


class SignIn(BaseModel):
    """A key, to sign a page in with."""

    model_config = ConfigDict(extra="forbid")

    key: str = Field(max_length=200)


class Ticket(BaseModel):
    """One use, soon: for a WebSocket of a page that cannot send a key."""

    ticket: str
    seconds: float = Field(description="for how long it may be used, once")


class AskedKey(BaseModel):
    """What a new key should be."""

    model_config = ConfigDict(extra="forbid")

    scopes: list[Scope] = Field(min_length=1, max_length=len(SCOPES))
    name: str = Field(default="", max_length=100)
    project: str | None = Field(default=None, description="by default that of who asks")
    expires: AwareDatetime | None = None


class Key(BaseModel):
    """A key, without its secret."""

    id: str
    name: str
    project: str
    scopes: list[Scope]
    prefix: str = Field(description="how the secret begins, to tell it by")
    made: datetime
    expires: datetime | None
    revoked: datetime | None
    used: datetime | None = Field(description="when it was last used, within half a minute")


class NewKey(Key):
    """A new key with its secret, which is told this once."""

    key: str


class Keys(BaseModel):
    """The keys of a project, the newest first."""

    keys: list[Key]


def add_signing(api: FastAPI, gate: Gate) -> None:
    """Add these routes to the documented API."""
    _add_pages(api, gate)
    _add_keys(api, gate)


def _add_pages(api: FastAPI, gate: Gate) -> None:
    @api.get("/v1/me", response_model=Me, responses={401: WHO[401]}, tags=["access"])
    async def me(request: Request) -> Response:
        """Who asks, for which project, and what they may."""
        return answer(_me(gate, _caller(request)))

    @api.post(
        "/v1/session",
        response_model=Me,
        responses={**WHO, 429: _problem("too many attempts; Retry-After says when to try again")},
        tags=["access"],
    )
    async def sign_in(said: SignIn, request: Request) -> Response:
        """Sign a page in with a key: the answer sets a cookie that no script can read, and tells
        the word that goes along with every change."""
        if not gate.locked:
            return answer(_me(gate, _caller(request)))
        gate.rates.check_sign_in(request.client.host if request.client else "")
        secret = said.key.strip().encode("utf-8", "replace")
        await _trying(gate.access.load)
        key = gate.access.find(secret) if is_secret(secret) else None
        if key is None:
            raise unknown("this key is not known, over or revoked; ask for another", invalid=True)
        token = await _trying(gate.access.open_session, key.id)
        told = answer(
            _me(gate, Caller(key.project, key.scopes, "session", key, str(token).encode()))
        )
        _set_cookie(told, gate, str(token), round(SESSION_MOST_S))
        return told

    @api.delete("/v1/session", status_code=204, responses={401: WHO[401]}, tags=["access"])
    async def sign_out(request: Request) -> Response:
        """Sign this page out: its cookie opens nothing from here on."""
        caller = _caller(request)
        if caller.token:
            await _trying(gate.access.close_session, caller.token)
            gate.cut()
        told = Response(status_code=204)
        _set_cookie(told, gate, "", 0)
        return told

    @api.post(
        "/v1/tickets",
        response_model=Ticket,
        responses={409: _problem("nobody is asked, so no ticket is needed")},
        tags=["access"],
    )
    async def ticket(request: Request) -> Response:
        """A ticket for one WebSocket from a page of another site: /v1/live?ticket=…"""
        caller = _caller(request)
        if caller.key is None:
            raise Problem(409, "no key was made yet, so no ticket is needed; connect without one")
        made = await _trying(gate.access.make_ticket, caller.key.id)
        return answer({"ticket": made, "seconds": TICKET_S})


def _add_keys(api: FastAPI, gate: Gate) -> None:
    @api.get("/v1/keys", response_model=Keys, responses={401: WHO[401]}, tags=["access"])
    async def keys(request: Request) -> Response:
        """The keys of the project, the revoked among them; never a secret."""
        caller = _caller(request)
        await _trying(gate.access.load)
        project = None if caller.via == "open" else caller.project
        return answer({"keys": [key.told() for key in gate.access.keys(project)]})

    @api.post("/v1/keys", status_code=201, response_model=NewKey, responses=WHO, tags=["access"])
    async def make(asked: AskedKey, request: Request) -> Response:
        """Make a key. Its secret is told in this answer and never again."""
        caller = _caller(request)
        project = asked.project or (DEFAULT if caller.via == "open" else caller.project)
        if caller.via != "open" and project != caller.project:
            raise Problem(
                403,
                f"this key makes keys of the project {caller.project}; those of another are made "
                "by a key of it, or by `roomtone keys create --project`",
            )
        expires = None if asked.expires is None else asked.expires.timestamp()
        try:
            key, secret = await asyncio.to_thread(
                gate.access.make_key,
                asked.scopes,
                project=project,
                name=asked.name,
                expires=expires,
            )
        except BadConfig as error:
            raise Problem(422, str(error)) from None
        return answer({**key.told(), "key": secret}, 201)

    @api.delete(
        "/v1/keys/{id}",
        response_model=Key,
        responses={
            404: _problem("there is no such key"),
            409: _problem("the key is set in access.keys, and revoked there"),
        },
        tags=["access"],
    )
    async def revoke(id: str, request: Request) -> Response:
        """Revoke a key: what it holds open ends at once here, and within two seconds in every
        other process."""
        caller = _caller(request)
        project = None if caller.via == "open" else caller.project
        try:
            key = await asyncio.to_thread(gate.access.revoke, id, project)
        except BadConfig as error:
            raise Problem(409, str(error)) from None
        if key is None:
            raise Problem(404, "there is no such key; GET /v1/keys lists those there are")
        gate.cut()
        return answer(key.told())


def _me(gate: Gate, caller: Caller) -> dict[str, Any]:
    told: dict[str, Any] = {
        "project": caller.project,
        "scopes": in_order(caller.scopes),
        "via": caller.via,
    }
    return told | {"csrf": gate.csrf(caller)} if caller.via == "session" else told


def _caller(request: Request) -> Caller:
    return cast(Caller, request.scope["roomtone.caller"])


def _set_cookie(response: Response, gate: Gate, token: str, seconds: int) -> None:
    response.set_cookie(
        gate.cookie.decode(),
        token,
        max_age=seconds,
        path="/",
        secure=gate.https,
        httponly=True,
        samesite="lax",
    )


async def _trying(job: Any, *args: Any) -> Any:
    """Do what reads or writes the file of keys. Raises Problem where it cannot be."""
    try:
        return await asyncio.to_thread(job, *args)
    except BadConfig as error:
        raise Problem(503, str(error), retry_s=RETRY_S) from None
