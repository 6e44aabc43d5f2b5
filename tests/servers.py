"""Real servers for tests, each on a free port with a folder of its own, ended by their pid."""

from __future__ import annotations

import atexit
import base64
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import psutil
import pytest

START_S = 60  # a busy machine starts slowly; what takes longer never comes

TRIXIE = Path(os.environ.get("ROOMTONE_TRIXIE", "/var/cache/roomtone/trixie"))
"""A Debian of its own with PostgreSQL 17 and TimescaleDB in it; `make timescale` makes it."""


def missing(what: str) -> None:
    """Skip aloud, but never where everything should be there."""
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)


def free_port() -> int:
    """A port of the loopback that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Running:
    """A server process: how it is reached, stopped, killed, paused and started again."""

    url: str
    port: int
    command: Sequence[str]
    folder: Path
    log: Path
    ready: Callable[[], bool]
    pid_file: Path | None = None  # where the server's own pid stands, if not the process started
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def pid(self) -> int:
        """The pid of the server itself."""
        if self.pid_file is not None:
            return int(self.pid_file.read_text().split()[0])
        assert self.process is not None
        return self.process.pid

    def start(self) -> None:
        """Start, and wait until it answers. Raises AssertionError with the end of its log."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log, cwd="/")
        deadline = time.monotonic() + START_S
        while not self.ready():
            said = self.log.read_text(errors="replace")[-2000:]
            assert self.process.poll() is None, f"{self.command[0]} ended at once: {said}"
            assert time.monotonic() < deadline, f"{self.command[0]} does not answer: {said}"
            time.sleep(0.05)

    def kill(self) -> None:
        """End it without a word, as a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self, how: int = signal.SIGTERM) -> None:
        """Ask it to end, and wait."""
        self._end(how)

    def _end(self, how: int) -> None:
        if self.process is None:
            return
        others: list[psutil.Process] = []
        with contextlib.suppress(ProcessLookupError, FileNotFoundError, psutil.NoSuchProcess):
            others = psutil.Process(self.pid).children(recursive=True)
            os.kill(self.pid, how)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(20)
        self.process = None
        # What outlives the first for a moment would keep its folder from the next one.
        for other in psutil.wait_procs(others, timeout=0 if how == signal.SIGKILL else 20)[1]:
            with contextlib.suppress(psutil.NoSuchProcess):
                other.kill()
        psutil.wait_procs(others, timeout=20)

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Let it hang, with its processes: the kernel still accepts, and nobody ever answers."""
        first = psutil.Process(self.pid)
        first.suspend()  # so that no more are begun
        every = [first, *first.children(recursive=True)]
        for process in every[1:]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.suspend()
        try:
            yield
        finally:
            for process in every:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.resume()


def answers(port: int, said: bytes = b"", hoped: bytes = b"") -> bool:
    """Whether something on this port accepts, and answers `said` with what begins as hoped."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as line:
            line.settimeout(1)
            line.sendall(said)
            return not hoped or line.recv(len(hoped)) == hoped
    except OSError:
        return False


def redis_server(folder: Path, *options: str) -> Running:
    """A Redis, not started yet; with `--appendonly yes` it keeps what it was told."""
    program = shutil.which("redis-server")
    if program is None:
        missing("redis-server is missing; install Debian's package of that name")
    port = free_port()
    folder.mkdir(parents=True, exist_ok=True)
    own = ["--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", ""]
    return Running(
        f"redis://127.0.0.1:{port}/0",
        port,
        [str(program), *own, *options],
        folder,
        folder / "redis.log",
        lambda: answers(port, b"PING\r\n", b"+PONG"),
    )


INFLUX = """
reporting-disabled = true
bind-address = "127.0.0.1:{other}"
[meta]
dir = "{folder}/meta"
[data]
dir = "{folder}/data"
wal-dir = "{folder}/wal"
query-log-enabled = false
[monitor]
store-enabled = false
[http]
bind-address = "127.0.0.1:{port}"
log-enabled = false
auth-enabled = {asks}
"""


def influx_server(folder: Path, *, asks: bool = False) -> Running:
    """An InfluxDB 1.6 of Debian's, not started yet; one that `asks` wants a user and a password."""
    program = shutil.which("influxd")
    if program is None:
        missing("influxd is missing; install Debian's package influxdb")
    port = free_port()
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "influxdb.conf"
    config.write_text(
        INFLUX.format(folder=folder, port=port, other=free_port(), asks=str(asks).lower())
    )
    return Running(
        f"influxdb://127.0.0.1:{port}",
        port,
        [str(program), "-config", str(config)],
        folder,
        folder / "influxdb.log",
        lambda: answers(port, b"GET /ping HTTP/1.0\r\n\r\n", b"HTTP/1.0 204"),
    )


