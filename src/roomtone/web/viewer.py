"""One who watches: the frames that wait for it, what it lost, and when it last took something."""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

import msgspec

QUEUE = 256
"""How many frames wait for one viewer: half a minute of one busy session."""

QUEUE_CHARS = 4_000_000
"""How much waits for one viewer at most; only first frames are large."""

PING = b"\x89\x00"
"""A WebSocket's question for a sign of life, as it goes over the wire."""

_HEAD = re.compile(rb'"kind":"([a-z]+)","seq":(\d+)(?:,"t":(\d+))?')


class Wire(Protocol):
    """A line that takes whole frames as they go over the wire, at once."""

    room: bool
    """Whether it takes more now."""

    on_full: Callable[[], None] | None
    """Called when it takes no more, or nothing ever again."""

    @property
    def write(self) -> Callable[[bytes], object]:
        """Takes a frame; to be called only while there is room."""


class Frame:
    """One frame, the same object for all who get it."""

    __slots__ = ("_event", "_ping", "_wire", "kind", "retold", "seq", "t", "text", "topic")

    def __init__(self, topic: str, payload: bytes, *, ping: bool = False) -> None:
        self.topic = topic
        self.text = payload.decode()
        found = _HEAD.search(payload, 0, 1500)  # a topic is at most 200 characters, escaped 1,200
        self.kind = found[1].decode() if found else ""
        self.retold: tuple[Any, ...] | None = None  # what another wire makes of it, once for all
        self.seq = int(found[2]) if found else 0
        self.t = found[3].decode() if found and found[3] else ""
        self._event: bytes | None = None
        self._wire: bytes | None = None
        self._ping = ping

    @property
    def change(self) -> bool:
        """Whether it tells counts and events of the moment."""
        return self.kind == "change"

    @property
    def wire(self) -> bytes:
        """The frame as a WebSocket carries it from a server (RFC 6455, section 5.2): one whole
        text, neither masked nor packed."""
        if self._wire is None:
            data = self.text.encode()
            size = len(data)
            if size < 126:
                head = bytes((0x81, size))
            elif size < 65_536:
                head = b"\x81\x7e" + size.to_bytes(2, "big")
            else:
                head = b"\x81\x7f" + size.to_bytes(8, "big")
            self._wire = head + data + PING if self._ping else head + data
        return self._wire

    @property
    def event(self) -> bytes:
        """The frame as a server-sent event; a tick's id is its time, so that `since` can follow."""
        if self._event is None:
            mark = f"id: {self.t}\n" if self.t else ""
            self._event = f"{mark}data: {self.text}\n\n".encode()
        return self._event


def said(topic: str, kind: str, *, ping: bool = False, **payload: Any) -> Frame:
    """A frame of our own: of the line itself, not of what is measured.

    With `ping`, a WebSocket's end is asked for a sign of life in the same breath.
    """
    made = msgspec.json.encode({"topic": topic, "kind": kind, "seq": 0, **payload})
    return Frame(topic, made, ping=ping)


class Viewer:
    """One page that watches: what waits for it, what it lost, and whether it still reads.

    Where its line can take a frame at once, `now` is the line's own write, and whoever has a frame
    for many viewers calls it without anybody being woken: that is what makes many viewers cheap.
    It is set only while nothing waits, nothing is held back and the line has room, so that order
    is kept and buffers stay small; else frames are taken, and wait.
    """

    __slots__ = (
        "__weakref__",
        "_chars",
        "_flushed",
        "_held",
        "_line",
        "_missed",
        "_waiting",
        "_wake",
        "asked_since",
        "beat_at",
        "lost",
        "now",
        "sending_since",
        "sent",
        "stalled",
        "stop",
        "topics",
    )

    def __init__(self) -> None:
        self.topics: set[str] = set()
        self._line: Wire | None = None
        self.now: Callable[[bytes], object] | None = None
        self.sent = 0
        self.sending_since: float | None = None  # when the frame now on its way was handed over
        self.asked_since: float | None = None  # when it was asked for a sign of life, in vain yet
        self.beat_at = 0.0  # when it is to hear from the server next
        self.stop = asyncio.Event()
        self.stalled = False
        self.lost = 0  # frames that were dropped before it, in all
        self._waiting: deque[Frame] = deque()
        self._chars = 0
        self._missed: dict[str, int] = {}
        self._held: dict[str, list[Frame]] = {}
        self._wake = asyncio.Event()
        self._flushed = asyncio.Event()
        self._flushed.set()

    def pick_up(self, line: Wire) -> None:
        """From now on, what can be written at once is."""
        self._line = line
        line.on_full = self._full

    def _full(self) -> None:
        self.now = None

    @property
    def answers(self) -> bool:
        """Whether it can be asked for a sign of life."""
        return self._line is not None

    def heard(self) -> None:
        """It gave a sign of life."""
        self.asked_since = None

    def hang_up(self) -> None:
        """From now on, everything waits."""
        self._line = self.now = None

    def take(self, frame: Frame) -> None:
        """Send or queue a frame, in place of the oldest where there is no room; never waits."""
        held = self._held.get(frame.topic) if self._held else None
        if held is None:
            self.put(frame)
        elif len(held) < QUEUE:
            held.append(frame)
        else:
            self.lose(frame.topic, 1)

    def put(self, frame: Frame) -> None:
        """Send or queue a frame that nothing has to come before."""
        if self.now is not None:
            self.now(frame.wire)
            self.sent += 1
            return
        self._waiting.append(frame)
        self._chars += len(frame.text)
        while len(self._waiting) > QUEUE or (self._chars > QUEUE_CHARS and len(self._waiting) > 1):
            oldest = self._waiting.popleft()
            self._chars -= len(oldest.text)
            self.lost += 1
            self._missed[oldest.topic] = self._missed.get(oldest.topic, 0) + 1
        self._flushed.clear()
        self._wake.set()

    def lose(self, topic: str, count: int) -> None:
        """Note that frames of a topic did not come through; the viewer is told."""
        self.now = None
        self.lost += count
        self._missed[topic] = self._missed.get(topic, 0) + count
        self._flushed.clear()
        self._wake.set()

    def hold(self, topic: str) -> None:
        """Keep back what comes on a topic until its first frame is there."""
        self._held.setdefault(topic, [])
        self.now = None

    def release(self, topic: str, first: Frame | None) -> None:
        """Give out the first frame of a topic, then what came meanwhile.

        Counts and events of the moment that are older than the first frame are in it already.
        """
        held = self._held.pop(topic, [])
        if first is not None:
            self.put(first)
        for frame in held:
            if not (frame.change and first is not None and frame.seq < first.seq):
                self.put(frame)

    def forget(self, topic: str) -> None:
        """Drop what waits of a topic that the viewer no longer wants."""
        self.topics.discard(topic)
        self._held.pop(topic, None)
        self._missed.pop(topic, None)

    async def next(self) -> Frame:
        """The next frame to be sent; a gap comes before what follows it."""
        while not self._waiting and not self._missed:
            if self._line is not None and self._line.room and not self._held:
                self.now = self._line.write
            self._flushed.set()
            self._wake.clear()
            await self._wake.wait()
        if self._missed:
            topic, count = self._missed.popitem()
            return said(topic, "gap", missed=count)
        frame = self._waiting.popleft()
        self._chars -= len(frame.text)
        return frame

    async def flushed(self) -> None:
        """Wait until nothing waits."""
        await self._flushed.wait()
