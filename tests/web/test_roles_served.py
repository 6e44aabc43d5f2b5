"""Real processes, one for each role, over a real Redis: all show the same, and each may end."""

from __future__ import annotations

import asyncio
import json
import signal
import threading

import httpx2
import pytest

from tests.web.cluster import PATIENCE_S, Cluster, wait_for
from tests.web.conftest import frame_of, message

pytestmark = [pytest.mark.servers, pytest.mark.timeout(400)]  # ten processes start in turn


async def test_two_web_processes_show_the_same(cluster: Cluster) -> None:
    """What is sent to one is live on the other, frame by frame, and so is every question."""
    engine = cluster.start("engine")
    one, two = cluster.start("web"), cluster.start("web")
    wait_for(lambda: engine.ready() and one.ready() and two.ready())
    async with one.live() as first, two.live() as second:
        for page in (first, second):
            await page.send('{"sub": ["pulse", "alerts", "session:s"]}')
            await frame_of(page, "session:s", "snapshot")
        answer = await asyncio.to_thread(one.post, message(id="1"), message(user="bob"))
        changes = [await frame_of(page, "session:s", "change") for page in (first, second)]
        ticks = [await frame_of(page, "session:s", "tick") for page in (first, second)]

    assert (answer.status_code, answer.json()["accepted"]) == (202, 2)
    assert changes[0] == changes[1]
    assert ticks[0] == ticks[1]
    assert two.post(message(id="1")).json()["duplicates"] == 1
    pair = "/v1/relationships/luna/ann"
    said = httpx2.put(f"{one.url}{pair}", json={"trust": 80}, timeout=PATIENCE_S)
    assert (said.status_code, said.json()["trust"]) == (200, 0.8)
    assert two.get(pair).json() == said.json()
    one.post({"type": "turn", "session": "t", "bot": "luna", "user": "ann", "message": "hi"})
    wait_for(lambda: two.get("/v1/conversations").json()["total"] == 1)
    wait_for(lambda: one.get("/v1/series?session=s").json()["t"])
    for path in (
        "/v1/sessions",
        "/v1/sessions/s/explain",
        "/v1/sessions/s/events",
        "/v1/alerts",
        "/v1/inspector",
        "/v1/measurements",
        "/v1/conversations/t",
        "/v1/people",
        "/v1/people/ann",
        "/v1/coverage",
        "/v1/reactions",
        "/v1/reactions/summary",
        "/v1/trends?measurement=user_emotion&field=intensity&user=ann",
    ):
        answers = [one.get(path), two.get(path)]
        if "explain" in path or path.endswith("sessions"):  # a tick may have come in between
            answers = [one.get(path), two.get(path), one.get(path)]
            texts = [got.text for got in answers]
            assert texts[1] in (texts[0], texts[2]), path
        else:
            assert answers[0].text == answers[1].text, path
        assert answers[0].status_code == 200, path
    assert two.post(*[message(id="odd", at="2990-01-01T00:00:00Z")]).json()["errors"]
    wait_for(lambda: "ahead" in one.get("/v1/inspector?outcome=refused").text)

    one.end(signal.SIGKILL)
    assert two.post(message(id="2")).status_code == 202, "one web process is no other's business"


def test_an_engine_that_is_killed_loses_nothing(cluster: Cluster) -> None:
    """Meanwhile senders hear 503 and when to come back; afterwards what was 202 is there, once."""
    engine, web = cluster.start("engine"), cluster.start("web")
    wait_for(lambda: engine.ready() and web.ready())
    acknowledged: list[str] = []
    refused: list[httpx2.Response] = []
    stop = threading.Event()

    def send(name: str) -> None:
        for n in range(100_000):
            if stop.is_set():
                return
            for _ in range(200):  # the same ids, until it is taken
                answer = web.post(message(id=f"{name} {n}"), message(id=f"{name} {n} b"))
                if answer.status_code == 202:
                    acknowledged.extend([f"{name} {n}", f"{name} {n} b"])
                    break
                refused.append(answer)
                if stop.wait(0.1):
                    return

    senders = [threading.Thread(target=send, args=(f"t{n}",)) for n in range(4)]
    for sender in senders:
        sender.start()
    wait_for(lambda: len(acknowledged) > 100)
    engine.end(signal.SIGKILL)
    wait_for(lambda: len(refused) > 8)
    before = len(acknowledged)
    assert web.get("/v1/sessions").status_code == web.get("/readyz").status_code == 503
    assert web.get("/healthz").status_code == 200
    engine = cluster.start("engine")  # at once: its lease has not ended yet
    wait_for(lambda: len(acknowledged) > before + 100)
    stop.set()
    for sender in senders:
        sender.join()

    assert {answer.status_code for answer in refused} == {503}
    assert all(int(answer.headers["retry-after"]) > 0 for answer in refused)
    assert all("; " in answer.json()["detail"] for answer in refused)
    assert engine.end() == web.end() == 0
    kept = cluster.kept()
    assert len(set(kept)) == len(kept), "each once"
    assert set(acknowledged) <= set(kept)


async def test_pages_come_back_by_themselves(cluster: Cluster) -> None:
    """After a kill of the engine, and of Redis: an error or a gap, then a snapshot and changes."""
    engine, web = cluster.start("engine"), cluster.start("web")
    wait_for(lambda: engine.ready() and web.ready())
    async with web.live() as page:

        async def recover(number: int) -> None:
            """As the dashboard does: ask again on a gap or an error, until changes come."""
            text = f"after {number}"
            while True:
                post = await asyncio.to_thread(web.post, message(text=text))
                if post.status_code == 202:
                    break
                await asyncio.sleep(0.2)
            while True:
                frame = await frame_of(page, "session:s", "gap", "error", "snapshot", "change")
                if text in json.dumps(frame.get("events", [])):
                    return
                if frame["kind"] in ("gap", "error"):
                    await page.send('{"sub": ["session:s"]}')

        await page.send('{"sub": ["session:s"]}')
        await recover(0)
        await asyncio.to_thread(engine.end, signal.SIGKILL)
        engine = await asyncio.to_thread(cluster.start, "engine")
        await recover(1)
        await asyncio.to_thread(cluster.redis.kill)
        await asyncio.to_thread(cluster.redis.start)
        await recover(2)
    wait_for(lambda: engine.ready() and web.ready())


def test_one_engine_owns_a_partition(cluster: Cluster) -> None:
    """A second one, on a folder of its own, ends with who owns it; a standby takes over."""
    engine = cluster.start("engine")
    wait_for(engine.ready)
    second = cluster.start("engine", "--data", "other")
    assert second.process.wait(PATIENCE_S) == 3
    assert f"process {engine.process.pid}" in (cluster.folder / "engine.log").read_text()
    standby, web = cluster.start("engine", "--standby"), cluster.start("web")
    wait_for(web.ready)
    assert web.post(message(id="1")).status_code == 202
    assert standby.get("/healthz").status_code == 200
    assert not standby.ready()
    engine.end()
    wait_for(lambda: standby.ready() and web.ready())

    assert web.post(message(id="1")).json()["duplicates"] == 1
