"""Puts a backup's files where a data folder has them, the journal cut behind an entry."""

from __future__ import annotations

from pathlib import Path

from roomtone.errors import BackupError
from roomtone.runtime.backup_database import database_paths
from roomtone.runtime.backup_manifest import CHUNK, Generation, Manifest, sync_file
from roomtone.runtime.config import Settings
from roomtone.runtime.journal_disk import Disk, sync_folder, write_all
from roomtone.runtime.journal_segments import (
    HEAD_BYTES,
    Segment,
    create_segment,
    pack_frame,
    read_segment,
)
from roomtone.runtime.journal_snapshots import snapshot_position

SIZE_BYTES = 4  # before each entry of a frame


def copy_journal(
    backup: Path, manifest: Manifest, segments: list[Segment], cut: int, folder: Path
) -> None:
    """The segments up to the cut; of a group that the cut goes through what came before it."""
    folder.mkdir(parents=True)
    last = max(s.base for s in segments if s.base < cut)
    for segment in segments:
        if segment.base > last:
            break
        if segment.base < last:
            copy_bytes(segment.path, folder / segment.path.name, segment.size)
        else:
            _write_last(segment, cut, folder)
    for known in manifest.journal:
        path = Path(known.path)
        base = int(path.stem.removeprefix("journal-"))
        if path.suffix == ".ids" and base < last:
            copy_bytes(backup / path, folder / path.name, known.bytes)
    sync_folder(Disk(), folder)


def _write_last(segment: Segment, cut: int, folder: Path) -> None:
    """The segment that stays open, up to the cut, under a salt of its own.

    What comes after it from now on is another history: with the old salt a backup of it could be
    put behind the old one. Every entry keeps its position.
    """
    disk = Disk()
    made, fd = create_segment(disk, folder, segment.base)
    end = at = segment.base + HEAD_BYTES
    bodies: list[bytes] = []
    try:
        for position, body in read_segment(segment):
            if position > cut:
                break
            if bodies and position - SIZE_BYTES - len(body) != end:  # another frame begins
                write_all(disk, fd, pack_frame(at, made.salt, bodies)[0])
                bodies, at = [], end
            bodies.append(body)
            end = position
        if bodies:
            write_all(disk, fd, pack_frame(at, made.salt, bodies)[0])
        disk.sync(fd)
    finally:
        disk.close(fd)


def copy_bytes(source: Path, target: Path, size: int) -> None:
    with source.open("rb") as one, target.open("wb") as other:
        while size > 0 and (data := one.read(min(CHUNK, size))):
            other.write(data)
            size -= len(data)
    sync_file(target)


def copy_generation(backup: Path, generation: Generation, settings: Settings) -> None:
    paths = {path.name: path for path in database_paths(settings)}
    for file in generation.databases:
        target = paths.get(Path(file.path).name)
        if target is None:
            continue  # the stores are others now: all is derived anew
        if target.exists():
            raise BackupError(f"{target} is there already and is not overwritten; move it away")
        target.parent.mkdir(parents=True, exist_ok=True)
        copy_bytes(backup / file.path, target, file.bytes)
    copy_snapshots(backup, generation, settings)


def copy_snapshots(backup: Path, generation: Generation, settings: Settings) -> None:
    for file in generation.snapshots:
        path = Path(file.path)
        if snapshot_position(path) <= generation.position:
            copy_bytes(backup / path, settings.journal_folder / path.name, file.bytes)
