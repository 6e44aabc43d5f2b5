"""One Engine.IO connection, watched from outside: how much is on its way, and who is dead."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from roomtone.web.problems import Message, Receive, Scope, Send
from roomtone.web.viewer import Viewer

AHEAD = 64
"""How many packets may be on their way: Engine.IO's own queue has no end."""

_SPLIT = "\x1e"


class Line:
    """One connection, over however many requests; several namespaces may share it."""

    def __init__(self, clock: Callable[[], float], named: Callable[[Line], None]) -> None:
        self.id = ""  # Engine.IO's, which each later request names
        self._named = named  # called when the client has been told it
        self.viewers: set[Viewer] = set()
        self.used_at = clock()
        self.open = 0  # requests in hand
        self._clock = clock
        self._ahead = 0
        self._moved = asyncio.Event()
        self._cut: Callable[[], None] | None = None

    async def room(self) -> None:
        """Wait until little enough is on its way."""
        while self._ahead >= AHEAD:
            self._moved.clear()
            await self._moved.wait()

    def handed(self, viewer: Viewer) -> None:
        """An event of a viewer's is on its way."""
        self._ahead += 1
        if viewer.sending_since is None:
            viewer.sending_since = self._clock()

    def cut(self) -> None:
        """End it at once, where it is a WebSocket; a polling one finds nobody the next time."""
        if self._cut is not None:
            self._cut()

    async def carry(self, scope: Scope, receive: Receive, send: Send, app: Any) -> None:
        """Let a request through to Engine.IO, and watch what it carries."""
        websocket = scope["type"] == "websocket"
        if websocket:
            self._cut = scope.get("extensions", {}).get("roomtone.abort")

        async def heard() -> Message:
            message: Message = await receive()
            if message["type"] in ("websocket.receive", "http.request"):
                for viewer in self.viewers:
                    viewer.heard()
            return message

        async def said(message: Message) -> None:
            await send(message)
            if message["type"] == "websocket.send":
                self._went(message.get("text") or "")
            elif message["type"] == "http.response.body":
                for packet in bytes(message.get("body", b"")).decode().split(_SPLIT):
                    self._went(packet)

        self.open += 1
        try:
            await app(scope, heard, said)
        finally:
            self.open -= 1
            self.used_at = self._clock()
            if websocket:
                self._cut = None

    def _went(self, packet: str) -> None:
        """A packet has left: an event (42), a question for a sign of life (2), a greeting (0)."""
        if packet.startswith("42"):
            self._ahead -= 1
            self._moved.set()
            now = self._clock() if self._ahead else None
            for viewer in self.viewers:
                viewer.sending_since = now
        elif packet == "2":
            for viewer in self.viewers:
                if viewer.asked_since is None:
                    viewer.asked_since = self._clock()
        elif not self.id and packet.startswith("0{"):
            self.id = json.loads(packet[1:])["sid"]
            self._named(self)
