"""Disks full, stingy, lying or failing: nothing unsynced is acknowledged, nothing breaks."""

import errno
import os
import subprocess
from pathlib import Path

import pytest

from roomtone.errors import DiskFull, JournalError
from roomtone.events import Message
from roomtone.records import Batch
from roomtone.runtime.journal import Journal, read_journal
from roomtone.runtime.journal_disk import Disk

BATCHES = 12
FAULTS = {
    "error": (errno.EIO, 0.0),
    "half written": (errno.EIO, 0.5),
    "done, then an error": (errno.EIO, 1.0),
    "full": (errno.ENOSPC, 0.5),
}


def batch(n: int) -> Batch:
    events = [Message(session="s", id=f"{n}-{k}", user="u", text="t" * 40) for k in range(4)]
    return Batch(arrival=n, source="test", events=events)


def kept(folder: Path) -> list[str]:
    return [event.id for _, entry in read_journal(folder) for event in entry.events]


async def insist(journal: Journal, entry: Batch) -> None:
    """What a client does: send again until it is taken."""
    for _ in range(5):
        try:
            await journal.append(entry)
            return
        except JournalError:
            await journal.ready()
    raise AssertionError("not taken after five attempts")


async def live(folder: Path, disk: Disk) -> list[str]:
    """A life with rotations, snapshots and retention; the ids that were acknowledged, in order."""
    journal = None
    while journal is None:
        try:
            journal = Journal.open(folder, segment_bytes=700, probe_s=0.0005, disk=disk)
        except JournalError:
            assert disk.failed  # a fault at the start is an error at the start; the next succeeds
    told: list[str] = []
    journal.on_commit = lambda _, entry: told.extend(event.id for event in entry.events)
    for n in range(BATCHES):
        await insist(journal, batch(n))
        if n % 4 == 3:
            try:
                journal.write_snapshot(journal.end, f"{n}".encode())
                journal.drop_before(0)
            except JournalError:
                assert disk.failed
    await journal.close()
    return told


@pytest.mark.parametrize("fault", FAULTS)
async def test_any_call_may_fail(tmp_path, failing_disk, fault, stride):
    """Each single system call fails once, in its own run: all is kept once, in order, readable."""
    code, share = FAULTS[fault]
    expected = [f"{n}-{k}" for n in range(BATCHES) for k in range(4)]
    at = 1 + list(FAULTS).index(fault) % stride - stride
    while True:
        at += stride
        disk = failing_disk(at, code, share)
        folder = tmp_path / f"{at}"
        told = await live(folder, disk)

        assert told == expected, (at, disk.calls[at - 1 :][:1])
        assert kept(folder) == expected, (at, disk.calls[at - 1 :][:1])
        again = Journal.open(folder)
        assert (await again.append(batch(BATCHES - 1))).accepted == 0
        found = again.latest_snapshot()
        assert found is not None and found[1] in (b"11", b"7")
        await again.close()
        if not disk.failed:
            break
    assert at > 100


async def test_every_write_may_be_short(tmp_path):
    """`os.write` may take less than given at any time without an error."""

    class Stingy(Disk):
        def write(self, fd, data):
            return super().write(fd, data[: max(1, len(data) // 3)])

    told = await live(tmp_path, Stingy())

    assert kept(tmp_path) == told
    assert len(told) == 4 * BATCHES


class Small(Disk):
    """A disk with a fixed number of bytes, as a small partition has."""

    def __init__(self, room: int) -> None:
        self.room = room

    def write(self, fd, data):
        if self.room <= 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        taken = super().write(fd, data[: self.room])
        self.room -= taken
        return taken


async def fill(journal: Journal) -> int:
    """Append until the disk is full; the number of batches acknowledged."""
    taken = 0
    with pytest.raises(DiskFull, match="free some space"):
        while True:
            await journal.append(batch(taken))
            taken += 1
    return taken


async def check_full(journal: Journal, free) -> None:
    taken = await fill(journal)
    with pytest.raises(DiskFull):  # at once, without trying
        await journal.append(batch(taken))
    assert isinstance(journal.trouble, DiskFull)
    assert len(kept(journal.folder)) == 4 * taken

    free()
    await journal.ready()
    receipt = await journal.append(batch(taken))

    assert receipt.accepted == 4
    assert len(kept(journal.folder)) == 4 * (taken + 1)
    assert len(set(kept(journal.folder))) == 4 * (taken + 1)


async def test_a_full_disk_refuses_and_resumes_by_itself(tmp_path):
    """All acknowledged is kept, the refused is taken when there is room, nothing twice."""
    disk = Small(100_000)
    journal = Journal.open(tmp_path, probe_s=0.001, segment_bytes=20_000, disk=disk)

    def free():
        disk.room = 10_000_000

    await check_full(journal, free)
    await journal.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
async def test_a_real_small_disk_refuses_and_resumes(tmp_path):
    """The same on a file system of 2 MB: the kernel's own short writes and errors."""
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(tmp_path)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("this machine does not let us mount a small disk")
    try:
        ballast = tmp_path / "ballast"
        ballast.write_bytes(bytes(1_300_000))
        journal = Journal.open(tmp_path / "journal", probe_s=0.005, segment_bytes=200_000)
        try:
            await check_full(journal, ballast.unlink)
        finally:
            await journal.close()
        reopened = Journal.open(tmp_path / "journal")
        await reopened.close()
    finally:
        subprocess.run(["umount", "--lazy", str(tmp_path)], check=True)
