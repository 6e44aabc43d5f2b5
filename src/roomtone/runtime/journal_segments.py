"""The journal's files: segments of checksummed frames, found, checked, mended and read."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple
from zlib import crc32

from roomtone.errors import JournalError
from roomtone.records import Entry, decode_entry
from roomtone.runtime.journal_disk import Disk, sync_folder, write_all

# A segment file is named by the position of its first byte and starts with a head; frames follow.
# One frame is one group commit: the next is written only when this one is synced, so a broken
# frame with a sound one behind it is damage to acknowledged data, and without one a torn tail.
_HEAD = struct.Struct("<4sIQ8sI")  # magic, version, base, salt, crc of what is before it
_FRAME = struct.Struct("<4sIII")  # magic, payload bytes, entries, crc
_SALTED = struct.Struct(
    "<8sQII"
)  # salt, position, payload bytes, entries: what the crc starts from
_SIZE = struct.Struct("<I")  # before each entry: its bytes
_MAGIC, _FRAME_MAGIC, VERSION = b"RTJ\n", b"\xf5RT\xf5", 1
HEAD_BYTES, FRAME_BYTES = _HEAD.size, _FRAME.size
MAX_PAYLOAD = 1 << 30  # no frame is larger: a length above this is damage


class Segment(NamedTuple):
    """One file: it holds the positions from `base` to `base + size`."""

    path: Path
    base: int
    size: int
    salt: bytes

    @property
    def end(self) -> int:
        return self.base + self.size


class Recovered(NamedTuple):
    """What was found: all segments, oldest first, the last open for more; bytes cut off its end."""

    segments: list[Segment]
    cut_bytes: int


def pack_frame(position: int, salt: bytes, bodies: list[bytes]) -> tuple[bytes, list[int]]:
    """A frame of encoded entries to stand at `position`, and the position right behind each."""
    parts = [b""]
    ends = []
    at = position + FRAME_BYTES
    for body in bodies:
        parts += (_SIZE.pack(len(body)), body)
        at += _SIZE.size + len(body)
        ends.append(at)
    length = at - position - FRAME_BYTES
    check = crc32(_SALTED.pack(salt, position, length, len(bodies)))
    for part in parts:
        check = crc32(part, check)
    parts[0] = _FRAME.pack(_FRAME_MAGIC, length, len(bodies), check)
    return b"".join(parts), ends


def create_segment(disk: Disk, folder: Path, base: int) -> tuple[Segment, int]:
    """A new, empty, synced segment and its descriptor, open for appending."""
    salt = os.urandom(8)
    head = _HEAD.pack(_MAGIC, VERSION, base, salt, 0)[:-4]
    path = folder / f"journal-{base:020d}.log"
    fd = disk.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND)
    try:
        write_all(disk, fd, head + _SIZE.pack(crc32(head)))
        disk.sync(fd)
        sync_folder(disk, folder)
    except BaseException:
        disk.close(fd)
        raise
    return Segment(path, base, HEAD_BYTES, salt), fd


def list_segments(folder: Path) -> list[Segment]:
    """The folder's segments, oldest first; a last one without a sound head is left out."""
    paths = sorted(folder.glob("journal-*.log"))
    found: list[Segment] = []
    for path in paths:
        base = int(path.stem.removeprefix("journal-"))
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
        if not _sound_head(head, base):
            if path == paths[-1] and size <= HEAD_BYTES:
                break  # died while making it: nothing was ever in it
            raise _damaged(path, 0, "its head is broken")
        if found and found[-1].end != base:
            raise JournalError(
                f"the journal misses what was between {found[-1].path.name} (which ends at"
                f" {found[-1].end}) and {path.name}; put the missing file back from a backup"
            )
        found.append(Segment(path, base, size, head[16:24]))
    return found


def recover(disk: Disk, folder: Path) -> Recovered:
    """Find the segments, cut off a torn tail, and make the first segment of a new journal.

    Raises JournalError when acknowledged data is damaged, with the file, the offset and the remedy.
    """
    segments = list_segments(folder)
    for path in folder.glob("journal-*.log"):
        if not segments or path.name > segments[-1].path.name:
            disk.unlink(path)
    for path in folder.glob("*.part"):
        disk.unlink(path)
    if not segments:
        segment, fd = create_segment(disk, folder, 0)
        disk.close(fd)
        return Recovered([segment], 0)
    last = segments[-1]
    good = sound_bytes(last)
    if good < last.size:
        fd = disk.open(last.path, os.O_WRONLY)
        try:
            disk.truncate(fd, good)
            disk.sync(fd)
        finally:
            disk.close(fd)
    return Recovered([*segments[:-1], last._replace(size=good)], last.size - good)


def sound_bytes(segment: Segment, *, after: int = HEAD_BYTES) -> int:
    """How many bytes of the file are sound; what is behind them is a torn tail.

    Raises JournalError when a sound frame stands behind a broken one.
    """
    with segment.path.open("rb") as file:
        at = after
        while at < segment.size:
            payload = _read_frame(file, segment, at)
            if payload is None:
                _check_torn(file, segment, at)
                return at
            at += FRAME_BYTES + len(payload)
    return at


