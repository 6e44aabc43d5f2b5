"""Makes a data folder of a backup, as it was at a moment; all is checked, nothing overwritten."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import msgspec

from roomtone.errors import BackupError
from roomtone.records import DeadLetter, decode_entry
from roomtone.runtime import plugins
from roomtone.runtime.backup import entry_ms
from roomtone.runtime.backup_database import Verdict, database_paths, latest_verdicts
from roomtone.runtime.backup_manifest import (
    CHUNK,
    File,
    Generation,
    Manifest,
    read_manifest,
    sync_file,
    verify,
)
from roomtone.runtime.clock import utc
from roomtone.runtime.config import Settings
from roomtone.runtime.journal_disk import Disk, sync_folder, write_all
from roomtone.runtime.journal_segments import (
    HEAD_BYTES,
    Segment,
    create_segment,
    list_segments,
    pack_frame,
    read_segment,
)
from roomtone.runtime.journal_snapshots import snapshot_position
from roomtone.runtime.pipeline import Pipeline

PAGE = 500
SIZE_BYTES = 4  # before each entry of a frame

Point = int | datetime | None
"""Up to where: a position in the journal, a time, or all of it."""


class Restored(msgspec.Struct, frozen=True, kw_only=True):
    """What a restore did."""

    position: int
    heard_ms: int
    of: int  # the position that the backup goes to
    database_from_ms: int | None  # the copy that was gone on from; None: all derived anew
    derived_entries: int
    verdicts: int
    dead_letters: int
    sessions: int


class Cut(NamedTuple):
    """Where the journal is cut, the time there, and how many entries stay."""

    position: int
    heard_ms: int
    entries: int


async def restore(
    backup: Path, settings: Settings, at: Point = None, *, keep_stores: bool = False
) -> Restored:
    """Make `settings.data` of a backup. Raises BackupError when it would overwrite anything, or
    when the backup is not what it says, or does not reach back so far."""
    manifest = read_manifest(backup)
    if manifest is None:
        raise BackupError(f"{backup} holds no backup; name a folder that `roomtone backup` made")
    target = settings.data
    _check_empty(target)
    verify(backup, manifest.files)
    segments = _segments(backup, manifest)
    cut = find_cut(segments, at)
    generation = _generation(manifest, segments, cut, settings, keep_stores)
    staging = target.absolute().with_name(f".{target.name}.restoring")
    shutil.rmtree(staging, ignore_errors=True)
    moved = settings.model_copy(update={"data": staging})
    try:
        _copy_journal(backup, manifest, segments, cut, moved.journal_folder)
        if generation is not None and not keep_stores:
            _copy_generation(backup, generation, moved)
        elif generation is not None:
            _copy_snapshots(backup, generation, moved)
        if not keep_stores:
            await _check_stores_empty(moved)
        done = await _derive(backup, manifest, moved, cut, generation)
        sync_folder(Disk(), staging)
        target.absolute().parent.mkdir(parents=True, exist_ok=True)
        os.rename(staging, target.absolute())
        sync_folder(Disk(), target.absolute().parent)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise
    return done


def find_cut(segments: list[Segment], at: Point) -> Cut:
    """The end of the last whole entry at or before a point. Raises BackupError for one before."""
    until_ms = None if not isinstance(at, datetime) else int(at.timestamp() * 1000)
    cut = Cut(segments[0].base + HEAD_BYTES, 0, 0)
    for segment in segments:
        for position, body in read_segment(segment):
            if isinstance(at, int) and position > at:
                return _checked(cut, at)
            said = entry_ms(decode_entry(body))
            if until_ms is not None and said > until_ms:
                return _checked(cut, at)
            cut = Cut(position, max(cut.heard_ms, said), cut.entries + 1)
    return _checked(cut, at)


def _checked(cut: Cut, at: Point) -> Cut:
    if not cut.entries:
        raise BackupError(f"nothing had come in by {at}; choose a later point, or leave --at out")
    return cut


def _segments(backup: Path, manifest: Manifest) -> list[Segment]:
    """The backup's segments, each as long as the manifest says."""
    sizes = {Path(file.path).name: file.bytes for file in manifest.segments}
    found = list_segments(backup / "journal")
    kept = [s._replace(size=sizes[s.path.name]) for s in found if s.path.name in sizes]
    if not kept:
        raise BackupError(f"{backup} holds no journal; use another backup")
    return kept


