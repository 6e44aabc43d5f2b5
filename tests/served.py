"""A real `roomtone serve` for tests: started, asked, killed, started again on the same folder."""

from __future__ import annotations

import json
import os
import signal
import time
import urllib.request
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from roomtone.events import Event
from roomtone.records import Batch
from roomtone.runtime.journal import read_journal
from tests import warm

PATIENCE_S = 60.0


class Served:
    """A server process on a data folder, with the settings given as environment variables."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder, self.settings = folder, settings
        self.process: warm.Program | None = None
        self.url = ""
        folder.mkdir(parents=True, exist_ok=True)

    def start(self) -> Served:
        """Start it, and wait until it listens."""
        clean = {k: v for k, v in os.environ.items() if not k.startswith("ROOMTONE_")}
        named = {f"ROOMTONE_{key.upper()}": value for key, value in self.settings.items()}
        self.process = warm.Program(
            ("serve", "--data", "data", "--port", "0"),
            cwd=self.folder,
            env={**clean, **named, "XDG_CONFIG_HOME": str(self.folder)},
            out=self.folder / "server.out",
            err=self.folder / "server.log",
        )
        line = self.process.first_line()
        assert "http://" in line, (self.folder / "server.log").read_text()[-2000:]
        self.url = "http://" + line.split("http://")[1].split()[0]
        return self

    def get(self, path: str) -> Any:
        """A JSON answer, whatever its status."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=20) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refusal:
            return json.load(refusal)

    def part(self, name: str) -> dict[str, Any]:
        """A part's line on /readyz; empty where there is none."""
        parts = self.get("/readyz")["parts"]
        return next((dict(part) for part in parts if part["name"] == name), {})

    def numbers(self) -> dict[str, float]:
        """What /metrics tells, by name and labels as they stand there."""
        with urllib.request.urlopen(self.url + "/metrics", timeout=20) as answer:
            lines = answer.read().decode().splitlines()
        pairs = (line.rpartition(" ") for line in lines if line and not line.startswith("#"))
        return {name: float(value) for name, _, value in pairs}

    def end(self, number: int = signal.SIGTERM) -> None:
        """End it: SIGTERM asks, SIGKILL does not."""
        if self.process is None:
            return
        self.process.send_signal(number)
        self.process.wait(PATIENCE_S)
        self.process = None

    def kept(self) -> list[Event]:
        """All events of the journal, in its order; for a server that has ended."""
        entries = read_journal(self.folder / "data" / "journal")
        return [e for _, entry in entries if isinstance(entry, Batch) for e in entry.events]

    def texts(self) -> Counter[str]:
        """How often each text is in the journal."""
        return Counter(getattr(event, "text", "") for event in self.kept())


def wait_until(happens: Callable[[], object], within_s: float = PATIENCE_S) -> float:
    """Wait for something that another process does; returns how long it took, in seconds."""
    begun = time.monotonic()
    while not happens():
        assert time.monotonic() - begun < within_s, "it never came"
        time.sleep(0.05)
    return time.monotonic() - begun
