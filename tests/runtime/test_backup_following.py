"""A backup that follows its server tries again after an error, and stops when it is told."""

from __future__ import annotations

from pathlib import Path

from roomtone.runtime.backup import Copied
from roomtone.runtime.backup_following import follow
from roomtone.runtime.journal import Journal
from tests.runtime.test_backup import backup_of, journal_bytes, write


async def test_a_follower_tries_again_and_stops_when_told(tmp_path: Path) -> None:
    """It goes on after an error, and is close behind when it stops."""
    turns: list[Copied] = []
    job = backup_of(tmp_path / "data", tmp_path / "b")
    waits: list[float] = []

    def wait(seconds: float) -> bool:
        waits.append(seconds)
        if len(waits) == 1:  # no journal yet: it failed, and is made now
            (tmp_path / "data" / "journal").mkdir(parents=True)
            for name, raw in made.items():
                (tmp_path / "data" / "journal" / name).write_bytes(raw)
        return len(waits) == 3

    journal = Journal.open(tmp_path / "elsewhere")
    await write(journal, 0, 3)
    await journal.close()
    made = journal_bytes(tmp_path / "elsewhere")

    follow(job, wait, database_s=600, tell=turns.append)
    job.close()

    assert waits[0] > waits[1]
    assert [turn.position for turn in turns] == [journal.end] * 2
    assert len(job.manifest.generations) == 1, "the second run's database was not due"
