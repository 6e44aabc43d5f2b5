"""Roles that keep in PostgreSQL: real processes, a real Redis, a real database, a live source."""

from __future__ import annotations

import asyncio
import json
import signal
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
import websockets
from redis import Redis

from tests.web.cluster import Cluster, Process, wait_for
from tests.web.conftest import frame_of

pytestmark = [pytest.mark.servers, pytest.mark.timeout(400)]

CHAT = "platform.events.chat.message.v1"


def say(source: Redis, user: str, text: str = "hello", session: str = "hall") -> None:
    """One entry of the documents' stream."""
    said = {"sessionId": session, "eventId": "conference", "userId": user, "message": text}
    source.xadd(CHAT, {"data": json.dumps(said)})


def evening(session: str) -> list[dict[str, Any]]:
    """Forty minutes of a past: a lively room, from which everybody goes in the last ten."""
    begun = datetime.now(UTC) - timedelta(hours=2)
    said: list[dict[str, Any]] = []
    for second in range(0, 1800, 2):
        at = f"{begun + timedelta(seconds=second):%Y-%m-%dT%H:%M:%SZ}"
        user = f"u{second % 90}"
        said.append(
            {"type": "message", "session": session, "user": user, "text": "hi there", "at": at}
        )
    for second in range(1800, 2400, 30):
        at = f"{begun + timedelta(seconds=second):%Y-%m-%dT%H:%M:%SZ}"
        said.append({"type": "message", "session": session, "user": "u0", "text": "?", "at": at})
    return said


def rows_of(url: str, query: str) -> list[Any]:
    """What the database itself has."""

    async def ask() -> list[Any]:
        connection = await asyncpg.connect(url)
        try:
            return list(await connection.fetch(query))
        finally:
            await connection.close()

    return asyncio.run(ask())


def points(web: Process, session: str) -> list[int]:
    """The times of a session's points, as a web process reads them."""
    times: list[int] = web.get(f"/v1/series?session={session}").json()["t"]
    return times


def event_of(said: Any) -> str:
    """The `eventId` of a payload that was published."""
    told = json.loads(said["data"]) if said and said["type"] == "message" else {}
    return str(told.get("eventId", ""))


async def events_heard(web: Process, session: str) -> set[str]:
    """The `eventId`s of a first update over Socket.IO, spoken by hand."""
    url = web.url.replace("http", "ws") + "/socket.io/?EIO=4&transport=websocket"
    async with asyncio.timeout(30), websockets.connect(url) as line:
        assert str(await line.recv()).startswith("0{")
        await line.send("40" + json.dumps({"sessionId": session}))
        async for said in line:
            if str(said) == "2":
                await line.send("3")
            elif str(said).startswith("42"):
                event, payload, *_ = json.loads(str(said)[2:])
                assert event == "engagement:update"
                return {payload["eventId"]}
    raise AssertionError("nothing was said")


