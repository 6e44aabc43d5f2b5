"""The live push: one WebSocket or event stream per page, each frame made once for all."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from importlib.metadata import version
from typing import Annotated, Any
from urllib.parse import parse_qs

import msgspec
import structlog
from msgspec import Meta

from roomtone.runtime.host import Host
from roomtone.web.problems import DATA, Problem, Receive, Scope, Send
from roomtone.web.viewer import Frame, Viewer, said

STALL_S = 10.0
"""A viewer that takes nothing for this long is closed: its page is asleep or its line is dead."""

BEAT_S = 5.0
"""How often every viewer hears from the server, so that silence can be told from a dead line."""

VIEWERS = 1_000
"""How many may watch at once; each costs some 100 kB of buffers at worst."""

TOPICS = 50
"""How many topics one viewer may follow: a wall of session tiles."""

SNAPSHOT_S = 10.0
"""How long a first frame may take: its points come from a store."""

MOST_ASKED = 65_536
"""The largest message a viewer may send, in characters."""

Topic = Annotated[str, Meta(pattern=r"^(pulse|alerts|session:[^\x00-\x1f\x7f]{1,200})$")]
Since = Annotated[float, Meta(ge=0, le=253_402_300_799)]

log = structlog.get_logger()


class Ask(msgspec.Struct):
    """What a viewer says: topics it wants to hear, topics no longer, and what it has already."""

    sub: Annotated[list[Topic], Meta(max_length=TOPICS)] = []
    unsub: Annotated[list[Topic], Meta(max_length=TOPICS)] = []
    since: dict[str, Since | None] = {}


class _Listened:
    """One topic that somebody follows: one subscription for all of them."""

    def __init__(self) -> None:
        self.viewers: dict[Viewer, None] = {}
        self.ready = asyncio.Event()
        self.task: asyncio.Task[None] | None = None


class Hub:
    """All who watch, and one pump per topic that hands each frame to those who follow it."""

    def __init__(
        self,
        host: Host,
        *,
        stall_s: float = STALL_S,
        beat_s: float = BEAT_S,
        most_viewers: int = VIEWERS,
    ) -> None:
        self._host = host
        self.stall_s, self.beat_s, self.most = stall_s, beat_s, most_viewers
        self._topics: dict[str, _Listened] = {}
        self._viewers: dict[Viewer, None] = {}
        self._heart: asyncio.Task[None] | None = None
        self._closing = False
        self.version = version("roomtone")
        self.closed_stalled = 0
        self._sent_before = self._lost_before = 0  # by viewers that have gone

    def __len__(self) -> int:
        return len(self._viewers)

    @property
    def frames_sent(self) -> int:
        """Frames that were handed to a line."""
        return self._sent_before + sum(viewer.sent for viewer in self._viewers)

    @property
    def frames_lost(self) -> int:
        """Frames dropped before viewers that did not keep up."""
        return self._lost_before + sum(viewer.lost for viewer in self._viewers)

    def check_room(self) -> None:
        """Raise Problem when nobody more may watch."""
        if self._closing:
            raise Problem(503, "the server is stopping; connect again in a moment", retry_s=2)
        if len(self._viewers) >= self.most:
            raise Problem(
                503, f"{self.most} pages are watching already; close one and try again", retry_s=10
            )

    def enter(self) -> Viewer:
        """A new viewer, with its greeting. Raises Problem when there are too many."""
        self.check_room()
        viewer = Viewer()
        viewer.put(said("server", "hello", now=self._now(), version=self.version))
        self._viewers[viewer] = None
        if self._heart is None:
            self._heart = asyncio.create_task(self._beat(), name="beat")
        return viewer

    def leave(self, viewer: Viewer) -> None:
        """The viewer has gone, by itself or by our doing."""
        if viewer in self._viewers:
            del self._viewers[viewer]
            self._sent_before += viewer.sent
            self._lost_before += viewer.lost
        for topic in list(viewer.topics):
            self.unlisten(viewer, topic)
        if not self._viewers and self._heart is not None:
            self._heart.cancel()
            self._heart = None

    async def hear(self, viewer: Viewer, ask: Ask) -> None:
        """Do what the viewer asks; returns when the first frames are queued."""
        for topic in ask.unsub:
            self.unlisten(viewer, topic)
        for topic in ask.sub:
            if topic not in viewer.topics and len(viewer.topics) >= TOPICS:
                detail = f"one page follows at most {TOPICS} topics; unsubscribe from some first"
                viewer.put(said(topic, "error", detail=detail))
                continue
            await self._listen(viewer, topic, ask.since.get(topic))

    async def _listen(self, viewer: Viewer, topic: str, since: float | None) -> None:
        viewer.hold(topic)
        viewer.topics.add(topic)
        listened = self._topics.get(topic)
        if listened is None:
            listened = self._topics[topic] = _Listened()
            listened.task = asyncio.create_task(self._pump(topic, listened), name=f"pump {topic}")
        listened.viewers[viewer] = None
        first = None
        try:
            async with asyncio.timeout(SNAPSHOT_S):
                await listened.ready.wait()
                first = Frame(topic, await self._host.snapshot_frame(topic, since))
        except Exception as error:
            log.warning("a first frame could not be made", error=type(error).__name__)
            detail = "what was before could not be read; subscribe again in a moment"
            viewer.put(said(topic, "error", detail=detail))
        finally:
            viewer.release(topic, first)

    def unlisten(self, viewer: Viewer, topic: str) -> None:
        """The viewer no longer wants to hear a topic."""
        viewer.forget(topic)
        listened = self._topics.get(topic)
        if listened is None:
            return
        listened.viewers.pop(viewer, None)
        if not listened.viewers:
            del self._topics[topic]
            if listened.task is not None:
                listened.task.cancel()

    async def _pump(self, topic: str, listened: _Listened) -> None:
        """Hand each frame of a topic to its viewers; if the channel fails, say so and go on."""
        while True:
            try:
                async with self._host.news.subscribe(topic) as news:
                    listened.ready.set()
                    known = 0
                    async for payload in news:
                        if news.missed > known:
                            self._lost(listened, topic, news.missed - known)
                            known = news.missed
                        frame = Frame(topic, payload)
                        for viewer in listened.viewers:
                            viewer.take(frame)
                return  # the channel is closed
            except Exception as error:
                self._host.fault("live", error)
                log.error("a topic's news broke off", error=type(error).__name__)
                self._lost(listened, topic, 1)
            await asyncio.sleep(1)

    def _lost(self, listened: _Listened, topic: str, count: int) -> None:
        for viewer in listened.viewers:
            viewer.lose(topic, count)

    async def _beat(self) -> None:
        """Every few seconds a sign of life to all; and who takes nothing any more is let go."""
        loop = asyncio.get_running_loop()
        step = min(self.beat_s, self.stall_s) / 5
        now = loop.time()
        next_beat = now + self.beat_s
        while True:
            before = now
            await asyncio.sleep(step)
            now = loop.time()
            if now - before > 3 * step:  # we were asleep ourselves: answers lie there unread
                for viewer in self._viewers:
                    viewer.heard()
            for viewer in self._viewers:
                if not viewer.stalled and self._late(viewer, now + step):
                    viewer.stalled = True
                    self.closed_stalled += 1
                    viewer.stop.set()
            if now >= next_beat:
                next_beat += self.beat_s
                beat = said("server", "beat", ping=True, now=self._now())
                for viewer in self._viewers:
                    viewer.put(beat)
                    if viewer.answers and viewer.asked_since is None:
                        viewer.asked_since = now

    def _late(self, viewer: Viewer, now: float) -> bool:
        """Whether a viewer has taken nothing for too long.

        Where little is sent, all of it may fit into buffers on the way; so it also has to answer
        a beat, in what is left of that time when a beat may come a whole beat late.
        """
        sent, asked = viewer.sending_since, viewer.asked_since
        patience = max(self.stall_s - self.beat_s, 0.4 * self.stall_s)
        return (sent is not None and now - sent > self.stall_s) or (
            asked is not None and now - asked > patience
        )

    async def close(self) -> None:
        """Let all viewers go; a server that stops would wait for them for ever."""
        self._closing = True
        for viewer in list(self._viewers):
            viewer.stop.set()
        for _ in range(40):
            if not self._viewers:
                return
            await asyncio.sleep(0.05)

    def _now(self) -> float:
        return self._host.clock.now_ms() / 1000

    # -- the two ways out ----------------------------------------------------------------------

    async def socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """GET /v1/live: a WebSocket. Raises Problem before it is accepted."""
        await receive()
        viewer = self.enter()
        try:
            await send({"type": "websocket.accept"})
            line = (scope.get("extensions") or {}).get("roomtone.line")
            if line is None:
                sender = self._send_texts(viewer, send)
            else:
                sender = self._send_wires(viewer, line.send)
                viewer.pick_up(line.write)
                line.on_pong = viewer.heard
            await self.until_gone(viewer, sender, self._asked(viewer, receive))
            viewer.hang_up()
            if viewer.stalled:
                _abort(scope)
            elif viewer.stop.is_set():
                await send({"type": "websocket.close", "code": 1001, "reason": "server stops"})
        finally:
            self.leave(viewer)

    async def stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        """GET /v1/stream: the same as server-sent events. Raises Problem before it begins."""
        ask = parse_stream(scope)
        viewer = self.enter()
        headers = [(b"content-type", b"text/event-stream; charset=utf-8"), *DATA]
        try:
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await self.until_gone(
                viewer, self._send_events(viewer, send), self._gone(viewer, ask, receive)
            )
            if viewer.stalled:
                _abort(scope)
            else:
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            self.leave(viewer)

    async def until_gone(self, viewer: Viewer, *jobs: Any) -> None:
        """Run sender and receiver until one of them ends, or the viewer is to go."""
        tasks = [asyncio.ensure_future(job) for job in (*jobs, viewer.stop.wait())]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for task in done:
            error = task.exception()
            if error is not None and not isinstance(error, OSError):
                raise error

    async def _send_texts(self, viewer: Viewer, send: Send) -> None:
        clock = asyncio.get_running_loop().time
        while True:
            frame = await viewer.next()
            viewer.sending_since = clock()
            await send({"type": "websocket.send", "text": frame.text})
            viewer.sending_since = None
            viewer.sent += 1

    async def _send_wires(self, viewer: Viewer, send: Callable[[bytes], Awaitable[None]]) -> None:
        clock = asyncio.get_running_loop().time
        while True:
            frame = await viewer.next()
            viewer.sending_since = clock()
            await send(frame.wire)
            viewer.sending_since = None
            viewer.sent += 1

    async def _send_events(self, viewer: Viewer, send: Send) -> None:
        clock = asyncio.get_running_loop().time
        while True:
            frame = await viewer.next()
            viewer.sending_since = clock()
            await send({"type": "http.response.body", "body": frame.event, "more_body": True})
            viewer.sending_since = None
            viewer.sent += 1

    async def _asked(self, viewer: Viewer, receive: Receive) -> None:
        """Hear what the viewer wants, one message at a time, each once the last is answered."""
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                return
            try:
                ask = read_ask(message.get("text") or message.get("bytes") or b"")
            except Problem as problem:
                viewer.put(said("server", "error", detail=problem.detail))
            else:
                await self.hear(viewer, ask)
            await viewer.flushed()

    async def _gone(self, viewer: Viewer, ask: Ask, receive: Receive) -> None:
        await self.hear(viewer, ask)
        while (await receive())["type"] != "http.disconnect":
            pass


def read_ask(message: str | bytes) -> Ask:
    """A viewer's message. Raises Problem with what to send instead."""
    try:
        if len(message) > MOST_ASKED:
            raise ValueError(f"it is longer than {MOST_ASKED:,} characters")
        return msgspec.json.decode(message, type=Ask)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise Problem(
            422,
            f"that was not understood: {error}; send "
            '{"sub": ["pulse", "alerts", "session:ID"], "since": {}, "unsub": []}',
        ) from None


