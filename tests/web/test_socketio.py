"""A client made from the documents' words alone hears every point, also after the line broke."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from roomtone.alerts import Alert
from roomtone.runtime import frames
from roomtone.runtime.clock import utc
from tests.runtime.conftest import until
from tests.servers import answers, free_port
from tests.web.conftest import Site, message
from tests.web.listener import NODE, listener, needed, seconds

pytestmark = pytest.mark.servers


def is_whole(times: list[int]) -> bool:
    """Whether each point follows the one before by a tick: no hole, nothing twice."""
    return times == list(range(times[0], times[0] + 5 * len(times), 5))


async def followed(site: Site, session: str = "s") -> None:
    await until(lambda: f"session:{session}" in site.app.live._topics)


BOTH = [{}, {"transports": ["websocket"]}, {"transports": ["polling"]}]


@pytest.mark.parametrize("options", BOTH, ids=["upgrade", "websocket", "polling"])
async def test_a_client_that_names_nothing_hears_what_lives(
    site: Site, options: dict[str, Any]
) -> None:
    """It connects and listens, as the hook does: past points first, then one for every tick."""
    await site.say(message(), message(user="bob"))
    await site.house.tick(3)
    async with listener(site.port, **options) as client:
        times = await client.updates(3)
        for _ in range(3):
            await site.house.tick()
            times += await client.updates(1)

    assert is_whole(times)


async def test_a_point_has_the_documents_payload(site: Site) -> None:
    """By every name they give, and by none of a room that nobody asked for."""
    await site.say(message(), message(user="bob"), message("other"))
    await site.house.tick()
    async with listener(site.port, auth={"sessionId": "s"}) as client:
        point = (await client.next("update"))["point"]
        await site.house.tick(2)
        assert {(await client.next("update"))["point"]["sessionId"] for _ in range(2)} == {"s"}

    assert set(point) >= {"timestamp", "sessionId", "eventId", "score", "signals"}
    assert point["signals"]["chat_msgs_per_min"] == 2
    assert 0 < point["score"] < 1


async def test_the_window_slides_at_sixty(site: Site) -> None:
    """Five minutes: the chart is full at once for who comes late, and stays at sixty."""
    await site.say(message())
    await site.house.tick(65)
    async with listener(site.port, query={"session_id": "s"}) as client:
        times = await client.updates(60)
        await site.house.tick(2)
        times += await client.updates(2)

    assert is_whole(times)
    assert [seconds(t) for t in client.window] == times[-60:]


async def test_subscribing_is_acknowledged(site: Site) -> None:
    """With success or with what to do; from then on it is that session, until unsubscribed."""
    await site.say(message(), message("other"))
    await site.house.tick()
    async with listener(site.port, "/") as client:
        yes = await client.ask("agent:subscribe", sessionId="s", eventId="conf")
        no = await client.ask("agent:subscribe", room="s")
        await followed(site)
        await until(lambda: "pulse" not in site.app.live._topics)
        await site.house.tick()
        while (last := (await client.next("update"))["point"])["eventId"] != "conf":
            pass
        bye = await client.ask("agent:unsubscribe", sessionId="s")
        await until(lambda: not site.app.live._topics)

    assert yes == {"success": True, "sessionId": "s", "room": "session:s:agent"}
    assert (no["success"], "sessionId" in no["error"]) == (False, True)
    assert last["sessionId"] == "s"
    assert bye["success"]


async def test_an_anomaly_comes_with_all_its_fields(site: Site) -> None:
    """Once, though two topics tell of it; that it is over or judged is no anomaly."""
    await site.say(message())
    await site.house.tick()
    at = utc(site.house.clock.now_ms())
    alarm = Alert(
        time=at, session="s", type="SUDDEN_DROP", severity="CRITICAL", detector="anomaly",
        score=0.9, current=0.2, expected=0.6, subject="score",
    )  # fmt: skip
    over = Alert(
        time=at, session="s", type="RECOVERED", severity="INFO", detector="anomaly",
        score=0, current=0.6, expected=0.6, subject="score",
    )  # fmt: skip
    async with listener(site.port, auth={"sessionId": "s"}) as client:
        await client.updates(1)
        for topic, made in frames.alert_frames([over, alarm, alarm]):
            await site.pipeline.news.publish(topic, made)
        heard = (await client.next("anomaly"))["anomaly"]
        await site.house.tick()
        assert (await client.next("anomaly", "update"))["what"] == "update"

    expected = {
        "sessionId": "s", "eventId": "s", "type": "SUDDEN_DROP", "severity": "CRITICAL",
        "anomalyScore": 0.9, "currentEngagement": 0.2, "expectedEngagement": 0.6,
    }  # fmt: skip
    assert {name: heard[name] for name in expected} == expected
    assert heard["deviation"] == pytest.approx(-0.4)
    assert heard["signals"]["chat_msgs_per_min"] == 1


@pytest.mark.parametrize("options", BOTH[1:], ids=["websocket", "polling"])
@pytest.mark.parametrize("named", [True, False])
async def test_a_broken_line_leaves_no_hole(
    site: Site, options: dict[str, Any], named: bool
) -> None:
    """The client says by itself up to where it knows: what was between comes, nothing twice."""
    await site.say(message())
    await site.house.tick(2)
    handshake = {"auth": {"sessionId": "s"}} if named else {}
    async with listener(site.port, **options, **handshake, reconnectionDelay=1000) as client:
        times = await client.updates(2)
        await client.say(cut=True)
        await client.next("disconnected")
        await until(lambda: not len(site.app.socketio))
        await site.house.tick(3)
        assert (await client.next("connected"))["recovered"]
        times += await client.updates(3)
        await site.house.tick()
        times += await client.updates(1)

    assert is_whole(times)


async def test_the_example_of_the_documentation_runs(site: Site) -> None:
    """As it stands on the wire's page, but for the port."""
    page = (Path(__file__).parents[2] / "docs" / "wire.md").read_text()
    example = page.split("```js\n", 1)[1].split("```", 1)[0]
    assert "http://localhost:8003/" in example
    await site.say(message("keynote"), message("keynote", user="bob"))
    await site.house.tick()
    node = needed()
    process = await asyncio.create_subprocess_exec(
        node,
        "--input-type=module",
        "--eval",
        example.replace("//localhost:8003", f"//127.0.0.1:{site.port}"),
        cwd=NODE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        line = await asyncio.wait_for(process.stdout.readline(), 30)
    finally:
        process.terminate()
        await process.wait()

    at, score, messages = line.split()
    assert (at.startswith(b"20"), 0 < float(score) < 1, int(messages)) == (True, True, 2)


async def test_other_sites_pages_hear_nothing_unless_allowed(site: Site) -> None:
    """Neither by polling nor by WebSocket; a listed site is told that it may read."""
    path = "/socket.io/?EIO=4&transport=polling"
    foreign = await site.client.get(path, headers={"origin": "http://evil.example"})
    status, detail = await site.problem(foreign)
    site.app._guard._listeners.add("http://localhost:3000")
    listed = await site.client.get(path, headers={"origin": "http://localhost:3000"})

    assert (status, "another site" in detail) == (403, True)
    assert listed.status_code == 200
    assert listed.headers["access-control-allow-origin"] == "http://localhost:3000"


async def test_without_the_extra_the_command_is_told(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What to install stands in the answer; everything else works."""
    monkeypatch.setitem(__import__("sys").modules, "socketio", None)
    status, detail = await site.problem(
        await site.client.get("/socket.io/?EIO=4&transport=polling")
    )

    assert (status, "pip install 'roomtone[socketio]'" in detail) == (501, True)


async def test_what_is_not_understood_is_refused(site: Site) -> None:
    """An unknown connection, JSONP, and more connections than there may be."""
    over = await site.client.get("/socket.io/?EIO=4&transport=polling&sid=nobody")
    odd = await site.client.get("/socket.io/?EIO=4&transport=polling&j=0")
    site.app.live.most = 0
    full = await site.client.get("/socket.io/?EIO=4&transport=polling")

    assert [(await site.problem(r))[0] for r in (over, odd, full)] == [400, 400, 503]


async def test_a_viewer_that_lost_frames_is_told_them_again(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A gap in what waits for a client becomes none in its chart."""
    await site.say(message())
    await site.house.tick()
    async with listener(site.port, auth={"sessionId": "s"}) as client:
        times = await client.updates(1)
        (held,) = site.app.socketio._clients.values()
        take = held.viewer.take
        dropped: list[str] = []
        monkeypatch.setattr(type(held.viewer), "take", lambda self, f: dropped.append(f.kind))
        await site.house.tick(2)
        await until(lambda: dropped.count("tick") == 2)
        monkeypatch.setattr(type(held.viewer), "take", lambda self, frame: take(frame))
        held.viewer.lose("session:s", 2)
        times += await client.updates(2)
        await site.house.tick()
        times += await client.updates(1)

    assert is_whole(times)


@contextlib.asynccontextmanager
async def served(folder: Path, port: int, realtime: int) -> AsyncIterator[None]:
    """A `roomtone serve` in a process of its own, told to end by SIGTERM."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("ROOMTONE_")}
    env["ROOMTONE_SERVER__REALTIME_PORT"] = str(realtime)
    command = ["-m", "roomtone", "serve", "--data", str(folder), "--port", str(port)]
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, env=env, stdout=asyncio.subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(30):
            while not await asyncio.to_thread(answers, realtime):
                assert process.returncode is None
                await asyncio.sleep(0.05)
        yield
    finally:
        process.terminate()
        await asyncio.wait_for(process.wait(), 30)
    assert process.returncode == 0


async def test_a_restarted_server_is_found_again(tmp_path: Path) -> None:
    """On the documents' second port: the client comes back by itself, to a chart without a hole."""
    port, realtime = free_port(), free_port()
    async with contextlib.AsyncExitStack() as stack:
        async with served(tmp_path / "data", port, realtime):
            async with httpx2.AsyncClient(verify=False) as client:
                said = [message(user=name) for name in ("ann", "bob")]
                answer = await client.post(f"http://127.0.0.1:{port}/v1/events", json=said)
            assert answer.status_code == 202
            listens = await stack.enter_async_context(listener(realtime))
            times = await listens.updates(2)
        await listens.next("disconnected")
        async with served(tmp_path / "data", port, realtime):
            await listens.next("connected")
            times += await listens.updates(2)

    assert is_whole(times)


@pytest.mark.parametrize("transport", ["websocket", "polling"])
async def test_a_client_that_stalls_is_closed_alone(site: Site, transport: str) -> None:
    """It reads nothing and answers nothing; who listens beside it hears every point."""
    site.app.live.stall_s, site.app.live.beat_s = 2.0, 1.0
    await site.say(message())
    await site.house.tick()
    async with listener(site.port, auth={"sessionId": "s"}) as beside:
        times = await beside.updates(1)
        if transport == "websocket":
            quiet = await deaf(site, b'40/events,{"sessionId":"s"}')
        else:
            await polling(site)
        await until(lambda: len(site.app.socketio) == 2)
        # Engine.IO's own question, which it does not answer either, may end it first.
        while len(site.app.live) > 1:
            await site.say(message())  # lest the session ends: time runs fast here
            await site.house.tick()
            times += await beside.updates(1)
        await until(lambda: len(site.app.socketio) == 1)
        await site.house.tick()
        times += await beside.updates(1)
        if transport == "websocket":
            quiet.close()

    assert is_whole(times)


async def deaf(site: Site, greeting: bytes) -> socket.socket:
    """A WebSocket that says hello and never reads a byte."""
    quiet = socket.socket()
    quiet.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    quiet.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(quiet, ("127.0.0.1", site.port))
    head = (
        f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )
    await loop.sock_sendall(quiet, head.encode())
    await until(lambda: len(site.app.socketio._lines) == 2)
    frame = bytes([0x81, 0x80 | len(greeting), 0, 0, 0, 0]) + greeting
    await loop.sock_sendall(quiet, frame)
    return quiet


async def polling(site: Site) -> None:
    """A polling client that says hello, takes one answer and never asks again."""
    path = "/socket.io/?EIO=4&transport=polling"
    opened = await site.client.get(path)
    path += f"&sid={json.loads(opened.text[1:])['sid']}"
    await site.client.post(path, content=b'40/events,{"sessionId":"s"}')
    await site.client.get(path)
