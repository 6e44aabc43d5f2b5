"""Makes a data folder of a backup, as it was at a moment; all is checked, nothing overwritten."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import msgspec

from roomtone.errors import BackupError, RoomtoneError
from roomtone.records import DeadLetter, decode_entry
from roomtone.runtime import plugins
from roomtone.runtime.access import file_of
from roomtone.runtime.backup import entry_ms
from roomtone.runtime.backup_beside import load_beside, put_beside, read_beside
from roomtone.runtime.backup_database import Verdict, database_paths, latest_verdicts
from roomtone.runtime.backup_manifest import (
    File,
    Generation,
    Manifest,
    read_manifest,
    verify,
)
from roomtone.runtime.clock import utc
from roomtone.runtime.config import Settings
from roomtone.runtime.journal_disk import Disk, sync_folder
from roomtone.runtime.journal_segments import HEAD_BYTES, Segment, list_segments, read_segment
from roomtone.runtime.pipeline import Pipeline
from roomtone.runtime.projects import settings_of
from roomtone.runtime.restore_consents import withdrawals
from roomtone.runtime.restore_files import (
    copy_bytes,
    copy_generation,
    copy_journal,
    copy_snapshots,
)
from roomtone.training_data import Consent

PAGE = 500

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
    withdrawn: int  # how many people did not agree to something any more, of what came later too
    keys: int
    erased: int  # how many people's tombstones there are
    projects: list[str]


class Cut(NamedTuple):
    """Where the journal is cut, the time there, and how many entries stay."""

    position: int
    heard_ms: int
    entries: int


async def restore(
    backup: Path,
    settings: Settings,
    at: Point = None,
    *,
    keep_stores: bool = False,
    heed: Sequence[Path] = (),
) -> Restored:
    """Make `settings.data` of a backup. Raises BackupError when it would overwrite anything, or
    when the backup is not what it says, or does not reach back so far.

    `heed` are data folders that know more than an old backup: whom they erased is erased again by
    the next start, and what keys they revoked stay revoked.
    """
    target = settings.data
    _check_empty(target)
    staging = target.absolute().with_name(f".{target.name}.restoring")
    shutil.rmtree(staging, ignore_errors=True)
    moved = settings.model_copy(update={"data": staging})
    try:
        done = await _fill(backup, moved, at, keep_stores, heed, file_of(moved))
        for name in done.projects:
            await _fill_project(backup, moved, name, at, done, keep_stores, heed)
        sync_folder(Disk(), staging)
        target.absolute().parent.mkdir(parents=True, exist_ok=True)
        os.rename(staging, target.absolute())
        sync_folder(Disk(), target.absolute().parent)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise
    return done


async def _fill(
    backup: Path,
    settings: Settings,
    at: Point,
    keep_stores: bool,
    heed: Sequence[Path],
    access: Path | None,
) -> Restored:
    """Make the data folder of one project."""
    manifest = read_manifest(backup)
    if manifest is None:
        raise BackupError(f"{backup} holds no backup; name a folder that `roomtone backup` made")
    verify(backup, manifest.files)
    segments = _segments(backup, manifest)
    cut = find_cut(segments, at)
    generation = _generation(manifest, segments, cut, settings, keep_stores)
    copy_journal(backup, manifest, segments, cut.position, settings.journal_folder)
    if generation is not None and not keep_stores:
        copy_generation(backup, generation, settings)
    elif generation is not None:
        copy_snapshots(backup, generation, settings)
    if not keep_stores:
        await _check_stores_empty(settings)
    gone = await asyncio.to_thread(withdrawals, segments, cut.position, heed)
    done = await _derive(backup, manifest, settings, cut, generation, gone)
    others = [read_beside(data, data / "access.db" if access else None) for data in heed]
    kept = load_beside(backup, manifest.beside)
    keys, erased = put_beside(settings.data, access, kept, others)
    return msgspec.structs.replace(done, keys=keys, erased=erased)


async def _fill_project(
    backup: Path,
    settings: Settings,
    name: str,
    at: Point,
    whole: Restored,
    keep_stores: bool,
    heed: Sequence[Path],
) -> None:
    """Make the folder of another project; a position is of one journal, so its time is meant."""
    at = utc(whole.heard_ms) if isinstance(at, int) else at
    own, folders = settings_of(settings, name), [data / "projects" / name for data in heed]
    manifest = read_manifest(backup / "projects" / name)
    try:
        if at is not None and manifest and _begins_after(backup / "projects" / name, manifest, at):
            return  # it was not there by then
        await _fill(backup / "projects" / name, own, at, keep_stores, folders, None)
    except RoomtoneError as error:
        raise BackupError(f"project {name}: {error}") from error


def _begins_after(backup: Path, manifest: Manifest, at: datetime) -> bool:
    first = next((body for _, body in read_segment(_segments(backup, manifest)[0])), None)
    return first is None or entry_ms(decode_entry(first)) > int(at.timestamp() * 1000)


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


# -- what is in the stores ------------------------------------------------------------------------


async def _derive(
    backup: Path,
    manifest: Manifest,
    settings: Settings,
    cut: Cut,
    generation: Generation | None,
    withdrawn: Sequence[Consent],
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
        pipeline.consenting.agreed.take(withdrawn)  # for its snapshot
        await pipeline.archive.set_consents(withdrawn)
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
        withdrawn=len({one.user for one in withdrawn}),
        keys=0,
        erased=0,
        projects=manifest.projects,
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
            copy_bytes(copy, scratch, file.bytes)
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
    if done.keys:
        yield f"{done.keys:,} keys, with those that were revoked; signed-in pages sign in again"
    if done.erased:
        yield f"{done.erased:,} people were erased and stay so: the next start erases who came back"
    if done.withdrawn:
        yield f"{done.withdrawn:,} people had withdrawn consent later, and their word holds"
    if done.projects:
        yield f"the projects {', '.join(done.projects)} beside it"
