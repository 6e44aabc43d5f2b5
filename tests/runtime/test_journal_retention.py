"""Old segments go when nothing needs them, oldest first."""

import os

from roomtone.runtime.journal_disk import Disk
from roomtone.runtime.journal_ids import HORIZON_S, build_run, digest, write_run
from roomtone.runtime.journal_retention import drop_before, drop_ids, expired
from roomtone.runtime.journal_segments import create_segment, list_segments
from roomtone.runtime.journal_snapshots import write_snapshot


def grow(folder, count: int) -> list[int]:
    """Empty segments one behind the other, modified at second 0, 100, 200 …; their ends."""
    ends = []
    for n in range(count):
        segment, fd = create_segment(Disk(), folder, ends[-1] if ends else 0)
        os.close(fd)
        os.utime(segment.path, (100 * n, 100 * n))
        ends.append(segment.end)
    return ends


def test_nothing_goes_without_two_snapshots(tmp_path):
    """With one snapshot, and that damaged, the whole journal would be needed."""
    ends = grow(tmp_path, 3)
    write_snapshot(Disk(), tmp_path, ends[-1], b"")

    assert drop_before(Disk(), tmp_path, ends[-1]) == 0


def test_only_what_is_behind_the_older_snapshot_goes(tmp_path):
    """Whatever is asked for."""
    ends = grow(tmp_path, 4)
    write_snapshot(Disk(), tmp_path, ends[1], b"")
    write_snapshot(Disk(), tmp_path, ends[3], b"")

    assert drop_before(Disk(), tmp_path, ends[3]) == ends[1]
    assert [s.base for s in list_segments(tmp_path)] == ends[1:3]


def test_the_segment_being_written_stays(tmp_path):
    """Even when the snapshots are ahead of it."""
    ends = grow(tmp_path, 2)
    for more in (0, 1):
        write_snapshot(Disk(), tmp_path, ends[1] + more, b"")

    drop_before(Disk(), tmp_path, ends[1])

    assert [s.base for s in list_segments(tmp_path)] == ends[:1]


def test_age_and_size_say_what_is_too_much(tmp_path):
    """Either alone is enough."""
    ends = grow(tmp_path, 4)

    assert expired(tmp_path, now=350, keep_s=1000, keep_bytes=1000) == 0
    assert expired(tmp_path, now=350, keep_s=200, keep_bytes=1000) == ends[1]
    assert expired(tmp_path, now=350, keep_s=1000, keep_bytes=ends[0]) == ends[2]


def test_ids_go_a_day_after_their_newest(tmp_path):
    """And never while their segment is there: it would only be built again."""
    ends = grow(tmp_path, 1)
    kept, gone = (tmp_path / f"journal-{base:020d}.ids" for base in (0, ends[0]))
    for path in (kept, gone):
        write_run(Disk(), path, build_run(digest("s", "1"), 5000))

    drop_ids(Disk(), tmp_path, now=HORIZON_S + 5)
    assert gone.exists()
    drop_ids(Disk(), tmp_path, now=HORIZON_S + 6)

    assert kept.exists() and not gone.exists()
