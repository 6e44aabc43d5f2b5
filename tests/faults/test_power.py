"""Power lost at any call: only what was synced is there, and that is all that was acknowledged."""

import os
import random
import shutil
from pathlib import Path

import pytest

from roomtone.errors import JournalError
from roomtone.events import Message
from roomtone.records import Batch
from roomtone.runtime.journal import Journal, read_journal
from roomtone.runtime.journal_disk import Disk

BATCHES = 14


class PowerLoss(BaseException):
    """The machine is off: not even an `except Exception` goes on from here."""


class Volatile(Disk):
    """A disk that knows what would be left of it: synced bytes of synced names, and some others.

    A file's bytes are safe when the file was synced since they were written; its name when its
    folder was synced since it was made, renamed or removed. Beside what is safe, a loss of power
    may leave any part of the rest.
    """

    def __init__(self, folder: Path, off_at: int) -> None:
        self.folder, self.off_at, self.count, self.off = folder, off_at, 0, False
        self.files: dict[int, bytearray] = {}  # by number of the file: what was written
        self.safe: dict[int, bytes] = {}  # by number of the file: what is synced
        self.names: dict[str, int] = {}
        self.safe_names: dict[str, int] = {}
        self.opened: dict[int, tuple[str, int]] = {}

    def _step(self) -> None:
        self.count += 1
        if self.off or self.count == self.off_at:
            self.off = True
            raise PowerLoss

    def open(self, path, flags):
        self._step()
        fd = super().open(path, flags)
        if path.is_dir():
            self.opened[fd] = ("folder", 0)
            return fd
        number = self.names.get(path.name)
        if number is None or flags & os.O_TRUNC:
            number = len(self.files)
            self.files[number] = bytearray()
            self.names[path.name] = number
        self.opened[fd] = (path.name, number)
        return fd

    def close(self, fd):
        super().close(fd)  # changes nothing on the disk

    def write(self, fd, data):
        self._step()
        self.files[self.opened[fd][1]] += data
        return super().write(fd, data)

    def datasync(self, fd):
        self._step()
        _, number = self.opened[fd]
        self.safe[number] = bytes(self.files[number])

    def sync(self, fd):
        self._step()
        name, number = self.opened[fd]
        if name == "folder":
            self.safe_names = dict(self.names)
        else:
            self.safe[number] = bytes(self.files[number])

    def truncate(self, fd, size):
        self._step()
        del self.files[self.opened[fd][1]][size:]
        super().truncate(fd, size)

    def replace(self, source, target):
        self._step()
        self.names[target.name] = self.names.pop(source.name)
        super().replace(source, target)

    def unlink(self, path):
        self._step()
        self.names.pop(path.name, None)
        super().unlink(path)

    def leave(self, to: Path, chance: random.Random) -> None:
        """What is found on the disk when the power is back: what is safe, and any of the rest."""
        names = dict(self.safe_names)
        for name in {*names, *self.names}:
            if names.get(name) != self.names.get(name) and chance.random() < 0.5:
                if name in self.names:
                    names[name] = self.names[name]
                else:
                    del names[name]
        to.mkdir()
        for name, number in names.items():
            whole, safe = bytes(self.files[number]), self.safe.get(number, b"")
            kept = chance.choice([len(safe), len(whole), chance.randint(len(safe), len(whole))])
            rest = bytearray(whole[len(safe) : kept])
            if rest and chance.random() < 0.5:  # some of the pages never got there
                start = chance.randrange(len(rest))
                rest[start : start + 64] = bytes(len(rest[start : start + 64]))
            (to / name).write_bytes(safe + rest if len(whole) >= len(safe) else whole)


def batch(n: int) -> Batch:
    events = [Message(session="s", id=f"{n}-{k}", user="u", text="t" * 40) for k in range(4)]
    return Batch(arrival=n, source="test", events=events)


async def live(folder: Path, disk: Volatile) -> tuple[list[str], int]:
    """A life up to the loss of power: the acknowledged ids and the last snapshot that returned."""
    told: list[str] = []
    snapshot = -1
    try:
        journal = Journal.open(folder, segment_bytes=700, disk=disk)
    except PowerLoss:
        return told, snapshot
    journal.on_commit = lambda _, entry: told.extend(event.id for event in entry.events)
    for n in range(BATCHES):
        try:
            await journal.append(batch(n))
            if n % 4 == 3:
                journal.write_snapshot(journal.end, b"%d" % n)
                snapshot = n
                journal.drop_before(0)
        except (PowerLoss, JournalError):
            break
    await journal.close()
    return told, snapshot


LATER = [pytest.param(n, marks=pytest.mark.faults) for n in range(1, 8)]


@pytest.mark.parametrize("seed", [0, *LATER])
async def test_power_lost_at_any_call(tmp_path, seed, monkeypatch, stride):
    """Each call of a life is the last before the dark; then it starts again from what is left."""
    monkeypatch.setattr("threading.excepthook", lambda _: None)
    chance, at = random.Random(seed), 1 - stride
    while True:
        at += stride
        folder = tmp_path / "live"
        folder.mkdir()
        disk = Volatile(folder, at)
        told, snapshot = await live(folder, disk)
        left = tmp_path / "left"
        disk.leave(left, chance)
        await check_what_is_left(left, told, snapshot, at)
        shutil.rmtree(folder)
        again = Journal.open(left, segment_bytes=700)
        receipts = [await again.append(batch(n)) for n in range(BATCHES)]
        await again.close()
        kept = [event.id for _, entry in read_journal(left) for event in entry.events]
        assert kept == [f"{n}-{k}" for n in range(BATCHES) for k in range(4)], at
        assert sum(receipt.accepted for receipt in receipts) <= 4 * BATCHES - len(told)
        shutil.rmtree(left)
        if not disk.off:
            break
    assert at > 80


async def check_what_is_left(left: Path, told: list[str], snapshot: int, at: int) -> None:
    """Open once: all that was acknowledged is there, in order, and so is the last snapshot."""
    journal = Journal.open(left, segment_bytes=700)
    kept = [event.id for _, entry in journal.replay() for event in entry.events]
    found = journal.latest_snapshot()
    await journal.close()
    assert kept[: len(told)] == told, at
    assert len(kept) == len(set(kept)), at
    if snapshot >= 0:
        assert found is not None and int(found[1]) >= snapshot, at
