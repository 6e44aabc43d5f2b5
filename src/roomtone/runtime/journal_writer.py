"""The journal's thread: group commit, rotation, and mending the file after the disk failed."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

from roomtone.errors import JournalError
from roomtone.runtime.journal_disk import Disk, explain, sync_folder, write_all
from roomtone.runtime.journal_ids import Run, build_run, read_run, write_run
from roomtone.runtime.journal_segments import (
    FRAME_BYTES,
    HEAD_BYTES,
    Segment,
    create_segment,
    pack_frame,
    sound_bytes,
)
from roomtone.runtime.tally import DISK_S, Durations

# One group is written and synced at once; a larger one would make those in it wait for each other.
GROUP_BYTES = 1 << 20
# Waiting for the disk costs memory: beyond this, callers are told to come back.
MAX_WAITING_BYTES = 64 << 20
# Free room that must be seen before a full disk counts as mended; hysteresis, about 2,000 events.
PROBE_BYTES = 256 << 10


@dataclass(slots=True, eq=False)
class Item:
    """One entry on its way: its bytes (none: it only waits its turn) and where they ended up."""

    body: bytes
    digests: list[bytes] = field(default_factory=list)
    arrival_ms: int = 0
    position: int = 0
    context: object = None


@dataclass(slots=True)
class Counters:
    """What the journal did since it was opened, for /metrics."""

    appended: int = 0  # events handed to the thread
    synced: int = 0  # events durable
    duplicates: int = 0  # events recognised as repeats
    entries: int = 0  # entries durable
    bytes: int = 0  # written and synced
    syncs: Durations = field(default_factory=lambda: Durations(DISK_S))
    failures: int = 0  # writes or syncs that failed; nothing in them was acknowledged
    rotations: int = 0
    torn_bytes: int = 0  # cut off at the start: written by a crash, never acknowledged
    ids_lost: int = 0  # .ids files that could not be written; rebuilt at the next start
    consumer_failures: int = 0  # errors of the one who is told of commits


def again(error: JournalError) -> JournalError:
    """The same error anew: one object raised many times would gather their tracebacks."""
    return type(error)(*error.args)


class Writer:
    """Owns the open segment. Everything public may be called from any thread.

    The callbacks are called in the writer's thread, in journal order: `on_group(items, error)`
    once per submitted item, `on_sealed(run)` after a rotation, `on_mended()` when it can write
    again after an error. Between an error and `resume()` every submit fails fast.
    """

    def __init__(
        self,
        disk: Disk,
        folder: Path,
        segment: Segment,
        *,
        segment_bytes: int,
        sync: bool,
        probe_s: float,
        digests: bytes,
        newest_ms: int,
    ) -> None:
        self.counters = Counters()
        self.trouble: JournalError | None = None
        self.on_group: Callable[[list[Item], JournalError | None], None] = lambda *_: None
        self.on_sealed: Callable[[Run], None] = lambda _: None
        self.on_mended: Callable[[], None] = lambda: None
        self.disk, self._folder, self._segment = disk, folder, segment
        self._segment_bytes, self._sync, self._probe_s = segment_bytes, sync, probe_s
        self._digests, self._newest_ms = bytearray(digests), newest_ms
        self._fd = disk.open(segment.path, os.O_WRONLY | os.O_APPEND)
        self.turn = False  # the next entry begins a new segment
        self._queue: deque[Item] = deque()
        self._waiting = 0
        self._stopping = False
        self._wake = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)

    @property
    def end(self) -> int:
        """The position behind the last synced entry."""
        return self._segment.end

    @property
    def holds_any(self) -> bool:
        """Whether anything is in the open segment."""
        return self._segment.size > HEAD_BYTES

    def start(self) -> None:
        self._thread.start()

    def submit(self, item: Item) -> None:
        """Take an item in; raises JournalError while the disk fails or lags, and when closed."""
        with self._wake:
            if self._stopping:
                raise JournalError("the journal is closed; open it again to append")
            if self.trouble is not None:
                raise again(self.trouble)
            if self._waiting > MAX_WAITING_BYTES:
                raise JournalError(
                    f"the disk is {self._waiting >> 20} MB behind; wait a second and send again"
                )
            self._queue.append(item)
            self._waiting += len(item.body)
            self._wake.notify()

    def resume(self) -> None:
        """Take items again; called when everybody heard of the failure that went before."""
        with self._wake:
            self.trouble = None

    def stop(self) -> None:
        """Write what waits, then end the thread and close the file."""
        with self._wake:
            self._stopping = True
            self._wake.notify()
        if self._thread.is_alive():
            self._thread.join()
        fd, self._fd = self._fd, -1
        if fd >= 0:
            try:
                self.disk.close(fd)
            except OSError:
                self.counters.failures += 1  # all that was acknowledged is synced already

    def _run(self) -> None:
        while group := self._next_group():
            try:
                self._commit(group)
            except OSError as error:
                self._fail(group, explain(self._folder, error))
                if not self._mend_until_done():
                    return
            except BaseException as error:
                self._fail(
                    group, JournalError(f"the journal stopped ({error!r}); restart roomtone")
                )
                raise
            else:
                self.on_group(group, None)

    def _next_group(self) -> list[Item]:
        """The next items, oldest first, up to a group's size; nothing when all is written."""
        group: list[Item] = []
        size = 0
        with self._wake:
            while not self._queue and not self._stopping:
                self._wake.wait()
            while self._queue and (not group or size + len(self._queue[0].body) <= GROUP_BYTES):
                group.append(self._queue.popleft())
                size += len(group[-1].body)
            self._waiting -= size
        return group

    def _commit(self, group: list[Item]) -> None:
        """Write and sync one group as one frame."""
        if self._segment.size >= self._segment_bytes or (self.turn and self.holds_any):
            self._rotate()
        self.turn = False
        bodies = [item.body for item in group if item.body]
        if bodies:
            frame, ends = pack_frame(self._segment.end, self._segment.salt, bodies)
            write_all(self.disk, self._fd, frame)
            self._datasync()
            self._segment = self._segment._replace(size=self._segment.size + len(frame))
            self.counters.bytes += len(frame)
            self.counters.entries += len(bodies)
            after = iter(ends)
        for item in group:
            item.position = next(after) if item.body else self._segment.end
            for digest in item.digests:
                self._digests += digest
            self._newest_ms = max(self._newest_ms, item.arrival_ms)

    def _datasync(self) -> None:
        if not self._sync:
            return
        begun = perf_counter()
        self.disk.datasync(self._fd)
        self.counters.syncs.add(perf_counter() - begun)

    def _rotate(self) -> None:
        """Go on in a new segment; the ids of the full one go into a file beside it."""
        full = self._segment
        self._segment, fd = create_segment(self.disk, self._folder, full.end)
        fd, self._fd = self._fd, fd
        self.disk.close(fd)
        self.counters.rotations += 1
        run = build_run(bytes(self._digests), self._newest_ms)
        self._digests.clear()
        path = full.path.with_suffix(".ids")
        try:
            write_run(self.disk, path, run)
            run = read_run(path) or run  # mapped from the file, it takes no memory of ours
        except OSError:
            self.counters.ids_lost += 1  # the run stays in memory, a restart builds the file
        self.on_sealed(run)

    def _fail(self, group: list[Item], error: JournalError) -> None:
        """Refuse the group and all that waits behind it, so that nothing overtakes."""
        self.counters.failures += 1
        with self._wake:
            self.trouble = error
            group = [*group, *self._queue]
            self._queue.clear()
            self._waiting = 0
        self.on_group(group, error)

    def _mend_until_done(self) -> bool:
        """Try to mend the file now and then; False when stopped meanwhile."""
        while True:
            with self._wake:
                if self._stopping:
                    return False
                self._wake.wait(self._probe_s)
                if self._stopping:
                    return False
            try:
                self._mend()
                self._probe()
            except OSError as error:
                self.trouble = explain(self._folder, error)
            except JournalError as error:
                self.trouble = error
            else:
                self.on_mended()
                return True

    def _mend(self) -> None:
        """Go back to the last synced byte in a freshly opened file.

        After a failed sync the system may have dropped the pages and call them clean: what was
        written since is not to be trusted, and syncing again would lie.
        """
        if self._fd >= 0:
            fd, self._fd = self._fd, -1
            self.disk.close(fd)
        half_made = self._folder / f"journal-{self._segment.end:020d}.log"
        if half_made.exists():
            self.disk.unlink(half_made)
            sync_folder(self.disk, self._folder)
        self._fd = self.disk.open(self._segment.path, os.O_WRONLY | os.O_APPEND)
        self.disk.truncate(self._fd, self._segment.size)
        self.disk.sync(self._fd)
        if sound_bytes(self._segment) != self._segment.size:
            raise JournalError(
                f"{self._segment.path} changed under the journal; check the disk, then restart"
            )

    def _probe(self) -> None:
        """Raise OSError unless there is room for some more groups."""
        path = self._folder / "probe.part"
        fd = self.disk.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        try:
            write_all(self.disk, fd, bytes(PROBE_BYTES + FRAME_BYTES))
            self.disk.sync(fd)
        finally:
            self.disk.close(fd)
            self.disk.unlink(path)
