"""Backed up under load and restored anywhere: each time what an unbroken run had there."""

import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from roomtone.errors import BackupError
from roomtone.runtime.backup_manifest import read_manifest, verify
from roomtone.runtime.config import Settings
from roomtone.runtime.journal import read_journal
from roomtone.runtime.restore import restore
from tests.faults.test_server_kill import Client, Server, load
from tests.runtime.prefix import check_restored


def backing_up(data: Path, target: Path, *more: str) -> subprocess.Popen:
    command = [sys.executable, "-m", "roomtone", "backup", str(target), "--data", str(data), *more]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def reached(target: Path) -> int:
    """The position that a backup has reached; whatever is going on, its manifest can be read."""
    manifest = read_manifest(target) if target.exists() else None
    return 0 if manifest is None else manifest.position


def wait_for(target: Path, position: int) -> None:
    """Wait until a follower has come so far; fail aloud if it does not."""
    give_up = time.monotonic() + 60
    while reached(target) < position:
        assert time.monotonic() < give_up, "the backup does not follow"
        time.sleep(0.02)


def end_of(data: Path) -> int:
    return max(position for position, _ in read_journal(Settings(data=data).journal_folder))


@pytest.mark.timeout(3600)
async def test_any_offset_is_restored_as_an_unbroken_run_had_it(tmp_path, rounds):
    """Load, a follower killed at random and started again; then offsets at random."""
    chance = random.Random(14)
    data, target = tmp_path / "data", tmp_path / "backup"
    server = Server(data)
    clients = load(server, [Client(n, threading.Semaphore(0)) for n in range(3)], 5)
    kills = max(3, rounds // 5)
    positions = []
    for _ in range(kills):  # kill -9 at a random moment, of its start or of its following
        follower = backing_up(data, target, "--follow", "--database-every", "0.1")
        time.sleep(chance.uniform(0.3, 2.5))
        follower.kill()
        follower.communicate()
        manifest = read_manifest(target) if target.exists() else None
        if manifest is not None:
            verify(target, manifest.files)
            positions.append(manifest.position)
    assert positions == sorted(positions), "a backup never goes back"
    follower = backing_up(data, target, "--follow", "--database-every", "0.1")
    wait_for(target, end_of(data))
    server.end(signal.SIGKILL)
    for client in clients:
        client.join(timeout=20)
    wait_for(target, end_of(data))
    follower.send_signal(signal.SIGTERM)
    output = follower.communicate(timeout=60)[0].decode()
    assert follower.returncode == 0, output

    journal = Settings(data=data).journal_folder
    end = reached(target)
    assert end == end_of(data), "all that was acknowledged is in the backup"
    offsets = [end, *(chance.randrange(200, end) for _ in range(max(4, rounds // 4 - 1)))]
    for number, offset in enumerate(offsets):
        folder = tmp_path / f"restored-{number}"
        done = await restore(target, Settings(data=folder), offset)
        entries = [position for position, _ in read_journal(journal) if position <= offset]
        assert done.position == entries[-1]
        await check_restored(folder, journal, done.position)
    print(f"{kills} backups killed, {len(offsets)} offsets of {end:,} restored and compared")


@pytest.mark.timeout(600)
def test_a_restore_that_is_killed_leaves_nothing_half_made(tmp_path, rounds):
    """Either the folder is there and whole, or it is not there and can be made again."""
    chance = random.Random(15)
    data, target = tmp_path / "data", tmp_path / "backup"
    server = Server(data)
    clients = load(server, [Client(0, threading.Semaphore(0))], 40)
    done = backing_up(data, target)
    assert done.wait(timeout=60) == 0, done.communicate()[0]
    server.end(signal.SIGTERM)
    for client in clients:
        client.join(timeout=20)
    folder = tmp_path / "restored"
    command = [sys.executable, "-m", "roomtone", "restore", str(target), "--data", str(folder)]
    for _ in range(max(3, rounds // 5)):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(chance.uniform(0.05, 2.0))
        process.kill()
        process.wait()
        if folder.exists():
            break
    if not folder.exists():
        subprocess.run(command, check=True, capture_output=True, timeout=60)

    assert end_of(folder) == reached(target)
    with pytest.raises(BackupError):
        import asyncio

        asyncio.run(restore(target, Settings(data=folder)))
