"""Looks for what would keep Roomtone from working, and says what to do about it."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from roomtone.compiled import loops
from roomtone.errors import RoomtoneError, ServerError
from roomtone.runtime import coverage, looking, memory_commands, plugins
from roomtone.runtime.clock import Clock, iso, utc
from roomtone.runtime.config import Settings
from roomtone.runtime.doctor_access import examine_access
from roomtone.runtime.doctor_servers import examine_servers
from roomtone.runtime.masking import mask
from roomtone.runtime.remote import NeedsKey, Remote

Check = dict[str, Any]

LOW_DISK = 1 << 30
"""A busy server writes about a gigabyte of journal a day; below that it may stop overnight."""

BUILT_AFTER_MS = 1_767_225_600_000
"""2026-01-01: a clock before this was never set."""


HASHED = "ngrams-hashed"
"""The vectors that need nothing installed."""


def examine(settings: Settings, clock: Clock) -> list[Check]:
    """Every check as {"name", "ok", "detail", "remedy"}; nothing is changed by looking."""
    checks: list[Callable[[Settings], Iterator[Check]]] = [
        _python,
        _loops,
        _folder,
        _disk,
        _database,
        _stores,
        _embeddings,
        _memories,
        _consent,
        _access,
        _server,
        _dashboard,
        _turns,
    ]
    found = [result for check in checks for result in check(settings)]
    servers = [_result(*its) for its in examine_servers(settings, clock)]
    return [*found, *servers, *_clock(clock)]


def _result(name: str, ok: bool, detail: str, remedy: str = "") -> Check:
    shown = "" if ok else mask(remedy)
    return {"name": name, "ok": ok, "detail": mask(detail), "remedy": shown}


def _python(settings: Settings) -> Iterator[Check]:
    version = ".".join(str(part) for part in sys.version_info[:3])
    extra = "with uvloop" if find_spec("uvloop") else "without uvloop, which is optional"
    yield _result(
        "python", sys.version_info >= (3, 11), f"{version} {extra}", "use Python 3.11 or newer"
    )


def _loops(settings: Settings) -> Iterator[Check]:
    slow = "in Python, at up to twice the CPU an event; with a C compiler, install Roomtone again"
    yield _result("loops", True, slow if loops is None else "compiled")


def _existing(path: Path) -> Path:
    path = path.absolute()
    while not path.exists():
        path = path.parent
    return path


def _folder(settings: Settings) -> Iterator[Check]:
    there = _existing(settings.data)
    ok = there.is_dir() and os.access(there, os.W_OK | os.X_OK)
    state = "exists" if settings.data.exists() else "will be made"
    yield _result(
        "data folder",
        ok,
        f"{settings.data} {state}",
        f"make {there} writable for this user, or choose another with --data",
    )


def _disk(settings: Settings) -> Iterator[Check]:
    free = shutil.disk_usage(_existing(settings.data)).free
    yield _result(
        "disk",
        free >= LOW_DISK,
        f"{free / 1e9:,.1f} GB free",
        "make room, or lower retention.journal_days",
    )


def _database(settings: Settings) -> Iterator[Check]:
    path = settings.data / "roomtone.db"
    if not path.exists():
        yield _result("database", True, "none yet")
        return
    try:
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=2)
        try:
            (answer,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        finally:
            connection.close()
    except sqlite3.Error as error:
        answer = str(error)
    yield _result(
        "database",
        answer == "ok",
        f"{path}: {answer}",
        "move it away and start again: all of it is made anew from the journal",
    )


def _stores(settings: Settings) -> Iterator[Check]:
    for name, url, family in (
        ("series store", settings.series_url, "stores.series"),
        ("archive", settings.archive_url, "stores.archive"),
        ("memory", settings.memory_url, "stores.memory"),
        ("mirror", settings.stores.mirror, "stores.series"),
        ("news", settings.channels.news, "channels"),
    ):
        if not url:
            continue
        scheme = url.split(":", 1)[0].partition("+")[0]
        try:
            plugins.load(family, scheme)
        except (RoomtoneError, ImportError) as error:
            yield _result(name, False, str(error), "choose another, or install what is missing")
        else:
            yield _result(name, True, scheme)


def _memories(settings: Settings) -> Iterator[Check]:
    yield _result("memories", *memory_commands.doctor(settings))


def _consent(settings: Settings) -> Iterator[Check]:
    if settings.training.assume_consent:
        yield _result(
            "consent",
            False,
            "training.assume_consent is on: people are learnt from who were never asked",
            "ask them, and set it to false; who said no is left out all the same",
        )


def _embeddings(settings: Settings) -> Iterator[Check]:
    """Which model makes the vectors of memories; it is not loaded, and no server is asked."""
    try:
        model = plugins.embedding(settings.models.embedding)
    except (RoomtoneError, ImportError) as error:
        yield _result("embeddings", False, str(error), "install what is missing, or use local://")
        return
    more = f", {model.dim} numbers" if model.dim else ""
    if model.name == HASHED:
        more += ": words as they are spelt; by meaning with pip install 'roomtone[models]'"
    yield _result("embeddings", True, f"{model.name}, version {model.version}{more}")


def _access(settings: Settings) -> Iterator[Check]:
    """Who may ask is told, and that others reach what asks nobody is not as it should be."""
    yield _result(*examine_access(settings))


def _server(settings: Settings) -> Iterator[Check]:
    host, port = settings.server.host, settings.server.port
    try:
        answer = Remote(settings.url, timeout_s=3).get("/readyz")
    except NeedsKey as error:
        yield _result("server", True, f"runs on port {port} and asks for a key: {error}")
        return
    except ServerError:
        if _is_free(host, port):
            yield _result("port", True, f"{port} is free; no server runs")
        else:
            remedy = "end that program, or choose another port with --port"
            yield _result("port", False, f"another program listens on {port}", remedy)
        return
    parts = answer.get("parts") if isinstance(answer, dict) else None
    if not parts:
        remedy = "choose another port with --port"
        yield _result("port", False, f"what listens on {port} is not Roomtone", remedy)
        return
    yield _result("server", True, f"runs on port {port}")
    for part in parts:
        yield _result(f"server: {part['name']}", part["ok"], part["detail"], part["remedy"])


def _turns(settings: Settings) -> Iterator[Check]:
    """Is each measurement of turns present, fresh and in range? A running server is asked."""
    try:
        Remote(settings.url, timeout_s=3).get("/healthz")  # what hangs is not waited for
        report = Remote(settings.url, timeout_s=30).get("/v1/coverage")
    except ServerError:
        report = None
    try:
        if not isinstance(report, dict) or "bots" not in report:
            report = asyncio.run(_kept_turns(settings))
    except (RoomtoneError, TimeoutError) as error:
        yield _result("turns", False, str(error) or "the stores do not answer", "see the stores")
        return
    names = [one.name for one in coverage.of_turns(plugins.measurements(settings))]
    for found in coverage.findings(report, names):
        yield _result(*found)


async def _kept_turns(settings: Settings) -> dict[str, Any]:
    """What the SQLite files tell of turns, where there are any; a server's stores it tells itself,
    as to open them here might change them."""
    for url in (settings.archive_url, settings.series_url):
        file = looking.sqlite_file(url)
        if file is None or not file.is_file() or not _has_turns(file):
            return {"bots": []}
    async with asyncio.timeout(30), looking.opened(settings) as kept:
        return await coverage.coverage(kept)


def _has_turns(file: Path) -> bool:
    """Whether the file is of a release that knows turns."""
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=2)) as connection:
            sql = "SELECT count(*) FROM sqlite_master WHERE name = 'conversations'"
            return bool(connection.execute(sql).fetchone()[0])
    except sqlite3.Error:
        return False  # the check of the database says why


def _is_free(host: str, port: int) -> bool:
    try:
        with socket.create_server((host, port)):
            return True
    except OSError:
        return False


def _dashboard(settings: Settings) -> Iterator[Check]:
    page = files("roomtone.web") / "static" / "index.html"
    yield _result(
        "dashboard",
        page.is_file(),
        "built" if page.is_file() else "not built; the server shows a plain page instead",
        "from a clone: make dashboard; from a package: install it again where npm is",
    )


def _clock(clock: Clock) -> Iterator[Check]:
    now = clock.now_ms()
    yield _result(
        "clock", now > BUILT_AFTER_MS, iso(utc(now // 1000 * 1000)), "set this machine's clock"
    )
