"""Real processes, one for each role, of one partition on one folder."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import websockets

from roomtone.records import Batch
from roomtone.runtime.journal import read_journal
from tests import warm
from tests.servers import Running

PATIENCE_S = 60.0


class Process:
    """One `roomtone serve --role ROLE`, on a free port."""

    def __init__(self, folder: Path, redis: str, role: str, *flags: str, **settings: str) -> None:
        clean = {k: v for k, v in os.environ.items() if not k.startswith("ROOMTONE_")}
        named = {f"ROOMTONE_{key.upper()}": value for key, value in settings.items()}
        folder.mkdir(parents=True, exist_ok=True)
        env = {**clean, **named, "ROOMTONE_CHANNELS__NEWS": redis, "XDG_CONFIG_HOME": str(folder)}
        words = ("serve", "--role", role, "--port", "0", *flags)
        out, log = folder / f"{role}-{uuid4().hex}.out", folder / f"{role}.log"
        self.process = warm.Program(words, cwd=folder, env=env, out=out, err=log)
        line = self.process.first_line()
        assert "http://" in line, log.read_text()[-2000:]
        self.url = "http://" + line.split("http://")[1].split()[0]
        self.client = httpx2.Client(base_url=self.url, timeout=30, verify=False)  # no TLS

    def get(self, path: str) -> httpx2.Response:
        """An answer, whatever its status."""
        return self.client.get(path)

    def post(self, *events: dict[str, Any]) -> httpx2.Response:
        """Send events."""
        return self.client.post("/v1/events", json=list(events))

    def ready(self) -> bool:
        """Whether it can do its work."""
        return self.get("/readyz").status_code == 200

    def live(self) -> Any:
        """A WebSocket to /v1/live."""
        return websockets.connect(self.url.replace("http", "ws") + "/v1/live")

    def end(self, number: int = signal.SIGTERM) -> int:
        """End it: SIGTERM asks, SIGKILL does not."""
        self.client.close()
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)


class Cluster:
    """Processes of one partition on one folder."""

    def __init__(self, folder: Path, redis: Running) -> None:
        self.folder, self.redis = folder, redis
        self.processes: list[Process] = []

    def start(self, role: str, *flags: str, **settings: str) -> Process:
        """One more process."""
        made = Process(self.folder, self.redis.url, role, *flags, **settings)
        self.processes.append(made)
        return made

    def kept(self) -> list[str | None]:
        """The ids of all events in the journal, in its order."""
        entries = read_journal(self.folder / "roomtone-data" / "journal")
        return [e.id for _, entry in entries if isinstance(entry, Batch) for e in entry.events]


def wait_for(happens: Callable[[], object]) -> None:
    """Wait for what another process does."""
    begun = time.monotonic()
    while not happens():
        assert time.monotonic() - begun < PATIENCE_S, "it never came"
        time.sleep(0.05)
