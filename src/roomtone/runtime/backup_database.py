"""The part of a backup that the journal cannot give: database files, and what people said."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import unquote

import msgspec

from roomtone.errors import BackupError
from roomtone.runtime.backup_manifest import File, sync_file
from roomtone.runtime.config import Settings

BUSY_S = 10.0
"""How long a copy waits for whoever writes; a tick's transaction takes milliseconds."""


class Verdict(msgspec.Struct, frozen=True):
    """What somebody said of an alert; an empty `verdict` took it back."""

    id: str
    verdict: str
    by: str
    at_ms: int


def database_paths(settings: Settings) -> list[Path]:
    """The SQLite files that the settings name, each once; none for stores that are servers."""
    found: list[Path] = []
    for url in (settings.series_url, settings.archive_url, settings.memory_url):
        scheme, _, rest = url.partition(":///")
        if scheme == "sqlite":
            path = Path(unquote(rest))
            if path not in found:
                found.append(path)
    return found


def copy_database(source: Path, target: Path) -> None:
    """A copy of one moment, made while others write; whole or not there. Raises BackupError."""
    part = target.with_suffix(".part")
    part.unlink(missing_ok=True)
    try:
        with (
            closing(_reading(source)) as found,
            closing(sqlite3.connect(part, timeout=BUSY_S)) as copy,
        ):
            found.backup(copy)  # in one step: in several it would begin anew at every tick
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, nothing beside it
    except sqlite3.Error as error:
        part.unlink(missing_ok=True)
        raise BackupError(
            f"{source} cannot be copied: {error}; check it with: roomtone doctor"
        ) from error
    sync_file(part)
    part.replace(target)


def read_verdicts(source: Path) -> dict[str, Verdict]:
    """What people said of alerts, by the alert. Raises BackupError."""
    if not source.exists():
        return {}
    try:
        with closing(_reading(source)) as found:
            rows = found.execute(
                "SELECT id, verdict, verdict_by, verdict_at FROM alerts WHERE verdict IS NOT NULL"
            ).fetchall()
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            return {}  # it is just being made
        raise BackupError(f"{source} cannot be read: {error}; see: roomtone doctor") from error
    return {id: Verdict(id, verdict, by or "", at or 0) for id, verdict, by, at in rows}


def latest_verdicts(folder: Path, file: File, until_ms: int | None = None) -> dict[str, Verdict]:
    """What people had said by a moment, or by the end: the last word on each alert."""
    found: dict[str, Verdict] = {}
    for verdict in read_log(folder, file):
        if until_ms is None or verdict.at_ms <= until_ms:
            found[verdict.id] = verdict
    return {id: verdict for id, verdict in found.items() if verdict.verdict}


def read_log(folder: Path, file: File) -> Iterator[Verdict]:
    """All that people said, in its order. Raises BackupError."""
    raw = (folder / file.path).read_bytes()[: file.bytes]
    for line in raw.splitlines():
        try:
            yield msgspec.json.decode(line, type=Verdict)
        except msgspec.MsgspecError:
            raise BackupError(f"{folder / file.path} is damaged; use another backup") from None


def _reading(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=BUSY_S)
