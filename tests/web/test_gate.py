"""From the first key on, nothing is told to anybody who may not know it."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from roomtone.runtime import person_export
from roomtone.runtime.access_keys import SCOPES
from roomtone.runtime.config import Settings
from roomtone.web.app import create_app
from roomtone.web.gate import Gate
from roomtone.web.scopes import ROUTES
from tests.runtime.conftest import House, until
from tests.web.keyed import PROJECTS, Keyed, keyed

MINE, THEIRS = "canary-mine-5417", "canary-shop-5417"
NOBODYS = "canary-none-5417"  # as long as the others
CANARY = {"default": MINE, "shop": THEIRS}
STREAMS = ("/v1/stream", "/v1/live")


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Keyed]:
    async with keyed(tmp_path / "data", tmp_path / "static") as made:
        yield made


async def fill(site: Keyed) -> None:
    """The same in both projects, but for a word in every name and text."""
    for project, word in CANARY.items():
        events = [
            {"type": "message", "session": f"room-{word}", "user": f"u-{word}", "text": word},
            {
                "type": "turn",
                "session": f"talk-{word}",
                "user": f"u-{word}",
                "bot": f"bot-{word}",
                "message": f"I am so happy, says {word}",
                "reply": f"that is {word}",
            },
        ]
        sent = await site.client.post(
            "/v1/events", json=events, headers=site.bearer("ingest", project)
        )
        assert sent.json()["accepted"] == 2, sent.text
    await site.house.tick(2)


def addresses(word: str) -> list[tuple[str, str]]:
    """Every route, with the names of a project in its path and its query."""
    names = {
        "session": f"talk-{word}",
        "user": f"u-{word}",
        "bot": f"bot-{word}",
        "id": f"talk-{word}",
        "path:path": f"train-{word}.jsonl",
    }
    query = "&".join(f"{name}={value}" for name, value in names.items() if ":" not in name)
    made = []
    for row in ROUTES:
        method, _, path = row.partition(" ")
        for name, value in names.items():
            path = path.replace(f"{{{name}}}", value)
        made.append((method, f"{path}?{query}&topics=pulse"))
    return made


async def ask(site: Keyed, method: str, path: str, headers: dict[str, str]) -> httpx2.Response:
    body = {"json": {}} if method in ("POST", "PUT", "PATCH") else {}
    return await site.client.request(method, path, headers=headers, **body)  # type: ignore[arg-type]


async def test_without_a_key_everything_is_401_but_what_tells_nothing(site: Keyed) -> None:
    """Whatever is brought instead of one; and it says how to ask."""
    others = ["", "Bearer", "Bearer x", f"Bearer rt_live_{'a' * 43}", "Basic eDp5", "Basic ?"]
    for (method, path), given in itertools.product(addresses(MINE), others):
        needs = ROUTES.get(f"{method} {path.partition('?')[0]}")
        if needs == "open":
            continue
        told = await ask(site, method, path, {"Authorization": given} if given else {})
        assert told.status_code == 401, (method, path, given)
        assert told.headers["www-authenticate"].startswith("Bearer realm=")
        assert told.headers["content-type"] == "application/problem+json"
    for path in ("/", "/v1/nothing", "/index.html", "//v1/sessions", "/v1/../v1/sessions"):
        assert (await site.client.get(path)).status_code == 401, path
    assert (await site.client.get("/healthz")).status_code == 200


async def test_too_small_a_scope_is_403_and_says_which(site: Keyed) -> None:
    """Every route with a key of each scope; only the one that is needed and `admin` pass."""
    for (row, needs), (_, path) in zip(ROUTES.items(), addresses(MINE), strict=True):
        for scope in SCOPES:
            if needs in ("open", "any", scope) or scope == "admin":
                continue
            told = await ask(site, row.partition(" ")[0], path, site.bearer(scope))
            assert told.status_code == 403, (row, scope, told.text)
            assert f"scope {needs}" in told.json()["detail"]
            assert f'scope="{needs}"' in told.headers["www-authenticate"]


async def test_no_key_sees_anything_of_another_project(site: Keyed) -> None:
    """Thousands of calls with each one's names and keys: no canary of the other is in any answer.

    What is not there is the same 404 for all."""
    await fill(site)
    calls = [
        (method, path, project, scope)
        for word in (MINE, THEIRS, NOBODYS)
        for method, path in addresses(word)
        for project in PROJECTS
        for scope in SCOPES
        if not path.startswith(STREAMS) and "keys" not in path
    ]
    random.Random(7).shuffle(calls)
    seen: set[str] = set()
    for method, path, project, scope in calls:
        told = await ask(site, method, path, site.bearer(scope, project))
        other = THEIRS if project == "default" else MINE
        text = told.text + repr(told.headers)
        if other not in path:
            assert other not in text, (method, path, project, told.text[:500])
        elif method == "GET":  # a refusal may say again what was asked, and nothing more
            elsewhere = path.replace(other, NOBODYS)
            asked = await ask(site, method, elsewhere, site.bearer(scope, project))
            assert told.status_code == asked.status_code, (path, project)
            if told.status_code >= 400:
                assert told.text == asked.text.replace(NOBODYS, other), (path, project)
            else:
                assert f"says {other}" not in text and f"that is {other}" not in text
        if CANARY[project] in text and CANARY[project] in path:
            seen.add(project)

    assert len(calls) > 1000
    assert seen == set(PROJECTS), "each sees its own, or this test would prove nothing"


async def test_no_frame_of_another_project_goes_down_a_stream(site: Keyed) -> None:
    """Neither in the first frame nor when the other talks; and the own ones come."""
    await fill(site)
    for project, word in CANARY.items():
        other = next(w for p, w in CANARY.items() if p != project)
        path = f"/v1/stream?topics=pulse,alerts,session:room-{word},session:room-{other}"
        frames = await listen(site, path, site.bearer("read", project), until=f"room-{word}")
        told = frames.replace(f'"session:room-{other}"', "")  # the topic that was asked for

        assert f"room-{word}" in told
        assert f"u-{other}" not in told and f"room-{other}" not in told


async def test_no_frame_of_another_project_goes_down_a_websocket(site: Keyed) -> None:
    """Whatever topics it asks for, what was said before and what is said then; and its own come."""
    await fill(site)
    topics = ["pulse", "alerts", *(f"session:room-{word}" for word in CANARY.values())]
    hello = json.dumps({"sub": topics})
    heard: dict[str, list[str]] = {project: [] for project in PROJECTS}
    lines = []
    for project in PROJECTS:
        incoming = asyncio.Queue[dict[str, Any]]()
        incoming.put_nowait({"type": "websocket.connect"})
        incoming.put_nowait({"type": "websocket.receive", "text": hello})

        async def send(message: dict[str, Any], project: str = project) -> None:
            heard[project].append(repr(message))

        scope = scope_of("/v1/live", site.bearer("read", project), "websocket")
        lines.append(asyncio.create_task(site.app(scope, incoming.get, send)))
    await until(lambda: all(f"room-{CANARY[p]}" in "".join(heard[p]) for p in PROJECTS))
    await fill(site)
    await until(lambda: all(len(said) > 3 for said in heard.values()))
    for line in lines:
        line.cancel()
    await asyncio.gather(*lines, return_exceptions=True)

    for project, word in CANARY.items():
        other = next(w for p, w in CANARY.items() if p != project)
        told = "".join(heard[project]).replace(f"session:room-{other}", "")  # what it asked for
        assert f"room-{word}" in told and other not in told, told


async def test_a_line_without_a_key_ends_when_the_first_key_is_made(tmp_path: Path) -> None:
    """Who listened while nobody was asked does not go on for good."""
    house = House(tmp_path)
    await house.open()
    app = create_app(house.pipeline, house.settings, static=tmp_path / "static")
    heard: list[dict[str, Any]] = []
    incoming = asyncio.Queue[dict[str, Any]]()
    incoming.put_nowait({"type": "websocket.connect"})

    async def send(message: dict[str, Any]) -> None:
        heard.append(message)

    try:
        line = asyncio.create_task(app(scope_of("/v1/live", {}, "websocket"), incoming.get, send))
        await until(lambda: bool(heard))
        Gate(house.settings).access.make_key("read", project="default")
        async with asyncio.timeout(5):
            await line
    finally:
        await app.close()
        await house.pipeline.stop()
    assert heard[-1]["code"] == 1008, heard


async def test_who_may_only_send_has_nobody_agree(site: Keyed) -> None:
    """A key that leaks from a bot opens nobody's words to training; it may say that they refuse."""
    yes = {"type": "consent", "user": "ann", "purposes": {"training": True}}
    no = {"type": "consent", "user": "bob", "purposes": {"training": False, "memory": False}}
    sent = await site.client.post("/v1/events", json=[yes, no], headers=site.bearer("ingest"))

    assert sent.json()["accepted"] == 1, sent.text
    assert [one["index"] for one in sent.json()["errors"]] == [0]
    assert "scope review" in sent.json()["errors"][0]["reason"]
    told = await site.client.get("/v1/people/ann/consent", headers=site.bearer("read"))
    assert not told.json()["purposes"]["training"]["granted"]
    both = site.gate.access.make_key(["ingest", "review"], project="default")[1]
    sent = await site.client.post(
        "/v1/events", json=yes, headers={"Authorization": f"Bearer {both}"}
    )
    assert sent.json()["accepted"] == 1


