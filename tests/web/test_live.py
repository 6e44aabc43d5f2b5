"""Whoever watches gets a first frame and every change after it, and slows nobody else down."""

from __future__ import annotations

import asyncio
import itertools
import json
import socket
from typing import Any

import pytest
import websockets

from tests.runtime.conftest import until
from tests.web.conftest import Site, frame_of, message


async def test_a_topic_is_answered_with_a_snapshot_and_changes_follow(site: Site) -> None:
    """Hello first; then the room as it is, then each tick, then what happened."""
    await site.say(message(), message(user="bob"))
    await site.house.tick()
    async with site.live() as page:
        hello = json.loads(await page.recv())
        await page.send('{"sub": ["pulse", "session:s"]}')
        pulse = await frame_of(page, "pulse")
        room = await frame_of(page, "session:s")
        await site.house.tick()
        tick = await frame_of(page, "session:s", "tick")
        await site.say(message(text="<b>hi</b>"))
        site.house.clock.advance(0.2)
        change = await frame_of(page, "session:s", "change")

    assert (hello["topic"], hello["kind"]) == ("server", "hello")
    assert hello["now"] == pytest.approx(site.house.clock.now_ms() / 1000, abs=60)
    assert [s["session"] for s in pulse["sessions"]] == ["s"]
    assert (room["kind"], room["session"]["messages"], len(room["events"])) == ("snapshot", 2, 2)
    assert tick["t"] == room["t"][-1] + 5
    assert change["events"][0]["text"] == "<b>hi</b>", "text is text; pages escape it"
    assert room["seq"] < tick["seq"] < change["seq"]


