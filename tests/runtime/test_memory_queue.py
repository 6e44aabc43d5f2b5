"""What waits to be remembered outlives the process, in its order and within a bound."""

from __future__ import annotations

from pathlib import Path

import pytest

from roomtone.contracts_memory import a_memory
from roomtone.runtime import memory_queue
from roomtone.runtime.memory_queue import Due


def drained(due: Due) -> list[str]:
    """The sources of all that waits, oldest first."""
    found = []
    while some := due.some(3):
        found += [one.source for one in some]
        due.done(len(some))
    return found


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory_queue, "MOST", 4)


def test_what_finds_no_room_waits_on_the_disk_in_its_order(tmp_path: Path) -> None:
    """Beyond what memory holds the disk has it; once all is through, nothing lies there."""
    due = Due(tmp_path)
    due.put([a_memory(n) for n in range(3)])
    due.put([a_memory(n) for n in range(3, 9)])
    assert len(due) == 4 and due.far_bytes
    due.put([a_memory(9)])

    assert drained(due) == [f"s/{n}" for n in range(10)]
    assert not list(tmp_path.iterdir()) and not due.far_bytes


def test_what_was_saved_is_there_after_a_crash(tmp_path: Path) -> None:
    """What is in memory is saved whole; a torn end of the other file is left out."""
    due = Due(tmp_path)
    due.put([a_memory(n) for n in range(6)])
    due.save()
    with (tmp_path / "memories-due").open("ab") as file:
        file.write(b"\x00\x00\x10\x00half")
    again = Due(tmp_path)
    again.load()

    assert drained(again) == [f"s/{n}" for n in range(6)]


def test_the_disk_has_a_bound_and_what_is_lost_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store that is away for weeks does not fill the disk."""
    monkeypatch.setattr(memory_queue, "MOST_BYTES", 100)
    due = Due(tmp_path)
    for n in range(8):
        due.put([a_memory(n)])

    assert due.lost == 3 and len(drained(due)) == 5


def test_a_person_who_is_forgotten_waits_nowhere(tmp_path: Path) -> None:
    """In memory, beyond it, and in what was saved."""
    due = Due(tmp_path)
    due.put([a_memory(n, user="ann" if n % 2 else "vanish") for n in range(10)])
    due.save()
    assert due.forget(lambda one: one.user == "vanish") == 5

    assert b"vanish" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert drained(due) == [f"s/{n}" for n in (1, 3, 5, 7, 9)]


def test_what_was_saved_comes_before_what_has_come_since(tmp_path: Path) -> None:
    """A reaction that waited and was taken back after the restart is not given again."""
    due = Due(tmp_path)
    due.put([a_memory(0), a_memory(1)])
    due.save()
    again = Due(tmp_path)
    again.put([a_memory(2)])
    again.load()
    again.load()

    assert drained(again) == ["s/0", "s/1", "s/2"]


def test_what_comes_behind_a_torn_end_is_read(tmp_path: Path) -> None:
    """The torn one was never acknowledged; the next ones are not lost with it."""
    Due(tmp_path).put([a_memory(n) for n in range(6)])
    far = tmp_path / "memories-due"
    far.write_bytes(far.read_bytes() + b"\x00\x00\x10\x00half")
    again = Due(tmp_path)
    again.load()
    again.put([a_memory(n) for n in (6, 7)])

    assert drained(again) == [f"s/{n}" for n in (4, 5, 6, 7)]