def _generation(
    manifest: Manifest, segments: list[Segment], cut: Cut, settings: Settings, keep_stores: bool
) -> Generation | None:
    """The newest copy of the database that knows nothing of what came after the cut.

    None where all is derived from the journal instead: it begins at the beginning, or the stores
    are empty servers, which no copy can fill. Raises BackupError where neither is.
    """
    wanted = {path.name for path in database_paths(settings)}
    in_files = all(url.startswith("sqlite:") for url in (settings.series_url, settings.archive_url))
    for generation in reversed(manifest.generations):
        names = {Path(file.path).name for file in generation.databases}
        if generation.position <= cut.position and (keep_stores or (in_files and wanted <= names)):
            return generation
    if segments[0].base == 0 or not in_files:
        return None
    earliest = min((g.position for g in manifest.generations), default=manifest.position)
    raise BackupError(
        f"this backup goes back to position {earliest} at the earliest: the journal no longer has "
        "what came at the very beginning; choose that, or a later point"
    )


def _check_empty(target: Path) -> None:
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise BackupError(
            f"{target} is there already and is not overwritten; name a new folder with --data, or "
            "move that one away"
        )


async def _check_stores_empty(settings: Settings) -> None:
    """Servers must have nothing yet, lest the past and the future be mixed.

    A file is in the folder, or was looked for when the copy was put there.
    """
    for url, holds in (
        (settings.archive_url, _archive_holds),
        (settings.series_url, _series_holds),
    ):
        if not url.startswith("sqlite:") and await holds(url):
            raise BackupError(
                "the configured database holds something already; give the restored server an "
                "empty database, or say --keep-stores if it is this server's own"
            )


async def _archive_holds(url: str) -> bool:
    archive = plugins.archive(url)
    await archive.open()
    try:
        return bool(await archive.sessions(limit=1) or await archive.alerts(limit=1))
    finally:
        await archive.close()


async def _series_holds(url: str) -> bool:
    """Points of sessions that still live may be all there is."""
    declared = plugins.gauges(seed_weights=True)[0].measurement
    series = plugins.series_store(url)
    await series.open([declared])
    try:
        first, last = (moment.replace(tzinfo=UTC) for moment in (datetime.min, datetime.max))
        return bool(await series.read(declared.name, tags={}, start=first, end=last, limit=1))
    finally:
        await series.close()


# -- files -------------------------------------------------------------------------------------


def _copy_journal(
    backup: Path, manifest: Manifest, segments: list[Segment], cut: Cut, folder: Path
) -> None:
    """The segments up to the cut; of a group that the cut goes through what came before it."""
    folder.mkdir(parents=True)
    last = max(s.base for s in segments if s.base < cut.position)
    for segment in segments:
        if segment.base > last:
            break
        if segment.base < last:
            _copy_bytes(segment.path, folder / segment.path.name, segment.size)
        else:
            _write_last(segment, cut.position, folder)
    for known in manifest.journal:
        path = Path(known.path)
        base = int(path.stem.removeprefix("journal-"))
        if path.suffix == ".ids" and base < last:
            _copy_bytes(backup / path, folder / path.name, known.bytes)
    sync_folder(Disk(), folder)


def _write_last(segment: Segment, cut: int, folder: Path) -> None:
    """The segment that stays open, up to the cut, under a salt of its own.

    What comes after it from now on is another history: with the old salt a backup of it could be
    put behind the old one. Every entry keeps its position.
    """
    disk = Disk()
    made, fd = create_segment(disk, folder, segment.base)
    end = at = segment.base + HEAD_BYTES
    bodies: list[bytes] = []
    try:
        for position, body in read_segment(segment):
            if position > cut:
                break
            if bodies and position - SIZE_BYTES - len(body) != end:  # another frame begins
                write_all(disk, fd, pack_frame(at, made.salt, bodies)[0])
                bodies, at = [], end
            bodies.append(body)
            end = position
        if bodies:
            write_all(disk, fd, pack_frame(at, made.salt, bodies)[0])
        disk.sync(fd)
    finally:
        disk.close(fd)


def _copy_bytes(source: Path, target: Path, size: int) -> None:
    with source.open("rb") as one, target.open("wb") as other:
        while size > 0 and (data := one.read(min(CHUNK, size))):
            other.write(data)
            size -= len(data)
    sync_file(target)


def _copy_generation(backup: Path, generation: Generation, settings: Settings) -> None:
    paths = {path.name: path for path in database_paths(settings)}
    for file in generation.databases:
        target = paths.get(Path(file.path).name)
        if target is None:
            continue  # the stores are others now: all is derived anew
        if target.exists():
            raise BackupError(f"{target} is there already and is not overwritten; move it away")
        target.parent.mkdir(parents=True, exist_ok=True)
        _copy_bytes(backup / file.path, target, file.bytes)
    _copy_snapshots(backup, generation, settings)


