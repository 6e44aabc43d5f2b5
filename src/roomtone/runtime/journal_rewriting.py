"""Takes a person out of sealed segments: each entry keeps its length, so positions stay true."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from roomtone.blanking import Blank
from roomtone.errors import JournalError
from roomtone.runtime.journal_disk import Disk, explain, write_file
from roomtone.runtime.journal_segments import (
    FRAME_BYTES,
    HEAD_BYTES,
    Segment,
    list_segments,
    pack_frame,
    read_frames,
    read_segments,
)

Row = dict[str, Any]

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder().decode
_MARKS = (
    *(b"reaction_judged", b"reaction_review", b"turn_revised"),
    *(b"\xa4role\xa3bot", b"\xa4role\xa4host"),
)
"""Events that hold what others said, or were answered."""


def events_of(folder: Path, blank: Blank) -> Iterator[Row]:
    """This person's events in all sealed segments, as plain values."""
    for segment in list_segments(folder)[:-1]:
        for body in _bodies(segment):
            if blank.user.encode() in body:
                yield from (one for one in _decode(body).get("events", ()) if blank.is_mine(one))


def learn(folder: Path, blank: Blank) -> int:
    """Have `blank` know what the person said and was told; returns how many events are theirs."""
    many = 0
    for event in events_of(folder, blank):
        many += 1
        blank.learn(event.get(name) for name in ("text", "message", "reply"))
        if event["type"] == "turn":
            blank.learn_turn(event["session"], event.get("id"))
    return many


def count_events(folder: Path, user: str) -> int:
    """How many events of a person the journal holds, also in what is being written."""
    blank, many = Blank(user, ""), 0
    segments = list_segments(folder)
    for _, body in read_segments(segments, 0, torn=True):
        if user.encode() in body:
            many += sum(blank.is_mine(one) for one in _decode(body).get("events", ()))
    return many


def rewrite(
    disk: Disk, folder: Path, blank: Blank, about: Callable[[int, str], None] = lambda *_: None
) -> int:
    """Write each sealed segment anew that holds the person; returns how many were. `about` is told
    where each begins and its new SHA-256, before it is there.

    Each is replaced in one step, and a second run finds nothing to do: a crash on the way loses
    nothing. Whoever reads the old file goes on reading it. Raises JournalError.
    """
    many = 0
    for segment in list_segments(folder)[:-1]:
        if not _concerns(segment, blank):
            continue
        try:
            many += _rewrite(disk, segment, blank, about)
        except OSError as error:
            raise explain(folder, error) from error
    return many


def _concerns(segment: Segment, blank: Blank) -> bool:
    return _may_concern(segment.path.read_bytes(), blank)


def _may_concern(data: bytes, blank: Blank) -> bool:
    return blank.user.encode() in data or (
        bool(blank.said) and any(mark in data for mark in _MARKS)
    )


def _bodies(segment: Segment) -> Iterator[bytes]:
    for _, bodies in read_frames(segment):
        yield from bodies


def _rewrite(disk: Disk, segment: Segment, blank: Blank, about: Callable[[int, str], None]) -> bool:
    with segment.path.open("rb") as file:
        parts = [file.read(HEAD_BYTES)]
    changed = False
    for at, bodies in read_frames(segment):
        made = [without(body, blank) for body in bodies]
        changed = changed or made != bodies
        frame, _ = pack_frame(segment.base + at, segment.salt, made)
        assert len(frame) == FRAME_BYTES + sum(4 + len(body) for body in bodies)
        parts.append(frame)
    if changed:
        was = segment.path.stat()
        digest = sha256()
        for part in parts:
            digest.update(part)
        about(segment.base, digest.hexdigest())
        write_file(disk, segment.path, *parts)
        os.utime(segment.path, ns=(was.st_atime_ns, was.st_mtime_ns))  # retention goes by it
    return changed


def without(body: bytes, blank: Blank) -> bytes:
    """An entry without the person, of the same length: what goes leaves a field nobody reads."""
    if not _may_concern(body, blank):
        return body
    entry: Row = _decode(body)
    if entry.get("type") != "batch":
        return body
    kept = [made for one in entry["events"] if (made := blank.event(one)) is not None]
    if kept == entry["events"] and entry["source"] != blank.user:
        return body
    source = blank.exactly(entry["source"])
    return padded(_encode({**entry, "source": source, "events": kept}), len(body))


def padded(body: bytes, size: int) -> bytes:
    """An encoded entry with a field more, without a name, that makes it so long.

    >>> body = msgspec.msgpack.encode({"type": "tick", "now": 5})
    >>> len(padded(body, 500)), msgspec.msgpack.decode(padded(body, 40))["now"]
    (500, 5)
    """
    room = size - len(body)
    if not room:
        return body
    if room < 2 or not 0x80 <= body[0] < 0x8F:
        raise JournalError(f"an entry cannot be filled up by {room} bytes; report this")
    for head, most in ((1, 31), (2, 255), (3, 65_535), (5, 1 << 31)):
        length = room - 1 - head
        if length <= most:
            break
    heads = {
        1: bytes([0xA0 | length]) if length <= 31 else b"",
        2: b"\xd9" + length.to_bytes(1, "big") if length <= 255 else b"",
        3: b"\xda" + length.to_bytes(2, "big") if length <= 65_535 else b"",
        5: b"\xdb" + length.to_bytes(4, "big"),
    }
    return bytes([body[0] + 1]) + body[1:] + b"\xa0" + heads[head] + b" " * length
