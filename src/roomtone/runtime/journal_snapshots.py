"""Snapshots of the engine beside the journal: written whole or not at all, the last two kept."""

from __future__ import annotations

import struct
from pathlib import Path
from zlib import crc32

from roomtone.runtime.journal_disk import Disk, sync_folder, write_file

_HEAD = struct.Struct("<4sIQQ")  # magic, crc of the rest, position, bytes
_MAGIC = b"RTS\n"
KEPT = 2  # the newest, and the one before in case the newest turns out damaged


def write_snapshot(disk: Disk, folder: Path, position: int, data: bytes) -> None:
    """Keep `data` as the state after the entry at `position`; then drop all but the last two.

    Returns when it is synced; raises OSError, and then the earlier snapshots are still there.
    """
    check = crc32(data, crc32(struct.pack("<QQ", position, len(data))))
    head = _HEAD.pack(_MAGIC, check, position, len(data))
    write_file(disk, folder / f"snapshot-{position:020d}.bin", head, data)
    older = snapshot_paths(folder)[:-KEPT]
    for path in older:
        disk.unlink(path)
    if older:
        sync_folder(disk, folder)


def latest_snapshot(folder: Path, end: int) -> tuple[int, bytes] | None:
    """The newest sound snapshot at or before the journal's end, as (position, data), or None."""
    for path in reversed(snapshot_paths(folder)):
        found = _read(path)
        if found is not None and found[0] <= end:
            return found
    return None


def snapshot_paths(folder: Path) -> list[Path]:
    """The snapshots' files, oldest first."""
    return sorted(folder.glob("snapshot-*.bin"))


def snapshot_position(path: Path) -> int:
    """The position that a snapshot's name speaks of."""
    return int(path.stem.removeprefix("snapshot-"))


def _read(path: Path) -> tuple[int, bytes] | None:
    raw = path.read_bytes()
    if len(raw) < _HEAD.size:
        return None
    magic, check, position, length = _HEAD.unpack_from(raw)
    data = raw[_HEAD.size :]
    sound = check == crc32(data, crc32(struct.pack("<QQ", position, length)))
    return (position, data) if magic == _MAGIC and len(data) == length and sound else None
