"""Every system call by which the journal changes the disk, in one small object tests can break."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from roomtone.errors import DiskFull, JournalError

# Linux can sync a file's content and length without its timestamps; elsewhere there is only fsync.
_datasync = getattr(os, "fdatasync", os.fsync)


class Disk:
    """The calls, one method each; a subclass failing or dying at the n-th call tries faults.

    Reading is not among them: what is read back is checked by its checksum instead.
    """

    def open(self, path: Path, flags: int) -> int:
        """A file descriptor; never inherited by child processes (Python's default)."""
        return os.open(path, flags, 0o640)

    def write(self, fd: int, data: memoryview) -> int:
        """The number of bytes taken: on a nearly full disk fewer than given, without an error."""
        return os.write(fd, data)

    def datasync(self, fd: int) -> None:
        os.fsync(fd) if _datasync is os.fsync else _datasync(fd)

    def sync(self, fd: int) -> None:
        os.fsync(fd)

    def truncate(self, fd: int, size: int) -> None:
        os.ftruncate(fd, size)

    def close(self, fd: int) -> None:
        os.close(fd)

    def replace(self, source: Path, target: Path) -> None:
        os.replace(source, target)

    def unlink(self, path: Path) -> None:
        path.unlink(missing_ok=True)


def write_all(disk: Disk, fd: int, data: bytes) -> None:
    """Write everything or raise OSError; a short write is taken up where it stopped."""
    rest = memoryview(data)
    while rest:
        taken = disk.write(fd, rest)
        if taken <= 0:
            raise OSError(errno.EIO, "the disk took no bytes")
        rest = rest[taken:]


def sync_folder(disk: Disk, folder: Path) -> None:
    """Make new, renamed and removed names in the folder survive a loss of power."""
    fd = disk.open(folder, os.O_RDONLY)
    try:
        disk.sync(fd)
    finally:
        disk.close(fd)


def write_file(disk: Disk, path: Path, *parts: bytes) -> None:
    """Write a whole file so that a crash leaves the old one or the new one, never a part."""
    part = path.with_suffix(".part")
    fd = disk.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    try:
        for data in parts:
            write_all(disk, fd, data)
        disk.sync(fd)
    finally:
        disk.close(fd)
    disk.replace(part, path)
    sync_folder(disk, path.parent)


def explain(folder: Path, error: OSError) -> JournalError:
    """The operating system's error as ours, saying what to do."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(
            f"the disk under the journal ({folder}) is full: events are refused until there is"
            " room; free some space, writing then goes on by itself"
        )
    return JournalError(
        f"the journal in {folder} cannot be written ({error.strerror or error}): events are"
        " refused until it can; check the disk and its permissions, writing then goes on by itself"
    )
