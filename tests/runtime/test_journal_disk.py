"""Files are written whole or not at all, and errors say what to do."""

import errno

import pytest

from roomtone.errors import DiskFull, JournalError
from roomtone.runtime.journal_disk import Disk, explain, write_all, write_file


class Stingy(Disk):
    """Takes three bytes at a time, as a nearly full disk may."""

    def write(self, fd, data):
        return super().write(fd, data[:3])


class Refusing(Disk):
    """Takes nothing, and says nothing."""

    def write(self, fd, data):
        return 0


def test_short_writes_are_taken_up_where_they_stopped(tmp_path):
    """A write that takes fewer bytes than given is no error, and loses none."""
    write_file(Stingy(), tmp_path / "file.bin", b"ten bytes!")

    assert (tmp_path / "file.bin").read_bytes() == b"ten bytes!"


def test_a_write_that_takes_nothing_does_not_spin():
    """Zero bytes taken is an error, not a reason to try forever."""
    with pytest.raises(OSError, match="no bytes"):
        write_all(Refusing(), 1, b"x")


def test_a_failed_write_leaves_the_old_file(tmp_path):
    """The name is changed over only when the content is synced."""
    path = tmp_path / "file.bin"
    write_file(Disk(), path, b"old")

    with pytest.raises(OSError):
        write_file(Refusing(), path, b"new")

    assert path.read_bytes() == b"old"


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_has_its_own_error(tmp_path, code):
    """So that the web can answer 503 and say when to come back."""
    error = explain(tmp_path, OSError(code, "no"))

    assert isinstance(error, DiskFull)
    assert "free some space" in str(error)


def test_other_errors_name_the_folder_and_the_reason(tmp_path):
    """An operator must see where to look."""
    error = explain(tmp_path, PermissionError(errno.EACCES, "Permission denied"))

    assert type(error) is JournalError
    assert str(tmp_path) in str(error) and "Permission denied" in str(error)
