"""The archive knows what the journal holds: read once, gone on with, true to the files."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from roomtone.events import Message
from roomtone.records import Batch, JournalSegment, Tick
from roomtone.runtime import journal_index, recovery
from roomtone.runtime.clock import utc
from roomtone.runtime.journal import Journal
from roomtone.testing import ListArchive
from tests.runtime.conftest import House

T0 = 1_763_719_200_000


def batch(number: int, events: int = 3) -> Batch:
    listed: list[Any] = [Message(session="s", user=f"u{i}", text="x" * 200) for i in range(events)]
    return Batch(arrival=T0 + number * 1000, source="test", events=listed)


async def noted(journal: Journal, archive: ListArchive) -> list[JournalSegment]:
    while await journal_index.note(journal, archive) == journal_index.AT_ONCE:
        pass
    return list(await archive.segments())


async def test_the_index_is_what_the_files_hold(tmp_path: Path) -> None:
    """Positions without a hole, all entries and events, the first and the last arrival, hashes."""
    journal, archive = Journal.open(tmp_path / "j", segment_bytes=4096), ListArchive()
    for number in range(40):
        await journal.append(batch(number))
        await journal.append(Tick(now=T0 // 1000 + number))
    segments = await noted(journal, archive)
    paths = sorted((tmp_path / "j").glob("journal-*.log"))
    end = journal.end
    await journal.close()

    assert len(segments) == len(paths) > 3
    assert [s.sealed for s in segments] == [True] * (len(paths) - 1) + [False]
    assert [s.base for s in segments[1:]] == [s.end for s in segments[:-1]]
    assert (segments[0].base, segments[-1].end) == (0, end)
    assert (sum(s.entries for s in segments), sum(s.events for s in segments)) == (80, 120)
    assert segments[0].first_arrival == utc(T0)
    assert max(s.last_arrival for s in segments if s.last_arrival) == utc(T0 + 39_000)
    hashes = [sha256(path.read_bytes()).hexdigest() for path in paths[:-1]]
    assert [s.sha256 for s in segments] == [*hashes, ""]


async def test_only_what_is_new_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was counted is gone on with, also by another process, and comes to the same."""
    journal, archive, whole = Journal.open(tmp_path / "j"), ListArchive(), ListArchive()
    read: list[bytes] = []
    real = journal_index._decoder.decode

    class Counting:
        def decode(self, body: bytes) -> Any:
            read.append(body)
            return real(body)

    monkeypatch.setattr(journal_index, "_decoder", Counting())
    for number in range(12):
        await journal.append(batch(number))
        await journal_index.note(journal, archive)
        if number == 6:
            await journal.close()
            journal = Journal.open(tmp_path / "j")
    again = await journal_index.note(journal, archive)
    counted = len(read)
    segments = await noted(journal, archive)

    assert (counted, again) == (12, 0)
    assert segments == await noted(journal, whole)
    assert (segments[0].entries, segments[0].end) == (12, journal.end)
    await journal.close()


async def test_no_more_than_some_segments_are_read_in_one_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A journal that nobody indexed yet is caught up with bit by bit."""
    monkeypatch.setattr(journal_index, "AT_ONCE", 2)
    journal, archive = Journal.open(tmp_path / "j", segment_bytes=1024), ListArchive()
    for number in range(9):
        await journal.append(batch(number))

    assert await journal_index.note(journal, archive) == 2
    assert len(await archive.segments()) == 2
    assert sum(s.entries for s in await noted(journal, archive)) == 9
    await journal.close()


async def test_segments_that_are_gone_leave_the_index(tmp_path: Path) -> None:
    """What retention takes from the folder is no longer said to be there."""
    journal, archive = Journal.open(tmp_path / "j", segment_bytes=1024), ListArchive()
    for number in range(9):
        await journal.append(batch(number))
    await noted(journal, archive)
    journal.write_snapshot(journal.end, b"1")
    await journal.append(batch(9))
    journal.write_snapshot(journal.end, b"2")
    before = len(await noted(journal, archive))
    journal.drop_before(journal.end)

    kept = await noted(journal, archive)
    assert len(kept) < before
    assert kept[0].base == min(
        int(p.stem.rpartition("-")[2]) for p in journal.folder.glob("journal-*.log")
    )
    await journal.close()


async def test_upkeep_keeps_the_index(house: House) -> None:
    """A running pipeline tells its archive, so that other processes can ask there."""
    await house.pipeline.submit([Message(session="s", user="a", text="x")])
    await house.tick()
    await recovery.upkeep(house.pipeline)

    (segment,) = await house.pipeline.archive.segments()
    assert (segment.events, segment.end) == (1, house.pipeline.journal.end)
    assert segment.journal == str(house.settings.journal_folder.resolve())