async def listen(site: Keyed, path: str, headers: dict[str, str], until: str) -> str:
    """What an event stream says up to a word that must come, and a little after it."""
    heard: list[bytes] = []
    enough = asyncio.Event()

    async def send(message: dict[str, Any]) -> None:
        heard.append(message.get("body", b""))
        if until.encode() in b"".join(heard):
            enough.set()

    async def receive() -> dict[str, Any]:
        await asyncio.Event().wait()
        return {}

    line = asyncio.create_task(site.app(scope_of(path, headers), receive, send))
    async with asyncio.timeout(20):
        await enough.wait()
    await site.house.tick()
    line.cancel()
    await asyncio.gather(line, return_exceptions=True)
    return b"".join(heard).decode()


def scope_of(path: str, headers: dict[str, str], kind: str = "http") -> dict[str, Any]:
    """An ASGI scope."""
    where, _, query = path.partition("?")
    raw = [(b"host", b"127.0.0.1:8003")]
    raw += [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    return {
        "type": kind,
        "method": "GET",
        "path": where,
        "raw_path": where.encode(),
        "query_string": query.encode(),
        "headers": raw,
        "client": ("127.0.0.1", 1),
        "extensions": {},
    }


@pytest.mark.parametrize("kind", ["http", "websocket"])
async def test_a_revoked_key_ends_what_it_holds_open(site: Keyed, kind: str) -> None:
    """An event stream and a WebSocket, when another process revokes the key; in two seconds."""
    heard: list[dict[str, Any]] = []
    begun, incoming = asyncio.Event(), asyncio.Queue[dict[str, Any]]()
    incoming.put_nowait({"type": "websocket.connect" if kind == "websocket" else "http.request"})

    async def send(message: dict[str, Any]) -> None:
        heard.append(message)
        begun.set()

    path = "/v1/stream?topics=pulse" if kind == "http" else "/v1/live"
    line = asyncio.create_task(
        site.app(scope_of(path, site.bearer("read"), kind), incoming.get, send)
    )
    async with asyncio.timeout(10):
        await begun.wait()
        assert not line.done()
        elsewhere = Gate(Settings(data=site.house.settings.data)).access
        key = next(k for k in elsewhere.keys("default") if k.scopes == {"read"})
        elsewhere.revoke(key.id)
        async with asyncio.timeout(5):
            await line

    last = heard[-1]
    assert last.get("code") == 1008 if kind == "websocket" else not last["more_body"]
    assert (await site.client.get("/v1/me", headers=site.bearer("read"))).status_code == 401


async def test_what_a_revoked_key_takes_out_breaks_off(
    site: Keyed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And is not ended as if it were whole: nobody may take its first part for all of it."""
    heard: list[dict[str, Any]] = []
    begun, cut = asyncio.Event(), asyncio.Event()

    async def endless(host: Any, user: str) -> AsyncIterator[bytes]:
        while True:
            yield b" " * 1000
            await asyncio.sleep(0.01)

    async def send(message: dict[str, Any]) -> None:
        heard.append(message)
        if message["type"] == "http.response.body":
            begun.set()

    monkeypatch.setattr(person_export, "export", endless)
    incoming = asyncio.Queue[dict[str, Any]]()
    incoming.put_nowait({"type": "http.request"})
    asked = scope_of("/v1/people/ann/export", site.bearer("export"), "http")
    asked["extensions"] = {"roomtone.abort": cut.set}
    line = asyncio.create_task(site.app(asked, incoming.get, send))
    async with asyncio.timeout(20):
        await begun.wait()
        key = next(k for k in site.gate.access.keys("default") if k.scopes == {"export"})
        Gate(Settings(data=site.house.settings.data)).access.revoke(key.id)
        async with asyncio.timeout(5):
            await line

    assert heard[0]["status"] == 200 and cut.is_set()
    assert all(one["more_body"] for one in heard[1:]), "its end was never told"


async def test_a_key_made_elsewhere_opens_at_once(site: Keyed) -> None:
    """The first request with it, by whatever process; also for a project that is new."""
    elsewhere = Gate(Settings(data=site.house.settings.data)).access
    _, secret = elsewhere.make_key("read", project="new")
    told = await site.client.get("/v1/sessions", headers={"Authorization": f"Bearer {secret}"})

    assert told.status_code == 200, told.text
    assert (site.house.settings.data / "projects" / "new" / "journal").is_dir()


async def test_basic_is_understood_with_the_key_as_password(site: Keyed) -> None:
    """For exporters and scrapers that know nothing else."""
    given = base64.b64encode(b"any:" + site.keys["shop", "read"].encode()).decode()
    told = await site.client.get("/v1/me", headers={"Authorization": f"Basic {given}"})

    assert told.json() == {"project": "shop", "scopes": ["read"], "via": "key"}


async def test_who_asks_too_often_waits_and_probes_never_do(tmp_path: Path) -> None:
    """Each key by itself."""
    async with keyed(tmp_path / "data", tmp_path / "static", rate="3/hour") as site:
        for scope in ("read", "admin"):
            told = [
                (await site.client.get("/v1/me", headers=site.bearer(scope))).status_code
                for _ in range(4)
            ]
            assert told == [200, 200, 200, 429]
        for path in ("/healthz", "/readyz", "/metrics"):
            told = [
                (await site.client.get(path, headers=site.bearer("read"))).status_code
                for _ in range(5)
            ]
            assert told == [200] * 5, path


async def test_health_is_open_where_that_is_set(tmp_path: Path) -> None:
    """And nothing else is."""
    async with keyed(tmp_path / "data", tmp_path / "static", open_health=True) as site:
        for path in ("/readyz", "/health", "/metrics"):
            assert (await site.client.get(path)).status_code == 200, path
        assert (await site.client.get("/v1/sessions")).status_code == 401


async def test_with_keys_any_name_of_the_server_is_answered(site: Keyed) -> None:
    """A proxy's; a rebound name brings no key along."""
    headers = {"Host": "rooms.example", **site.bearer("read")}

    assert (await site.client.get("/v1/me", headers=headers)).status_code == 200
    assert (await site.client.get("/v1/me", headers={"Host": "rooms.example"})).status_code == 401


async def test_https_is_told_to_stay(tmp_path: Path) -> None:
    """On every answer, refusals too, where it is set; and not where it is not."""
    async with keyed(tmp_path / "data", tmp_path / "static", https=True) as site:
        for path in ("/healthz", "/v1/sessions"):
            told = await site.client.get(path)
            assert "max-age" in told.headers["strict-transport-security"], path
