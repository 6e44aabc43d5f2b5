"""A Discord on the loopback: its HTTP API and its gateway, with sessions that can be resumed."""

from __future__ import annotations

import asyncio
import json
import zlib
from pathlib import Path
from typing import Any

from aiohttp import WSMsgType, web

RECORDINGS = Path(__file__).parent / "recordings"
GATEWAY = json.loads((RECORDINGS / "discord-gateway.json").read_text(encoding="utf-8"))
HTTP = json.loads((RECORDINGS / "discord-http.json").read_text(encoding="utf-8"))
FRAMES = {frame["name"]: frame for frame in GATEWAY["frames"]}

TOKEN = "token.of.nobody-at-all"
MEMBERS, CONTENT = 1 << 1, 1 << 15
_FLAGS = {MEMBERS: (1 << 14) | (1 << 15), CONTENT: (1 << 18) | (1 << 19)}


class Session:
    """What the gateway keeps of one identified client, so that it can resume."""

    def __init__(self, id: str, intents: int) -> None:
        self.id, self.intents = id, intents
        self.sent: list[dict[str, Any]] = []
        self.line: Line | None = None

    async def dispatch(self, kind: str, data: Any) -> None:
        """Number it, keep it, and send it where somebody listens."""
        frame = {"op": 0, "t": kind, "s": len(self.sent) + 1, "d": data}
        self.sent.append(frame)
        if self.line is not None and not self.line.socket.closed:
            await self.line.send(frame)


class Line:
    """One WebSocket, with the compression that the client asked for."""

    def __init__(self, socket: web.WebSocketResponse, compress: str) -> None:
        self.socket = socket
        self._zlib = zlib.compressobj() if compress == "zlib-stream" else None
        assert compress in ("", "zlib-stream"), compress

    async def send(self, frame: dict[str, Any]) -> None:
        text = json.dumps(frame)
        if self._zlib is None:
            await self.socket.send_str(text)
            return
        body = self._zlib.compress(text.encode()) + self._zlib.flush(zlib.Z_SYNC_FLUSH)
        await self.socket.send_bytes(body)


class Discord:
    """The server. What it answers can be changed; what it was asked is noted."""

    def __init__(self) -> None:
        self.http: dict[str, Any] = json.loads(json.dumps(HTTP))
        self.messages: dict[str, Any] = {}
        self.guild: dict[str, Any] = json.loads(json.dumps(GATEWAY["guild"]))
        self.asked: list[str] = []
        self.sessions: list[Session] = []
        self.opened = 0  # WebSockets
        self.resumes = 0
        self.heartbeats = 0
        self.forgets = False  # sessions cannot be resumed
        self.status = 0  # what HTTP answers instead
        self.closes_with = 0  # at the next IDENTIFY
        self.changed = asyncio.Condition()

    async def __aenter__(self) -> Discord:
        app = web.Application()
        app.router.add_get("/api/v10/{path:.*}", self._answer)
        app.router.add_get("/", self._gateway)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.host = f"127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.drop()
        await self._runner.cleanup()

    def url(self, options: str, token: str = TOKEN) -> str:
        return f"discord://{token}@{self.host}/?{options}"

    @property
    def session(self) -> Session:
        """The one that was begun last."""
        return self.sessions[-1]

    async def when(self, holds: Any) -> None:
        """Wait until something holds; it is looked at whenever a client has done something."""
        async with asyncio.timeout(20), self.changed:
            await self.changed.wait_for(holds)

    async def say(self, *names: str) -> None:
        """Send recorded dispatches by their names."""
        for name in names:
            await self.session.dispatch(FRAMES[name]["t"], FRAMES[name]["d"])

    async def drop(self, code: int | None = None) -> None:
        """Break every connection: with a close code, or without a word."""
        for session in self.sessions:
            line, session.line = session.line, None
            if line is None or line.socket.closed:
                continue
            if code is not None:
                await line.socket.close(code=code)
            elif (transport := line.socket._req and line.socket._req.transport) is not None:
                transport.abort()

    async def reconnect(self) -> None:
        """Tell the client to come again (op 7)."""
        assert self.session.line is not None
        await self.session.line.send({"op": 7, "d": None, "s": None, "t": None})

    # -- HTTP --------------------------------------------------------------------------------

    async def _answer(self, request: web.Request) -> web.Response:
        path = "/" + request.match_info["path"]
        self.asked.append(path)
        if self.status:
            return web.json_response({"message": "no", "code": 0}, status=self.status)
        if request.headers.get("Authorization") != f"Bot {TOKEN}":
            return web.json_response({"message": "401: Unauthorized", "code": 0}, status=401)
        found = self.http.get(path) or self.messages.get(path)
        if found is None:
            return web.json_response({"message": "Unknown", "code": 10008}, status=404)
        return web.Response(body=json.dumps(found).encode(), content_type="application/json")

    # -- the gateway -------------------------------------------------------------------------

    async def _gateway(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        line = Line(socket, request.query.get("compress", ""))
        self.opened += 1
        await line.send({"op": 10, "d": {"heartbeat_interval": 41250}, "s": None, "t": None})
        async for message in socket:
            if message.type != WSMsgType.TEXT:
                continue
            said = json.loads(message.data)
            if said["op"] == 1:
                self.heartbeats += 1
                await line.send({"op": 11, "d": None, "s": None, "t": None})
            elif said["op"] == 2:
                await self._identify(line, said["d"])
            elif said["op"] == 6:
                await self._resume(line, said["d"])
            async with self.changed:
                self.changed.notify_all()
        async with self.changed:
            self.changed.notify_all()
        return socket

    async def _identify(self, line: Line, said: dict[str, Any]) -> None:
        lacks = any(
            said["intents"] & intent and not self.http["/oauth2/applications/@me"]["flags"] & flags
            for intent, flags in _FLAGS.items()
        )
        code = self.closes_with or (4014 if lacks else 4004 if said["token"] != TOKEN else 0)
        if code:
            await line.socket.close(code=code)
            return
        session = Session(f"{len(self.sessions):032x}", said["intents"])
        session.line = line
        self.sessions.append(session)
        await session.dispatch(
            "READY",
            {
                **GATEWAY["ready"],
                "session_id": session.id,
                "resume_gateway_url": f"ws://{self.host}/",
            },
        )
        await session.dispatch("GUILD_CREATE", self.guild)

    async def _resume(self, line: Line, said: dict[str, Any]) -> None:
        session = next((s for s in self.sessions if s.id == said["session_id"]), None)
        if session is None or self.forgets or said["token"] != TOKEN:
            await line.send({"op": 9, "d": False, "s": None, "t": None})
            return
        self.resumes += 1
        seq = said["seq"]
        while seq < len(session.sent):  # more may come meanwhile
            await line.send(session.sent[seq])
            seq += 1
        session.line = line
        await session.dispatch("RESUMED", {"_trace": []})
