"""Journals that refuse and machines that die: a model of the journal, and the real one."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from roomtone.errors import JournalError
from roomtone.records import Batch, Entry
from roomtone.runtime.journal import Journal
from roomtone.runtime.journal_disk import Disk


class Refused(Exception):
    """The disk did not take it; nothing of it is kept."""


class Crash(Exception):
    """The machine died before it could answer; `kept`: what was sent is on the disk anyway."""

    def __init__(self, kept: bool) -> None:
        super().__init__(kept)
        self.kept = kept


class Store(Protocol):
    """What a simulated life needs of a journal."""

    async def open(self) -> None: ...

    async def append(self, entry: Entry, fate: str) -> Entry | None:
        """Keep what is new in it, which is returned. Raises Refused or Crash where fate says so."""

    async def snapshot(self, data: bytes) -> None: ...

    async def reopen(self) -> tuple[bytes | None, Sequence[Entry]]:
        """What a restart finds: the newest snapshot and the entries behind it."""

    def entries(self) -> Sequence[Entry]: ...

    async def close(self) -> None: ...


class ModelJournal:
    """The journal as a list, for speed; whether the real one is like it, the real one shows."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._known: set[tuple[str, str]] = set()
        self._snapshot: tuple[int, bytes | None] = (0, None)

    async def open(self) -> None:
        pass

    async def append(self, entry: Entry, fate: str) -> Entry | None:
        if isinstance(entry, Batch):
            new, ids = [], set()
            for event in entry.events:
                key = (event.session, event.id or "")
                if event.id is None or key not in self._known | ids:
                    new.append(event)
                    ids |= set() if event.id is None else {key}
            if not new:
                if fate in ("torn", "kept"):
                    raise Crash(kept=False)
                return None
            if fate == "refused":
                raise Refused
            if fate == "torn":
                raise Crash(kept=False)
            entry = msgspec.structs.replace(entry, events=new)
            self._known |= ids
        self._entries.append(entry)
        if fate == "kept":
            raise Crash(kept=True)
        return entry

    async def snapshot(self, data: bytes) -> None:
        self._snapshot = (len(self._entries), data)

    async def reopen(self) -> tuple[bytes | None, Sequence[Entry]]:
        place, data = self._snapshot
        return data, self._entries[place:]

    def entries(self) -> Sequence[Entry]:
        return self._entries

    async def close(self) -> None:
        pass


class ShakyDisk(Disk):
    """Fails once, or dies, at the next write: before it, in the middle, or at its sync."""

    def __init__(self) -> None:
        self.fate = "ok"
        self.dead = False
        self.turns = 0

    def _fail(self) -> None:
        if self.dead:
            raise OSError(errno.EIO, "the machine is off")

    def open(self, path: Path, flags: int) -> int:
        self._fail()
        return super().open(path, flags)

    def write(self, fd: int, data: memoryview) -> int:
        self._fail()
        if self.fate == "torn" or (self.fate == "refused" and self.turns % 3 < 2):
            self.dead, self.fate = self.fate == "torn", "ok"
            share = (0, len(data) // 2, len(data) - 1)[self.turns % 3]
            if share:
                super().write(fd, data[:share])
            raise OSError(errno.EIO, "not written")
        return super().write(fd, data)

    def datasync(self, fd: int) -> None:
        self._fail()
        if self.fate in ("kept", "refused"):
            self.dead, self.fate = self.fate == "kept", "ok"
            raise OSError(errno.EIO, "not synced")
        super().datasync(fd)

    def sync(self, fd: int) -> None:
        self._fail()
        super().sync(fd)

    def truncate(self, fd: int, size: int) -> None:
        self._fail()
        super().truncate(fd, size)

    def unlink(self, path: Path) -> None:
        self._fail()
        super().unlink(path)


class ShakyJournal:
    """The real journal on a disk that fails and a machine that dies."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._disk = folder, ShakyDisk()
        self._journal: Journal | None = None

    async def open(self) -> None:
        self._disk.dead = False
        self._journal = Journal.open(
            self._folder, segment_bytes=8_000, probe_s=0.0005, disk=self._disk
        )
        self._journal.on_commit = lambda _, entry: self._told.append(entry)
        self._told: list[Entry] = []

    async def append(self, entry: Entry, fate: str) -> Entry | None:
        assert self._journal is not None
        self._told.clear()
        self._disk.fate = fate
        self._disk.turns += 1
        try:
            await self._journal.append(entry)
        except JournalError:
            if fate != "refused":
                raise Crash(kept=fate == "kept") from None
            await self._journal.ready()
            raise Refused from None
        finally:
            untouched, self._disk.fate = self._disk.fate, "ok"
        if untouched in ("torn", "kept"):
            raise Crash(kept=False)  # nothing in it was new, so nothing was written
        return self._told[0] if self._told else None

    async def snapshot(self, data: bytes) -> None:
        assert self._journal is not None
        self._journal.write_snapshot(self._journal.end, data)

    async def reopen(self) -> tuple[bytes | None, Sequence[Entry]]:
        await self.close()
        await self.open()
        assert self._journal is not None
        position, data = self._journal.latest_snapshot() or (0, None)
        return data, [entry for _, entry in self._journal.replay(position)]

    def entries(self) -> Sequence[Entry]:
        assert self._journal is not None
        return [entry for _, entry in self._journal.replay()]

    async def close(self) -> None:
        if self._journal is not None:
            await self._journal.close()
            self._journal = None
