"""Whom a restore brought back is found wherever anything of them is kept, and erased again."""

from __future__ import annotations

import pytest

from roomtone.events import Message
from roomtone.runtime.backup import Backup
from roomtone.runtime.came_back import came_back
from roomtone.runtime.clock import WallClock
from roomtone.runtime.config import Settings
from roomtone.runtime.pseudonyms import KEY, pseudonym
from roomtone.runtime.restore import restore
from tests.runtime.conftest import House
from tests.runtime.test_erasing import GONE, MARKS, OTHERS, filled, found_in


async def test_people_are_found_in_every_store(house: House) -> None:
    """In the journal alone, and without what the journal holds; those who are not asked for not."""
    pipeline = await filled(house)
    await pipeline.submit([Message(session="room", user="only-in-the-journal", text="x")])
    wanted = {GONE, OTHERS[0], "only-in-the-journal"}

    assert await came_back(pipeline, wanted.__contains__) == wanted
    for path in pipeline.journal.folder.glob("journal-*.log"):
        path.unlink()
    assert await came_back(pipeline, wanted.__contains__) == {GONE, OTHERS[0]}


async def test_a_restore_brings_back_nobody_who_was_erased(
    house: House, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Backed up, erased, restored as it was before: the next start leaves no byte of them.

    It is the same whether the backup was told of it, or only the folder that was in use.
    """
    pipeline = await filled(house)
    name = pseudonym(await pipeline.archive.key(KEY), GONE)
    backup = tmp_path_factory.mktemp("backup")
    told, again = (Settings(data=tmp_path_factory.mktemp(name)) for name in ("told", "again"))
    job = Backup(house.settings, backup, WallClock())
    before = job.run().position
    await pipeline.erase_person(GONE)
    await pipeline.stop()
    done = await restore(backup, again, before, heed=[house.settings.data])
    assert done.erased == 1 and len(found_in(again.data, *MARKS, name)) > 3, "it is as it was"
    job.run(database=False)
    job.close()
    assert (await restore(backup, told, before)).erased == 1

    house.settings = again
    pipeline = await house.open()
    await pipeline.erasing.resume()
    await house.tick(2)

    stones = pipeline.erasing.tombstones
    assert not stones.is_restored and stones.unfinished == []
    assert found_in(again.data, *MARKS, name) == []
    receipt = await pipeline.submit([Message(session="room", user=GONE, text="x")])
    assert not receipt.accepted, "the door is shut as before"
    found, _ = await pipeline.archive.conversations(user=OTHERS[0])
    assert found, "others came back"
