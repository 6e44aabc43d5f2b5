"""The documents' client out of npm, in a process of its own, as tests talk to it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import sys
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.servers import missing

NODE = Path(__file__).parents[1] / "node"


class Listener:
    """The client in its own process: what it prints, and how it is told things."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.window: list[str] = []

    async def next(self, *kinds: str) -> dict[str, Any]:
        """The next thing of these kinds that it prints."""
        assert self._process.stdout is not None
        async with asyncio.timeout(30):
            while True:
                line = await self._process.stdout.readline()
                assert line, "the client ended"
                said: dict[str, Any] = json.loads(line)
                self.window = said.get("window", self.window)
                if said["what"] in kinds:
                    return said

    async def updates(self, count: int) -> list[int]:
        """The times of its next so many updates."""
        points = [(await self.next("update"))["point"] for _ in range(count)]
        return [seconds(point["timestamp"]) for point in points]

    async def say(self, **said: Any) -> None:
        """Tell it what to do."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(said).encode() + b"\n")
        await self._process.stdin.drain()

    async def ask(self, say: str, **payload: Any) -> Any:
        """Let it emit something and wait for the acknowledgement."""
        await self.say(say=say, payload=payload)
        return (await self.next("answer"))["answer"]


def needed() -> str:
    """Node.js, with socket.io-client beside it."""
    node = shutil.which("node") or shutil.which("node", path=Path(sys.executable).parent)
    if node is None or not (NODE / "node_modules" / "socket.io-client").is_dir():
        missing("no Node.js or no socket.io-client; run: make tests/node/node_modules/.ready")
    return str(node)


@contextlib.asynccontextmanager
async def listener(port: int, space: str = "/events", **options: Any) -> AsyncIterator[Listener]:
    """A socket.io-client out of npm, connected."""
    node = needed()
    process = await asyncio.create_subprocess_exec(
        node,
        str(NODE / "listen.mjs"),
        f"http://127.0.0.1:{port}{space}",
        json.dumps(options),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=2**20,
    )
    client = Listener(process)
    try:
        await client.next("connected")
        yield client
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await asyncio.wait_for(process.wait(), 20)


def seconds(timestamp: str) -> int:
    return int(datetime.fromisoformat(timestamp).timestamp())
