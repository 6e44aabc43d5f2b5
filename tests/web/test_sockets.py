"""uvicorn is set up so that nothing is open, forged, packed or left behind."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import websockets
from uvicorn.protocols.utils import ClientDisconnected

from roomtone.errors import BadConfig
from roomtone.runtime.config import Settings
from roomtone.web import sockets
from roomtone.web.serving import Quiet
from roomtone.web.viewer import Frame
from tests.runtime.conftest import until


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Begin an answer, and cut the line in the middle of it."""
    if scope["type"] == "lifespan":
        return
    await receive()
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
    else:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"begun", "more_body": True})
    scope["extensions"]["roomtone.abort"]()


def test_an_open_address_is_refused(tmp_path: Path) -> None:
    """Here too, whoever starts the server."""
    with pytest.raises(BadConfig):
        sockets.config(app, Settings(data=tmp_path, server={"host": "0.0.0.0"}))


def test_nobody_can_forge_its_address(tmp_path: Path) -> None:
    """`X-Forwarded-For` is not read, the server does not name itself, requests are not logged."""
    config = sockets.config(app, Settings(data=tmp_path))

    assert not config.proxy_headers
    assert not config.server_header
    assert not config.access_log
    assert not config.ws_per_message_deflate


@contextlib.asynccontextmanager
async def serving(tmp_path: Path, app: Any) -> AsyncIterator[tuple[Quiet, str]]:
    """A server of an application, and its address."""
    config = sockets.config(app, Settings(data=tmp_path))
    config.lifespan = "off"
    with socket.create_server(("127.0.0.1", 0)) as door:
        server = Quiet(config)
        running = asyncio.create_task(server.serve([door]))
        await until(lambda: server.started)
        yield server, f"127.0.0.1:{door.getsockname()[1]}"
        server.should_exit = True
        await running


async def test_a_line_can_be_cut(tmp_path: Path) -> None:
    """At once, whatever its buffers hold; uvicorn counts it no more."""
    async with serving(tmp_path, app) as (server, address):
        with pytest.raises(websockets.ConnectionClosedError):
            async with websockets.connect(f"ws://{address}") as page:
                await page.recv()
        async with httpx2.AsyncClient(verify=False) as client:
            with pytest.raises(httpx2.RemoteProtocolError):
                await client.get(f"http://{address}")
        await until(lambda: not server.server_state.connections)


async def test_a_line_says_when_it_takes_no_more(tmp_path: Path) -> None:
    """When its buffer is full, and for good when the other end has said goodbye."""
    lines: list[sockets.Line] = []

    async def watched(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        line = scope["extensions"]["roomtone.line"]
        line.on_full = lambda: full.append(line.room)
        lines.append(line)
        while (await receive())["type"] != "websocket.disconnect":
            pass

    full: list[bool] = []
    async with (
        serving(tmp_path, watched) as (_, address),
        websockets.connect(f"ws://{address}", max_size=None) as page,
    ):
        await until(lambda: lines)
        line = lines[0]
        assert line.room
        line.write(Frame("pulse", b"x" * 20_000_000).wire)
        assert (full, line.room) == ([False], False), "more than the system's buffers hold"
        assert len(await page.recv()) == 20_000_000
        await until(lambda: line.room)
        await page.close()
        await until(lambda: not line.room)
        assert full[1:] and not any(full)
        with pytest.raises(ClientDisconnected):
            await line.send(b"nobody reads this")
