"""The documents' live wire: Socket.IO with `engagement:update` and `anomaly:detected`."""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any
from urllib.parse import parse_qs

import msgspec
import structlog

from roomtone.engine import TICK_S
from roomtone.errors import MissingExtra
from roomtone.runtime.documents import UPDATE
from roomtone.runtime.host import Host
from roomtone.web import wishes
from roomtone.web.following import TOPICS, Ask
from roomtone.web.guard import REALTIME
from roomtone.web.lines import Line
from roomtone.web.live import Hub
from roomtone.web.packets import Json, Text, packet_class
from roomtone.web.problems import Problem, Receive, Scope, Send
from roomtone.web.retold import Told, retell
from roomtone.web.viewer import Frame, Viewer

NAMESPACES = ("/", "/events")

PAST_S = 300
"""What a newcomer is told of the past: the documents' five minutes, sixty points."""

FIRST = 10
"""Of how many sessions it is told that, where it named none."""

ASKS = 100
"""How many wishes of one client may wait."""

LARGEST = 65_536
"""The largest packet that a client may send, in bytes."""

ALERTS = 200

log = structlog.get_logger()


class Client:
    """One who listens in a namespace: which sessions, and up to where it knows of them."""

    def __init__(self, sid: str, namespace: str, line: Line, viewer: Viewer) -> None:
        self.sid, self.namespace, self.line, self.viewer = sid, namespace, line, viewer
        self.sessions: dict[str, str] = {}  # those it named, with the event's id it gave
        self.known: dict[str, float] = {}  # the time of the last point of each session
        self.alerts: deque[str] = deque(maxlen=ALERTS)
        self.alerts_from = 0.0
        self.several = False  # whether it is told of more than one session
        self.asks: asyncio.Queue[tuple[str, str, float | None]] = asyncio.Queue(ASKS)
        self.task: asyncio.Task[None] | None = None

    def news(self, told: Told) -> bool:
        """Whether it has not been told this before."""
        if told.event == UPDATE:
            if told.t <= self.known.get(told.session, 0):
                return False
            if len(self.known) > 1000:
                self.known.pop(next(iter(self.known)))
            self.known[told.session] = told.t
            return True
        if told.alert in self.alerts or told.t <= self.alerts_from:
            return False
        self.alerts.append(told.alert)
        return True


