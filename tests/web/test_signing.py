"""A page signs in with a key, changes things with its word, and is out when its key is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.web.conftest import Site, house  # noqa: F401 (fixtures)
from tests.web.conftest import site as open_site  # noqa: F401
from tests.web.keyed import Keyed, keyed
from tests.web.test_gate import scope_of

ORIGIN = {"Origin": "http://127.0.0.1:8003"}


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Keyed]:
    async with keyed(tmp_path / "data", tmp_path / "static") as made:
        yield made


async def sign_in(site: Keyed, scope: str = "admin", project: str = "default") -> httpx2.Response:
    body = {"key": site.keys[project, scope]}
    return await site.client.post("/v1/session", json=body, headers=ORIGIN)


async def test_a_page_is_who_its_key_is(site: Keyed) -> None:
    """By a cookie that scripts cannot read and other sites' pages do not send."""
    told = await sign_in(site, "read", "shop")
    cookie = told.headers["set-cookie"]
    me = (await site.client.get("/v1/me")).json()

    assert told.status_code == 200
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie and "Secure" not in cookie
    assert site.keys["shop", "read"] not in cookie
    assert me == {**told.json(), "project": "shop", "scopes": ["read"], "via": "session"}
    assert (await site.client.get("/v1/sessions")).status_code == 200


async def test_behind_https_the_cookie_is_for_it_alone(tmp_path: Path) -> None:
    """And for this host."""
    async with keyed(tmp_path / "data", tmp_path / "static", https=True) as site:
        cookie = (await sign_in(site)).headers["set-cookie"]

        assert cookie.startswith("__Host-roomtone=") and "Secure" in cookie and "Path=/" in cookie


async def test_a_change_needs_the_pages_word_and_the_own_page(site: Keyed) -> None:
    """A form or script of another site has neither."""
    csrf = (await sign_in(site)).json()["csrf"]
    body = {"scopes": ["read"]}
    for headers in ({}, {"X-CSRF-Token": ""}, {"X-CSRF-Token": csrf[:-1] + "?"}):
        told = await site.client.post("/v1/keys", json=body, headers=headers)
        assert told.status_code == 403 and "X-CSRF-Token" in told.json()["detail"]
    abroad = {"X-CSRF-Token": csrf, "Origin": "http://evil.example"}
    assert (await site.client.post("/v1/keys", json=body, headers=abroad)).status_code == 403

    told = await site.client.post("/v1/keys", json=body, headers={"X-CSRF-Token": csrf, **ORIGIN})
    assert told.status_code == 201


async def test_signing_out_ends_the_page(site: Keyed) -> None:
    """For whoever kept a copy of its cookie, too."""
    csrf = (await sign_in(site)).json()["csrf"]
    kept = dict(site.client.cookies)
    assert kept
    told = await site.client.delete("/v1/session", headers={"X-CSRF-Token": csrf})
    assert told.status_code == 204 and not dict(site.client.cookies)
    site.client.cookies.update(kept)

    assert (await site.client.get("/v1/me")).status_code == 401


async def test_a_wrong_key_signs_nobody_in(site: Keyed) -> None:
    """And too many attempts have to wait."""
    for key in ("", "x", "rt_live_" + "a" * 43, "é" * 50):
        told = await site.client.post("/v1/session", json={"key": key})
        assert told.status_code == 401 and "set-cookie" not in told.headers
    codes = [
        (await site.client.post("/v1/session", json={"key": "x"})).status_code for _ in range(20)
    ]
    assert codes[-1] == 429 and (await sign_in(site)).status_code == 429


async def test_keys_are_made_listed_and_revoked(site: Keyed) -> None:
    """A secret once; those of another project are not there."""
    headers = site.bearer("admin")
    body = {"scopes": ["export", "read"], "name": "for \x1b]0;x\x07 Mia"}
    made = (await site.client.post("/v1/keys", json=body, headers=headers)).json()
    listed = (await site.client.get("/v1/keys", headers=headers)).json()["keys"]
    mine = next(key for key in listed if key["id"] == made["id"])

    assert mine["scopes"] == ["read", "export"] and "key" not in mine
    assert {key["project"] for key in listed} == {"default"}
    theirs = site.gate.access.keys("shop")[0].id
    assert (await site.client.delete(f"/v1/keys/{theirs}", headers=headers)).status_code == 404
    foreign = {"scopes": ["read"], "project": "shop"}
    assert (await site.client.post("/v1/keys", json=foreign, headers=headers)).status_code == 403
    assert (await site.client.delete(f"/v1/keys/{made['id']}", headers=headers)).json()[
        "revoked"
    ] is not None
    bearer = {"Authorization": f"Bearer {made['key']}"}
    assert (await site.client.get("/v1/me", headers=bearer)).status_code == 401


async def test_a_ticket_opens_one_websocket_from_any_page(site: Keyed) -> None:
    """Without it, another site's page is refused, whatever cookie it brings."""
    ticket = (await site.client.post("/v1/tickets", headers=site.bearer("read", "shop"))).json()
    abroad = {"Origin": "http://other.example"}
    path = f"/v1/live?ticket={ticket['ticket']}"
    first, second = [await connect(site, path, abroad) for _ in range(2)]

    assert first["type"] == "websocket.accept"
    assert second.get("status") == 401
    assert (await connect(site, "/v1/live", abroad)).get("status") == 403
    assert (await connect(site, "/v1/live?ticket=", abroad)).get("status") == 403


async def connect(site: Keyed, path: str, headers: dict[str, str]) -> dict[str, Any]:
    """The first thing that a WebSocket is answered."""
    incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    answers: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    incoming.put_nowait({"type": "websocket.connect"})
    line = asyncio.create_task(
        site.app(scope_of(path, headers, "websocket"), incoming.get, answers.put)
    )
    async with asyncio.timeout(10):
        first = await answers.get()
    incoming.put_nowait({"type": "websocket.disconnect", "code": 1000})
    await line
    return first


async def test_without_keys_everybody_is_everything(open_site: Site) -> None:  # noqa: F811
    """As it always was on one machine; a ticket, which nobody needs, opens no side door."""
    me = await open_site.get("/v1/me")
    headers = {"Origin": "http://evil.example"}
    ticket = await open_site.client.post("/v1/tickets")

    assert me["via"] == "open" and me["scopes"][-1] == "admin"
    assert (await open_site.client.post("/v1/session", json={"key": "x"})).json()["via"] == "open"
    assert ticket.status_code == 409
    told = await open_site.client.post("/v1/keys", json={"scopes": ["read"]}, headers=headers)
    assert told.status_code == 403
