"""Takes files of events in: into a running server, or into a data folder where none runs."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
import socket
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast

from msgspec.structs import replace

from roomtone.errors import BadEvent
from roomtone.events import EVENT_TYPES, Event, Refusal, Turn, encode
from roomtone.ports import Feed, Source
from roomtone.runtime import plugins
from roomtone.runtime.door import Receipt
from roomtone.runtime.feeds import Feeds
from roomtone.runtime.histories import FULL
from roomtone.runtime.look_ahead import Ends, Room
from roomtone.runtime.rehearsing import Rehearsal
from roomtone.runtime.sinks import Sink

BATCH = 1000
BATCH_BYTES = 900_000
"""One request to a server with default limits, with room for what JSON adds."""

SPAN_S = 3600
"""How much of a session's time one batch of history may cover: each five seconds of it are computed
at once, and what is live waits for that; an hour of a room takes well under a second."""

GATHER_S = 0.1

MAX_REASONS, MAX_EXAMPLES = 50, 20
MAX_SESSIONS = 100_000

TYPES = {str(known.__struct_config__.tag) for known in EVENT_TYPES}

Row = Event | tuple[Refusal, bytes]


class Reader(Protocol):
    """What the sources that read files have beyond `events`: rows with their line numbers."""

    name: str
    line: int
    lines: Any

    def rows(self) -> Iterator[Row]: ...


@dataclass
class Report:
    """What became of a file's lines."""

    accepted: int = 0
    duplicates: int = 0
    refused: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    examples: list[tuple[int, str]] = field(default_factory=list)
    sessions: Counter[str] = field(default_factory=Counter)
    bytes: int = 0

    def refuse(self, line: int, reason: str) -> None:
        """Count a refused line; of many different reasons the first 50 are told apart."""
        self.refused += 1
        if reason not in self.reasons and len(self.reasons) >= MAX_REASONS:
            reason = "other reasons"
        self.reasons[reason] += 1
        if len(self.examples) < MAX_EXAMPLES:
            self.examples.append((line, reason))

    def as_json(self) -> dict[str, Any]:
        """The report as `ingest --json` prints it."""
        return {
            "accepted": self.accepted,
            "duplicates": self.duplicates,
            "refused": self.refused,
            "reasons": dict(self.reasons.most_common()),
            "examples": [{"line": line, "reason": reason} for line, reason in self.examples],
            "sessions": dict(self.sessions.most_common()),
        }


def open_input(name: str) -> tuple[BinaryIO, int]:
    """A file, a gzipped file or (`-`) standard input, and its size in bytes, 0 if not known."""
    if name == "-":
        return _peekable(sys.stdin.buffer), 0
    path = Path(name)
    if path.suffix == ".gz":
        return cast(BinaryIO, io.BufferedReader(gzip.open(path), 1 << 16)), 0
    return path.open("rb", buffering=1 << 16), path.stat().st_size


def open_source(
    stream: BinaryIO,
    *,
    session: str | None,
    fallback: str,
    columns: Mapping[str, str] | None = None,
    keeps: bool = True,
) -> Reader:
    """The source that can read this stream: wire events, or else a chat log.

    `session` is where everything happened, whatever the file says; `fallback` where it says
    nothing. Who keeps nothing needs no ids.
    """
    if not columns and _looks_like_wire(stream):
        reader = plugins.load("sources", "jsonl").JsonLines(stream, session=session, ids=keeps)
    else:
        reader = plugins.load("sources", "chatlog").ChatLog(
            stream, session=session or fallback, columns=columns, force=session is not None
        )
    return cast(Reader, reader)


def open_dialogues(
    stream: BinaryIO, *, name: str, bot: str, begin: datetime | None = None
) -> Reader:
    """The source that reads a file of dialogues as turns of a bot."""
    reader = plugins.load("sources", "dialogues").Dialogues(stream, name=name, bot=bot, begin=begin)
    return cast(Reader, reader)


async def ingest(
    reader: Reader,
    sink: Sink,
    progress: Callable[[int], None] = lambda position: None,
    ends: Ends | None = None,
    rehearsal: Rehearsal | None = None,
) -> Report:
    """Read everything and send it, 1,000 events at a time; `progress` hears the bytes read, and a
    `rehearsal` looks into memory for each turn.

    A server has room for so many open histories. Should it be full, those that `ends` knows to be
    over are closed, and what found no room is sent again.
    """
    report = Report()
    room = Room(sink.finish, ends) if ends else None
    rows = reader.rows()
    while batch := await asyncio.to_thread(_take, reader, rows):
        events: list[Event] = []
        numbers: list[int] = []
        for number, row in batch:
            if isinstance(row, tuple):
                report.refuse(row[0].index, row[0].reason)
            else:
                events.append(platformed(row, reader.name))
                numbers.append(number)
        if rehearsal is not None:
            events = await rehearsal.of(events)
        start = 0
        for part in split(events):
            await _send(sink, part, numbers[start : start + len(part)], report, room)
            start += len(part)
        report.bytes = reader.lines.position
        progress(report.bytes)
    await sink.finish(sorted(report.sessions))
    return report


