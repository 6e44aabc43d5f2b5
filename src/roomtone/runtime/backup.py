"""Copies a data folder while its server runs: a prefix of the journal, and the database."""

from __future__ import annotations

import contextlib
import fcntl
import os
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import msgspec

from roomtone import __version__
from roomtone.errors import BackupError, RoomtoneError
from roomtone.records import Batch, Entry, Gap, Tick, decode_entry
from roomtone.runtime.access import file_of
from roomtone.runtime.access_keys import DEFAULT
from roomtone.runtime.backup_beside import keep_beside, read_beside
from roomtone.runtime.backup_database import (
    Verdict,
    copy_database,
    database_paths,
    latest_verdicts,
    read_verdicts,
)
from roomtone.runtime.backup_manifest import (
    CHUNK,
    LEFT_OUT,
    File,
    Generation,
    Manifest,
    describe_file,
    read_manifest,
    sync_file,
    write_manifest,
)
from roomtone.runtime.clock import Clock
from roomtone.runtime.config import Settings
from roomtone.runtime.journal_disk import Disk, sync_folder
from roomtone.runtime.journal_segments import (
    HEAD_BYTES,
    Segment,
    list_segments,
    read_segment,
)
from roomtone.runtime.journal_snapshots import snapshot_paths

GENERATIONS = 2
"""How many copies of the database are kept: the newest, and the one before."""

SAME_BYTES = 1 << 20
"""How much of a file's end is compared before more is put behind it; a group is at most as long."""


class Copied(NamedTuple):
    """What one run brought: the position reached, and how many bytes were new."""

    position: int
    new_bytes: int
    new_database: bool

    def plus(self, other: Copied) -> Copied:
        """The same, with what another project's run brought."""
        more = self.new_bytes + other.new_bytes
        return Copied(self.position, more, self.new_database or other.new_database)


