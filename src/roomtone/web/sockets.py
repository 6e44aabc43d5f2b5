"""How uvicorn is set up to carry all this: its limits, and a way to cut a dead viewer's line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import uvicorn
from uvicorn.protocols.http.auto import AutoHTTPProtocol
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

from roomtone.runtime.config import Settings
from roomtone.web.following import MOST_ASKED
from roomtone.web.guard import check_bind
from roomtone.web.problems import App, Receive, Scope, Send

BACKLOG = 1024
"""How many connections may wait to be accepted."""

GRACE_S = 3
"""How long requests in hand may still take once the server is told to stop."""


class Line:
    """One WebSocket, for those who have frames ready as they go over the wire."""

    __slots__ = ("_protocol", "on_full", "on_pong", "room", "write")

    def __init__(self, protocol: WebSocketsSansIOProtocol) -> None:
        self._protocol = protocol
        self.write: Callable[[bytes], object] = protocol.transport.write
        """Write a whole frame now; only while there is room. The transport's own: nothing is
        between it and those who have a frame for many."""
        self.room = protocol.writable.is_set()
        """Whether the buffer takes more, and there is somebody yet."""
        self.on_full: Callable[[], None] | None = None
        """Called when there is no room any more."""
        self.on_pong: Callable[[], None] | None = None
        """Called for each pong: the other end reads."""

    def full(self) -> None:
        """There is no room from now on."""
        self.room = False
        if self.on_full is not None:
            self.on_full()

    def drained(self) -> None:
        """There is room again, where there is somebody yet."""
        self.room = not self._protocol.transport.is_closing()

    async def send(self, wire: bytes) -> None:
        """Send a whole frame once the buffer has room. Raises OSError when the viewer has gone."""
        protocol = self._protocol
        await protocol.writable.wait()
        if protocol.disconnected or protocol.close_sent or protocol.transport.is_closing():
            raise ClientDisconnected
        self.write(wire)

    def abort(self) -> None:
        """Cut the line: closing politely waits until what is buffered has been read, and a
        stalled viewer never reads, so its connection would stay for as long as it likes."""
        self._protocol.transport.abort()


class Sockets(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket, with two more of the scope's extensions.

    `roomtone.abort` cuts the line; `roomtone.line` is the Line itself, which takes a frame as it
    goes over the wire, made once for all viewers.
    """

    line: Line | None = None

    async def run_asgi(self) -> None:
        self.line = Line(self)
        extensions: dict[str, Any] = {"roomtone.abort": self.line.abort, "roomtone.line": self.line}
        self.scope["extensions"] = {**(self.scope["extensions"] or {}), **extensions}
        await super().run_asgi()

    def pause_writing(self) -> None:
        super().pause_writing()
        if self.line is not None:
            self.line.full()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self.line is not None:
            self.line.drained()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.line is not None and self.transport.is_closing():
            self.line.full()  # it said goodbye, or what is no WebSocket: nothing follows the answer

    def connection_lost(self, exc: Exception | None) -> None:
        if self.line is not None:
            self.line.full()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        if self.line is not None:
            self.line.full()
        super().shutdown()

    def handle_pong(self, event: Frame) -> None:
        super().handle_pong(event)
        if self.line is not None and self.line.on_pong is not None:
            self.line.on_pong()


class Streams(AutoHTTPProtocol):  # type: ignore[misc, valid-type, unused-ignore]
    """uvicorn's HTTP, with the same for event streams."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        inner: App = self.app  # type: ignore[has-type, unused-ignore]

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            scope["extensions"] = {**scope.get("extensions", {}), "roomtone.abort": transport.abort}
            await inner(scope, receive, send)

        self.app = app


def config(app: App, settings: Settings, *, keyed: bool = False) -> uvicorn.Config:
    """uvicorn's configuration for the app. Raises BadConfig for an open address without consent.

    Addresses are taken from the connection, not from `X-Forwarded-For`, which anybody can write;
    live frames are not packed, which would cost three times their making for each viewer.
    """
    check_bind(settings.server, keyed=keyed)
    return uvicorn.Config(
        app,
        host=settings.server.host,
        port=settings.server.port,
        http=Streams,
        ws=Sockets,
        ws_max_size=MOST_ASKED,
        ws_per_message_deflate=False,
        ws_ping_interval=None,  # the hub asks by itself, with its beat
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_config=None,
        backlog=BACKLOG,
        lifespan="on",
        timeout_graceful_shutdown=GRACE_S,
    )
