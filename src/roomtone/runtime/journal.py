"""The journal: events are acknowledged when they are synced here, once each, in one order."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from roomtone.blanking import Blank
from roomtone.errors import BadEvent, JournalError
from roomtone.records import Batch, Entry, decode_entry, encode_entry
from roomtone.runtime import journal_retention as retention
from roomtone.runtime import journal_snapshots as snapshots
from roomtone.runtime.journal_disk import Disk, explain
from roomtone.runtime.journal_ids import IdMemory, Run, collect, digest, restore_runs
from roomtone.runtime.journal_rewriting import rewrite
from roomtone.runtime.journal_segments import (
    list_segments,
    read_journal,
    read_segments,
    recover,
)
from roomtone.runtime.journal_writer import Item, Writer, again

__all__ = ["Journal", "Receipt", "read_journal"]

SEGMENT_BYTES = 64 << 20  # about half a million events: small enough to read or drop as one
MAX_ENTRY_BYTES = 16 << 20  # a batch of 1,000 events is 0.2 MB; beyond this something is wrong
SLICE_EVENTS = 1_000  # committed events handed on per turn of the loop: 1-3 ms, then others run
MAX_UNTOLD = 50_000  # entries that are synced, or refused, but not told: the loop hangs behind
PROBE_S = 0.5  # how often a failing disk is tried again
KEEP_BYTES = 20 << 30  # sealed segments beyond this, and older than this, may go
KEEP_S = 30 * 24 * 3600


class Receipt(msgspec.Struct, frozen=True):
    """What became of an entry: it is synced. `position` is the place right behind it.

    `duplicates` are the indexes (into the batch as given) of events that were there already.
    """

    accepted: int
    duplicates: list[int]
    position: int


class _Waiting(msgspec.Struct, frozen=True, eq=False):
    """What the loop must know about an item to answer for it."""

    entry: Entry | None  # None: nothing new in it, it only waits for those before it
    events: int
    duplicates: list[int]
    answer: asyncio.Future[Receipt]


class Journal:
    """An append-only log of entries in a folder, owned by one process.

    `append` is called in the event loop and never waits for the disk: a thread collects what is
    pending, writes and syncs it at once. Durability class: power-safe (`fdatasync` before the
    acknowledgement; with `sync=False` only kill-safe). A commit is told to `on_commit(position,
    entry)` in the loop, strictly in journal order, before the one who appended it hears of it.

    An event's id is remembered for 24 hours, or for the last 16 million ids if these are more
    recent: within that, a repeat is recognised exactly, across restarts. Events without an id
    are never taken for repeats.
    """

    def __init__(self, folder: Path, writer: Writer, ids: IdMemory, lock: int) -> None:
        self.folder = folder
        self.on_commit: Callable[[int, Entry], None] | None = None
        self.counters = writer.counters
        self._writer, self._ids, self._lock = writer, ids, lock
        self._flying: set[bytes] = set()  # ids on their way to the disk
        self._loop: asyncio.AbstractEventLoop | None = None
        self._news: deque[Callable[[], int]] = deque()  # what the thread reported, in order
        self._awaiting_mend: list[asyncio.Future[None]] = []
        self._told = False  # a turn of the loop is booked for the news
        writer.on_group = lambda items, error: self._post(
            *((lambda item=item: self._settle(item, error)) for item in items)
        )
        writer.on_sealed = lambda run: self._post(lambda: self._seal(run))
        writer.on_mended = lambda: self._post(self._resume)

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        segment_bytes: int = SEGMENT_BYTES,
        sync: bool = True,
        probe_s: float = PROBE_S,
        disk: Disk | None = None,
    ) -> Journal:
        """Open or create the journal of a folder, mend what a crash left, and start the thread.

        Blocks (up to some hundred milliseconds). Raises JournalError when another process has it
        open or acknowledged data is damaged, DiskFull when there is no room to begin.
        """
        disk = disk or Disk()
        folder.mkdir(parents=True, exist_ok=True)
        lock = _lock(folder)
        try:
            found = recover(disk, folder)
            ids = IdMemory()
            runs, ids_lost = restore_runs(disk, folder, found.segments[:-1])
            for run in runs:
                ids.restore(run)
            last = found.segments[-1]
            digests, newest_ms = collect(last)
            ids.add_joined(digests, newest_ms)
            writer = Writer(
                disk,
                folder,
                last,
                segment_bytes=segment_bytes,
                sync=sync,
                probe_s=probe_s,
                digests=digests,
                newest_ms=newest_ms,
            )
        except BaseException as error:
            os.close(lock)
            if isinstance(error, OSError):
                raise explain(folder, error) from error
            raise
        writer.counters.torn_bytes = found.cut_bytes
        writer.counters.ids_lost = ids_lost
        writer.start()
        return cls(folder, writer, ids, lock)

    @property
    def end(self) -> int:
        """The position behind the last synced entry."""
        return self._writer.end

    @property
    def trouble(self) -> JournalError | None:
        """Why appending fails at the moment, made anew each time; None when it works."""
        trouble = self._writer.trouble
        return None if trouble is None else again(trouble)

    async def ready(self) -> None:
        """Wait until appending works again; returns at once when it does."""
        if self.trouble is not None:
            answer = asyncio.get_running_loop().create_future()
            self._awaiting_mend.append(answer)
            await answer

    def append(self, entry: Entry) -> asyncio.Future[Receipt]:
        """Put an entry into the order now; the future is done when it is synced and told.

        Events known by their (session, id) are taken out first. Raises at once, or through the
        future: DiskFull, JournalError or BadEvent, each with what to do. Then nothing of the
        entry was taken, and the same ids may be sent again.
        """
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
        answer: asyncio.Future[Receipt] = self._loop.create_future()
        if not isinstance(entry, Batch):
            self._submit(Item(_encode(entry)), _Waiting(entry, 0, [], answer))
            return answer
        new, duplicates, flying = self._sift(entry)
        if duplicates and len(duplicates) == len(entry.events):
            if flying:  # synced with, or after, the first of its kind
                self._submit(Item(b""), _Waiting(None, 0, duplicates, answer))
            else:
                self.counters.duplicates += len(duplicates)
                answer.set_result(Receipt(0, duplicates, self.end))
            return answer
        if duplicates:
            gone = set(duplicates)
            kept = [event for i, event in enumerate(entry.events) if i not in gone]
            entry = msgspec.structs.replace(entry, events=kept)
        item = Item(_encode(entry), list(new), entry.arrival)
        self._submit(item, _Waiting(entry, len(entry.events), duplicates, answer))
        self._flying |= new
        self.counters.appended += len(entry.events)
        return answer

    def replay(self, from_position: int | None = None) -> Iterator[tuple[int, Entry]]:
        """Everything synced up to now behind a position, in order, each with its own position."""
        end = self.end  # what is behind it may be half written just now
        segments = [
            segment._replace(size=min(segment.size, end - segment.base))
            for segment in list_segments(self.folder)
            if segment.base < end
        ]
        for position, body in read_segments(segments, from_position or 0):
            yield position, decode_entry(body)

    def write_snapshot(self, position: int, data: bytes) -> None:
        """Keep the state after the entry at `position`. Blocks for a sync: call it in a thread."""
        try:
            snapshots.write_snapshot(self._writer.disk, self.folder, position, data)
        except OSError as error:
            raise explain(self.folder, error) from error

    def latest_snapshot(self) -> tuple[int, bytes] | None:
        """The newest sound snapshot as (position, data); go on with `replay(position)`."""
        return snapshots.latest_snapshot(self.folder, self.end)

    def rotate(self) -> None:
        """Have the next entry begin a new segment."""
        self._writer.turn = True

    def rewrite(self, blank: Blank, about: Callable[[int, str], None]) -> int:
        """Take a person out of all sealed segments; returns how many were written anew.

        `about` is told where each begins and its new hash before it is replaced: who dies in
        between knows which those may be. Blocks for as long as it takes to read the journal: call
        it in a thread.
        """
        return rewrite(self._writer.disk, self.folder, blank, about)

    def drop_before(self, position: int) -> int:
        """Remove sealed segments that end at or before a position; returns the bytes freed.

        Never one that a restart could need: what is behind the older of the two snapshots stays.
        Blocks shortly. Ids are remembered for their 24 hours all the same.
        """
        return retention.drop_before(self._writer.disk, self.folder, position)

    def retain(self, now: float, *, keep_s: float = KEEP_S, keep_bytes: int = KEEP_BYTES) -> int:
        """Remove sealed segments older than `keep_s` at epoch second `now`, or beyond `keep_bytes`.

        Under the same protection as `drop_before`; returns the bytes freed. Call it now and then
        in a thread.
        """
        position = retention.expired(self.folder, now, keep_s, keep_bytes)
        freed = retention.drop_before(self._writer.disk, self.folder, position)
        retention.drop_ids(self._writer.disk, self.folder, now)
        return freed

    async def close(self) -> None:
        """Sync what is pending, tell of it, and let go of the folder."""
        await asyncio.to_thread(self._writer.stop)
        while self._news:
            self._news.popleft()()
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def _sift(self, batch: Batch) -> tuple[set[bytes], list[int], bool]:
        """The new ids' digests, the duplicates' indexes, and whether one of these is in flight."""
        named = [(i, e) for i, e in enumerate(batch.events) if e.id is not None]
        try:
            digests = [digest(e.session, e.id) for _, e in named if e.id is not None]
        except UnicodeEncodeError as error:
            raise BadEvent(
                f"an id cannot be written down ({error}); send a printable one"
            ) from None
        seen = self._ids.known(digests)
        new = set(digests)
        if len(new) == len(digests) and self._flying.isdisjoint(new) and not any(seen):
            return new, [], False  # the usual case
        new = set()
        duplicates: list[int] = []
        flying = False
        for (i, _), key, known in zip(named, digests, seen, strict=True):
            if key in self._flying:
                flying = True
                duplicates.append(i)
            elif known or key in new:
                duplicates.append(i)
            else:
                new.add(key)
        return new, duplicates, flying

    def _submit(self, item: Item, waiting: _Waiting) -> None:
        if len(self._news) > MAX_UNTOLD:
            raise JournalError(
                f"{MAX_UNTOLD:,} entries wait to be told; let the event loop have its turn"
            )
        item.context = waiting
        self._writer.submit(item)

    def _post(self, *news: Callable[[], int]) -> None:
        """Called in the writer's thread: have these run in the loop, in this order."""
        self._news.extend(news)
        if self._loop is not None and not self._told and not self._loop.is_closed():
            self._told = True
            self._loop.call_soon_threadsafe(self._tell)

    def _tell(self) -> None:
        """Run a slice of the news; others have their turn in the loop between two slices."""
        self._told = False
        done = 0
        while self._news and done < SLICE_EVENTS:
            done += 1 + self._news.popleft()()
        if self._news and self._loop is not None:
            self._told = True
            self._loop.call_soon(self._tell)

    def _settle(self, item: Item, error: JournalError | None) -> int:
        """An item is synced, or failed: remember or forget its ids, tell, answer."""
        waiting = item.context
        assert isinstance(waiting, _Waiting)
        self._flying.difference_update(item.digests)
        if error is not None:
            if not waiting.answer.done():
                waiting.answer.set_exception(again(error))
            return 0
        self._ids.add(item.digests, item.arrival_ms)
        self.counters.synced += waiting.events
        self.counters.duplicates += len(waiting.duplicates)
        if waiting.entry is not None and self.on_commit is not None:
            try:
                self.on_commit(item.position, waiting.entry)
            except Exception as failure:
                self.counters.consumer_failures += 1
                assert self._loop is not None
                self._loop.call_exception_handler(
                    {"message": "applying a journal entry failed", "exception": failure}
                )
        if not waiting.answer.done():
            waiting.answer.set_result(Receipt(waiting.events, waiting.duplicates, item.position))
        return waiting.events

    def _seal(self, run: Run) -> int:
        self._ids.seal(run)
        return 0

    def _resume(self) -> int:
        self._writer.resume()
        for answer in self._awaiting_mend:
            if not answer.done():
                answer.set_result(None)
        self._awaiting_mend.clear()
        return 0


def _encode(entry: Entry) -> bytes:
    try:
        body = encode_entry(entry)
    except (UnicodeEncodeError, OverflowError) as error:
        raise BadEvent(f"an event cannot be written down ({error}); mend or leave it out") from None
    if len(body) > MAX_ENTRY_BYTES:
        raise JournalError(
            f"one entry of {len(body) >> 20} MB is more than {MAX_ENTRY_BYTES >> 20} MB;"
            " send smaller batches"
        )
    return body


def _lock(folder: Path) -> int:
    """Take the folder for this process; the system gives it back however the process ends."""
    fd = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o640)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        owner = os.pread(fd, 32, 0).decode(errors="replace").strip() or "unknown"
        os.close(fd)
        raise JournalError(
            f"the journal in {folder} is in use by process {owner}; stop it, or give this one"
            " another folder with --data"
        ) from None
    with contextlib.suppress(OSError):  # on a full disk the lock holds without its owner's name
        os.ftruncate(fd, 0)
        os.pwrite(fd, str(os.getpid()).encode(), 0)
    return fd
