"""The servers that push the same frames: ours, python-socketio's room, a Starlette loop."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import psutil
import uvicorn

from roomtone.runtime.config import Settings
from roomtone.runtime.pipeline import Pipeline
from roomtone.web import serving, sockets
from roomtone.web.app import create_app
from roomtone.web.viewer import Frame

Publish = Callable[[dict[str, Any]], Awaitable[object]]

TOPIC = "session:watched"


def frame(number: int, size: int) -> dict[str, Any]:
    """The frame of this number: a tick of about `size` bytes as JSON."""
    width = 100
    columns: dict[str, Any] = {"score": number % 10 / 10}
    columns |= {
        f"field_{i}": [number % 7 + j / 100 for j in range(9)] for i in range(size // width)
    }
    return {
        "topic": TOPIC, "kind": "tick", "seq": number, "t": 1_800_000_000 + number,
        "sent": time.monotonic(), "fields": columns,
    }  # fmt: skip


class Bench:
    """Publishes on command (a JSON object per line of the input) and tells what it cost."""

    def __init__(self, publish: Publish, told: Callable[[], dict[str, float]]) -> None:
        self._publish, self._told = publish, told

    async def run(self) -> None:
        """Until the input ends."""
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        print("ready", flush=True)
        while line := await reader.readline():
            ask = json.loads(line)
            if ask.get("tell"):
                print(json.dumps(self._figures()), flush=True)
                continue
            print(json.dumps(await self._push(**ask)), flush=True)

    async def _push(
        self, first: int, count: int, rate: float, size: int, until_let_go: int = 0
    ) -> dict[str, float]:
        """Publish frames; told how many viewers stall, also say when all of them were let go."""
        loop = asyncio.get_running_loop()
        begun, let_go_at = loop.time(), 0.0
        for index in range(count):
            await asyncio.sleep(max(0.0, begun + index / rate - loop.time()))
            if until_let_go and self._told()["stalled"] >= until_let_go:
                let_go_at, until_let_go = time.monotonic(), 0
            await self._publish(frame(first + index, size))
        await asyncio.sleep(0.3)  # what is queued goes out; without work this costs nothing
        return {"let_go_at": let_go_at, **self._figures()}

    def _figures(self) -> dict[str, float]:
        rss = psutil.Process().memory_info().rss / 2**20
        return {"cpu_s": time.process_time(), "rss_mb": rss, **self._told()}


async def ours(door: socket.socket) -> None:
    """The whole server as it is; frames enter where the pipeline's own do."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data=Path(folder))
        pipeline = await Pipeline.open(settings)
        await pipeline.start()
        app = create_app(pipeline, settings)
        if len(sys.argv) > 3:  # tests have less patience
            app.live.stall_s, app.live.beat_s = float(sys.argv[3]), float(sys.argv[3]) / 2
        encode = msgspec.json.Encoder().encode

        def told() -> dict[str, float]:
            hub = app.live
            return {"viewers": len(hub), "stalled": hub.closed_stalled, "sent": hub.frames_sent}

        server = serving.Quiet(sockets.config(app, settings))
        async with _serving(server, door):
            await Bench(lambda f: pipeline.news.publish(TOPIC, encode(f)), told).run()
            await app.close()
        await pipeline.stop()


async def socketio(door: socket.socket) -> None:
    """python-socketio, one emit to a room."""
    from socketio import ASGIApp, AsyncServer

    server = AsyncServer(async_mode="asgi")
    watching: set[str] = set()

    @server.event  # type: ignore[untyped-decorator]
    async def connect(sid: str, environ: dict[str, Any], auth: object = None) -> None:
        await server.enter_room(sid, TOPIC)
        watching.add(sid)

    @server.event  # type: ignore[untyped-decorator]
    async def disconnect(sid: str, reason: str = "") -> None:
        watching.discard(sid)

    async with _serving(_uvicorn(ASGIApp(server)), door):
        await Bench(
            lambda f: server.emit("frame", f, room=TOPIC), lambda: {"viewers": len(watching)}
        ).run()


async def starlette(door: socket.socket) -> None:
    """Starlette, `send_json` to one after another."""
    from starlette.applications import Starlette
    from starlette.routing import WebSocketRoute
    from starlette.websockets import WebSocket, WebSocketDisconnect

    watching: set[WebSocket] = set()

    async def live(line: WebSocket) -> None:
        await line.accept()
        watching.add(line)
        try:
            while True:
                await line.receive_text()
        except WebSocketDisconnect:
            watching.discard(line)

    async def publish(f: dict[str, Any]) -> None:
        for line in list(watching):
            await line.send_json(f)

    app = Starlette(routes=[WebSocketRoute("/v1/live", live)])
    async with _serving(_uvicorn(app), door):
        await Bench(publish, lambda: {"viewers": len(watching)}).run()


async def floor(door: socket.socket) -> None:
    """Nothing but one prepared WebSocket frame written to every connection."""
    watching: set[Any] = set()

    class Line(asyncio.Protocol):
        def connection_made(self, transport: Any) -> None:
            self.transport = transport

        def connection_lost(self, error: Exception | None) -> None:
            watching.discard(self.transport)

        def data_received(self, data: bytes) -> None:
            if data.startswith(b"GET "):
                self.transport.write(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")
                watching.add(self.transport)

    encode = msgspec.json.Encoder().encode

    async def publish(f: dict[str, Any]) -> None:
        wire = Frame(TOPIC, encode(f)).wire
        for transport in watching:
            transport.write(wire)

    server = await asyncio.get_running_loop().create_server(Line, sock=door)
    await Bench(publish, lambda: {"viewers": len(watching)}).run()
    server.close()


def _uvicorn(app: Any) -> uvicorn.Server:
    """uvicorn as ours is set up: the same loop and protocols, nothing packed or logged."""
    config = uvicorn.Config(
        app, ws="websockets-sansio", ws_per_message_deflate=False, access_log=False,
        log_config=None, lifespan="off", timeout_graceful_shutdown=1,
    )  # fmt: skip
    return serving.Quiet(config)


@contextlib.asynccontextmanager
async def _serving(server: uvicorn.Server, door: socket.socket) -> Any:
    running = asyncio.create_task(server.serve([door]))
    while not server.started:
        await asyncio.sleep(0.01)
    yield
    server.should_exit = True
    await running


if __name__ == "__main__":
    kinds = {
        "ours": ours,
        "retold": ours,
        "socketio": socketio,
        "starlette": starlette,
        "floor": floor,
    }
    listening = socket.create_server(("127.0.0.1", int(sys.argv[2])), backlog=1024)
    serving.run(kinds[sys.argv[1]](listening))