def read_segment(
    segment: Segment, *, after: int = 0, last: bool = False
) -> Iterator[tuple[int, bytes]]:
    """The encoded entries behind position `after`, each with the position right behind it.

    In the `last` segment a broken frame ends the reading: somebody may just be writing it.
    """
    with segment.path.open("rb") as file:
        at = HEAD_BYTES
        while at < segment.size:
            length = _frame_length(file, at)
            if length is not None and segment.base + at + FRAME_BYTES + length <= after:
                at += FRAME_BYTES + length
                continue
            payload = _read_frame(file, segment, at)
            if payload is None:
                if not last:
                    raise _damaged(segment.path, at, "a frame does not match its checksum")
                _check_torn(file, segment, at)
                return
            yield from _entries(segment.base + at + FRAME_BYTES, payload, after)
            at += FRAME_BYTES + len(payload)


def read_frames(segment: Segment) -> Iterator[tuple[int, list[bytes]]]:
    """A full segment's frames: where each stands in the file, and its encoded entries."""
    with segment.path.open("rb") as file:
        at = HEAD_BYTES
        while at < segment.size:
            payload = _read_frame(file, segment, at)
            if payload is None:
                raise _damaged(segment.path, at, "a frame does not match its checksum")
            yield at, [body for _, body in _entries(at, payload, 0)]
            at += FRAME_BYTES + len(payload)


def read_segments(
    segments: list[Segment], after: int, *, torn: bool = False
) -> Iterator[tuple[int, bytes]]:
    """`read_segment` over all; `torn` says that the last one may have a torn tail."""
    if segments and 0 < after < segments[0].base:
        raise JournalError(
            f"the journal no longer holds position {after} (it starts at {segments[0].base});"
            " read from the start, or put the older files back from a backup"
        )
    for segment in segments:
        if segment.end > after:
            yield from read_segment(segment, after=after, last=torn and segment is segments[-1])


def read_journal(folder: Path, from_position: int | None = None) -> Iterator[tuple[int, Entry]]:
    """Everything in the journal of this folder, in order, also while somebody else writes it.

    Each entry comes with the position right behind it. Only reads. Raises JournalError when the
    folder holds no journal, or a damaged one.
    """
    segments = list_segments(folder) if folder.is_dir() else []
    if not segments:
        raise JournalError(f"{folder} holds no journal; name the folder that `serve --data` had")
    for position, body in read_segments(segments, from_position or 0, torn=True):
        yield position, decode_entry(body)


def _sound_head(head: bytes, base: int) -> bool:
    if len(head) < HEAD_BYTES:
        return False
    magic, version, named, _, check = _HEAD.unpack(head)
    if magic == _MAGIC and check == crc32(head[:-4]) and version != VERSION:
        raise JournalError(
            f"the journal has format {version}, this version reads {VERSION};"
            " use the version of roomtone that wrote it"
        )
    return bool(magic == _MAGIC and named == base and check == crc32(head[:-4]))


def _frame_length(file: BinaryIO, at: int) -> int | None:
    file.seek(at)
    head = file.read(FRAME_BYTES)
    if len(head) < FRAME_BYTES or head[:4] != _FRAME_MAGIC:
        return None
    return int(_FRAME.unpack(head)[1])


def _read_frame(file: BinaryIO, segment: Segment, at: int) -> bytes | None:
    """The payload of the frame at this offset, or None when it is not sound."""
    file.seek(at)
    head = file.read(FRAME_BYTES)
    if len(head) < FRAME_BYTES:
        return None
    magic, length, count, check = _FRAME.unpack(head)
    if magic != _FRAME_MAGIC or length > min(MAX_PAYLOAD, segment.size - at - FRAME_BYTES):
        return None
    payload = file.read(length)
    salted = crc32(_SALTED.pack(segment.salt, segment.base + at, length, count))
    return payload if len(payload) == length and crc32(payload, salted) == check else None


def _entries(at: int, payload: bytes, after: int) -> Iterator[tuple[int, bytes]]:
    offset = 0
    while offset < len(payload):
        (size,) = _SIZE.unpack_from(payload, offset)
        offset += _SIZE.size + size
        if at + offset > after:
            yield at + offset, payload[offset - size : offset]


def _check_torn(file: BinaryIO, segment: Segment, broken: int) -> None:
    """Raise JournalError when a sound frame stands behind the broken one."""
    file.seek(broken)
    rest = file.read(segment.size - broken)
    found = rest.find(_FRAME_MAGIC, 1)
    while found >= 0:
        if _read_frame(file, segment, broken + found) is not None:
            raise _damaged(segment.path, broken, "a frame does not match its checksum")
        found = rest.find(_FRAME_MAGIC, found + 1)


def _damaged(path: Path, offset: int, what: str) -> JournalError:
    return JournalError(
        f"the journal is damaged: {path} at byte {offset}: {what}; put the file back from a"
        " backup, or move it and the files after it away to go on with what came before it"
    )
