"""What a backup holds, to the byte: written last, so that a backup that died is the one before."""

from __future__ import annotations

import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import msgspec

from roomtone import __version__
from roomtone.errors import BackupError
from roomtone.runtime.journal_disk import Disk, write_file

NAME = "manifest.json"
FORMAT = 1
CHUNK = 1 << 20

LEFT_OUT = (
    "files of datasets: they are made again from the archive, by the command that each tells",
    "stores that are servers, and vectors in folders: they have backups of their own",
    "signed-in pages, which sign in again, and keys that stand in the configuration",
)
"""What no backup holds."""


class File(msgspec.Struct, frozen=True):
    """One file: its first `bytes` bytes are the backup's; what may follow is not yet."""

    path: str
    bytes: int
    sha256: str


class Generation(msgspec.Struct, frozen=True, kw_only=True):
    """Copies of the databases, and the snapshots that were there before they were made.

    All that is in the databases came of entries before `position`; they lack nothing of what
    came before the snapshots.
    """

    position: int
    at_ms: int
    databases: list[File]
    snapshots: list[File]

    @property
    def files(self) -> list[File]:
        return [*self.databases, *self.snapshots]


class Manifest(msgspec.Struct, kw_only=True):
    """The whole backup."""

    format: int = FORMAT
    release: str = __version__
    made_ms: int = 0
    position: int = 0  # the backup holds the journal up to here
    heard_ms: int = 0  # the time of the last entry that says one
    entries: int = 0
    stores: dict[str, str] = {}  # which kind each store was; its address is not kept
    journal: list[File] = []  # segments, oldest first, and the ids of those that are sealed
    generations: list[Generation] = []  # oldest first
    verdicts: File | None = None  # what people said of alerts, in the order of their saying
    beside: File | None = None  # keys of the API, and tombstones of who was erased
    projects: list[str] = []  # other projects, each with a backup of its own in `projects/`
    left_out: list[str] = []  # what is in no backup, in words

    @property
    def files(self) -> Iterator[File]:
        """Every file that belongs to the backup."""
        yield from self.journal
        for generation in self.generations:
            yield from generation.files
        if self.verdicts is not None:
            yield self.verdicts
        if self.beside is not None:
            yield self.beside

    @property
    def segments(self) -> list[File]:
        return [file for file in self.journal if file.path.endswith(".log")]


def read_manifest(folder: Path) -> Manifest | None:
    """The backup's manifest; None where there is none. Raises BackupError for a broken one."""
    path = folder / NAME
    if not path.exists():
        return None
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except msgspec.MsgspecError as error:
        raise BackupError(f"{path} is not a manifest ({error}); name another backup") from None
    if manifest.format != FORMAT:
        raise BackupError(
            f"{path} has format {manifest.format}, this release reads {FORMAT}; use release "
            f"{manifest.release}, which wrote it"
        )
    return manifest


def write_manifest(disk: Disk, folder: Path, manifest: Manifest) -> None:
    """Replace the manifest as a whole; what it speaks of must be synced by now."""
    write_file(disk, folder / NAME, msgspec.json.format(msgspec.json.encode(manifest)))


def describe_file(folder: Path, path: Path, size: int | None = None) -> File:
    """A file's first bytes as the manifest has it; all of it unless a size is given."""
    size = path.stat().st_size if size is None else size
    return File(str(path.relative_to(folder)), size, digest(path, size))


def digest(path: Path, size: int) -> str:
    """The SHA-256 of a file's first bytes."""
    found = sha256()
    with path.open("rb") as file:
        while size > 0 and (data := file.read(min(CHUNK, size))):
            found.update(data)
            size -= len(data)
    return found.hexdigest()


def verify(folder: Path, files: Iterator[File] | list[File]) -> None:
    """Raise BackupError for the first file that is not what the manifest says."""
    for file in files:
        path = folder / file.path
        if not path.is_file() or path.stat().st_size < file.bytes:
            raise BackupError(f"{path} is missing or cut short; use another backup")
        if digest(path, file.bytes) != file.sha256:
            raise BackupError(
                f"{path} is not what was backed up: its checksum differs; use another backup, "
                "and check the disk that this one lies on"
            )


def sync_file(path: Path) -> None:
    """Make a file's content survive a loss of power."""
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
