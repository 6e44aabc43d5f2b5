"""Each store is one of those that are gone through, wherever its files lie."""

from __future__ import annotations

from pathlib import Path

from roomtone.blanking import Blank
from roomtone.runtime.config import Settings
from roomtone.runtime.erasing_stores import STORES, Stores
from roomtone.runtime.tombstones import Erasure
from tests.runtime.conftest import House


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
