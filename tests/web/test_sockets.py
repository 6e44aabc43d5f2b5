"""uvicorn is set up so that nothing is open, forged, packed or left behind."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from typing import Any

import httpx2
import pytest
import websockets

from roomtone.errors import BadConfig
from roomtone.runtime.config import Settings
from roomtone.web import sockets
from roomtone.web.serving import Quiet
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


async def test_a_line_can_be_cut(tmp_path: Path) -> None:
    """At once, whatever its buffers hold; uvicorn counts it no more."""
    config = sockets.config(app, Settings(data=tmp_path))
    config.lifespan = "off"
    with socket.create_server(("127.0.0.1", 0)) as door:
        server = Quiet(config)
        running = asyncio.create_task(server.serve([door]))
        await until(lambda: server.started)
        address = f"127.0.0.1:{door.getsockname()[1]}"
        with pytest.raises(websockets.ConnectionClosedError):
            async with websockets.connect(f"ws://{address}") as page:
                await page.recv()
        async with httpx2.AsyncClient(verify=False) as client:
            with pytest.raises(httpx2.RemoteProtocolError):
                await client.get(f"http://{address}")
        await until(lambda: not server.server_state.connections)
        server.should_exit = True
        await running
