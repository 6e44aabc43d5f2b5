"""Each store is one of those that are gone through, wherever its files lie."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from roomtone.blanking import Blank
from roomtone.engine import Output
from roomtone.errors import BadEvent, StoreAway, StoreError
from roomtone.events import ERASED, RelationshipSet
from roomtone.runtime.config import Settings
from roomtone.runtime.erasing_stores import STORES, Stores
from roomtone.runtime.journal_segments import list_segments
from roomtone.runtime.pseudonyms import KEY, pseudonym
from roomtone.runtime.tombstones import Erasure, Tombstones
from tests.runtime.conftest import House, until
from tests.runtime.test_erasing import GONE, MARKS, an_alert, everything, filled, found_in


def test_every_store_has_its_job(house: House) -> None:
    """In the order in which they are gone through."""
    erasing = house.pipeline.erasing
    stores = Stores(house.pipeline, erasing.tombstones, erasing.consenting.agreed)

    jobs = stores.jobs(Erasure(person="5f", begun_ms=1), Blank("ann", "5f"), True)

    assert tuple(jobs) == STORES


async def test_old_files_go_beside_whichever_database_they_lie(
    house: House, tmp_path: Path
) -> None:
    """A database may lie elsewhere than the data; what is another one's stays."""
    await house.pipeline.stop()
    elsewhere = tmp_path / "else[1]where"
    elsewhere.mkdir()
    url = f"sqlite:///{elsewhere / 'rooms.db'}"
    house.settings = Settings(data=tmp_path / "data", stores={"series": url, "archive": url})
    await house.open()
    for name in ("rooms.db.before-v007-from-v006", "other.db.before-v007-from-v006"):
        (elsewhere / name).write_text("what somebody said")

    told = await house.pipeline.erase_person("somebody")

    assert told["done"]
    assert not (elsewhere / "rooms.db.before-v007-from-v006").exists()
    assert (elsewhere / "other.db.before-v007-from-v006").exists()


async def test_what_was_written_after_a_store_was_erased_from_is_erased_too(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A series store that comes back in the middle is given what waited; it is done again."""
    pipeline = await filled(house)
    name = pseudonym(await pipeline.archive.key(KEY), GONE)
    own = pipeline.series.write

    async def away(*given: Any) -> None:
        raise StoreAway("it does not answer; start it")

    monkeypatch.setattr(pipeline.series, "write", away)
    await pipeline.submit(everything(GONE, 11))
    await pipeline.reader.done(20)
    await house.tick(2)
    await until(lambda: pipeline.keeper.trouble)
    told = await pipeline.erase_person(GONE)
    failed = {one["store"] for one in told["stores"] if not one["ok"]}
    assert {"engine", "journal"} <= failed and "series" not in failed and not told["done"]
    monkeypatch.setattr(pipeline.series, "write", own)
    await until(lambda: not pipeline.keeper.lag)
    assert found_in(house.settings.data, name) != [], "what waited for the store has come"

    assert await pipeline.erasing.resume() == 1
    assert found_in(house.settings.data, *MARKS, name) == []


async def test_a_busy_server_erases_at_once(house: House) -> None:
    """What comes after it is nobody's who is erased, and is not waited for."""
    pipeline = await filled(house)
    own = pipeline.keeper.kept

    async def busy(*given: Any) -> bool:
        done = await own(*given)
        pipeline.keeper.keep(Output(0, revisions=[]), 0)
        pipeline.keeper.keep(Output(0, alerts=[an_alert()]), 0)
        return done

    pipeline.keeper.kept = busy  # type: ignore[method-assign]

    assert (await pipeline.erase_person(GONE))["done"]


async def test_a_damaged_segment_keeps_no_other_store_from_it(house: House) -> None:
    """What the person said is not all known then, so archive and journal are gone through again."""
    pipeline = await filled(house)
    pipeline.journal.rotate()
    await house.tick()
    first = list_segments(pipeline.journal.folder)[0].path
    sound = first.read_bytes()
    damaged = bytearray(sound)
    damaged[len(sound) // 2] ^= 0xFF
    first.write_bytes(damaged)

    told = await pipeline.erase_person(GONE)

    failed = [one["store"] for one in told["stores"] if not one["ok"]]
    assert failed == ["engine", "archive", "journal"] and not told["done"], told
    assert "roomtone doctor" in str(told)
    assert (await pipeline.archive.conversations(user=GONE))[1] == 0, "their own rows are gone"
    first.write_bytes(sound)
    assert await pipeline.erasing.resume() == 1
    assert found_in(house.settings.data, *MARKS) == []


async def test_who_was_readmitted_meanwhile_is_not_shut_out_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever goes on with what was broken off looks once more before it does."""
    pipeline = house.pipeline
    erasing = pipeline.erasing

    async def away(*given: Any) -> int:
        raise StoreAway("it does not answer; start it")

    monkeypatch.setattr(pipeline.memory, "erase", away)
    for user in ("first", "second"):
        assert not (await pipeline.erase_person(user))["done"]
    monkeypatch.undo()
    resuming = asyncio.create_task(erasing.resume())
    await asyncio.sleep(0)
    assert await pipeline.readmit_person("second")

    await resuming

    assert not erasing.tombstones.bars("second") and erasing.tombstones.bars("first")


async def test_a_full_disk_is_said_and_ends_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is erased whose tombstone cannot be written; and of whom it is, is forgotten last."""
    erasing = house.pipeline.erasing
    own = Tombstones.put

    def full(stones: Tombstones, one: Erasure) -> None:
        if one.is_done or not one.stores:
            raise OSError(28, "No space left on device")
        own(stones, one)

    monkeypatch.setattr(Tombstones, "put", full)
    with pytest.raises(StoreError, match="has room"):
        await house.pipeline.erase_person(GONE)
    monkeypatch.setattr(Tombstones, "put", own)
    erasing.tombstones.hash(GONE)

    def late(stones: Tombstones, one: Erasure) -> None:
        if one.is_done:
            raise OSError(28, "No space left on device")
        own(stones, one)

    monkeypatch.setattr(Tombstones, "put", late)
    assert not (await house.pipeline.erase_person(GONE))["done"]
    monkeypatch.undo()

    assert await erasing.resume() == 1
    assert found_in(house.settings.data, GONE) == []


async def test_who_is_erased_while_their_events_are_looked_at_is_refused_and_counted(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the places of the request, as whoever is known to be erased; the others are taken."""
    pipeline, own = house.pipeline, house.pipeline.reader.standings

    async def meanwhile(*given: Any) -> Any:
        pipeline.erasing.tombstones.hash(GONE)
        await pipeline.erasing._begin(GONE)
        return await own(*given)

    monkeypatch.setattr(pipeline.reader, "standings", meanwhile)
    events = [RelationshipSet(bot="luna", user=user, trust=0.5) for user in ("a", GONE, "b")]
    receipt = await pipeline.submit(events, kept=[3, 5, 7])

    assert receipt.accepted == 2 and pipeline.erasing.refused == 1
    assert [(one.index, one.kind) for one in receipt.errors] == [(5, ERASED)]


async def test_nobody_is_erased_by_a_name_that_is_none(house: House) -> None:
    """Nor is a tombstone made that no store could ever be told of."""
    for name in ("", "a\0b"):
        with pytest.raises(BadEvent, match="say whom to erase"):
            await house.pipeline.erase_person(name)
    assert not len(house.pipeline.erasing.tombstones)