def test_all_is_kept_in_postgresql_and_shown_by_every_web_process(
    cluster: Cluster, postgres_url: str
) -> None:
    """Two web processes read what the engine wrote of a worker's events, a kill or not."""
    named = {"stores__series": postgres_url, "stores__archive": postgres_url}
    streams = f"redis://127.0.0.1:{cluster.redis.port}/1"
    source = Redis(port=cluster.redis.port, db=1)
    published = Redis(port=cluster.redis.port).pubsub()
    published.subscribe("engagement:update")
    told_to = {"channels__documents": cluster.redis.url}
    engine = cluster.start("engine", **named, **told_to)
    wait_for(engine.ready)
    # Each on a folder of its own, as on machines of their own.
    one, two = (cluster.start("web", "--data", f"web {n}", **named) for n in (1, 2))
    worker = cluster.start(
        "worker", "--data", "worker", sources__listen=json.dumps([streams]), **named
    )
    wait_for(lambda: one.ready() and two.ready() and worker.ready())
    for n in range(40):
        say(source, f"u{n % 9}")
    source.xadd(CHAT, {"data": "{"})
    wait_for(lambda: points(one, "hall") and points(two, "hall"))
    for web in (one, two):
        assert web.get("/v1/sessions/hall").json()["messages"] == 40
        wait_for(lambda web=web: "redis" in web.get("/v1/inspector?outcome=refused").text)
        parts = {part["name"]: part for part in web.get("/readyz").json()["parts"]}
        assert all(part["ok"] for part in parts.values()), parts
    wait_for(lambda: event_of(published.get_message(timeout=1)) == "conference")
    assert asyncio.run(events_heard(two, "hall")) == {"conference"}
    assert 'role="web"' in one.get("/metrics").text
    fed = worker.get("/metrics").text
    assert 'role="worker"' in fed
    parts = {part["name"]: part for part in worker.get("/readyz").json()["parts"]}
    assert parts["engine"]["ok"] and any("redis" in name for name in parts), parts
    folder = cluster.folder / "worker"
    assert not list(folder.rglob("*.db")) and not (folder / "journal").exists()
    assert 'roomtone_feed_events_total{feed="redis-streams",outcome="refused"} 1.0' in fed
    taken = engine.get("/metrics").text
    assert 'roomtone_events_total{outcome="refused",source="redis-streams"} 1.0' in taken

    past = evening("past")
    assert one.client.post("/v1/events?history=true", json=past).json()["accepted"] == len(past)
    two.client.post("/v1/history/close", json={"sessions": ["past"]})
    wait_for(lambda: two.get("/v1/alerts?session=past").json()["data"])
    told = [web.get("/v1/alerts?session=past").json()["data"] for web in (one, two)]
    assert told[0] == told[1]
    kept = rows_of(postgres_url, "SELECT type FROM alerts WHERE session = 'past'")
    assert {alert["type"] for alert in told[0]} <= {row["type"] for row in kept}
    begun, ended = past[0]["at"], past[-1]["at"]
    series = f"/v1/series?session=past&from={begun}&to={ended}"
    wait_for(lambda: one.get(series).json()["t"])
    assert one.get(series).json() == two.get(series).json()

    before = points(one, "hall")
    engine.end(signal.SIGKILL)
    for n in range(40):
        say(source, f"u{n % 9}", "meanwhile")  # nobody takes them in, and none is lost
    assert points(two, "hall")[: len(before)] == before, "what is kept needs no engine"
    engine = cluster.start("engine", **named)
    wait_for(lambda: engine.ready() and one.ready() and two.ready() and worker.ready())
    wait_for(lambda: one.get("/v1/sessions/hall").json()["messages"] == 80)
    wait_for(lambda: points(two, "hall")[-1] > before[-1])
    assert points(two, "hall")[: len(before)] == before
    memory = cluster.folder / "roomtone-data" / "roomtone.db"  # what bots remember is a file's
    assert list(cluster.folder.rglob("*.db")) == [memory], "who shows made a database of its own"
    ends = [process.end() for process in (worker, two, one, engine)]
    assert ends == [0, 0, 0, 0]


async def test_a_web_process_on_other_stores_says_so(cluster: Cluster) -> None:
    """Its charts would be empty for ever: /readyz names both stores, and what to do."""
    engine = await asyncio.to_thread(cluster.start, "engine")
    same = await asyncio.to_thread(cluster.start, "web")
    other = await asyncio.to_thread(cluster.start, "web", "--data", "elsewhere")

    def part(web: Process) -> dict[str, Any]:
        parts = {part["name"]: part for part in web.get("/readyz").json()["parts"]}
        found: dict[str, Any] = parts.get("stores agree", {"ok": None})
        return found

    await asyncio.to_thread(wait_for, engine.ready)
    await asyncio.to_thread(wait_for, lambda: part(same)["ok"] is True)
    await asyncio.to_thread(wait_for, lambda: part(other)["ok"] is False)
    told = part(other)
    assert "roomtone-data" in told["detail"]
    assert "elsewhere" in told["detail"]
    assert "stores.series" in told["remedy"]
    assert other.get("/readyz").json()["status"] == "degraded"
    assert 'roomtone_part_ok{part="stores agree"} 0.0' in other.get("/metrics").text
    async with other.live() as page:  # what is live is shown all the same
        await page.send('{"sub": ["pulse"]}')
        await frame_of(page, "pulse", "snapshot")
