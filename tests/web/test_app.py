"""One application: hot routes, pages, and the documented API, all behind the same guard."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.runtime.conftest import House
from tests.web.conftest import Site, message, serving

PAGE = "<!doctype html><title>dashboard</title>"


@pytest.fixture
async def built(house: House, tmp_path: Path) -> AsyncIterator[Site]:
    """A server with a built dashboard."""
    static = tmp_path / "static"
    (static / "assets").mkdir(parents=True)
    (static / "index.html").write_text(PAGE)
    (static / "icon.svg").write_text("<svg/>")
    (static / "assets" / "index-abc123.js").write_text("1")
    (tmp_path / "secret.txt").write_text("secret")
    async with serving(house, static) as made:
        yield made


@pytest.mark.parametrize("path", ["/", "/session/keynote", "/session/my.room", "/replay/a%2Fb"])
async def test_every_address_of_the_dashboard_is_its_page(built: Site, path: str) -> None:
    """A reload finds the same view; the page itself is never kept, so a new build is seen."""
    response = await built.client.get(path, headers={"accept": "text/html"})

    assert (response.status_code, response.text) == (200, PAGE)
    assert response.headers["cache-control"] == "no-cache"


async def test_hashed_files_are_kept_for_good(built: Site) -> None:
    """Their name changes when they do; others are asked for again."""
    hashed = await built.client.get("/assets/index-abc123.js")
    icon = await built.client.get("/icon.svg")

    assert "immutable" in hashed.headers["cache-control"]
    assert hashed.headers["content-type"].startswith("text/javascript")
    assert icon.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "path",
    ["/assets/gone.js", "/favicon.ico", "/assets/../../secret.txt", "/..%2fsecret.txt", "/assets/"],
)
async def test_what_is_no_file_is_not_made_up(built: Site, path: str) -> None:
    """A missing script is not a page, and nothing outside the folder is a file."""
    response = await built.client.get(path)

    assert response.status_code == 404
    assert "secret" not in response.text.removeprefix("secret.txt")


@pytest.mark.parametrize("path", ["/", "/docs", "/plain.css", "/assets/index-abc123.js"])
async def test_pages_run_nothing_inline_and_stand_in_no_frame(built: Site, path: str) -> None:
    """A message that looks like a script stays a message."""
    headers = (await built.client.get(path)).headers
    policy = headers["content-security-policy"]

    assert "unsafe" not in policy
    assert "script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("path", ["/v1/sessions", "/v1/nothing", "/healthz", "/openapi.json"])
async def test_data_is_only_data(built: Site, path: str) -> None:
    """No browser shows, runs or keeps it."""
    headers = (await built.client.get(path)).headers

    assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert headers["cache-control"] == "no-store"
    assert "server" not in headers


async def test_other_names_and_other_sites_are_turned_away(built: Site) -> None:
    """No other page writes through your browser, nor reads by a name that points here."""
    rebound = await built.client.get("/v1/sessions", headers={"host": "evil.example"})
    foreign = {"origin": "http://evil.example"}
    event = await built.client.post("/v1/events", json=message(), headers=foreign)
    verdict = await built.client.post("/v1/alerts/verdict", json={}, headers=foreign)
    own = {"origin": f"http://127.0.0.1:{built.port}"}

    assert (await built.problem(rebound))[0] == 421
    assert (await built.problem(event))[0] == (await built.problem(verdict))[0] == 403
    assert (await built.client.post("/v1/events", json=message(), headers=own)).status_code == 202
    assert not built.pipeline.inspector.sources()[0]["refused"]


async def test_a_dashboard_that_is_built_later_is_found(site: Site, tmp_path: Path) -> None:
    """Without a restart."""
    before = await site.client.get("/")
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "index.html").write_text(PAGE)
    after = await site.client.get("/")

    assert "not built" in before.text
    assert after.text == PAGE


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/events", 405),
        ("DELETE", "/v1/sessions", 405),
        ("POST", "/", 404),
        ("GET", "/v1/live", 426),
        ("POST", "/v1/stream", 405),
        ("PUT", "/v1/events", 405),
        ("OPTIONS", "/v1/events", 405),
    ],
)
async def test_a_wrong_method_is_told_so(site: Site, method: str, path: str, status: int) -> None:
    """As a problem document like all others."""
    assert (await site.problem(await site.client.request(method, path)))[0] == status


async def test_health_answers_at_once(site: Site) -> None:
    """Also before the documented API is loaded."""
    assert (await site.client.get("/healthz")).json() == {"status": "alive"}
    assert (await site.client.get("/readyz")).json()["status"] == "ready"
