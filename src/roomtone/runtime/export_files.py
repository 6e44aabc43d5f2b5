"""Where an export is written: parts that grow, a note of how far they are whole, a rename."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from array import array
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from roomtone.errors import BadEvent
from roomtone.runtime.export_plan import SHARD_BYTES, Plan

STATE = "state.json"
PEOPLE = "people"

_json = msgspec.json.Encoder()


class Shard(msgspec.Struct):
    """One growing file: up to where it is whole."""

    bytes: int = 0
    rows: int = 0
    ids: int = 0  # bytes of the list of where its rows came from


class State(msgspec.Struct, kw_only=True):
    """How far an export has come: everything that is needed to go on behind it."""

    plan: Plan
    dataset: str = ""
    after: int = 0  # the last conversation that is in it
    conversations: int = 0
    total: int = 0
    shards: dict[str, list[Shard]] = {}
    people: int = 0  # bytes of their list
    tally: dict[str, Any] = {}
    ids: list[tuple[int, int]] = []
    kept: list[tuple[int, int]] = []  # those of which there are rows
    packed: bool = False  # as columns, and not as lines


class Ranges:
    """Ids in the order in which they came, as runs without a gap; millions of them are small."""

    def __init__(self, runs: Iterable[tuple[int, int]] = ()) -> None:
        self._ends = array("q", (end for run in runs for end in run))

    def add(self, id: int) -> None:
        if self._ends and self._ends[-1] == id - 1:
            self._ends[-1] = id
        else:
            self._ends.extend((id, id))

    def __len__(self) -> int:
        return sum(last - first + 1 for first, last in self.runs())

    def runs(self) -> list[tuple[int, int]]:
        return list(zip(self._ends[::2], self._ends[1::2], strict=True))


class Staging:
    """The parts of an export while it is made. Each is cut back to where it was whole when a
    broken-off export goes on, so that the result is the same to the byte.

    A single file is staged beside its target, as is a folder: `NAME.part`, a folder in both cases,
    renamed or emptied into its place at the end.
    """

    takes_packed = True  # rows need not be lines

    def __init__(self, target: Path, *, single: bool, shard: int = SHARD_BYTES) -> None:
        self.target, self.single = target, single
        self.folder = target.with_name(f"{target.name}.part")
        self._shard = shard
        self.packed = False  # what is staged is a RowFile's columns, and not lines
        self._open: dict[str, Any] = {}
        self._held: int | None = None
        self.shards: dict[str, list[Shard]] = {}
        self.people = 0

    # -- the life of it ------------------------------------------------------------------------

    def check(self) -> None:
        """Raises BadEvent where something is in the way: nothing is overwritten."""
        if self.target.exists():
            raise BadEvent(f"{self.target} is there already; name another place, or delete it")

    def hold(self) -> bool:
        """Keep others from the place until `release`; False where another is at work there."""
        self.folder.mkdir(parents=True, exist_ok=True)
        held = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            mine = os.path.samestat(os.fstat(held), self.folder.stat())
        except (BlockingIOError, FileNotFoundError):  # it is held, or was done just now
            mine = False
        if not mine:
            os.close(held)
            return False
        self._held = held
        return True

    def release(self) -> None:
        """Let others have the place."""
        if self._held is not None:
            os.close(self._held)
            self._held = None

    def begin(self) -> None:
        """Make an empty place; what was broken off there is gone."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for path in self.folder.iterdir():
            _remove(path)
        self.shards, self.people = {}, 0

    def left(self) -> State | None:
        """What a broken-off export left, where it can be gone on with."""
        try:
            raw = (self.folder / STATE).read_bytes()
            return msgspec.json.decode(raw, type=State)
        except FileNotFoundError:
            return None
        except msgspec.MsgspecError:
            return None  # written by another release: begin anew

    def go_on(self, state: State) -> bool:
        """Cut every part back to where it was whole. False where one is shorter than that,
        or was staged otherwise."""
        if state.packed != self.packed:
            return False
        wanted = {}
        for part, index, shard in _each(state.shards):
            wanted[self._path(part, index)] = shard.bytes
            if shard.ids:
                wanted[self._path(part, index, "ids")] = shard.ids
        wanted[self.folder / PEOPLE] = state.people
        for path, size in wanted.items():
            if (path.stat().st_size if path.exists() else 0) < size:
                return False
        for path in self.folder.iterdir():
            if path.name != STATE and path not in wanted:  # begun behind the note
                _remove(path)
        for path, size in wanted.items():
            with path.open("ab") as file:
                file.truncate(size)
        self.shards, self.people = state.shards, state.people
        return True

    def note(self, state: State) -> None:
        """Write down how far everything is whole. A kill leaves this note or the one before."""
        for file in self._open.values():
            file.flush()
        state.shards, state.people, state.packed = self.shards, self.people, self.packed
        fresh = self.folder / f"{STATE}.new"
        fresh.write_bytes(_json.encode(state))
        os.replace(fresh, self.folder / STATE)

    # -- rows ----------------------------------------------------------------------------------

    def write(self, part: str, made: bytes, rows: int, ids: bytes = b"") -> None:
        """Lines behind those that are there, in the next file where this one is full; `ids` say
        where they came from, as lines of a file of their own."""
        if not rows:
            return
        shards = self.shards.setdefault(part, [])
        if not shards or (not self.single and shards[-1].bytes >= self._shard):
            for name in ("rows", "ids"):
                self._end(f"{part}-{len(shards) - 1:05d}.{name}")
            shards.append(Shard())
        shard, index = shards[-1], len(shards) - 1
        self._append(self._path(part, index), made)
        if ids:
            self._append(self._path(part, index, "ids"), ids)
        shard.bytes += len(made)
        shard.rows += rows
        shard.ids += len(ids)

    def _append(self, path: Path, made: bytes) -> None:
        file = self._open.get(path.name)
        if file is None:
            file = self._open[path.name] = path.open("ab")
        file.write(made)

    def meet(self, people: Iterable[str]) -> None:
        """Remember people who are in it, until it is done."""
        made = b"".join(_json.encode(one) + b"\n" for one in people)
        if made:
            self._append(self.folder / PEOPLE, made)
            self.people += len(made)

    def met(self) -> list[str]:
        """All of them."""
        path = self.folder / PEOPLE
        if not path.exists():
            return []
        return [msgspec.json.decode(line, type=str) for line in path.read_bytes().splitlines()]

    def _path(self, part: str, index: int, name: str = "rows") -> Path:
        return self.folder / f"{part}-{index:05d}.{name}"

    def _end(self, name: str) -> None:
        file = self._open.pop(name, None)
        if file is not None:
            file.close()

    def close(self) -> None:
        """Let go of what is open; it can be gone on with."""
        for name in list(self._open):
            self._end(name)

    # -- the end -------------------------------------------------------------------------------

    def staged(self) -> list[tuple[str, int, int, Path, Shard]]:
        """Every file: its part, its number, how many the part has, where it lies, what is in it."""
        return [
            (part, index, len(self.shards[part]), self._path(part, index), shard)
            for part, index, shard in _each(self.shards)
        ]

    def drop(self) -> None:
        """Nothing is left of it."""
        self.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


def _each(shards: Mapping[str, Sequence[Shard]]) -> list[tuple[str, int, Shard]]:
    return [(part, i, one) for part, many in shards.items() for i, one in enumerate(many)]


def sha256(path: Path) -> str:
    """A file's SHA-256 in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def settle(path: Path) -> None:
    """Have a file, or a folder's names, on the disk before it is shown."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
