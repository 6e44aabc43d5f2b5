"""A backup is a prefix of the journal: sound, never past what is synced, new bytes only."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from roomtone.contracts import an_alert
from roomtone.errors import BackupError
from roomtone.events import Message
from roomtone.records import Batch, Tick
from roomtone.runtime import plugins
from roomtone.runtime.backup import Backup, entry_ms
from roomtone.runtime.backup_database import latest_verdicts
from roomtone.runtime.backup_manifest import read_manifest, verify
from roomtone.runtime.clock import WallClock
from roomtone.runtime.config import Settings
from roomtone.runtime.journal import Journal
from roomtone.runtime.journal_segments import FRAME_BYTES
from tests.runtime.conftest import House

T0 = 1_763_719_200


def batch(n: int) -> Batch:
    event = Message(session="s", user="u", text="x" * 100, id=str(n))
    return Batch(arrival=T0 * 1000 + n, source="test", events=[event])


async def write(journal: Journal, start: int, stop: int) -> None:
    for n in range(start, stop):
        await journal.append(batch(n))


def backup_of(folder: Path, target: Path) -> Backup:
    return Backup(Settings(data=folder), target, WallClock())


def journal_bytes(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in sorted(folder.glob("journal-*.log"))}


async def test_a_second_run_copies_what_is_new(tmp_path: Path) -> None:
    """Sealed segments once, the open one from where it was; the copy equals the journal."""
    journal = Journal.open(tmp_path / "data" / "journal", segment_bytes=2_000)
    await write(journal, 0, 40)
    job = backup_of(tmp_path / "data", tmp_path / "b")
    first = job.run(database=False)
    await write(journal, 40, 45)
    second = job.run(database=False)
    third = job.run(database=False)
    job.close()
    again = backup_of(tmp_path / "data", tmp_path / "b")
    await write(journal, 45, 46)
    fourth = again.run(database=False)
    again.close()

    assert first.position < second.position == third.position < fourth.position == journal.end
    assert 0 < second.new_bytes < first.new_bytes and third.new_bytes == 0
    assert journal_bytes(tmp_path / "b" / "journal") == journal_bytes(tmp_path / "data" / "journal")
    manifest = read_manifest(tmp_path / "b")
    assert manifest is not None
    assert (manifest.position, manifest.entries) == (journal.end, 46)
    assert manifest.heard_ms == T0 * 1000 + 45
    verify(tmp_path / "b", manifest.files)
    await journal.close()


async def test_a_frame_half_written_stays_out(tmp_path: Path) -> None:
    """What is being written just now is not in the backup, and is once it is whole."""
    folder = tmp_path / "data" / "journal"
    journal = Journal.open(folder)
    await write(journal, 0, 3)
    whole = journal.end
    await write(journal, 3, 4)
    await journal.close()
    (path,) = folder.glob("journal-*.log")
    data = path.read_bytes()
    job = backup_of(tmp_path / "data", tmp_path / "b")
    for size in (whole, whole + 5, whole + FRAME_BYTES, len(data) - 1):
        path.write_bytes(data[:size])
        assert job.run(database=False).position == whole
        manifest = read_manifest(tmp_path / "b")
        assert manifest is not None
        verify(tmp_path / "b", manifest.files)
    path.write_bytes(data)
    assert job.run(database=False).position == len(data)
    job.close()


async def test_what_the_journal_took_back_is_taken_back(tmp_path: Path) -> None:
    """After a failed sync the journal may write something else in the same place."""
    folder = tmp_path / "data" / "journal"
    journal = Journal.open(folder)
    await write(journal, 0, 3)
    whole = journal.end
    await write(journal, 3, 4)
    await journal.close()
    job = backup_of(tmp_path / "data", tmp_path / "b")
    job.run(database=False)
    (path,) = folder.glob("journal-*.log")
    os.truncate(path, whole)
    journal = Journal.open(folder)
    await write(journal, 100, 102)
    await journal.close()
    job.run(database=False)
    manifest = read_manifest(tmp_path / "b")
    job.close()

    assert manifest is not None
    verify(tmp_path / "b", manifest.files)
    assert journal_bytes(tmp_path / "b" / "journal") == journal_bytes(folder)


async def test_damage_in_the_journal_is_not_copied_in_silence(tmp_path: Path) -> None:
    """A sealed segment that does not match its checksums ends the backup, which stays as it was."""
    folder = tmp_path / "data" / "journal"
    journal = Journal.open(folder, segment_bytes=2_000)
    await write(journal, 0, 40)
    await journal.close()
    path = sorted(folder.glob("journal-*.log"))[1]
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
    job = backup_of(tmp_path / "data", tmp_path / "b")

    with pytest.raises(Exception, match="damaged"):
        job.run(database=False)
    assert read_manifest(tmp_path / "b") is None
    job.close()


async def test_another_journal_is_refused(tmp_path: Path) -> None:
    """One backup folder, one history: another journal is told to go elsewhere."""
    for name in ("one", "other"):
        journal = Journal.open(tmp_path / name / "journal")
        await write(journal, 0, 3)
        await journal.close()
    job = backup_of(tmp_path / "one", tmp_path / "b")
    job.run(database=False)
    job.close()
    other = backup_of(tmp_path / "other", tmp_path / "b")
    with pytest.raises(BackupError, match="empty folder"):
        other.run(database=False)
    other.close()
    nothing = backup_of(tmp_path / "none", tmp_path / "c")
    with pytest.raises(BackupError, match="holds no journal"):
        nothing.run()
    nothing.close()


async def test_two_backups_do_not_share_a_folder(tmp_path: Path) -> None:
    """The second is told so."""
    job = backup_of(tmp_path / "data", tmp_path / "b")
    with pytest.raises(BackupError, match="another process"):
        backup_of(tmp_path / "data", tmp_path / "b")
    job.close()
    backup_of(tmp_path / "data", tmp_path / "b").close()


async def test_the_database_and_the_snapshots_before_it_are_in_it(house: House) -> None:
    """Two generations are kept, each with the position that bounds what its database knows."""
    await house.pipeline.submit([Message(session="s", user="u", text="x")])
    await house.tick(3)
    await house.pipeline.keeper.drain()
    job = backup_of(house.settings.data, house.settings.data.parent / "b")
    job.run()
    await house.tick(2)
    house.pipeline.journal.write_snapshot(house.pipeline.position, b"state")
    for _ in range(2):
        await house.tick(1)
        job.run()
    manifest = job.manifest
    job.close()

    assert len(manifest.generations) == 2
    older, newer = manifest.generations
    assert older.position < newer.position == manifest.position
    assert len(newer.databases) == len(newer.snapshots) == 1
    folders = list((house.settings.data.parent / "b").glob("generation-*"))
    assert len(folders) == 2, "the oldest copy has gone"
    verify(house.settings.data.parent / "b", manifest.files)


def test_a_verdict_taken_back_is_no_verdict(tmp_path: Path) -> None:
    """The last word counts, or the last one by a moment."""
    from roomtone.runtime.backup_manifest import describe_file

    log = tmp_path / "verdicts.jsonl"
    log.write_text(
        '{"id":"a","verdict":"false_alarm","by":"","at_ms":10}\n'
        '{"id":"b","verdict":"acknowledged","by":"","at_ms":20}\n'
        '{"id":"a","verdict":"","by":"","at_ms":30}\n'
    )
    file = describe_file(tmp_path, log)

    assert set(latest_verdicts(tmp_path, file)) == {"b"}
    assert set(latest_verdicts(tmp_path, file, 20)) == {"a", "b"}
    assert entry_ms(Tick(now=3)) == 3000


async def test_a_full_disk_under_the_backup_is_said(tmp_path: Path, monkeypatch) -> None:
    """In one sentence with what to do; the backup is the one before, and goes on later."""
    journal = Journal.open(tmp_path / "data" / "journal")
    await write(journal, 0, 3)
    job = backup_of(tmp_path / "data", tmp_path / "b")
    before = job.run(database=False).position
    await write(journal, 3, 6)

    def full(fd: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(BackupError, match=r"room under .*whole"):
        patch.setattr(os, "fsync", full)
        job.run(database=False)
    manifest = read_manifest(tmp_path / "b")
    assert manifest is not None and manifest.position == before
    verify(tmp_path / "b", manifest.files)
    assert job.run(database=False).position == journal.end
    verify(tmp_path / "b", job.manifest.files)
    job.close()
    await journal.close()


async def test_a_run_that_fails_leaves_nothing_and_forgets_nothing(tmp_path: Path) -> None:
    """Copies of the database do not pile up, and what people said meanwhile comes with the next."""
    settings, target, alert = Settings(data=tmp_path / "data"), tmp_path / "b", an_alert(0)
    journal = Journal.open(settings.journal_folder)
    await write(journal, 0, 3)
    await journal.close()
    archive = plugins.archive(settings.archive_url)
    await archive.open()
    await archive.add_alerts([alert])
    job = Backup(settings, target, WallClock())
    job.run()
    await archive.judge_alert(alert.id, "false_alarm", "ann", alert.time)
    await archive.close()
    settings.journal_folder.rename(tmp_path / "elsewhere")
    for _ in range(3):
        with pytest.raises(BackupError, match="holds no journal"):
            job.run()
        assert len(list(target.glob("generation-*"))) == 1
    (tmp_path / "elsewhere").rename(settings.journal_folder)
    copied = job.run(database=False)
    job.close()

    assert not copied.new_database
    assert job.manifest.verdicts is not None
    assert set(latest_verdicts(target, job.manifest.verdicts)) == {alert.id}
    verify(target, job.manifest.files)


async def test_a_database_that_is_a_server_is_not_said_to_be_copied(tmp_path: Path) -> None:
    """What lies in a server is its own backup's matter."""
    journal = Journal.open(tmp_path / "data" / "journal")
    await write(journal, 0, 3)
    await journal.close()
    job = backup_of(tmp_path / "data", tmp_path / "b")
    copied = job.run()
    job.close()

    assert not copied.new_database and job.manifest.generations[-1].databases == []
