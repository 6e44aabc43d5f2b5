"""A backup's journal is cut behind any of its entries, also within what was synced together."""

from __future__ import annotations

from pathlib import Path

from roomtone.records import Batch
from roomtone.runtime.backup import Backup
from roomtone.runtime.clock import WallClock
from roomtone.runtime.config import Settings
from roomtone.runtime.journal import Journal, read_journal
from roomtone.runtime.restore import restore
from tests.runtime.conftest import House
from tests.runtime.test_restore import T0, said


async def test_every_place_in_a_group_is_a_place_to_cut(house: House, tmp_path: Path) -> None:
    """Entries that were synced together are told apart; an offset between two takes the first."""
    folder = tmp_path / "data"
    journal = Journal.open(folder / "journal", segment_bytes=400)
    entries = [
        Batch(arrival=T0 * 1000 + n, source="t", events=[said(n), said(n + 1000)])
        for n in range(15)
    ]
    for start in range(0, 15, 5):  # five in one turn of the loop: one frame, or few
        for future in [journal.append(entry) for entry in entries[start : start + 5]]:
            await future
    await journal.close()
    job = Backup(Settings(data=folder), tmp_path / "b", WallClock())
    job.run()
    job.close()
    ends = [position for position, _ in read_journal(folder / "journal")]

    for n, end in enumerate(ends):
        for at in (end, end + 3):
            done = await restore(tmp_path / "b", Settings(data=tmp_path / f"r{at}"), at)
            assert done.position == end
            found = list(read_journal(tmp_path / f"r{at}" / "journal"))
            assert [position for position, _ in found] == ends[: n + 1]
            assert [entry for _, entry in found] == entries[: n + 1]
            if n % 5:
                break
    assert len(list((folder / "journal").glob("journal-*.log"))) > 2
