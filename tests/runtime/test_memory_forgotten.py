"""Ids of deleted memories outlive a crash, for two days, and a file that is torn."""

from __future__ import annotations

from pathlib import Path

from roomtone.runtime.memory_forgotten import KEEP_MS, Forgotten


def test_what_is_gone_stays_known_for_two_days(tmp_path: Path) -> None:
    """Also to the process after a crash; then its line goes too."""
    Forgotten(tmp_path).note(["a", "b"], 1_000)
    after = Forgotten(tmp_path)
    after.note(["c"], 1_000 + KEEP_MS)

    assert all(after.holds(id, 2_000) for id in "abc") and not after.holds("d", 2_000)
    later = Forgotten(tmp_path)
    assert [later.holds(id, 2_000 + KEEP_MS) for id in "abc"] == [False, False, True]
    assert (tmp_path / "memories-forgotten").read_text() == f"{1_000 + KEEP_MS} c\n"


def test_a_torn_line_harms_no_other(tmp_path: Path) -> None:
    """Power may go while it is written."""
    Forgotten(tmp_path).note(["a", "b"], 5_000)
    with (tmp_path / "memories-forgotten").open("ab") as file:
        file.write(b"60\xff")

    assert [Forgotten(tmp_path).holds(id, 6_000) for id in "ab"] == [True, True]
