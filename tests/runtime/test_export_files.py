"""What is staged grows, is cut back to where it was whole, and appears at once or not at all."""

from __future__ import annotations

import hashlib
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomtone.errors import BadEvent
from roomtone.runtime.export_files import Ranges, Staging, State, sha256
from roomtone.runtime.export_plan import Plan

PLAN = Plan(format="sft")


def test_what_was_written_behind_the_note_is_cut_off(tmp_path: Path) -> None:
    """Lines, ids, people, and files that were begun later."""
    staging = Staging(tmp_path / "set", single=False, shard=10)
    staging.begin()
    staging.write("train", b'{"a":1}\n', 1, b"1 2\n")
    staging.meet(["ann"])
    state = State(plan=PLAN)
    staging.note(state)
    staging.write("train", b'{"a":22222}\n', 1, b"3 4\n")
    staging.write("train", b'{"a":3}\n', 1)
    staging.meet(["bob"])
    staging.close()

    again = Staging(tmp_path / "set", single=False, shard=10)
    left = again.left()
    assert left is not None and left.plan == PLAN and again.go_on(left)
    assert again.met() == ["ann"]
    assert [path.read_bytes() for _, _, _, path, _ in again.staged()] == [b'{"a":1}\n']
    assert (again.folder / "train-00000.ids").read_bytes() == b"1 2\n"


def test_a_file_that_lost_what_was_noted_is_not_gone_on_with(tmp_path: Path) -> None:
    """As after a power cut, when the note reached the disk and the lines did not."""
    staging = Staging(tmp_path / "set", single=True)
    staging.begin()
    staging.write("train", b"x" * 100, 1)
    staging.note(State(plan=PLAN))
    staging.close()
    (staging.folder / "train-00000.rows").write_bytes(b"x" * 50)
    left = staging.left()

    assert left is not None and not staging.go_on(left)
    (staging.folder / "state.json").write_text("{not json")
    assert staging.left() is None


def test_what_was_staged_otherwise_is_not_gone_on_with(tmp_path: Path) -> None:
    """Lines by a release that did not pack them, or without what packs."""
    staging = Staging(tmp_path / "set", single=True)
    staging.begin()
    staging.write("train", b"{}\n", 1)
    staging.note(State(plan=PLAN))
    staging.close()
    again = Staging(tmp_path / "set", single=True)
    left = again.left()
    again.packed = True

    assert left is not None and not left.packed and not again.go_on(left)
    again.packed = False
    assert again.go_on(left)


def test_a_full_file_is_followed_by_the_next(tmp_path: Path) -> None:
    """But a single file is one, however long it gets."""
    for single, files in ((False, 3), (True, 1)):
        staging = Staging(tmp_path / f"set {single}", single=single, shard=5)
        staging.begin()
        for _ in range(3):
            staging.write("train", b"12345\n", 1)
        assert len(staging.staged()) == files
        staging.drop()
        assert not staging.folder.exists()


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    """What is there already stays there."""
    (tmp_path / "set").mkdir()
    with pytest.raises(BadEvent, match="already; name another"):
        Staging(tmp_path / "set", single=False).check()


@given(st.sets(st.integers(1, 200)))
def test_runs_hold_the_very_ids(ids: set[int]) -> None:
    """None is added between two, none is lost; neighbours are one run."""
    ranges = Ranges()
    for id in sorted(ids):
        ranges.add(id)
    runs = ranges.runs()

    assert [id for first, last in runs for id in range(first, last + 1)] == sorted(ids)
    assert Ranges(runs).runs() == runs
    assert all(b[0] > a[1] + 1 for a, b in pairwise(runs))


def test_a_hash_is_of_the_bytes(tmp_path: Path) -> None:
    """As sha256sum would say."""
    (tmp_path / "a").write_bytes(b"abc" * 10_000)
    assert sha256(tmp_path / "a") == hashlib.sha256(b"abc" * 10_000).hexdigest()
