"""The part of a backup that lies beside the journal: who has a key, and who was erased."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from roomtone.errors import BackupError
from roomtone.runtime.access import TABLES
from roomtone.runtime.backup_manifest import File, describe_file, sync_file
from roomtone.runtime.tombstones import Carried, Tombstones

BUSY_S = 5.0
COLUMNS = (
    *("id", "name", "project", "scopes", "prefix", "sealed", "made"),
    *("expires", "revoked", "used"),
)


class KeptKey(msgspec.Struct, kw_only=True):
    """A key as its file has it: sealed, so that nobody can use what a backup holds of it."""

    id: str
    name: str
    project: str
    scopes: str
    prefix: str
    sealed: bytes
    made: float
    expires: float | None = None
    revoked: float | None = None
    used: float | None = None


class Beside(msgspec.Struct, kw_only=True):
    """What one data folder has beside its journal and its database; small, and kept as a whole."""

    keys: list[KeptKey] = []
    erased: Carried = msgspec.field(default_factory=Carried)

    @property
    def is_empty(self) -> bool:
        return not self.keys and not self.erased.keys


def read_beside(data: Path, access: Path | None) -> Beside:
    """What a data folder has now; the keys of `access`, where they belong to it."""
    stones = Tombstones(data / "erasures")
    try:
        stones.look()
    except (msgspec.MsgspecError, OSError) as error:
        raise BackupError(f"{stones.folder} cannot be read ({error}); see that it may be") from None
    return Beside(keys=read_keys(access) if access else [], erased=stones.carried)


def read_keys(path: Path) -> list[KeptKey]:
    """Every key of a file, living or not; pages that are signed in sign in again. BackupError."""
    if not path.is_file():
        return []
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=BUSY_S)) as file:
            rows = file.execute(f"SELECT {', '.join(COLUMNS)} FROM keys ORDER BY id").fetchall()
    except sqlite3.Error as error:
        if "no such table" in str(error):
            return []  # it is just being made
        raise BackupError(f"{path} cannot be read: {error}; see: roomtone doctor") from error
    return [KeptKey(**dict(zip(COLUMNS, row, strict=True))) for row in rows]


def keep_beside(folder: Path, beside: Beside, before: File | None, *, used: bool) -> File | None:
    """Write it into a backup, under a name of its own, as what is there never changes in place.

    Where no more is new than when keys were `used`, which happens all the time, it may wait.
    """
    if beside.is_empty:
        return None
    data = msgspec.json.encode(beside)
    path = folder / f"beside-{sha256(data).hexdigest()[:16]}.json"
    if before is not None and (
        before.path == path.name or (not used and _same(folder, before, beside))
    ):
        return before
    part = path.with_suffix(".part")
    fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(fd, "wb") as file:
        file.write(data)
    sync_file(part)
    part.replace(path)
    return describe_file(folder, path)


def _same(folder: Path, file: File, beside: Beside) -> bool:
    old = load_beside(folder, file)
    return old.erased == beside.erased and _unused(old.keys) == _unused(beside.keys)


def _unused(keys: Iterable[KeptKey]) -> list[KeptKey]:
    return [msgspec.structs.replace(key, used=None) for key in keys]


def load_beside(folder: Path, file: File | None) -> Beside:
    """What a backup has of it. Raises BackupError."""
    if file is None:
        return Beside()
    try:
        return msgspec.json.decode((folder / file.path).read_bytes()[: file.bytes], type=Beside)
    except msgspec.MsgspecError:
        raise BackupError(f"{folder / file.path} is damaged; use another backup") from None


def put_beside(
    data: Path, access: Path | None, kept: Beside, others: Sequence[Beside]
) -> tuple[int, int]:
    """Give a restored folder its keys and tombstones; returns how many of each.

    `others` are installations that know more than an old backup: whom they erased stays erased,
    and the keys that they revoked stay revoked.
    """
    stones = Tombstones(data / "erasures")
    for one in (kept, *others):
        stones.adopt(one.erased)
    stones.mark_restored()
    if access is None or access.exists() or not kept.keys:
        return 0, len(stones)
    ended = {key.id: key.revoked for one in others for key in one.keys if key.revoked is not None}
    rows: list[dict[str, Any]] = [msgspec.structs.asdict(key) for key in kept.keys]
    for row in rows:
        row["revoked"] = row["revoked"] if row["revoked"] is not None else ended.get(row["id"])
    access.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(access, os.O_CREAT | os.O_RDWR, 0o600))
    with closing(sqlite3.connect(access)) as file, file:
        file.executescript(TABLES)
        marks = ", ".join(f":{name}" for name in COLUMNS)
        file.executemany(f"INSERT INTO keys ({', '.join(COLUMNS)}) VALUES ({marks})", rows)
    return len(rows), len(stones)