async def test_a_page_that_comes_back_misses_no_point(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`since` brings what was between, each point once, though the store takes nothing now."""
    await site.say(message())
    await site.house.tick(3)
    async with site.live() as page:
        await page.send('{"sub": ["session:s"]}')
        seen = (await frame_of(page, "session:s", "snapshot"))["t"]

    async def hang(blocks: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(site.pipeline.series, "write", hang)
    await site.house.tick(3)
    async with site.live() as page:
        await page.send(json.dumps({"sub": ["session:s"], "since": {"session:s": seen[-1]}}))
        seen += (await frame_of(page, "session:s", "snapshot"))["t"]
        await site.house.tick()
        seen.append((await frame_of(page, "session:s", "tick"))["t"])
    monkeypatch.undo()

    assert seen == list(range(seen[0], seen[0] + 5 * 7, 5))


async def test_an_event_is_shown_once(site: Site) -> None:
    """Either in the first frame or in a later one, also when it comes at that very moment."""
    async with site.live() as page:
        await page.send('{"sub": ["pulse", "alerts"]}')
        await frame_of(page, "alerts", "snapshot")
        await site.say(message(text="a"))  # applied, and not yet pushed: the clock stands still
        await site.pipeline.settled()
        await page.send('{"sub": ["session:s"]}')
        first = await frame_of(page, "session:s", "snapshot")
        site.house.clock.advance(0.2)
        change = await frame_of(page, "session:s", "change")

    assert [event["text"] for event in first["events"] + change["events"]] == ["a"]


async def test_a_page_hears_only_what_it_asked_for(site: Site) -> None:
    """And nobody makes frames of what no page looks at."""
    await site.say(message(), message("other"))
    async with site.live() as page:
        await page.send('{"sub": ["session:s", "session:other"]}')
        await frame_of(page, "session:other", "snapshot")
        await page.send('{"unsub": ["session:other"], "sub": ["alerts"]}')
        await frame_of(page, "alerts", "snapshot")
        assert await site.pipeline.news.listened() == {"session:s", "alerts"}
        await site.house.tick()
        await site.house.tick()
        heard = [json.loads(await page.recv())["topic"] for _ in range(2)]

    assert heard == ["session:s", "session:s"]
    await until(lambda: not site.pipeline.news.topics)


async def test_an_alert_that_is_judged_is_shown_to_all(site: Site) -> None:
    """One presses, everybody sees it."""
    from roomtone.alerts import Alert
    from roomtone.runtime.clock import utc

    at = utc(site.house.clock.now_ms())
    alert = Alert(
        time=at,
        session="s",
        type="SUDDEN_DROP",
        severity="CRITICAL",
        detector="anomaly",
        score=0.9,
        current=6,
        expected=42,
    )
    await site.pipeline.archive.add_alerts([alert])
    async with site.live() as page:
        await page.send('{"sub": ["alerts"]}')
        first = await frame_of(page, "alerts", "snapshot")
        body = {"id": alert.id, "verdict": "false_alarm"}
        answer = await site.client.post("/v1/alerts/verdict", json=body)
        shown = await frame_of(page, "alerts", "alert")

    assert first["alerts"][0]["verdict"] == ""
    assert answer.json()["verdict"] == shown["alert"]["verdict"] == "false_alarm"


ODD: list[str | bytes] = [
    "hello",
    "[]",
    "{" * 5000,
    '{"sub": "pulse"}',
    '{"sub": ["nothing"]}',
    '{"sub": ["session:"]}',
    '{"sub": ["session:a\\u0000b"]}',
    '{"sub": ["pulse"], "since": {"pulse": 1e300}}',
    '{"sub": ["pulse"], "since": {"pulse": -5}}',
    json.dumps({"sub": [f"session:{i}" for i in range(51)]}),
    b"\xff\xfe",
    "x" * 65_000,
]


async def test_what_is_not_understood_is_answered(site: Site) -> None:
    """With what to say instead; the line stays open."""
    async with site.live() as page:
        for said in ODD:
            await page.send(said)
            error = await frame_of(page, "server", "error")
            assert "send" in error["detail"], said[:50]
        await page.send('{"sub": ["pulse"]}')
        await frame_of(page, "pulse", "snapshot")


async def test_one_page_follows_so_many_topics_and_no_more(site: Site) -> None:
    """What is beyond is refused by name, what was followed goes on."""
    async with site.live() as page:
        await page.send(json.dumps({"sub": [f"session:{i}" for i in range(50)]}))
        await page.send('{"sub": ["pulse"]}')
        error = await frame_of(page, "pulse")
        watched = site.pipeline.news.topics

    assert (error["kind"], watched) == ("error", 50)


async def test_another_sites_page_may_not_watch(site: Site) -> None:
    """A WebSocket is not held back by browsers; the server looks where the page is from."""
    with pytest.raises(websockets.InvalidStatus) as refusal:
        async with site.live(origin="http://evil.example"):
            pass
    async with site.live(origin=f"http://127.0.0.1:{site.port}") as page:
        hello = json.loads(await page.recv())

    assert refusal.value.response.status_code == 403
    assert b"another site" in refusal.value.response.body
    assert hello["kind"] == "hello"


async def test_there_are_only_so_many_viewers(site: Site) -> None:
    """The next is told, with when to come back, and takes nothing from those who are there."""
    site.app.live.most = 1
    async with site.live() as page:
        await page.recv()
        with pytest.raises(websockets.InvalidStatus) as refusal:
            async with site.live():
                pass
        stream = await site.client.get("/v1/stream?topics=pulse")

    assert refusal.value.response.status_code == stream.status_code == 503
    assert int(stream.headers["retry-after"]) > 0


async def deaf(site: Site, path: str, *topics: str) -> socket.socket:
    """A connection that asks for topics and then never reads a byte."""
    quiet = socket.socket()
    quiet.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    quiet.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(quiet, ("127.0.0.1", site.port))
    head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\n"
    if path == "/v1/live":
        head += "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        head += "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
    await loop.sock_sendall(quiet, f"{head}\r\n".encode())
    await until(lambda: len(site.app.live))
    if path == "/v1/live":
        ask = json.dumps({"sub": topics}).encode()
        assert len(ask) < 126
        await loop.sock_sendall(quiet, bytes([0x81, 0x80 | len(ask), 0, 0, 0, 0]) + ask)
    async with asyncio.timeout(20):
        while not set(topics) <= await site.pipeline.news.listened():
            await asyncio.sleep(0.01)
    return quiet


@pytest.mark.parametrize("path", ["/v1/live", "/v1/stream?topics=pulse"])
async def test_a_viewer_that_never_reads_is_closed_alone(site: Site, path: str) -> None:
    """The one beside it gets every frame in order, and goes on when the line is cut."""
    site.app.live.stall_s = 0.5
    quiet = await deaf(site, path, "pulse")
    big = json.dumps({"topic": "pulse", "kind": "tick", "seq": 0, "t": 0, "pad": "x" * 60_000})
    async with site.live() as page:
        await page.send('{"sub": ["pulse"]}')
        await frame_of(page, "pulse", "snapshot")
        heard, sent = [], 0
        while not site.app.live.closed_stalled:
            sent += 1
            await site.pipeline.news.publish(
                "pulse", big.replace('"t": 0', f'"t": {sent}').encode()
            )
            heard.append((await frame_of(page, "pulse", "tick"))["t"])
        assert heard == list(range(1, sent + 1))
        await until(lambda: len(site.app.live) == 1)
        await page.send('{"sub": ["alerts"]}')
        assert (await frame_of(page, "alerts"))["kind"] == "snapshot"
    quiet.close()


async def test_a_viewer_that_gives_no_sign_of_life_is_closed(site: Site) -> None:
    """Also where so little is sent that it all fits into buffers; who reads stays."""
    site.app.live.stall_s, site.app.live.beat_s = 1.0, 0.4
    quiet = await deaf(site, "/v1/live", "alerts")
    async with site.live() as page:
        await page.send('{"sub": ["alerts"]}')
        reading = asyncio.create_task(_read_for_good(page))
        await until(lambda: site.app.live.closed_stalled)
        await until(lambda: len(site.app.live) == 1)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reading, 1.5)
        assert (len(site.app.live), site.app.live.closed_stalled) == (1, 1)
    quiet.close()


async def _read_for_good(page: Any) -> None:
    while True:
        await page.recv()


async def test_the_same_frames_come_as_an_event_stream(site: Site) -> None:
    """For curl; a tick's id is its time, which a browser sends back when it reconnects."""
    await site.say(message())
    await site.house.tick()
    blocks: list[str] = []
    async with site.client.stream("GET", "/v1/stream?topics=alerts&topic=session:s") as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        async for line in response.aiter_lines():
            blocks.append(line)
            if '"session:s","kind":"snapshot"' in line:
                await site.house.tick()
            if '"kind":"tick"' in line:
                break

    tick = json.loads(blocks[-1].removeprefix("data: "))
    assert blocks[-2] == f"id: {tick['t']}"


@pytest.mark.parametrize("query", ["", "topics=", "topics=nothing", "topics=pulse&since=soon"])
async def test_a_stream_that_is_asked_wrongly_is_told_how(site: Site, query: str) -> None:
    """Before it begins, so that the status can say it."""
    response = await site.client.get(f"/v1/stream?{query}")
    status, detail = await site.problem(response)

    assert (status, "/v1/stream?topics=pulse" in detail) == (422, True)


async def test_beats_go_to_all(site: Site) -> None:
    """So that silence can be told from a dead line."""
    site.app.live.beat_s = 0.05
    async with site.live() as page:
        beat = await frame_of(page, "server", "beat")

    assert beat["now"] > 0


async def test_beats_are_spread(site: Site) -> None:
    """Viewers that come together hear in turn, so that their answers do not come at once."""
    hub = site.app.live
    begun = asyncio.get_running_loop().time()
    viewers = [hub.enter() for _ in range(50)]
    due = sorted(viewer.beat_at - begun for viewer in viewers)
    for viewer in viewers:
        hub.leave(viewer)

    assert due[0] >= 0 and due[-1] <= hub.beat_s + 0.2, "each within a beat's time"
    assert max(b - a for a, b in itertools.pairwise(due)) < 3 * hub.beat_s / 50


async def test_open_lines_end_when_the_server_stops(site: Site) -> None:
    """It need not wait for those who would watch for ever."""
    async with site.live() as page, site.client.stream("GET", "/v1/stream?topics=pulse") as stream:
        lines = stream.aiter_lines()
        await anext(lines)
        await page.recv()
        await site.app.close()
        with pytest.raises(websockets.ConnectionClosed) as closed:
            while True:
                await page.recv()
        async for _ in lines:
            pass

    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1001
