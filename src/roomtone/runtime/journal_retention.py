"""What of the journal may go: old sealed segments that no restart needs, and ids past their day."""

from __future__ import annotations

from pathlib import Path

from roomtone.runtime.journal_disk import Disk, sync_folder
from roomtone.runtime.journal_ids import HORIZON_S, read_run
from roomtone.runtime.journal_segments import list_segments
from roomtone.runtime.journal_snapshots import KEPT, snapshot_paths, snapshot_position


def drop_before(disk: Disk, folder: Path, position: int) -> int:
    """Remove sealed segments that end at or before `position`; returns the bytes freed.

    What is behind the older of the two kept snapshots stays, and everything while there are not
    two: should the newest be damaged, a restart reads from the older.
    """
    kept = snapshot_paths(folder)
    if len(kept) < KEPT:
        return 0
    position = min(position, snapshot_position(kept[-KEPT]))
    freed = 0
    for segment in list_segments(folder)[:-1]:
        if segment.end > position:
            break
        disk.unlink(segment.path)  # oldest first, so that a crash leaves no hole
        sync_folder(disk, folder)
        freed += segment.size
    return freed


def expired(folder: Path, now: float, keep_s: float, keep_bytes: int) -> int:
    """The position before which everything is too old, or too much; 0 when nothing is."""
    segments = list_segments(folder)
    total = sum(segment.size for segment in segments)
    position = 0
    for segment in segments[:-1]:
        # A file's modification time is that of its newest entry.
        if total <= keep_bytes and segment.path.stat().st_mtime >= now - keep_s:
            break
        position = segment.end
        total -= segment.size
    return position


def drop_ids(disk: Disk, folder: Path, now: float) -> None:
    """Remove `.ids` files whose segment is gone and whose newest id is past the horizon."""
    for path in sorted(folder.glob("journal-*.ids")):
        run = None if path.with_suffix(".log").exists() else read_run(path)
        if run is not None and run.newest_ms < (now - HORIZON_S) * 1000:
            disk.unlink(path)
