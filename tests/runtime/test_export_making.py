"""A dataset that is made has a row that says so, whom it holds, and what became of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from roomtone.errors import BadEvent
from roomtone.runtime.clock import WallClock
from roomtone.runtime.export_files import Ranges
from roomtone.runtime.export_making import Making, hold
from roomtone.runtime.export_plan import Plan
from tests.exported import reaction
from tests.runtime.kept import KeptArchive, conversation

PLAN = Plan(format="sft", name="first")


def making(archive: KeptArchive, target: Path, **more: bool) -> Making:
    return Making(archive, WallClock(), PLAN, target, **more)  # type: ignore[arg-type]


async def test_a_dataset_holds_its_people(tmp_path: Path) -> None:
    """Whether or not their conversations are marked as exported."""
    archive = KeptArchive([conversation(1), conversation(2, "bob"), conversation(3, "carl")])
    archive.agree("carl", yes=False)
    job = making(archive, tmp_path / "set")
    await job.run()
    (kept,) = await archive.datasets(user="bob")

    assert (kept.status, kept.rows, kept.progress) == ("done", 2, 1.0)
    assert kept.bytes == sum(p.stat().st_size for p in (tmp_path / "set" / "data").iterdir())
    assert await archive.datasets(user="carl") == [] and not archive.marked
    await making(archive, tmp_path / "other", mark=True).run()
    assert archive.marked == {1, 2}


async def test_what_gives_no_row_is_not_held_counted_or_marked(tmp_path: Path) -> None:
    """A talk that nobody rated yet is exported once it is; it was looked at all the same."""
    archive = KeptArchive([conversation(1), conversation(2, "bob")])
    archive.talks[1].reactions = []
    archive.talks[2].reactions = [reaction(person="bob")]
    job = Making(archive, WallClock(), Plan(format="kto"), tmp_path / "set", mark=True)  # type: ignore[arg-type]
    told = await job.run()

    counts = told["counts"]
    assert (counts["conversations"], counts["looked_at"], counts["people"]) == (1, 2, 1)
    assert (counts["messages"], told["ranges"], archive.marked) == (4, [(1, 2)], {2})
    assert archive.held == {job.dataset.id: {"bob"}}


async def test_who_withdraws_while_files_are_put_in_place_makes_it_stale(tmp_path: Path) -> None:
    """Also after it was last asked who agrees, and before it is done: no word falls in between."""
    archive = KeptArchive([conversation(1), conversation(2, "bob")])
    own = archive.mark_exported

    async def withdrawing(*given: Any, **more: Any) -> int:
        archive.agree("bob", yes=False)
        return await own(*given, **more)

    archive.mark_exported = withdrawing  # type: ignore[method-assign]
    job = making(archive, tmp_path / "set")
    await job.run()

    assert archive.made[job.dataset.id].status == "stale"
    assert "no longer agrees" in archive.made[job.dataset.id].error


async def test_what_failed_says_why_and_leaves_no_files(tmp_path: Path) -> None:
    """It can be made again at once."""
    archive = KeptArchive([conversation(1)], agreed=False)
    with pytest.raises(BadEvent):
        await making(archive, tmp_path / "set").run()
    (kept,) = archive.made.values()

    assert kept.status == "failed" and "roomtone people consent" in kept.error
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(BadEvent):
        await making(archive, tmp_path / "set", keep_failed=False).run()
    assert len(archive.made) == 1


async def test_a_kill_behind_the_last_rename_is_noticed(tmp_path: Path) -> None:
    """Going on finds that all is there, and says so."""
    archive = KeptArchive([conversation(1)])
    first = making(archive, tmp_path / "set")
    await first.run()
    running = msgspec.structs.replace(first.dataset, status="running", rows=0)
    await archive.put_dataset(running)
    again = Making(archive, WallClock(), PLAN, tmp_path / "set", id=running.id)  # type: ignore[arg-type]
    await again.run(resume=True)

    assert archive.made[running.id].status == "done" and archive.made[running.id].rows == 1


async def test_conversations_are_marked_some_at_a_time() -> None:
    """However long a run of ids is."""
    archive = KeptArchive([conversation(id, turns=1) for id in range(1, 2_500)])
    assert await hold(archive, "d", Ranges([(1, 2_499)]), mark=True) == 2_499  # type: ignore[arg-type]
