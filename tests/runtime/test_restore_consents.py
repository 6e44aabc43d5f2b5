"""A word by which somebody withdrew outlives the moment that is gone back to."""

from __future__ import annotations

from pathlib import Path

import pytest

from roomtone.consents import ConsentGiven
from roomtone.errors import BackupError
from roomtone.records import Batch
from roomtone.runtime.journal import Journal
from roomtone.runtime.journal_segments import list_segments
from roomtone.runtime.restore_consents import withdrawals

NOW = 1_800_000_000_000


async def said(folder: Path, *told: tuple[str, bool]) -> list[int]:
    """A journal in which people say so, one after the other; the place behind each word."""
    journal = Journal.open(folder / "journal")
    places = []
    for number, (user, yes) in enumerate(told):
        word = ConsentGiven(user=user, purposes={"training": yes, "memory": True})
        batch = Batch(arrival=NOW + number, source="api", events=[word])
        places.append((await journal.append(batch)).position)
    await journal.close()
    return places


async def test_the_last_word_counts_and_only_a_no(tmp_path: Path) -> None:
    """Of what stands behind the place."""
    told = (("ann", False), ("bob", False), ("ann", True), ("bob", True), ("bob", False))
    places = await said(tmp_path, *told, ("eve", True))
    segments = list_segments(tmp_path / "journal")

    def names(after: int) -> list[tuple[str, str]]:
        return [(one.user, one.purpose) for one in withdrawals(segments, after, [])]

    assert names(0) == [("bob", "training")]
    assert names(places[0]) == [("bob", "training")]
    assert names(places[4]) == []


async def test_folders_that_know_more_are_heard_too(tmp_path: Path) -> None:
    """One that has no journal knows nothing; one that cannot be read is said."""
    await said(tmp_path / "old", ("ann", False), ("eve", True))
    segments: list[object] = []

    found = withdrawals(segments, 0, [tmp_path / "old", tmp_path / "empty"])  # type: ignore[arg-type]

    assert [one.user for one in found] == ["ann"]
    (path,) = (tmp_path / "old" / "journal").glob("*.log")
    path.write_bytes(b"no journal" * 100)
    with pytest.raises(BackupError, match="cannot be read"):
        withdrawals([], 0, [tmp_path / "old"])
