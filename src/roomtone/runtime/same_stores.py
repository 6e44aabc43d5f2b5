"""Whether processes of one partition name the same stores: told without passwords, and compared."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, urlsplit

from roomtone.runtime.config import Settings

NAME = "stores agree"
LOOK_S = 60.0
"""How often a process compares its stores with the engine's, which may be another by then."""

_PORTS = {"postgresql": 5432, "influxdb": 8086}
_HERE = ("", "localhost", "127.0.0.1", "::1")

Stores = dict[str, list[str]]
"""Of `series` and `archive`: what makes the store that one and no other, and how it is shown."""


def stores_of(settings: Settings) -> Stores:
    """The stores that these settings name. Looks at files, so it is not for the event loop."""
    named = {"series": settings.series_url, "archive": settings.archive_url}
    return {name: list(_fingerprint(url)) for name, url in named.items()}


def is_same(url: str, other: str) -> bool:
    """Whether two URLs name one store, as far as that can be told without asking it."""
    return _fingerprint(url)[0] == _fingerprint(other)[0]


def _fingerprint(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    scheme = parts.scheme.partition("+")[0]
    scheme = {"postgres": "postgresql"}.get(scheme, scheme)
    if scheme == "sqlite":
        return _file(Path(url.partition(":///")[2]))
    if scheme == "influxdb":
        parts = _influx(parts)
    given = dict(parse_qsl(parts.query))
    host = (parts.hostname or given.get("host", "")).lower()
    if host in _HERE or host.startswith("/"):  # a socket's folder
        host = "localhost"
    port = parts.port or given.get("port") or _PORTS.get(scheme, "")
    shown = f"{scheme}://{host}:{port}{parts.path}"
    if schema := given.get("schema"):
        shown += f"?schema={schema}"
    if host == "localhost":  # another machine's is another one
        return f"{shown} {_machine()}", f"{shown} on {socket.gethostname()}"
    return shown, shown


def _influx(parts: SplitResult) -> SplitResult:
    """The same with what the documents' variables add to it (docs/influxdb.md)."""
    own = [part for part in parts.path.split("/") if part]
    org = own[0] if own else os.environ.get("INFLUXDB_ORG", "")
    bucket = "/".join(own[1:]) or os.environ.get("INFLUXDB_BUCKET") or "performance_metrics"
    place = parts.netloc or urlsplit(os.environ.get("INFLUXDB_URL", "")).netloc
    return parts._replace(netloc=place, path=f"/{org}/{bucket}")


def _file(path: Path) -> tuple[str, str]:
    path = path.absolute()
    shown = f"sqlite {path} on {socket.gethostname()}"
    try:
        found = path.stat()
    except OSError:
        return shown, f"{shown} (not there)"
    return f"sqlite {_machine()} {found.st_dev} {found.st_ino}", shown


def _machine() -> str:
    """This boot of this machine: the same in its containers; its name where there is no /proc."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return socket.gethostname()


def compare(engines: Mapping[str, Any], ours: Mapping[str, Any]) -> dict[str, Any]:
    """The part of /readyz: whether we read what the engine writes."""
    apart = [name for name in ours if name in engines and engines[name][0] != ours[name][0]]
    detail = "; ".join(
        f"the engine writes its {name} to {engines[name][1]}; this process reads {ours[name][1]}"
        for name in apart
    )
    names = " and ".join(f"stores.{name}" for name in apart)
    return {
        "name": NAME,
        "ok": not apart,
        "detail": detail or "this process reads what the engine writes",
        "remedy": f"set {names} of all processes to the same, as in postgresql://user@host/roomtone"
        if apart
        else "",
    }
