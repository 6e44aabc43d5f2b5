"""Which event ids the journal has already taken: exact, a day and more back, in bounded memory."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any
from zlib import crc32

import msgspec
import numpy as np
from numpy.typing import NDArray

from roomtone.records import decode_entry
from roomtone.runtime.journal_disk import Disk, write_file
from roomtone.runtime.journal_segments import Segment, read_segment

# An id is remembered as 128 bits of BLAKE2b over (session, id): two different ids meet with a
# chance of 1 in 10^24 even among ten million, which is what "exact" means here.
DIGEST_BYTES = 16
_PAIR = np.dtype([("high", ">u8"), ("low", ">u8")])
# Young ids stand in a set; every so many become a sorted run of 16 bytes each instead of about 110.
SPILL = 16_384
# A table of one bit per top 28 bits of a digest (32 MiB) answers "surely new" for nearly every id
# without looking into the runs.
_TABLE_BITS = 28
_SHIFT = np.uint64(64 - _TABLE_BITS)
# More ids than this (256 MB of files) are not remembered, however young they are.
MAX_IDS = 16_000_000
HORIZON_S = 24 * 3600

_HEAD = struct.Struct("<4sIQQ")  # magic, crc of the rest, newest arrival (ms), ids
_MAGIC = b"RTI\n"


_BLANK = blake2b(digest_size=DIGEST_BYTES)


def digest(session: str, id: str) -> bytes:
    """The 16 bytes an id is remembered by; the same id in another session is another."""
    begun = _BLANK.copy()  # half the price of a new one
    begun.update(f"{len(session)}:{session}{id}".encode())
    return begun.digest()


class Run:
    """Sorted digests of one segment: in memory, or mapped from the `.ids` file beside it."""

    def __init__(self, high: NDArray[Any], low: NDArray[Any], newest_ms: int) -> None:
        self.high, self.low, self.newest_ms = high, low, newest_ms

    def __len__(self) -> int:
        return len(self.high)

    def holds(self, high: NDArray[Any], low: NDArray[Any]) -> NDArray[np.bool_]:
        """For each digest (as two columns) whether it is here."""
        at = np.searchsorted(self.high, high)
        np.minimum(at, max(len(self.high) - 1, 0), out=at)
        same = np.asarray(self.high[at] == high)
        found: NDArray[np.bool_] = same & np.asarray(self.low[at] == low)
        # Equal upper halves of different ids: look at the neighbours (practically never).
        for i in np.flatnonzero(same & ~found):
            j = int(at[i]) + 1
            while j < len(self.high) and self.high[j] == high[i] and not found[i]:
                found[i] = self.low[j] == low[i]
                j += 1
        return found


def columns(digests: bytes) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Joined digests as their upper and lower halves."""
    pairs = np.frombuffer(digests, _PAIR)
    return pairs["high"].astype(np.uint64), pairs["low"].astype(np.uint64)


def build_run(digests: bytes, newest_ms: int) -> Run:
    """A run of joined digests in any order."""
    high, low = columns(digests)
    order = np.argsort(high, kind="stable")
    return Run(high[order], low[order], newest_ms)


def write_run(disk: Disk, path: Path, run: Run) -> None:
    """Keep a run as a file: a head, all upper halves, all lower halves."""
    data = run.high.tobytes() + run.low.tobytes()
    check = crc32(data, crc32(struct.pack("<QQ", run.newest_ms, len(run))))
    write_file(disk, path, _HEAD.pack(_MAGIC, check, run.newest_ms, len(run)), data)


def read_run(path: Path) -> Run | None:
    """The run in a file, mapped, not loaded; None when there is none or it is damaged."""
    if not path.exists() or path.stat().st_size < _HEAD.size:
        return None
    with path.open("rb") as file:
        magic, check, newest_ms, count = _HEAD.unpack(file.read(_HEAD.size))
    if magic != _MAGIC or path.stat().st_size != _HEAD.size + count * DIGEST_BYTES:
        return None
    if not count:
        empty = np.empty(0, np.uint64)
        return Run(empty, empty, newest_ms)
    both = np.memmap(path, np.uint64, "r", _HEAD.size, (2, count))
    if crc32(both.data, crc32(struct.pack("<QQ", newest_ms, count))) != check:
        return None
    return Run(both[0], both[1], newest_ms)


class _Id(msgspec.Struct):
    session: str
    id: str | None = None


class _BatchIds(msgspec.Struct, tag="batch"):
    arrival: int
    events: list[_Id]


_ids_decoder = msgspec.msgpack.Decoder(_BatchIds)


def collect(segment: Segment) -> tuple[bytes, int]:
    """The joined digests of all ids in a segment, and its newest arrival (epoch ms, 0 if none)."""
    digests = bytearray()
    newest = 0
    for _, body in read_segment(segment):
        try:
            batch = _ids_decoder.decode(body)
        except msgspec.ValidationError:
            decode_entry(body)  # a tick, a gap or the like holds no ids; what else fails is damage
            continue
        newest = max(newest, batch.arrival)
        digests += b"".join(digest(e.session, e.id) for e in batch.events if e.id is not None)
    return bytes(digests), newest


