"""Tells the archive what the journal holds, for those who cannot look into its folder."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from hashlib import file_digest
from pathlib import Path

import msgspec

from roomtone.ports import Archive
from roomtone.records import JournalSegment
from roomtone.runtime.clock import utc
from roomtone.runtime.journal import Journal
from roomtone.runtime.journal_segments import Segment, list_segments, read_segment

AT_ONCE = 8
"""Segments that are read in one go: half a gigabyte, a few seconds of a thread."""


class _Peek(msgspec.Struct):
    """Of an entry only what is counted; the events stay bytes."""

    arrival: int | None = None
    events: list[msgspec.Raw] = []


_decoder = msgspec.msgpack.Decoder(_Peek)


async def note(journal: Journal, archive: Archive) -> int:
    """Bring the archive's index of this journal up to date; returns how many segments were read.

    Where the last reading ended is taken from the index itself, so only what is new is read, also
    after a restart. Raises StoreError or JournalError.
    """
    name = str(journal.folder.resolve())
    known = {segment.base: segment for segment in await archive.segments(name)}
    first, found = await asyncio.to_thread(look, journal.folder, name, journal.end, known)
    if found or (known and min(known) < first):
        await archive.note_segments(name, found, first=first)
    return len(found)


def look(
    folder: Path, name: str, end: int, known: Mapping[int, JournalSegment]
) -> tuple[int, list[JournalSegment]]:
    """Where the journal begins, and the next segments that hold more than is known of them.

    What is behind `end` is not synced yet and does not count.
    """
    segments = list_segments(folder)
    found: list[JournalSegment] = []
    for segment in segments:
        sealed = segment is not segments[-1]
        own = segment if sealed else segment._replace(size=min(segment.size, end - segment.base))
        was = known.get(segment.base)
        if was is not None and (was.sealed or (not sealed and was.end == own.end)):
            continue
        found.append(_read(own, name, sealed, was))
        if len(found) == AT_ONCE:
            break
    return (segments[0].base if segments else end), found


def _read(segment: Segment, name: str, sealed: bool, was: JournalSegment | None) -> JournalSegment:
    entries, events = (was.entries, was.events) if was else (0, 0)
    first, last = (was.first_arrival, was.last_arrival) if was else (None, None)
    after = was.end if was else 0
    for position, body in read_segment(segment, after=after, last=not sealed):
        peek = _decoder.decode(body)
        entries, events, after = entries + 1, events + len(peek.events), position
        if peek.arrival is not None:
            last = utc(peek.arrival)
            first = first or last
    digest = ""
    if sealed:
        with segment.path.open("rb") as file:
            digest = file_digest(file, "sha256").hexdigest()
    return JournalSegment(
        journal=name,
        base=segment.base,
        end=segment.end if sealed else max(after, segment.base),
        first_arrival=first,
        last_arrival=last,
        entries=entries,
        events=events,
        sealed=sealed,
        sha256=digest,
    )
