"""The live push: one WebSocket or event stream per page, each frame made once for all."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from typing import Any

import structlog

from roomtone.runtime.host import Host
from roomtone.web.following import TOPICS, Ask, parse_stream, read_ask
from roomtone.web.problems import DATA, Problem, Receive, Scope, Send
from roomtone.web.viewer import Frame, Viewer, said

STALL_S = 10.0
"""A viewer that takes nothing for this long is closed: its page is asleep or its line is dead."""

BEAT_S = 5.0
"""How often every viewer hears from the server, so that silence can be told from a dead line."""

VIEWERS = 1_000
"""How many may watch at once; each costs some 100 kB of buffers at worst."""

SNAPSHOT_S = 10.0
"""How long a first frame may take: its points come from a store."""

log = structlog.get_logger()


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
        self._entered = 0
        self._written = 0  # frames that went straight to a line
        self._sent_before = self._lost_before = 0  # by viewers that have gone

    def __len__(self) -> int:
        return len(self._viewers)

    @property
    def frames_sent(self) -> int:
        """Frames that were handed to a line."""
        return self._written + self._sent_before + sum(viewer.sent for viewer in self._viewers)

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
        self._entered += 1
        # By the golden ratio, any number in a row divide the time between two beats evenly.
        share = self._entered * 0.618034 % 1
        viewer.beat_at = asyncio.get_running_loop().time() + share * self.beat_s
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
                        self._hand_on(Frame(topic, payload), listened.viewers)
                return  # the channel is closed
            except Exception as error:
                self._host.fault("live", error)
                log.error("a topic's news broke off", error=type(error).__name__)
                self._lost(listened, topic, 1)
            await asyncio.sleep(1)

    def _hand_on(self, frame: Frame, viewers: dict[Viewer, None]) -> None:
        """Give a frame to all who follow its topic; what is in the loop is done for each."""
        wire, written = frame.wire, len(viewers)
        for viewer in viewers:
            write = viewer.now
            if write is None:
                viewer.take(frame)
                written -= 1
            else:
                write(wire)
        self._written += written

    def _lost(self, listened: _Listened, topic: str, count: int) -> None:
        for viewer in listened.viewers:
            viewer.lose(topic, count)

    async def _beat(self) -> None:
        """Every few seconds a sign of life to each; and who takes nothing any more is let go.

        Each has its own time: from all at once, the answers would come at once, and a frame that
        is due then would wait behind all of them.
        """
        loop = asyncio.get_running_loop()
        now = loop.time()
        while True:
            before, look = now, min(self.beat_s, self.stall_s) / 5
            await asyncio.sleep(look / 5)
            now = loop.time()
            if now - before > 3 * look:  # we were asleep ourselves: answers lie there unread
                for viewer in self._viewers:
                    viewer.heard()
            beat = None
            for viewer in self._viewers:
                if not viewer.stalled and self._late(viewer, now + look):
                    viewer.stalled = True
                    self.closed_stalled += 1
                    viewer.stop.set()
                if viewer.beat_at <= now:
                    beat = beat or said("server", "beat", ping=True, now=self._now())
                    viewer.beat_at = max(viewer.beat_at, now - self.beat_s) + self.beat_s
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
                viewer.pick_up(line)
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


def _abort(scope: Scope) -> None:
    """Cut the line at once: what waits in the server's buffer for a stalled viewer goes with it."""
    cut = scope.get("extensions", {}).get("roomtone.abort")
    if cut is not None:
        cut()