def _copy_snapshots(backup: Path, generation: Generation, settings: Settings) -> None:
    for file in generation.snapshots:
        path = Path(file.path)
        if snapshot_position(path) <= generation.position:
            _copy_bytes(backup / path, settings.journal_folder / path.name, file.bytes)


# -- what is in the stores ------------------------------------------------------------------------


async def _derive(
    backup: Path, manifest: Manifest, settings: Settings, cut: Cut, generation: Generation | None
) -> Restored:
    """Open it once, as a start would: what the databases lack is derived from the journal."""
    pipeline = await Pipeline.open(settings, patient=False)
    try:
        if pipeline.position != cut.position:
            raise BackupError(
                f"the journal could be read up to {pipeline.position} only, not {cut.position}; "
                "use another backup"
            )
        if pipeline.keeper.trouble is not None or pipeline.keeper.lag:
            raise BackupError(
                f"the stores did not take everything ({pipeline.keeper.trouble}); see that they "
                "are there, then restore again"
            )
        until = None if cut.position == manifest.position else cut.heard_ms
        verdicts = await _judge(pipeline, _verdicts(backup, manifest, until))
        letters = 0 if generation else await _bury(pipeline, backup, manifest, until)
        sessions = len(pipeline.engine.rooms)
    finally:
        await pipeline.stop()
    return Restored(
        position=cut.position,
        heard_ms=cut.heard_ms,
        of=manifest.position,
        database_from_ms=None if generation is None else generation.at_ms,
        derived_entries=cut.entries,
        verdicts=verdicts,
        dead_letters=letters,
        sessions=sessions,
    )


def _verdicts(backup: Path, manifest: Manifest, until: int | None) -> dict[str, Verdict]:
    return {} if manifest.verdicts is None else latest_verdicts(backup, manifest.verdicts, until)


async def _judge(pipeline: Pipeline, verdicts: dict[str, Verdict]) -> int:
    """Say again what people had said by then; an alert that was not raised by then has none."""
    kept = 0
    for verdict in verdicts.values():
        kept += await pipeline.archive.judge_alert(
            verdict.id, verdict.verdict, verdict.by, utc(verdict.at_ms)
        )
    return kept


async def _bury(pipeline: Pipeline, backup: Path, manifest: Manifest, until: int | None) -> int:
    """What could not be taken in is in no journal: take it from the newest copy of a database."""
    letters: list[DeadLetter] = []
    for letter in await _letters(backup, manifest):
        if until is None or letter.at <= datetime.fromtimestamp(until / 1000, UTC):
            letters.append(letter)
    letters.sort(key=lambda letter: letter.id)
    await pipeline.archive.add_dead_letters(letters)
    return len(letters)


async def _letters(backup: Path, manifest: Manifest) -> list[DeadLetter]:
    files: list[File] = manifest.generations[-1].databases if manifest.generations else []
    found: list[DeadLetter] = []
    for file in files:
        copy = backup / file.path
        scratch = copy.with_suffix(".reading")  # opening a store may change its file
        try:
            _copy_bytes(copy, scratch, file.bytes)
            archive = plugins.archive(f"sqlite:///{scratch.absolute()}")
            await archive.open()
            try:
                before: int | None = None
                while page := await archive.dead_letters(before=before, limit=PAGE):
                    found += page
                    before = page[-1].id
            finally:
                await archive.close()
        finally:
            for left in scratch.parent.glob(f"{scratch.name}*"):
                left.unlink()
    return found


def parse_point(text: str | None) -> Point:
    """What `--at` says: a position, or a time in ISO 8601. Raises BackupError."""
    if text is None:
        return None
    if text.isdigit():
        return int(text)
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise BackupError(
            f"{text!r} is no position and no time; write 123456 or 2026-01-31T12:00:00Z"
        ) from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def steps(done: Restored) -> Iterator[str]:
    """What was done, in sentences."""
    when = utc(done.heard_ms).strftime("%Y-%m-%d %H:%M:%S UTC")
    of = "" if done.position == done.of else f" of {done.of:,}"
    yield f"the journal up to position {done.position:,}{of}, whose last entry is of {when}"
    if done.database_from_ms is None:
        yield "points, alerts and summaries derived anew from the journal"
        yield f"{done.dead_letters:,} refused events put back from the copy of the database"
    else:
        copied = utc(done.database_from_ms).strftime("%Y-%m-%d %H:%M:%S UTC")
        yield f"the database as copied at {copied}, and what came after it derived anew"
    yield f"{done.verdicts:,} verdicts kept; {done.sessions:,} sessions were live at that point"