async def ingest_stream(source: Source, sink: Sink) -> Report:
    """Send what a source yields, as it comes; ends when the source does, or is cancelled.

    What comes within a tenth of a second goes in one batch, so that a busy source is not slowed
    by the disk, nor a quiet one held up.
    """
    report = Report()
    queue: asyncio.Queue[Event | None] = asyncio.Queue(BATCH)

    async def pump() -> None:
        try:
            async for event in source.events():
                await queue.put(event)
        finally:
            await queue.put(None)

    pumping = asyncio.create_task(pump())
    over = False
    try:
        while not over:
            events = [await queue.get()]
            await asyncio.sleep(GATHER_S if queue.empty() else 0)
            while not queue.empty() and len(events) < BATCH:
                events.append(queue.get_nowait())
            over = None in events
            for part in split([event for event in events if event is not None]):
                await _send(sink, part, [0] * len(part), report)
        await pumping
    finally:
        pumping.cancel()
    await sink.finish(sorted(report.sessions))
    return report


class _Counter:
    """A door to a sink, which counts what went through."""

    def __init__(self, sink: Sink, report: Report) -> None:
        self._sink, self._report = sink, report

    async def submit(
        self,
        events: Sequence[Event],
        refusals: Sequence[Refusal] = (),
        kept: Sequence[int] | None = None,
        *,
        source: str = "",
    ) -> Receipt:
        """Send what a feed delivered; it is acknowledged when this returns."""
        for part in split([platformed(event, source) for event in events]):
            await _send(self._sink, part, [0] * len(part), self._report)
        return Receipt(len(events), 0, [])  # the report knows it exactly


async def ingest_feed(feed: Feed, sink: Sink) -> Report:
    """Send what a live feed gives, and acknowledge what the sink has taken, until Ctrl-C."""
    report = Report()
    feeds = Feeds()

    def refuse(source: str, refusals: Sequence[Refusal], samples: Sequence[bytes]) -> None:
        for refusal in refusals:
            report.refuse(refusal.index, refusal.reason)

    door = _Counter(sink, report)
    feeds.start([feed], door, consumer=f"{socket.gethostname()}-ingest", refuse=refuse)
    try:
        await feeds.finished()
    except asyncio.CancelledError:
        pass  # Ctrl-C is how it ends: what was under way is acknowledged, and told
    finally:
        await feeds.stop()
    return report


def platformed(event: Event, source: str) -> Event:
    """A turn with whence it came, where its sender does not say."""
    names = isinstance(event, Turn) and source and event.platform is None
    return replace(event, platform=source) if names else event


def split(events: list[Event]) -> Iterator[list[Event]]:
    """Parts of a batch, in its order, that are one request each: by time covered and by size."""
    start = 0
    for end in range(1, len(events) + 1):
        if end == len(events) or _apart(events[start], events[end]):
            yield from _sized(events[start:end])
            start = end


def _apart(first: Event, event: Event) -> bool:
    if first.at is None or event.at is None:
        return False
    return abs((event.at - first.at).total_seconds()) > SPAN_S


def _sized(events: list[Event]) -> Iterator[list[Event]]:
    if len(events) == 1 or len(encode(events)) <= BATCH_BYTES:
        yield events
        return
    half = len(events) // 2
    yield from _sized(events[:half])
    yield from _sized(events[half:])


async def _send(
    sink: Sink,
    events: list[Event],
    numbers: list[int],
    report: Report,
    room: Room | None = None,
) -> None:
    while events:
        accepted, duplicates, errors = await sink.send(events)
        report.accepted += accepted
        report.duplicates += duplicates
        refused = {index for index, _ in errors}
        for index, event in enumerate(events):
            if index in refused:
                continue
            if event.session in report.sessions or len(report.sessions) < MAX_SESSIONS:
                report.sessions[event.session] += 1
        full = sorted(index for index, reason in errors if reason.startswith(FULL))
        again = (
            bool(full) and room is not None and await room.make(report.sessions, numbers[full[0]])
        )
        for index, reason in errors:
            if not (again and reason.startswith(FULL)):
                report.refuse(numbers[index], reason)
        if not again:
            return
        events, numbers = [events[i] for i in full], [numbers[i] for i in full]


def _take(reader: Reader, rows: Iterator[Row]) -> list[tuple[int, Row]]:
    return [(reader.line, row) for row in islice(rows, BATCH)]


def _looks_like_wire(stream: BinaryIO) -> bool:
    """Whether the first line is an event as the wire has it, or something no chat log is."""
    peek = getattr(stream, "peek", None)
    if peek is None:
        raise BadEvent("this input cannot be looked into; give a file or a pipe")
    first = peek(1 << 16).removeprefix(b"\xef\xbb\xbf").lstrip().split(b"\n", 1)[0]
    if first[:1] == b"[":
        return True
    try:
        row = json.loads(first)
    except (ValueError, RecursionError):
        return bool(first[:1] == b"{")
    return isinstance(row, dict) and "session" in row and row.get("type") in TYPES


def _peekable(stream: BinaryIO) -> BinaryIO:
    if hasattr(stream, "peek"):
        return stream
    return cast(BinaryIO, io.BufferedReader(cast(io.RawIOBase, stream), 1 << 16))