def parse_stream(scope: Scope) -> Ask:
    """What an event stream's address asks for. Raises Problem with what to write instead."""
    try:
        query = scope["query_string"].decode("latin-1")
        given = parse_qs(query, keep_blank_values=True, max_num_fields=2 * TOPICS)
    except ValueError:
        raise Problem(400, f"too many query parameters; name at most {TOPICS} topics") from None
    topics = [*_split_topics(given.get("topics", [])), *given.get("topic", [])]
    since = given.get("since", [""])[-1]
    for name, value in scope["headers"]:
        if name == b"last-event-id" and value.strip():
            since = value.decode("latin-1").strip()
    try:
        asked = {"sub": topics, "since": dict.fromkeys(topics, float(since)) if since else {}}
        ask = msgspec.convert(asked, Ask)
    except (msgspec.ValidationError, ValueError) as error:
        raise Problem(
            422,
            f"that was not understood: {error}; ask like /v1/stream?topics=pulse,alerts or "
            "?topic=session:ID, with since= in epoch seconds",
        ) from None
    if not ask.sub:
        raise Problem(422, "no topics; ask like /v1/stream?topics=pulse,alerts")
    return ask


def _split_topics(values: Iterable[str]) -> list[str]:
    return [topic for value in values for topic in value.split(",") if topic]


def _abort(scope: Scope) -> None:
    """Cut the line at once: what waits in the server's buffer for a stalled viewer goes with it."""
    cut = scope.get("extensions", {}).get("roomtone.abort")
    if cut is not None:
        cut()
