"""A snapshot is there whole or not at all, and the one before is there too."""

import pytest

from roomtone.runtime.journal_disk import Disk
from roomtone.runtime.journal_snapshots import latest_snapshot, snapshot_paths, write_snapshot


def test_the_newest_is_given_and_two_are_kept(tmp_path):
    """Older ones are removed only after the newer is synced."""
    for position in (10, 20, 30):
        write_snapshot(Disk(), tmp_path, position, f"at {position}".encode())

    assert latest_snapshot(tmp_path, 99) == (30, b"at 30")
    assert len(snapshot_paths(tmp_path)) == 2


def test_without_one_there_is_none(tmp_path):
    """A first start replays from the beginning."""
    assert latest_snapshot(tmp_path, 99) is None


def test_any_damage_falls_back_to_the_older(tmp_path):
    """One flipped or missing byte, wherever, and the snapshot before is used."""
    write_snapshot(Disk(), tmp_path, 10, b"older")
    write_snapshot(Disk(), tmp_path, 20, b"newer")
    newest = snapshot_paths(tmp_path)[-1]
    raw = newest.read_bytes()
    for n in range(len(raw)):
        newest.write_bytes(raw[:n] + bytes([raw[n] ^ 1]) + raw[n + 1 :])
        assert latest_snapshot(tmp_path, 99) == (10, b"older"), n
        newest.write_bytes(raw[:n])
        assert latest_snapshot(tmp_path, 99) == (10, b"older"), n


def test_one_from_beyond_the_journals_end_is_not_used(tmp_path):
    """A journal put back from an older backup does not meet a state of its future."""
    write_snapshot(Disk(), tmp_path, 10, b"older")
    write_snapshot(Disk(), tmp_path, 20, b"newer")

    assert latest_snapshot(tmp_path, 15) == (10, b"older")


@pytest.mark.parametrize("data", [b"", b"x" * 3_000_000])
def test_any_size_comes_back(tmp_path, data):
    """From nothing to some megabytes."""
    write_snapshot(Disk(), tmp_path, 5, data)

    assert latest_snapshot(tmp_path, 5) == (5, data)
