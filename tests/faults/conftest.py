"""Disks that fail on command, and how many rounds the fault tests run."""

import errno
import os

import pytest

from roomtone.runtime.journal_disk import Disk


class FailingDisk(Disk):
    """Counts its calls; the n-th fails with a code, after doing nothing, half, or all of it."""

    def __init__(self, fail_at: int = 0, code: int = errno.EIO, share: float = 0.0) -> None:
        self.calls: list[str] = []
        self.fail_at, self.code, self.share = fail_at, code, share
        self.failed = False

    def _due(self, name: str) -> bool:
        self.calls.append(name)
        if len(self.calls) == self.fail_at:
            self.failed = True
            return True
        return False

    def _error(self) -> OSError:
        return OSError(self.code, os.strerror(self.code))


def _failing(name: str):
    real = getattr(Disk, name)

    def call(self, *args):
        if not self._due(name):
            return real(self, *args)
        if name == "write" and self.share < 1:
            real(self, args[0], args[1][: int(len(args[1]) * self.share)])
        elif self.share == 1 and name != "open":
            real(self, *args)
        raise self._error()

    return call


for _name in ("open", "write", "datasync", "sync", "truncate", "close", "replace", "unlink"):
    setattr(FailingDisk, _name, _failing(_name))


@pytest.fixture
def failing_disk():
    return FailingDisk


@pytest.fixture
def rounds() -> int:
    """How many random rounds: 5, or what ROOMTONE_FAULT_ROUNDS says (200 in `make faults`)."""
    return int(os.environ.get("ROOMTONE_FAULT_ROUNDS", "5"))


@pytest.fixture
def stride() -> int:
    """Of all system calls, each so-many-th is tried to fail at: every one in `make faults`."""
    return 1 if "ROOMTONE_FAULT_ROUNDS" in os.environ else 4


def pytest_collection_modifyitems(items):
    """The long runs wait for `make faults`."""
    if "ROOMTONE_FAULT_ROUNDS" in os.environ:
        return
    for item in items:
        if item.get_closest_marker("faults"):
            item.add_marker(pytest.mark.skip(reason="a long run: make faults"))
