"""A manifest says to the byte what a backup holds, and finds what differs."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from roomtone.errors import BackupError
from roomtone.runtime.backup_manifest import (
    NAME,
    Generation,
    Manifest,
    describe_file,
    digest,
    read_manifest,
    verify,
    write_manifest,
)
from roomtone.runtime.journal_disk import Disk


def test_a_manifest_comes_back_as_it_was(tmp_path: Path) -> None:
    """Every file of it is listed once, also those of databases and snapshots."""
    (tmp_path / "a").write_bytes(b"abc")
    file = describe_file(tmp_path, tmp_path / "a")
    generation = Generation(position=3, at_ms=4, databases=[file], snapshots=[file])
    made = Manifest(position=7, journal=[file], generations=[generation], verdicts=file)

    write_manifest(Disk(), tmp_path, made)

    assert read_manifest(tmp_path) == made
    assert list(made.files) == [file] * 4
    assert read_manifest(tmp_path / "nowhere") is None


def test_what_follows_the_backups_bytes_is_not_its(tmp_path: Path) -> None:
    """A file may have grown since: only its first bytes count."""
    path = tmp_path / "a"
    path.write_bytes(b"x" * 3_000_000)
    file = describe_file(tmp_path, path, 2_500_000)
    with path.open("ab") as more:
        more.write(b"later")

    verify(tmp_path, [file])

    assert file.sha256 == sha256(b"x" * 2_500_000).hexdigest() == digest(path, 2_500_000)


@pytest.mark.parametrize("damage", ["flip", "cut", "gone"])
def test_damage_is_found(tmp_path: Path, damage: str) -> None:
    """One flipped bit, a missing byte, a missing file: each is said with what to do."""
    path = tmp_path / "a"
    path.write_bytes(b"abcdef")
    file = describe_file(tmp_path, path)
    if damage == "flip":
        path.write_bytes(b"abcdeg")
    elif damage == "cut":
        path.write_bytes(b"abcde")
    else:
        path.unlink()

    with pytest.raises(BackupError, match="another backup"):
        verify(tmp_path, [file])


def test_a_manifest_of_another_format_is_not_guessed_at(tmp_path: Path) -> None:
    """It names the release that wrote it; what is no manifest says so."""
    write_manifest(Disk(), tmp_path, Manifest(format=9, release="7.0"))
    with pytest.raises(BackupError, match=r"release 7\.0"):
        read_manifest(tmp_path)
    (tmp_path / NAME).write_bytes(b"{")
    with pytest.raises(BackupError, match="not a manifest"):
        read_manifest(tmp_path)
