"""A server in a process of its own, and a client that is fast enough not to be in its way."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

CONNECTIONS = 8


@dataclass
class Server:
    """A running server: where it listens and which process it is."""

    port: int
    pid: int


@contextlib.contextmanager
def roomtone() -> Iterator[Server]:
    """`roomtone serve` with a data folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        command = [sys.executable, "-m", "roomtone", "serve", "--data", folder, "--port", str(port)]
        with _running(command, port, folder) as server:
            yield server


@contextlib.contextmanager
def fastapi() -> Iterator[Server]:
    """The usual way: FastAPI and pydantic under uvicorn. It keeps nothing: durability none."""
    port = free_port()
    command = [
        sys.executable, "-m", "uvicorn", "benchmarks.baseline.api:app", "--port", str(port),
        "--no-access-log", "--log-level", "warning",
    ]  # fmt: skip
    with _running(command, port, None) as server:
        yield server


@contextlib.contextmanager
def _running(command: list[str], port: int, folder: str | None) -> Iterator[Server]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("ROOMTONE_")}
    if folder is not None:
        env["ROOMTONE_LIMITS__MAX_SESSIONS_PER_CLIENT"] = "20000"
    env["PYTHONPATH"] = os.pathsep.join(
        [str(Path(__file__).parent.parent), *filter(None, sys.path)]
    )
    process = subprocess.Popen(
        command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    try:
        _await_port(process, port)
        yield Server(port, process.pid)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)
        if process.stderr is not None:
            process.stderr.close()


def _await_port(process: subprocess.Popen[str], port: int) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        if process.poll() is not None:
            said = process.stderr.read()[-2000:] if process.stderr else ""
            raise RuntimeError(f"the server ended at once: {said}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
            return
        time.sleep(0.05)
    raise RuntimeError("the server did not open its port within 30 s")


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port: int = s.getsockname()[1]
        return port


class Client:
    """Posts prepared bodies over kept connections, reading no more of the answers than it must."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def post(self, path: str, body: bytes) -> int:
        """Post one body; returns the answer's status."""
        reader, writer = await self._connection()
        writer.write(
            b"POST %b HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
            b"content-length: %d\r\n\r\n" % (path.encode(), len(body)) + body
        )
        head = await reader.readuntil(b"\r\n\r\n")
        length = 0
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        await reader.readexactly(length)
        self._idle.append((reader, writer))
        return int(head.split(b" ", 2)[1])

    async def _connection(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """One that is open still: a server lets go of those that were idle for seconds."""
        while self._idle:
            reader, writer = self._idle.pop()
            if not reader.at_eof():
                return reader, writer
            writer.close()
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def post_all(self, path: str, bodies: Sequence[bytes]) -> None:
        """Post all bodies over several connections; raises where one is not accepted."""
        waiting = iter(bodies)

        async def work() -> None:
            for body in waiting:
                status = await self.post(path, body)
                if status not in (200, 202):
                    raise RuntimeError(f"the server answered {status}")

        await asyncio.gather(*(work() for _ in range(CONNECTIONS)))

    async def close(self) -> None:
        """Let go of the connections."""
        for _, writer in self._idle:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
        self._idle.clear()