def restore_runs(disk: Disk, folder: Path, sealed: Sequence[Segment]) -> tuple[list[Run], int]:
    """The runs beside sealed segments, oldest first, and how many files could not be written.

    A missing or damaged file is made again from its segment. The file may outlive its segment:
    events are dropped by age and size, ids only by age. What is beyond the horizon is left out.
    """
    segments = {segment.path.with_suffix(".ids"): segment for segment in sealed}
    runs, lost = [], 0
    for path in sorted({*folder.glob("journal-*.ids"), *segments}):
        run = read_run(path)
        if run is None and path in segments:
            run = build_run(*collect(segments[path]))
            try:
                write_run(disk, path, run)
            except OSError:
                lost += 1
        if run is not None:
            runs.append(run)
    newest = max((run.newest_ms for run in runs), default=0)
    runs = [run for run in runs if run.newest_ms >= newest - HORIZON_S * 1000]
    while len(runs) > 1 and sum(map(len, runs)) > MAX_IDS:
        del runs[0]
    return runs, lost


class IdMemory:
    """The ids of everything synced so far. Belongs to one thread."""

    def __init__(self) -> None:
        self._young: set[bytes] = set()
        self._spilled: list[Run] = []  # of the segment being written
        self._runs: list[Run] = []  # of sealed segments, oldest first
        self._table = np.zeros(1 << (_TABLE_BITS - 3), np.uint8)  # costs memory as it fills
        self._bits = memoryview(self._table.data)
        self._newest_ms = 0
        self._scrubbed = 0  # the next part of the table to clear of dropped ids

    def __len__(self) -> int:
        return len(self._young) + sum(map(len, (*self._spilled, *self._runs)))

    def known(self, digests: Sequence[bytes]) -> list[bool]:
        """For each digest whether it was added before."""
        found = [d in self._young for d in digests]
        if not (self._spilled or self._runs) or all(found):
            return found
        if len(digests) < 8:  # NumPy costs more than it saves
            maybe = [i for i, d in enumerate(digests) if not found[i] and self._maybe(d)]
        else:
            high, _ = columns(b"".join(digests))
            top = high >> _SHIFT
            hit = self._table[top >> np.uint64(3)] >> (top & np.uint64(7)).astype(np.uint8) & 1
            maybe = [int(i) for i in np.flatnonzero(hit) if not found[i]]
        if maybe:
            high, low = columns(b"".join(digests[i] for i in maybe))
            seen = np.zeros(len(maybe), np.bool_)
            for run in (*self._spilled, *self._runs):
                if len(run):
                    seen |= run.holds(high, low)
            for i, known in zip(maybe, seen.tolist(), strict=True):
                found[i] = known
        return found

    def add(self, digests: Iterable[bytes], arrival_ms: int) -> None:
        """Remember these; `arrival_ms` (the batch's arrival) says how old they are."""
        self._young.update(digests)
        self._newest_ms = max(self._newest_ms, arrival_ms)
        if len(self._young) >= SPILL:
            run = build_run(b"".join(self._young), self._newest_ms)
            self._spilled.append(run)
            self._mark(run.high)
            self._young = set()
            self._scrub()

    def add_joined(self, digests: bytes, newest_ms: int) -> None:
        """`add` for many at once: what the segment being written holds already at the start."""
        run = build_run(digests, newest_ms)
        self._newest_ms = max(self._newest_ms, newest_ms)
        self._spilled.append(run)
        self._mark(run.high)

    def seal(self, run: Run) -> None:
        """A segment is full: its run stands for all that was added since the last seal."""
        self._mark(columns(b"".join(self._young))[0])  # the spilled ones are marked already
        self._young = set()
        self._spilled = []
        self._runs.append(run)
        while len(self._runs) > 1 and (
            self._runs[0].newest_ms < self._newest_ms - HORIZON_S * 1000 or len(self) > MAX_IDS
        ):
            del self._runs[0]

    def restore(self, run: Run) -> None:
        """Take in the run of an older segment, oldest first."""
        self._newest_ms = max(self._newest_ms, run.newest_ms)
        self._runs.append(run)
        self._mark(run.high)

    def _mark(self, high: NDArray[Any]) -> None:
        if not len(high):
            return
        top = np.sort(np.asarray(high) >> _SHIFT)  # then the bits of one byte stand together
        bits = np.uint8(1) << (top & np.uint64(7)).astype(np.uint8)
        byte = (top >> np.uint64(3)).astype(np.intp)
        first = np.flatnonzero(np.diff(byte, prepend=-1))
        self._table[byte[first]] |= np.bitwise_or.reduceat(bits, first)

    def _scrub(self) -> None:
        """Build a 256th of the table anew, so that the bits of dropped ids go in the long run."""
        part, self._scrubbed = self._scrubbed, (self._scrubbed + 1) % 256
        size = len(self._table) >> 8
        self._table[part * size : (part + 1) * size] = 0
        first = np.uint64(part << 56)
        last = np.uint64((part << 56) + (1 << 56) - 1)
        for run in (*self._spilled, *self._runs):
            start = np.searchsorted(run.high, first, "left")
            self._mark(run.high[start : np.searchsorted(run.high, last, "right")])

    def _maybe(self, digest: bytes) -> bool:
        top = int.from_bytes(digest[:8], "big") >> int(_SHIFT)
        return bool(self._bits[top >> 3] >> (top & 7) & 1)