def influxql(server: Running, text: str, database: str = "", login: str = "") -> list[Any]:
    """The series that such a server gives, times in epoch ms."""
    asked = urllib.parse.urlencode({"q": text, "db": database, "epoch": "ms"}).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{server.port}/query", asked)
    if login:
        coded = base64.b64encode(login.encode()).decode()
        request.add_header("Authorization", f"Basic {coded}")
    with urllib.request.urlopen(request, timeout=20) as answer:
        (result,) = json.load(answer)["results"]
    assert "error" not in result, result
    found: list[Any] = result.get("series", [])
    return found


def victoria_server(folder: Path) -> Running:
    """A VictoriaMetrics of Debian's, not started yet: it takes InfluxDB's lines over both APIs."""
    program = shutil.which("victoria-metrics")
    if program is None:
        missing("victoria-metrics is missing; install Debian's package of that name")
    port = free_port()
    folder.mkdir(parents=True, exist_ok=True)
    own = [f"-httpListenAddr=127.0.0.1:{port}", f"-storageDataPath={folder}/data"]
    own += ["-retentionPeriod=10y", "-search.latencyOffset=0s"]
    return Running(
        f"influxdb://127.0.0.1:{port}",
        port,
        [str(program), *own],
        folder,
        folder / "victoria.log",
        lambda: answers(port, b"GET /health HTTP/1.0\r\n\r\n", b"HTTP/1.0 200"),
    )


CONFIG = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
fsync = off
full_page_writes = off
max_connections = 60
shared_buffers = 64MB
timezone = 'UTC'
"""

TIMESCALE = """
dynamic_shared_memory_type = mmap
shared_preload_libraries = 'timescaledb'
timescaledb.telemetry_level = off
"""


def _as_postgres() -> list[str]:
    """What must stand before a command of PostgreSQL, which refuses to be root."""
    if os.geteuid() != 0:
        return []
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]


@cache
def _initialised(programs: Path) -> Path:
    """A folder as `initdb` leaves it, made once and copied for each server."""
    folder = Path(tempfile.mkdtemp(prefix="roomtone-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    before = _as_postgres()
    if before:
        shutil.chown(folder, "postgres")
    init = [programs / "initdb", "-D", folder / "data", "-U", "postgres", "-A", "trust"]
    subprocess.run(
        [*before, *map(str, init), "--no-sync", "-E", "UTF8", "--locale=C.UTF-8"],
        check=True,
        capture_output=True,
        timeout=START_S,
        cwd="/",
    )
    return folder / "data"


def postgres_server(folder: Path) -> Running:
    """A PostgreSQL of Debian's, initialised but not started; its superuser is `postgres`."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        missing("PostgreSQL is missing; install Debian's postgresql")
    programs, data = found[-1].parent, folder / "data"
    folder.mkdir(parents=True, exist_ok=True)
    before = _as_postgres()
    if before:
        shutil.chown(folder, "postgres")
        for parent in folder.parents:  # pytest's folders are closed to others
            if parent.owner() == "root" and not parent.stat().st_mode & 0o001:
                parent.chmod(parent.stat().st_mode | 0o011)
    subprocess.run(["cp", "-a", _initialised(programs), data], check=True, timeout=START_S)
    port = free_port()
    with (data / "postgresql.conf").open("a") as config:
        config.write(CONFIG.format(port=port))
    command = [*before, str(programs / "postgres"), "-D", str(data)]
    return _postgres(folder, port, command, data / "postmaster.pid")


def timescale_server() -> Running:
    """PostgreSQL 17 with TimescaleDB (its Apache edition), in the Debian that has it."""
    programs = "/usr/lib/postgresql/17/bin"
    if not (TRIXIE / programs.lstrip("/") / "postgres").is_file():
        missing(f"no TimescaleDB in {TRIXIE}; run: make timescale (as root)")
    if os.geteuid() != 0:
        missing("TimescaleDB runs in a folder of its own (chroot), which takes root")
    folder = Path(tempfile.mkdtemp(prefix="roomtone-", dir=TRIXIE / "tmp"))
    folder.chmod(0o777)
    inside = f"/tmp/{folder.name}/data"
    enter = ["chroot", "--userspec=postgres:postgres", str(TRIXIE)]
    init = [f"{programs}/initdb", "-D", inside, "-U", "postgres", "-A", "trust", "--no-sync"]
    subprocess.run(
        [*enter, *init, "-E", "UTF8", "--locale=C.UTF-8"],
        check=True,
        capture_output=True,
        timeout=START_S,
        cwd="/",
    )
    port = free_port()
    with (folder / "data" / "postgresql.conf").open("a") as config:
        config.write(CONFIG.format(port=port) + TIMESCALE)
    command = [*enter, f"{programs}/postgres", "-D", inside]
    return _postgres(folder, port, command, folder / "data" / "postmaster.pid")


def _postgres(folder: Path, port: int, command: Sequence[str], pid_file: Path) -> Running:
    def ready() -> bool:
        # A start-up packet for protocol 3.0; a server that still starts answers with an error.
        body = b"\0\x03\0\0user\0postgres\0database\0postgres\0\0"
        packet = (len(body) + 4).to_bytes(4, "big") + body
        return answers(port, packet, b"R")

    url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
    return Running(url, port, command, folder, folder / "server.log", ready, pid_file)