class Backup:
    """A backup folder, and the data folder that it follows.

    The journal's files only grow, and so do their copies; the manifest says how much of each
    belongs to the backup. Whenever this process dies, the manifest speaks of a whole backup.
    """

    def __init__(
        self, settings: Settings, target: Path, clock: Clock, *, project: str = DEFAULT
    ) -> None:
        self._settings, self._target, self._clock = settings, target, clock
        self._access = file_of(settings) if project == DEFAULT else None
        self.projects: list[str] = []
        """Other projects whose backups stand in this one's folder."""
        self._disk = Disk()
        self._journal = target / "journal"
        self._journal.mkdir(parents=True, exist_ok=True)
        self._lock = _lock(target)
        try:
            found = read_manifest(target)
            self.manifest = found or Manifest()
            self._verdicts = self._known_verdicts()
            self._clean()
        except BaseException:
            os.close(self._lock)
            raise
        self._running = sha256()  # of the copy of the open segment
        self._hashed: tuple[str, int] = ("", 0)

    def close(self) -> None:
        """Let go of the backup folder."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def run(self, *, database: bool = True) -> Copied:
        """Bring the backup up to now. Raises BackupError or JournalError; then it is as it was."""
        try:
            return self._run(database)
        except RoomtoneError:
            self._undo()
            raise
        except OSError as error:
            self._undo()
            raise BackupError(
                f"{error.filename or self._target}: {error.strerror or error}; see that there is "
                f"room under {self._target} and that this user may read and write; what was backed "
                "up before is whole"
            ) from error

    def _undo(self) -> None:
        """What a failed run leaves must not fill the disk: the next one begins where it did."""
        with contextlib.suppress(OSError):
            self._verdicts = self._known_verdicts()
            self._clean()

    def _run(self, database: bool) -> Copied:
        before = self.manifest
        made = Manifest(
            made_ms=self._clock.now_ms(),
            release=__version__,
            stores={
                "series": self._settings.series_url.partition(":")[0],
                "archive": self._settings.archive_url.partition(":")[0],
            },
            heard_ms=before.heard_ms,
            entries=before.entries,
            generations=list(before.generations),
            projects=self.projects,
            left_out=list(LEFT_OUT),
        )
        new = self._copy_database() if database else None
        made.verdicts = self._log_verdicts()
        brought = self._copy_journal(made)
        found = read_beside(self._settings.data, self._access)  # after what tells of erasures
        made.beside = keep_beside(self._target, found, before.beside, used=database)
        if new is not None:  # what it holds came of entries that the journal's copy has by now
            kept = [g for g in made.generations if g.position < made.position]
            new = msgspec.structs.replace(new, position=made.position)
            made.generations = [*kept, new][-GENERATIONS:]
        renewed = made.beside != before.beside
        changed = renewed or any(
            getattr(made, name) != getattr(before, name)
            for name in ("position", "verdicts", "projects")
        )
        if changed or new is not None or not before.journal:
            write_manifest(self._disk, self._target, made)
            self.manifest = made
            if new is not None or renewed or len(made.journal) < len(before.journal):
                self._clean()
        return Copied(made.position, brought, new is not None and bool(new.databases))

    # -- the journal -------------------------------------------------------------------------

    def _copy_journal(self, made: Manifest) -> int:
        folder = self._settings.journal_folder
        if not folder.is_dir():
            raise BackupError(
                f"{self._settings.data} holds no journal; name the folder that `serve --data` had"
            )
        there = {file.path: file for file in self.manifest.journal}
        segments = _listed(folder)
        if not segments:
            raise BackupError(f"{folder} holds no journal yet; start the server first")
        self._check_same(segments, there)
        brought = 0
        for segment in segments:
            name = f"journal/{segment.path.name}"
            known = there.get(name)
            if known is not None and segment is not segments[-1] and known.bytes == segment.size:
                made.journal.append(known)
                made.position = segment.base + known.bytes
            else:
                file, entries, heard = self._copy_segment(segment, known)
                brought += file.bytes - (known.bytes if known else 0)
                made.journal.append(file)
                made.position = segment.base + file.bytes
                made.entries += entries
                made.heard_ms = max(made.heard_ms, heard)
                if segment is not segments[-1] and file.bytes < segment.size:
                    raise BackupError(
                        f"{segment.path} is damaged at byte {file.bytes}; put it back from a "
                        "backup before this one, or see: roomtone doctor"
                    )
        for path in sorted(folder.glob("journal-*.ids")):
            name = f"journal/{path.name}"
            with contextlib.suppress(FileNotFoundError):  # past its horizon just now
                made.journal.append(there.get(name) or self._copy_whole(path, name))
        return brought

    def _check_same(self, segments: list[Segment], there: dict[str, File]) -> None:
        """Raise BackupError when the folder is not the one whose backup this is."""
        if not there:
            return
        end = self.manifest.position
        if segments[0].base > end or segments[-1].end < end:
            raise BackupError(
                f"the journal ends at {segments[-1].end}, the backup at {end}: it is of another "
                "journal, or of what came before a restore; name an empty folder"
            )
        for segment in segments:
            name = f"journal/{segment.path.name}"
            if name in there:
                with (self._target / name).open("rb") as copy, segment.path.open("rb") as source:
                    same = copy.read(HEAD_BYTES) == source.read(HEAD_BYTES)
                if not same:
                    raise BackupError(
                        f"{self._target} is the backup of another journal; name an empty folder"
                    )

    def _copy_segment(self, segment: Segment, known: File | None) -> tuple[File, int, int]:
        """Copy what is new and whole of one segment: the file, new entries, the last one's time.

        What another process has written is visible before it is on the disk. It is synced here
        too, so that nothing is in the backup that a loss of power could take from the journal;
        and if the journal took it back meanwhile, the file is shorter than what was read.
        """
        target = self._journal / segment.path.name
        have = known.bytes if known is not None else 0
        if have and not _same_end(segment.path, target, have):
            have = 0  # the journal took back what it could not sync, and wrote something else
        source = os.open(segment.path, os.O_RDONLY)
        try:
            size = os.fstat(source).st_size
            with target.open("r+b" if target.exists() else "w+b") as copy:
                copy.truncate(have)
                copy.seek(have)
                os.lseek(source, have, os.SEEK_SET)
                left = size - have
                while left > 0 and (data := os.read(source, min(CHUNK, left))):
                    copy.write(data)
                    left -= len(data)
            os.fsync(source)
            size = min(size, os.fstat(source).st_size)
        finally:
            os.close(source)
        good, entries, heard = self._sound(segment._replace(path=target, size=size), have)
        os.truncate(target, good)
        sync_file(target)
        if known is None:
            sync_folder(self._disk, self._journal)
        return self._hash(target, have, good), entries, heard

    def _sound(self, copy: Segment, have: int) -> tuple[int, int, int]:
        """How far a copy is whole, by its checksums, and how many entries are new in it."""
        good, entries, newest = max(have, HEAD_BYTES), 0, b""
        after = copy.base + have if have else 0
        for position, body in read_segment(copy, after=after, last=True):
            good, newest = position - copy.base, body
            entries += 1
        return good, entries, entry_ms(decode_entry(newest)) if entries else 0

    def _hash(self, path: Path, have: int, size: int) -> File:
        if self._hashed != (path.name, have):
            self._running, have = sha256(), 0
        self._hashed = ("", 0)  # should reading fail half way, it is begun anew
        with path.open("rb") as file:
            file.seek(have)
            for data in iter(lambda: file.read(CHUNK), b""):
                self._running.update(data)
        self._hashed = (path.name, size)
        return File(f"journal/{path.name}", size, self._running.hexdigest())

    def _copy_whole(self, source: Path, name: str) -> File:
        """A copy of a file that never changes."""
        target = self._target / name
        target.parent.mkdir(exist_ok=True)
        part = target.with_suffix(".part")
        part.write_bytes(source.read_bytes())
        sync_file(part)
        part.replace(target)
        sync_folder(self._disk, target.parent)
        return describe_file(self._target, target)

    # -- the database --------------------------------------------------------------------------

    def _copy_database(self) -> Generation:
        """Snapshots first, then the databases: these have all that came before the snapshots."""
        now = self._clock.now_ms()
        folder = self._target / f"generation-{now}"
        folder.mkdir()
        snapshots = []
        for path in snapshot_paths(self._settings.journal_folder):
            with contextlib.suppress(FileNotFoundError):  # replaced by a newer one just now
                snapshots.append(self._copy_whole(path, f"{folder.name}/{path.name}"))
        databases = []
        for path in database_paths(self._settings):
            if path.exists():
                copy_database(path, folder / path.name)
                databases.append(describe_file(self._target, folder / path.name))
        sync_folder(self._disk, folder)
        sync_folder(self._disk, self._target)
        return Generation(position=0, at_ms=now, databases=databases, snapshots=snapshots)

    def _known_verdicts(self) -> dict[str, Verdict]:
        file = self.manifest.verdicts
        return {} if file is None else latest_verdicts(self._target, file)

    def _log_verdicts(self) -> File | None:
        """Write down what people said since the last run."""
        if not self._settings.archive_url.startswith("sqlite:"):
            return self.manifest.verdicts
        found = read_verdicts(database_paths(self._settings)[-1])
        now = self._clock.now_ms()
        new = [its for id, its in found.items() if self._verdicts.get(id) != its]
        new += [Verdict(id, "", "", now) for id in self._verdicts.keys() - found.keys()]
        if not new:
            return self.manifest.verdicts
        path = self._target / "verdicts.jsonl"
        with path.open("ab") as file:
            file.truncate(self.manifest.verdicts.bytes if self.manifest.verdicts else 0)
            for verdict in sorted(new, key=lambda v: v.at_ms):
                file.write(msgspec.json.encode(verdict) + b"\n")
        sync_file(path)
        self._verdicts = found
        return describe_file(self._target, path)

    # -- order in the folder -------------------------------------------------------------------

    def _clean(self) -> None:
        """Remove what the manifest does not speak of: old copies, and what a death left."""
        kept = {self._target / file.path for file in self.manifest.files}
        for folder in (self._journal, *self._target.glob("generation-*")):
            for path in folder.iterdir():
                if path not in kept:
                    path.unlink()
            if folder is not self._journal and not any(folder.iterdir()):
                folder.rmdir()
        for path in self._target.glob("beside-*"):
            if path not in kept:
                path.unlink()


def entry_ms(entry: Entry) -> int:
    """The time that an entry says, in epoch milliseconds; 0 where it says none."""
    match entry:
        case Batch():
            return entry.arrival
        case Tick():
            return entry.now * 1000
        case Gap():
            return entry.end * 1000
    return 0


def _listed(folder: Path) -> list[Segment]:
    """The segments; once more where retention removed one just now."""
    for _ in range(3):
        with contextlib.suppress(FileNotFoundError):
            return list_segments(folder)
    return list_segments(folder)


def _same_end(source: Path, copy: Path, size: int) -> bool:
    """Whether two files agree in the last bytes before `size`."""
    with source.open("rb") as one, copy.open("rb") as other:
        for file in (one, other):
            file.seek(max(0, size - SAME_BYTES))
        many = min(size, SAME_BYTES)
        return one.read(many) == other.read(many)


def _lock(folder: Path) -> int:
    fd = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o640)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(fd)
        raise BackupError(
            f"another process is writing the backup in {folder}; let it, or name another folder"
        ) from None
    return fd
