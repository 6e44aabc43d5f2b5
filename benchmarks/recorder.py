"""What recording adds to a turn while the server is well, hangs or is dead, beside two others."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from benchmarks._protocol import Disagreement, Options, Report, ratios
from benchmarks.peers import _venvs

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "benchmarks" / "peers" / "turns.py"
STATES = ("healthy", "hung", "dead")
PEERS = ("langfuse", "otel")
TIMEOUT_S = 120


def run(options: Options) -> Report:
    """Ours, Langfuse's `observe` and a batch span processor, in turns, in each of the states."""
    report = Report("recorder")
    turns, reps = (400, 1) if options.quick else (2000, options.repeat(3))
    names = ["ours", *(name for name in PEERS if not options.only or name in options.only)]
    try:
        _venvs.python("langfuse")
    except RuntimeError as error:
        names = ["ours"]
        report.lines.append(f"peers left out: {error}")
    report.lines += [
        f"{turns:,} turns, one every 2 ms, each in a process of its own; {reps} repetitions",
        "healthy: a Roomtone server takes turns and traces, for all alike; hung: it accepts and "
        "never answers; dead: nobody listens",
    ]
    for state in STATES:
        found: dict[str, list[list[float]]] = {name: [] for name in names}
        with _server(state) as url:
            for rep in range(reps):
                for name in names if rep % 2 == 0 else reversed(names):
                    found[name].append(_measure(name, url, turns))
            if state == "healthy":
                _agree(url, names)
        for percent in (50, 99):
            by_name = {
                name: [float(np.percentile(times, percent)) for times in runs]
                for name, runs in found.items()
            }
            bar = 100.0 if percent == 99 else None
            for name, values in by_name.items():
                mark = {"bar": bar, "less_is_better": True} if name == "ours" else {}
                report.add(f"{state} {name} p{percent}", "us", values, **mark)
            for name in names[1:]:
                times = ratios(by_name[name], by_name["ours"])
                report.add(f"{state} {name} / ours p{percent}", "x", times, bar=1.0)
    return report


def _measure(name: str, url: str, turns: int) -> list[float]:
    """Microseconds of each turn, in a fresh process."""
    python = sys.executable if name == "ours" else str(_venvs.python("langfuse"))
    env = {key: value for key, value in os.environ.items() if not key.startswith("OTEL_")}
    if name == "ours":
        env["PYTHONPATH"] = os.pathsep.join([str(ROOT / "src"), env.get("PYTHONPATH", "")])
    else:
        env.pop("PYTHONPATH", None)
    done = subprocess.run(
        [python, str(SCRIPT), name, url, str(turns)],
        env=env,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{name} failed: {done.stderr[-2000:]}")
    return [ns / 1000 for ns in json.loads(done.stdout.splitlines()[-1])]


def _agree(url: str, names: list[str]) -> None:
    """The server must have had turns of all, or it was not healthy for one of them."""
    with urllib.request.urlopen(f"{url}/v1/inspector", timeout=10) as answer:
        known = {row["source"]: row["accepted"] for row in json.load(answer)["sources"]}
    for source in ["recorder", *(["otlp"] if names[1:] else [])]:
        if not known.get(source):
            raise Disagreement(f"the server had no turn from {source}: {known}")


# -- the three states ------------------------------------------------------------------------------


@contextlib.contextmanager
def _server(state: str) -> Iterator[str]:
    """A server's address, in one of the states."""
    states: dict[str, Callable[[], contextlib.AbstractContextManager[str]]] = {
        "healthy": _healthy,
        "hung": _hung,
        "dead": _dead,
    }
    with states[state]() as url:
        yield url


@contextlib.contextmanager
def _healthy() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, "ROOMTONE_SERVER__PORT": str(port), "ROOMTONE_DATA": folder}
        command = [sys.executable, "-m", "roomtone", "serve"]
        with (Path(folder) / "log").open("w") as log:
            server = subprocess.Popen(command, env=env, stdout=log, stderr=log, cwd=folder)
        url = f"http://127.0.0.1:{port}"
        try:
            _wait_for(f"{url}/readyz", server)
            yield url
        finally:
            server.terminate()
            server.wait(30)


def _wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and server.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5):
            return
        time.sleep(0.1)
    raise RuntimeError("the server did not start")


@contextlib.contextmanager
def _hung() -> Iterator[str]:
    kept: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0), backlog=100) as door:

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    kept.append(door.accept()[0])

        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{door.getsockname()[1]}"
        door.shutdown(socket.SHUT_RDWR)
    for one in kept:
        one.close()


@contextlib.contextmanager
def _dead() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    yield f"http://127.0.0.1:{port}"
