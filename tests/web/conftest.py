"""A whole server on a free port of this machine, over a real pipeline on a clock moved by hand."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import websockets

from roomtone.runtime.config import Settings
from roomtone.web import sockets
from roomtone.web.app import Server, create_app
from roomtone.web.serving import Quiet
from tests.runtime.conftest import House, until
from tests.servers import redis_server
from tests.web.cluster import Cluster


class Site:
    """A running server: its address, a client, and the pipeline behind it."""

    def __init__(self, house: House, app: Server, port: int, client: httpx2.AsyncClient) -> None:
        self.house, self.app, self.port, self.client = house, app, port, client

    @property
    def pipeline(self) -> Any:
        return self.house.pipeline

    async def say(self, *events: dict[str, Any], **query: str) -> dict[str, Any]:
        """Send events that the server must take."""
        response = await self.client.post("/v1/events", params=query, json=list(events))
        assert response.status_code == 202, response.text
        answer: dict[str, Any] = response.json()
        return answer

    async def get(self, path: str, **query: Any) -> Any:
        """What the server answers to a question that it must understand."""
        response = await self.client.get(path, params=query or None)
        assert response.status_code == 200, response.text
        return response.json()

    async def problem(self, response: httpx2.Response) -> tuple[int, str]:
        """Status and detail of a problem document, which must be a whole one."""
        assert response.headers["content-type"] == "application/problem+json", response.text
        told = response.json()
        assert told["status"] == response.status_code
        assert set(told) == {"type", "title", "status", "detail"}
        assert ";" in told["detail"], "a detail ends in what to do"
        return told["status"], told["detail"]

    def live(self, **more: Any) -> Any:
        """A WebSocket to /v1/live."""
        return websockets.connect(f"ws://127.0.0.1:{self.port}/v1/live", **more)


async def frame_of(socket: Any, topic: str, *kinds: str) -> dict[str, Any]:
    """The next frame of a topic, of these kinds where some are named; others are passed over."""
    async with asyncio.timeout(20):
        while True:
            frame: dict[str, Any] = json.loads(await socket.recv())
            if frame["topic"] == topic and (not kinds or frame["kind"] in kinds):
                return frame


def message(session: str = "s", user: str = "ann", **more: Any) -> dict[str, Any]:
    """A message event as JSON."""
    return {"type": "message", "session": session, "user": user, "text": "hello", **more}


@contextlib.asynccontextmanager
async def serving(house: House, static: Path, **limits: int) -> AsyncIterator[Site]:
    """Serve a house's pipeline until the end of the block; nothing may have failed by then."""
    settings = house.settings
    app = create_app(house.pipeline, settings, static=static)
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as door:
        server = Quiet(sockets.config(app, settings))
        running = asyncio.create_task(server.serve([door]))
        await until(lambda: server.started or running.done())
        port = door.getsockname()[1]
        # Without TLS; to read all the certificates of the world takes longer than most tests.
        plain = httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30, verify=False)
        async with plain as client:
            try:
                yield Site(house, app, port, client)
            finally:
                await app.close()
                server.should_exit = True
                await running
    assert app.faults.count == 0, app.faults.latest


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    made = House(tmp_path / "data")
    await made.open()
    yield made
    await made.pipeline.stop()


@pytest.fixture
async def site(house: House, tmp_path: Path) -> AsyncIterator[Site]:
    """A server without a built dashboard."""
    async with serving(house, tmp_path / "static") as made:
        yield made


@pytest.fixture
async def strict(tmp_path: Path) -> AsyncIterator[Site]:
    """A server with low limits."""
    house = House(tmp_path / "data")
    limits = {"max_sessions_per_client": 5, "max_sessions": 8}
    house.settings = Settings(data=tmp_path / "data", limits=limits)
    await house.open()
    async with serving(house, tmp_path / "static") as made:
        yield made
    await house.pipeline.stop()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """An empty cluster with a Redis of its own."""
    redis = redis_server(tmp_path / "redis", "--appendonly", "yes")
    redis.start()
    made = Cluster(tmp_path / "cluster", redis)
    yield made
    for process in made.processes:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.end()
        if process.process.poll() is None:
            process.end(signal.SIGKILL)
    redis.stop()
