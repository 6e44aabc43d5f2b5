"""What waits to be remembered: some in memory, more on the disk, nothing lost at a restart."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec

from roomtone.records import Memory

MOST = 2_000
"""How many memories wait in memory: some megabytes. Beyond them they wait on the disk."""

MOST_BYTES = 256 << 20
"""How much may wait on the disk, which is a week of a store that is away. What comes then is not
remembered, and counted; its turns are in the archive."""

_ENCODER = msgspec.msgpack.Encoder()
_DECODER: msgspec.msgpack.Decoder[Memory] = msgspec.msgpack.Decoder(Memory)


class Due:
    """Memories to be kept, oldest first: `put`, `some`, `done`.

    What is in memory is saved with every snapshot of the engine: what comes after that, the journal
    brings again. A memory that comes twice has the same id, and is kept once.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._near: deque[Memory] = deque()
        self._far = folder / "memories-due"  # what did not find room, in its order
        self._saved = folder / "memories-near"  # what was in memory at the last snapshot
        self._read_to = 0  # bytes of `_far` that are in memory, or done
        self._is_loaded = False
        self.lost = 0

    def __len__(self) -> int:
        return len(self._near)

    @property
    def far_bytes(self) -> int:
        """How much waits on the disk beyond what is in memory."""
        return max(0, _size(self._far) - self._read_to)

    def load(self) -> None:
        """Take up what waited when the process ended, before all that has come since; once."""
        if not self._is_loaded:
            self._is_loaded = True
            self._near.extendleft(reversed(_read(self._saved, 0)[0]))
            _mend(self._far)

    def put(self, memories: Sequence[Memory]) -> None:
        """Let these wait too."""
        behind = bool(self.far_bytes)
        room = 0 if behind else max(0, MOST - len(self._near))
        self._near.extend(memories[:room])
        if rest := memories[room:]:
            if _size(self._far) > MOST_BYTES:
                self.lost += len(rest)
                return
            self._folder.mkdir(parents=True, exist_ok=True)
            with self._far.open("ab") as file:
                file.write(b"".join(_framed(one) for one in rest))
                file.flush()
                os.fsync(file.fileno())

    def some(self, most: int) -> list[Memory]:
        """The oldest, which stay until they are done."""
        if not self._near and self.far_bytes:
            memories, self._read_to = _read(self._far, self._read_to, MOST)
            self._near.extend(memories)
        return [self._near[place] for place in range(min(most, len(self._near)))]

    def done(self, many: int) -> None:
        """The oldest are kept."""
        for _ in range(min(many, len(self._near))):
            self._near.popleft()
        if not self._near and self._read_to and not self.far_bytes:
            self._far.unlink(missing_ok=True)
            self._saved.unlink(missing_ok=True)
            self._read_to = 0

    def save(self) -> None:
        """Put what is in memory onto the disk, whole or not at all. For any thread."""
        waiting = self._near.copy()
        if not waiting and not self._saved.exists():
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        _write(self._saved, waiting)

    def forget(self, gone: Callable[[Memory], bool]) -> int:
        """Let none wait that this is true of, in memory or on the disk; returns how many."""
        kept = deque(one for one in self._near if not gone(one))
        many = len(self._near) - len(kept)
        self._near = kept
        if self._far.exists():
            waiting = _read(self._far, self._read_to)[0]
            left = [one for one in waiting if not gone(one)]
            many += len(waiting) - len(left)
            _write(self._far, left)
            self._read_to = 0
        if self._saved.exists():
            _write(self._saved, self._near)
        return many


def _framed(memory: Memory) -> bytes:
    body = _ENCODER.encode(memory)
    return len(body).to_bytes(4, "big") + body


def _write(path: Path, memories: Sequence[Memory] | deque[Memory]) -> None:
    half = path.with_name(path.name + ".part")
    with half.open("wb") as file:
        file.write(b"".join(_framed(one) for one in memories))
        file.flush()
        os.fsync(file.fileno())
    os.replace(half, path)


def _read(path: Path, start: int, most: int = 1_000_000_000) -> tuple[list[Memory], int]:
    """Memories from a place on, and the place behind them; a torn end is left out."""
    if not path.exists():
        return [], start
    found: list[Memory] = []
    place = start
    with path.open("rb") as file:
        file.seek(start)
        for memory, size in _frames(file.read):
            found.append(memory)
            place += size
            if len(found) == most:
                return found, place
    return found, _size(path)


def _frames(read: Callable[[int], bytes]) -> Iterator[tuple[Memory, int]]:
    while len(head := read(4)) == 4:
        size = int.from_bytes(head, "big")
        body = read(size)
        if len(body) < size:
            return
        try:
            yield _DECODER.decode(body), 4 + size
        except msgspec.MsgspecError:
            return


def _mend(path: Path) -> None:
    """Cut off a torn end: what is added behind it could not be read."""
    place, size = 0, _size(path)
    if not size:
        return
    with path.open("r+b") as file:
        while len(head := file.read(4)) == 4:
            end = place + 4 + int.from_bytes(head, "big")
            if end > size:
                break
            place = file.seek(end)
        if place < size:
            file.truncate(place)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
