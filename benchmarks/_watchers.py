"""Many who watch, in a process of their own: they read frames as cheaply as can be."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import socket
import struct
import sys
import time
from array import array
from typing import Any

from roomtone.web import serving

_SENT = re.compile(rb'"sent":([0-9.]+)')
_PING, _CLOSE = 0x89, 0x88


class Watcher(asyncio.Protocol):
    """One WebSocket that counts whole frames and when they came; `stall` lets it read no more."""

    def __init__(self, crowd: Crowd) -> None:
        self.crowd = crowd
        self.transport: Any = None
        self.buffer = b""
        self.open = False
        self.frames = self.snapshots = 0
        self.digest = hashlib.sha256()
        self.closed_at = 0.0

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        transport.write(self.crowd.hello)

    def connection_lost(self, error: Exception | None) -> None:
        self.closed_at = time.monotonic()

    def stall(self) -> None:
        """Read nothing from now on."""
        self.transport.pause_reading()

    def data_received(self, data: bytes) -> None:
        buffer = self.buffer + data if self.buffer else data
        if not self.open:
            head, found, buffer = buffer.partition(b"\r\n\r\n")
            if not found:
                self.buffer = head
                return
            if b" 101 " not in head[:20]:
                raise RuntimeError(f"no WebSocket: {head[:300]!r}")
            self.open = True
            for said in self.crowd.asks:
                self.say(said)
        now, at, end = time.monotonic(), 0, len(buffer)
        while end - at >= 2:
            size, body = buffer[at + 1], at + 2
            if size == 126:
                if end - at < 4:
                    break
                size, body = struct.unpack_from("!H", buffer, at + 2)[0], at + 4
            elif size == 127:
                if end - at < 10:
                    break
                size, body = struct.unpack_from("!Q", buffer, at + 2)[0], at + 10
            if end - body < size:
                break
            self._frame(buffer[at], buffer[body : body + size], now)
            at = body + size
        self.buffer = buffer[at:]

    def _frame(self, head: int, text: bytes, now: float) -> None:
        if head == _PING:
            self.transport.write(b"\x8a" + bytes([0x80 | len(text)]) + b"\0\0\0\0" + text)
        elif text == b"2":  # Engine.IO's ping
            self.say(b"3")
        elif (found := _SENT.search(text)) is not None:
            self.frames += 1
            self.crowd.delays.append(now - float(found[1]))
            if self.crowd.exact:
                self.digest.update(_canonical(text))
        elif text.startswith(b'42/events,["engagement:update"'):
            self.frames += 1
        elif b'"kind":"snapshot"' in text:
            self.snapshots += 1

    def say(self, text: bytes) -> None:
        """Send a short text, masked with zeros."""
        self.transport.write(bytes([0x81, 0x80 | len(text)]) + b"\0\0\0\0" + text)


def _canonical(text: bytes) -> bytes:
    """What a frame says, however it was written; without when it was sent."""
    socketio = text.startswith(b"42")
    said = json.loads(text[2:])[1] if socketio else json.loads(text)
    del said["sent"]
    return json.dumps(said, sort_keys=True).encode()


class Crowd:
    """All watchers of one server, told what to do over the input."""

    def __init__(self, kind: str, port: int) -> None:
        path, asks = {
            "ours": ("/v1/live", [b'{"sub": ["session:watched"]}']),
            "starlette": ("/v1/live", []),
            "floor": ("/v1/live", []),
            "retold": (
                "/socket.io/?EIO=4&transport=websocket",
                [b'40/events,{"sessionId":"watched"}'],
            ),
            "socketio": ("/socket.io/?EIO=4&transport=websocket", [b"40"]),
        }[kind]
        self.asks: list[bytes] = asks
        self.port = port
        self.hello = (
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        ).encode()
        self.watchers: list[Watcher] = []
        self.exact = False
        self.delays: array[float] = array("d")

    async def come(self, count: int) -> dict[str, Any]:
        """That many more connect."""
        loop = asyncio.get_running_loop()
        for _ in range(count):
            line = socket.create_connection(("127.0.0.1", self.port))
            _, made = await loop.create_connection(lambda: Watcher(self), sock=line)
            self.watchers.append(made)
        return {"watching": len(self.watchers)}

    async def begin(self, exact: bool = False, stalled: int = 0) -> dict[str, Any]:
        """Forget what was; the last few read no more."""
        self.delays, self.exact = array("d"), exact
        for watcher in self.watchers:
            watcher.frames, watcher.digest = 0, hashlib.sha256()
        for watcher in self.watchers[len(self.watchers) - stalled :]:
            watcher.stall()
        return {"at": time.monotonic()}

    async def end(self, frames: int, stalled: int = 0, within_s: float = 10) -> dict[str, Any]:
        """Wait until all who read have that many frames; tell what they saw."""
        reading = self.watchers[: len(self.watchers) - stalled]
        until = time.monotonic() + within_s
        while any(w.frames < frames for w in reading) and time.monotonic() < until:
            await asyncio.sleep(0.02)
        delays = sorted(self.delays)
        return {
            "frames": sorted({w.frames for w in reading}),
            "digests": sorted({w.digest.hexdigest() for w in reading}),
            "snapshots": sum(w.snapshots for w in self.watchers),
            "p50_ms": delays[len(delays) // 2] * 1e3 if delays else 0,
            "p99_ms": delays[len(delays) * 99 // 100] * 1e3 if delays else 0,
            "cpu_s": time.process_time(),
        }

    async def go(self) -> dict[str, Any]:
        """All hang up."""
        for watcher in self.watchers:
            watcher.transport.abort()
        self.watchers = []
        return {}


async def main(kind: str, port: int) -> None:
    """Do what the input says, one JSON object per line, and answer each."""
    crowd = Crowd(kind, port)
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    print("ready", flush=True)
    while line := await reader.readline():
        ask = json.loads(line)
        answer = await getattr(crowd, ask.pop("do"))(**ask)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    serving.run(main(sys.argv[1], int(sys.argv[2])))
