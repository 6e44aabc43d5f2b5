"""The server as one ASGI application: hot routes, the dashboard, then the documented API."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from roomtone.errors import ServerError
from roomtone.runtime import numbers
from roomtone.runtime.access_keys import DEFAULT
from roomtone.runtime.config import Settings
from roomtone.runtime.host import Host
from roomtone.runtime.numbers import Number
from roomtone.runtime.projects import Projects, settings_of
from roomtone.web import plain
from roomtone.web.bodies import BODY_S, Bodies
from roomtone.web.gate import Caller, Gate
from roomtone.web.guard import PAGE, REALTIME, Guard, with_headers
from roomtone.web.ingest import Ingest
from roomtone.web.live import Hub
from roomtone.web.metrics import CONTENT_TYPE, Metrics, of_faults, of_hub, of_traces
from roomtone.web.otlp import PATHS, Otlp
from roomtone.web.pages import Pages
from roomtone.web.problems import (
    DATA,
    RETRY_S,
    App,
    Faults,
    Header,
    Message,
    Problem,
    Receive,
    Scope,
    Send,
    answer,
    answer_problem,
)
from roomtone.web.scopes import OPEN, takes_out
from roomtone.web.socketio import SocketIO

STATIC = Path(__file__).parent / "static"
"""Where the built dashboard lies; absent in a copy that was never built."""

_ASK_AGAIN: Header = (b"cache-control", b"no-cache")
_NAMED = (
    "/v1/sessions/",
    "/v1/conversations/",
    "/v1/people/",
    "/v1/relationships/",
    "/v1/reactions/",
)
"""Below these, names of others are parts of the path."""

_OURS = (
    "/v1/",
    "/api/training/",
    "/docs",
    "/openapi.json",
    "/healthz",
    "/readyz",
    "/health",
    "/metrics",
)


def create_app(
    host: Host,
    settings: Settings,
    *,
    role: str = "all",
    static: Path = STATIC,
    gate: Gate | None = None,
    projects: Projects[Any] | None = None,
) -> Server:
    """The application for a host that its caller opens, starts and stops, and for the hosts of
    other projects, where there are.

    Before the server is stopped, `await app.close()` ends what is open for good (live
    connections); the lifespan's end does the same, but uvicorn gets there only after waiting.
    """
    return Server(host, settings, role, static, gate or Gate(settings), projects)


class Server:
    """Takes every request, and looks at as little of it as its route needs."""

    def __init__(
        self,
        host: Host,
        settings: Settings,
        role: str,
        static: Path,
        gate: Gate,
        projects: Projects[Any] | None = None,
    ) -> None:
        self._host, self._role = host, role
        self.faults = Faults()
        self._gate, self._projects = gate, projects
        self._homes: dict[str, tuple[Host, Server]] = {}
        self._static = static
        self._pages = Pages(host, self.faults, static)
        self._guard = Guard(settings.server)
        self._max_body = settings.limits.max_body
        self._scale = settings.relationships.scale
        self._reactions = settings.reactions
        self._settings = settings
        self.live = Hub(host)
        self.socketio = SocketIO(self.live, host, self._guard.may_listen)
        self.bodies = Bodies()
        self._ingest = Ingest(host, settings, self.faults, self.bodies)
        self.otlp = Otlp(host, settings, self.faults, self.bodies)
        self._metrics = Metrics(self._numbers, self._disk)
        self._api: asyncio.Task[App] | None = None
        self._reference: bytes | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        if kind == "lifespan":
            await self._lifespan(receive, send)
            return
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        if self._gate.https:
            send = _with_hsts(send)
        try:
            ticket = bool(self._gate.ticket_of(scope))
            self._guard.check(scope, keyed=self._gate.locked, ticket=ticket)
            caller = await self._gate.admit(scope, _routed(scope), needs=self._of_page(scope))
            home = self if caller.project == DEFAULT else await self._home(caller.project)
            await home.serve(caller, scope, receive, send, watched)
        except Problem as problem:
            if not begun:
                await _refuse(kind, send, problem)
        except ServerError as error:
            if not begun:
                await _refuse(kind, send, Problem(503, str(error), retry_s=RETRY_S))
        except Exception as error:
            if begun and isinstance(error, OSError):
                return  # the client has gone in the middle of it
            told = self.faults.note(kind, error)
            if not begun:
                await _refuse(kind, send, told)

    async def serve(
        self, caller: Caller, scope: Scope, receive: Receive, send: Send, watched: Send
    ) -> None:
        """Answer somebody who may ask, as what this is a Roomtone of."""
        scope["roomtone.caller"] = caller
        path: str = scope["path"]
        if path.startswith(REALTIME):
            if scope["type"] == "websocket":
                await self._gate.hold(caller, self.socketio, scope, receive, watched)
            else:
                await self.socketio(scope, receive, watched)
        elif scope["type"] == "websocket":
            await self._gate.hold(caller, self._socket, scope, receive, watched)
        elif path == "/v1/events" and scope["method"] == "POST":
            await self._ingest(scope, receive, send)
        elif path in PATHS:
            await self.otlp(scope, receive, send)
        elif takes_out(scope["method"], _routed(scope)):
            await self._gate.hold(caller, self._route, scope, receive, watched, whole=True)
        else:
            await self._route(scope, receive, watched)

    async def _home(self, project: str) -> Server:
        """The faces of another project. Raises ServerError where it cannot be opened."""
        if self._projects is None:
            raise ServerError(
                f"this process holds the project {DEFAULT} alone; ask one that holds {project}"
            )
        host = await self._projects.host(project)
        known = self._homes.get(project)
        if known is None or known[0] is not host:
            own = settings_of(self._settings, project)
            known = (host, Server(host, own, self._role, self._static, self._gate))
            self._homes[project] = known
        return known[1]

    def _of_page(self, scope: Scope) -> str | None:
        """What a file of the pages needs: nothing, where they only ask for what they show."""
        path = scope["path"]
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            return None
        if path.startswith((*_OURS, REALTIME)) or path in PATHS:
            return None
        return OPEN if path == "/plain.css" or self._pages.built else "read"

    async def close(self) -> None:
        """End what would stay open for good."""
        for _, home in self._homes.values():
            await home.otlp.close()
            await home.socketio.close()
            await home.live.close()
        await self.otlp.close()
        await self.socketio.close()
        await self.live.close()
        await self._gate.close()

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        self._load_api()  # in a thread: it takes more than a second, and nobody need wait for it
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] != "/v1/live":
            await receive()
            raise Problem(404, "no WebSocket is here; connect to /v1/live")
        await self.live.socket(scope, receive, send)

    async def _route(self, scope: Scope, receive: Receive, send: Send) -> None:
        path, method = scope["path"], scope["method"]
        if path == "/healthz" and method == "GET":
            await answer(send, 200, b'{"status":"alive"}')
        elif path == "/metrics" and method == "GET":
            await answer(send, 200, await self._metrics.page(), CONTENT_TYPE)
        elif path == "/v1/stream" and method == "GET":
            caller: Caller = scope["roomtone.caller"]
            await self._gate.hold(caller, self.live.stream, scope, receive, send)
        elif path in ("/v1/live", "/v1/stream"):
            raise Problem(426 if path == "/v1/live" else 405, _HOW_TO_LISTEN)
        elif path == "/docs" and method == "GET":
            page = await self._documents()
            await answer(send, 200, page, b"text/html; charset=utf-8", (*PAGE, _ASK_AGAIN))
        elif path == "/plain.css" and method == "GET":
            style = plain.STYLE.encode()
            await answer(send, 200, style, b"text/css; charset=utf-8", (*PAGE, _ASK_AGAIN))
        elif not path.startswith(_OURS) and method in ("GET", "HEAD"):
            await self._pages(scope, receive, send)
        else:
            await self._documented(scope, receive, send)

    def _numbers(self) -> Iterator[Number]:
        yield from numbers.of_running(self._host, self._role)
        yield from of_hub(self.live)
        yield from of_faults(self.faults)
        yield from of_traces(self.otlp.spans)

    def _disk(self) -> Iterator[Number]:
        journal = getattr(self._host, "journal", None)  # where the engine is
        if journal is not None:
            yield from numbers.of_folder(journal.folder)

    # -- the documented API --------------------------------------------------------------------

    def _load_api(self) -> asyncio.Task[App]:
        if self._api is None or (self._api.done() and self._api.exception() is not None):
            self._api = asyncio.create_task(asyncio.to_thread(self._make_api), name="load the API")
        return self._api

    def _make_api(self) -> App:
        from roomtone.web import (
            datasets,
            described,
            memories,
            query,
            reacted,
            rights,
            series,
            signing,
            system,
            talks,
            training,
            trends,
        )

        api = query.create_api(self._host, self.faults)
        series.add_series(api, self._host)
        talks.add_talks(api, self._host, self._scale)
        trends.add_trends(api, self._host)
        memories.add_memories(api, self._host)
        reacted.add_reactions(api, self._host, self._reactions)
        training.add_training(api, self._host)
        datasets.add_datasets(api, self._host)
        rights.add_rights(api, self._host, self._settings)
        signing.add_signing(api, self._gate)
        system.add_system(api, self._host, self.faults, self._numbers)
        described.describe(api)
        return api

    async def _documents(self) -> bytes:
        """The reference page: describing all routes takes longer than making them, so on demand."""
        from roomtone.web import reference

        api: Any = await asyncio.shield(self._load_api())
        if self._reference is None:
            told = await asyncio.to_thread(api.openapi)
            self._reference = reference.render(told).encode()
        return self._reference

    async def _documented(self, scope: Scope, receive: Receive, send: Send) -> None:
        api = await asyncio.shield(self._load_api())
        scope = {**scope, "path": _routed(scope)}

        async def safe(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": with_headers(message["headers"], DATA)}
            await send(message)

        if scope["method"] not in ("GET", "HEAD"):
            receive = await _read_body(receive, self._max_body)
        await api(scope, receive, safe)


def _routed(scope: Scope) -> str:
    """The path by which a request is routed: a name may hold a slash, and is one part of the path
    as it was sent."""
    path: str = scope["path"]
    if not path.startswith(_NAMED):
        return path
    raw: bytes = (scope.get("raw_path") or path.encode()).partition(b"?")[0]
    return raw.decode("ascii", "replace")


def _with_hsts(send: Send) -> Send:
    """Tells browsers to come by https alone from now on."""

    async def told(message: Message) -> None:
        if message["type"] in ("http.response.start", "websocket.http.response.start"):
            message = {**message, "headers": with_headers(message["headers"], (_HSTS,))}
        await send(message)

    return told


_HSTS: Header = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")
_HOW_TO_LISTEN = (
    "frames come otherwise; connect to /v1/live with a WebSocket, or GET /v1/stream?topics=pulse"
)


async def _read_body(receive: Receive, most: int) -> Receive:
    """Read a body up to a limit, and give it out again as if it came now."""
    parts: list[bytes] = []
    first: Message = {"more_body": True}
    async with asyncio.timeout(BODY_S):
        while first.get("more_body") and first.get("type") != "http.disconnect":
            first = await receive()
            parts.append(first.get("body", b""))
            if sum(map(len, parts)) > most:
                raise Problem(413, f"the body is more than {most:,} bytes; send less")
    waiting: list[Message] = [{"type": "http.request", "body": b"".join(parts), "more_body": False}]

    async def again() -> Message:
        return waiting.pop() if waiting else await receive()

    return again


async def _refuse(kind: str, send: Send, problem: Problem) -> None:
    """A problem instead of an answer, or instead of a WebSocket."""
    if kind == "websocket":
        send = _denying(send)
    await answer_problem(send, problem)


def _denying(send: Send) -> Send:
    async def denied(message: Message) -> None:
        told: dict[str, Any] = {
            **message,
            "type": message["type"].replace("http.", "websocket.http."),
        }
        await send(told)

    return denied
