"""How uvicorn is set up to carry all this: its limits, and a way to cut a dead viewer's line."""

from __future__ import annotations

from typing import Any

import uvicorn
from uvicorn.protocols.http.auto import AutoHTTPProtocol
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from roomtone.runtime.config import Settings
from roomtone.web.guard import check_bind
from roomtone.web.live import MOST_ASKED
from roomtone.web.problems import App, Receive, Scope, Send

BACKLOG = 1024
"""How many connections may wait to be accepted."""

GRACE_S = 3
"""How long requests in hand may still take once the server is told to stop."""


class Sockets(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket, with two more of the scope's extensions.

    `roomtone.abort` cuts the line: closing politely waits until what is buffered has been read,
    and a stalled viewer never reads, so its connection would stay for as long as it likes.
    `roomtone.send` takes a frame as it goes over the wire, made once for all viewers.
    """

    async def run_asgi(self) -> None:
        extensions: dict[str, Any] = {
            "roomtone.abort": self.transport.abort,
            "roomtone.send": self.send_wire,
        }
        self.scope["extensions"] = {**(self.scope["extensions"] or {}), **extensions}
        await super().run_asgi()

    async def send_wire(self, data: bytes) -> None:
        """Send a whole frame once the buffer has room. Raises OSError when the viewer has gone."""
        await self.writable.wait()
        if self.disconnected or self.close_sent or self.transport.is_closing():
            raise ClientDisconnected
        self.transport.write(data)


class Streams(AutoHTTPProtocol):  # type: ignore[misc, valid-type, unused-ignore]
    """uvicorn's HTTP, with the same for event streams."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        inner: App = self.app  # type: ignore[has-type, unused-ignore]

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            scope["extensions"] = {**scope.get("extensions", {}), "roomtone.abort": transport.abort}
            await inner(scope, receive, send)

        self.app = app


def config(app: App, settings: Settings) -> uvicorn.Config:
    """uvicorn's configuration for the app. Raises BadConfig for an open address without consent.

    Addresses are taken from the connection, not from `X-Forwarded-For`, which anybody can write;
    live frames are not packed, which would cost three times their making for each viewer.
    """
    check_bind(settings.server)
    return uvicorn.Config(
        app,
        host=settings.server.host,
        port=settings.server.port,
        http=Streams,
        ws=Sockets,
        ws_max_size=MOST_ASKED,
        ws_per_message_deflate=False,
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_config=None,
        backlog=BACKLOG,
        lifespan="on",
        timeout_graceful_shutdown=GRACE_S,
    )