class SocketIO:
    """All Socket.IO clients: viewers of the hub like any other, who hear other words.

    python-socketio speaks the protocol. What it queues for a client has no end, so a client is
    handed little at a time (`lines.py`), and what waits for it waits in its viewer.
    """

    def __init__(self, hub: Hub, host: Host, may_listen: Callable[..., bool]) -> None:
        self._hub, self._host, self._may_listen = hub, host, may_listen
        self._lines: dict[str, Line] = {}
        self._fresh: set[Line] = set()  # not greeted yet
        self._clients: dict[tuple[str, str], Client] = {}
        self._server: Any = None
        self._closing = False
        self._app: asyncio.Task[Any] | None = None

    def __len__(self) -> int:
        return len(self._clients)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request of Engine.IO's. Raises Problem before it is answered."""
        try:
            asked = parse_qs(scope["query_string"].decode("latin-1"), max_num_fields=50)
        except ValueError:
            raise Problem(400, "too many query parameters; send at most 50") from None
        if "j" in asked:
            raise Problem(400, "JSONP is not spoken here; use the websocket or polling transport")
        if self._closing:
            raise Problem(503, "the server is stopping; connect again in a moment", retry_s=2)
        app = await self._load()
        named = asked.get("sid", [""])[0]
        line = self._lines.get(named)
        if named and line is None:
            raise Problem(400, "that connection is over; connect again")
        if line is None:
            self._forget_idle()
            if len(self._lines) + len(self._fresh) >= self._hub.most:
                raise Problem(503, "too many connections; try again in a moment", retry_s=10)
            self._hub.check_room()
            line = Line(asyncio.get_running_loop().time, self._learn)
            self._fresh.add(line)
        scope = {**scope, "roomtone.line": line}
        try:
            await line.carry(scope, receive, send, app)
        finally:
            if scope["type"] == "websocket":
                self._lines.pop(line.id, None)
            self._fresh.discard(line)

    def _learn(self, line: Line) -> None:
        """Know a line by its id, as soon as it has been told to the client."""
        self._lines[line.id] = line
        self._fresh.discard(line)

    def _forget_idle(self) -> None:
        """Polling ends without a word: what was not used for three beats is over."""
        old = asyncio.get_running_loop().time() - 3 * self._hub.beat_s
        for name, line in list(self._lines.items()):
            if not line.open and line.used_at < old and not line.viewers:
                del self._lines[name]

    # -- the server ------------------------------------------------------------------------------

    async def _load(self) -> Any:
        if self._app is None or (self._app.done() and self._app.exception() is not None):
            self._app = asyncio.create_task(self._make(), name="load Socket.IO")
        return await asyncio.shield(self._app)

    async def _make(self) -> Any:
        """python-socketio's ASGI application; loading it takes half a second, in a thread."""
        try:
            socketio, packet = await asyncio.to_thread(_import)
        except MissingExtra as error:
            raise Problem(501, str(error)) from None
        server = socketio.AsyncServer(
            async_mode="asgi",
            serializer=packet_class(packet, secrets.token_hex(8)),
            json=Json,
            async_handlers=False,
            always_connect=True,
            namespaces=list(NAMESPACES),
            ping_interval=self._hub.beat_s,
            ping_timeout=self._hub.beat_s,
            max_http_buffer_size=LARGEST,
            http_compression=False,
            cors_allowed_origins=self._may_listen,
        )
        for namespace in NAMESPACES:
            self._serve(namespace, partial(server.on, namespace=namespace))
        self._server = server
        return socketio.ASGIApp(server, socketio_path=REALTIME)

    def _serve(self, namespace: str, on: Callable[[str], Any]) -> None:
        async def connect(sid: str, environ: Mapping[str, Any], auth: Any = None) -> None:
            await self._connect(sid, namespace, environ["asgi.scope"], auth)

        async def disconnect(sid: str, reason: str = "") -> None:
            client = self._clients.pop((namespace, sid), None)
            if client is not None and client.task is not None:
                client.task.cancel()
                self._let_go(client)  # a task that has not begun yet ends without a word

        async def subscribe(sid: str, asked: Any = None, *_: Any) -> dict[str, Any]:
            return await self._asked((namespace, sid), asked, "sub")

        async def unsubscribe(sid: str, asked: Any = None, *_: Any) -> dict[str, Any]:
            return await self._asked((namespace, sid), asked, "unsub")

        on("connect")(connect)
        on("disconnect")(disconnect)
        on("agent:subscribe")(subscribe)
        on("agent:unsubscribe")(unsubscribe)

    async def _connect(self, sid: str, namespace: str, scope: Scope, auth: Any) -> None:
        line: Line = scope["roomtone.line"]
        asked = wishes.said(scope, auth)
        since, session = wishes.since(asked), wishes.session(asked)
        try:
            viewer = self._hub.enter()
        except Problem as problem:
            await self._server.emit(
                "agent:error", {"error": problem.detail}, to=sid, namespace=namespace
            )
            line.cut()
            return
        client = Client(sid, namespace, line, viewer)
        client.alerts_from = self._host.clock.now_ms() / 1000 - TICK_S if since is None else since
        if session:
            client.sessions[session] = wishes.event_id(asked)
            await self._server.enter_room(sid, wishes.room(session), namespace=namespace)
        client.asks.put_nowait(("sub", session, since))
        self._clients[namespace, sid] = client
        line.viewers.add(viewer)
        client.task = asyncio.create_task(self._run(client), name="Socket.IO client")

    async def _asked(self, key: tuple[str, str], asked: Any, verb: str) -> dict[str, Any]:
        """A client's wish: done soon, acknowledged now."""
        client = self._clients.get(key)
        session = wishes.session(asked)
        if client is None:
            return {"success": False, "error": "that connection is over; connect again"}
        if not session:
            return {"success": False, "error": 'name a session, as in {"sessionId": "keynote"}'}
        if client.asks.full():
            return {"success": False, "error": "too many wishes at once; wait for the answers"}
        room, told = wishes.room(session), {"success": True, "sessionId": session}
        if verb == "unsub":
            client.sessions.pop(session, None)
            await self._server.leave_room(client.sid, room, namespace=client.namespace)
        elif session not in client.sessions and len(client.sessions) >= TOPICS:
            detail = f"one client follows at most {TOPICS} sessions; unsubscribe from some first"
            return {"success": False, "error": detail}
        else:
            client.sessions[session] = wishes.event_id(asked)
            await self._server.enter_room(client.sid, room, namespace=client.namespace)
        since = wishes.since(asked)
        if since is not None:
            client.known.pop(session, None)
        client.asks.put_nowait((verb, session, since))
        return {**told, "room": room}

    # -- one client --------------------------------------------------------------------------

    async def _run(self, client: Client) -> None:
        viewer = client.viewer
        try:
            await self._hub.until_gone(viewer, self._tell(client), self._listen(client))
        except Exception as error:
            self._host.fault("Socket.IO", error)
            log.error("a Socket.IO client was let go", error=type(error).__name__)
        finally:
            self._let_go(client)
        if (client.namespace, client.sid) in self._clients:  # our doing: it comes back by itself
            client.line.cut()
            self._lines.pop(client.line.id, None)

    def _let_go(self, client: Client) -> None:
        client.line.viewers.discard(client.viewer)
        self._hub.leave(client.viewer)

    async def _listen(self, client: Client) -> None:
        """Do what the client wants, one wish after another."""
        while True:
            verb, session, since = await client.asks.get()
            topic = f"session:{session}"
            if verb == "unsub":
                self._hub.unlisten(client.viewer, topic)
            elif session:
                for other in ("pulse", "alerts"):  # who names a session wants no other
                    self._hub.unlisten(client.viewer, other)
                await self._follow(client, [topic], since)
            else:
                await self._follow_all(client, since)

    async def _follow(self, client: Client, topics: Iterable[str], since: float | None) -> None:
        start = self._host.clock.now_ms() / 1000 - PAST_S if since is None else since
        topics = list(topics)
        await self._hub.hear(client.viewer, Ask(sub=topics, since=dict.fromkeys(topics, start)))

    async def _follow_all(self, client: Client, since: float | None) -> None:
        """Who names no session hears of the worst; first what was of late, then all that comes."""
        most = FIRST if since is None else 100
        worst = (await self._host.overview(most))["sessions"]
        topics = [f"session:{one['session']}" for one in worst]
        client.several = len(topics) > 1
        for begin in range(0, len(topics), FIRST):
            await self._follow(client, topics[begin : begin + FIRST], since)
            if begin + FIRST >= len(topics):
                break
            for topic in topics[begin : begin + FIRST]:
                self._hub.unlisten(client.viewer, topic)
        await self._follow(client, ["pulse", "alerts"], since)
        for topic in topics:
            self._hub.unlisten(client.viewer, topic)

    async def _tell(self, client: Client) -> None:
        """Hand on what the viewer is given, no faster than the client takes it."""
        while True:
            frame = await client.viewer.next()
            if frame.topic == "server":
                continue
            if frame.kind == "gap":
                self._refill(client, frame)
                continue
            if frame.kind == "error":
                detail = msgspec.json.decode(frame.text)["detail"]
                await self._emit(client, "agent:error", _encoded("agent:error", {"error": detail}))
                continue
            retold = await retell(frame, self._point, self._host.event_names)
            told = [one for one in retold if client.news(one)]
            several = client.several if not client.sessions else len(client.sessions) > 1
            for place, one in enumerate(told, start=1):
                # The mark says up to where a client knows everything: where it follows several
                # sessions, a tick is known only when all of it has come.
                whole = place == len(told) if frame.topic == "pulse" else not several
                mark = int(one.t) if whole else int(one.t) - TICK_S
                text = one.text(client.sessions.get(one.session, ""), mark)
                await self._emit(client, one.event, text)

    async def _emit(self, client: Client, event: str, text: str) -> None:
        await client.line.room()
        client.line.handed(client.viewer)
        await self._server.emit(event, Text(text), to=client.sid, namespace=client.namespace)
        client.viewer.sent += 1

    def _refill(self, client: Client, frame: Frame) -> None:
        """Frames were lost on the way here: ask again, from the last point that is known."""
        session = frame.topic.removeprefix("session:")
        named = session if session in client.sessions else ""
        known = client.known.get(named) if named else min(client.known.values(), default=None)
        if not client.asks.full():
            client.asks.put_nowait(("sub", named, known))

    async def _point(self, session: str) -> Mapping[str, float]:
        found = await self._host.find(session)
        if found is None:
            return {}
        fields = {**found["fields"], "score": found["score"]}
        return {name: value for name, value in fields.items() if value is not None}

    async def close(self) -> None:
        """End what would stay open; the clients come back by themselves when we do."""
        self._closing = True
        for line in [*self._lines.values(), *self._fresh]:
            line.cut()
        for client in list(self._clients.values()):  # a poll that waits ends with this
            await self._server.emit(
                "agent:error",
                {"error": "the server stops; connect again"},
                to=client.sid,
                namespace=client.namespace,
            )
        self._lines.clear()
        self._clients.clear()
        server, self._server = self._server, None
        if server is not None:
            await server.shutdown()


def _encoded(event: str, payload: Mapping[str, Any]) -> str:
    return msgspec.json.encode([event, payload]).decode()


def _import() -> tuple[Any, Any]:
    try:
        import socketio
        from socketio import packet
    except ImportError:
        raise MissingExtra("python-socketio", "socketio") from None
    return socketio, packet
