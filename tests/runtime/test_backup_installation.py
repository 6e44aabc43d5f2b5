"""One command backs up an installation with all of its projects, and one brings it back."""

from __future__ import annotations

from pathlib import Path

import pytest

from roomtone.errors import BackupError
from roomtone.events import Message
from roomtone.runtime.access import Access
from roomtone.runtime.backup_installation import InstallationBackup, projects_of
from roomtone.runtime.clock import WallClock
from roomtone.runtime.config import Settings
from roomtone.runtime.pipeline import Pipeline
from roomtone.runtime.projects import settings_of
from roomtone.runtime.restore import restore
from tests.runtime.conftest import House


@pytest.fixture
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that is not within the data folder."""
    return tmp_path_factory.mktemp("elsewhere")


async def lived(house: House, name: str) -> Pipeline:
    """A project in which somebody said something."""
    pipeline = await Pipeline.open(settings_of(house.settings, name), house.clock)
    await pipeline.start()
    await pipeline.submit([Message(session=f"room of {name}", user="u", text="x")])
    await pipeline.settled()
    return pipeline


async def test_all_projects_come_back_with_their_keys(
    house: House, tmp_path: Path, elsewhere: Path
) -> None:
    """Each in its place; who was erased in one stays erased there and is not in the other."""
    target, again = elsewhere / "backup", elsewhere / "again"
    _, secret = Access(house.settings).make_key("read", project="shop")
    await house.pipeline.submit([Message(session="room", user="u", text="x")])
    shop = await lived(house, "shop")
    await shop.erase_person("u")
    await shop.stop()
    job = InstallationBackup(house.settings, target, WallClock())
    job.run()
    (tmp_path / "projects" / "shop" / "journal").rename(tmp_path / "away")
    job.run()
    assert job.manifest.projects == []
    (tmp_path / "away").rename(tmp_path / "projects" / "shop" / "journal")
    copied = job.run()
    assert copied.new_database and job.manifest.projects == ["shop"] and job.manifest.left_out
    job.close()

    done = await restore(target, Settings(data=again))

    assert (done.projects, done.keys, done.erased) == (["shop"], 1, 0)
    settings = Settings(data=again)
    access = Access(settings)
    access.load()
    found = access.find(secret.encode())
    assert found is not None and found.project == "shop"
    assert projects_of(settings) == ["shop"]
    pipeline = await Pipeline.open(settings_of(settings, "shop"))
    assert pipeline.engine.summary("room of shop") is not None
    assert pipeline.erasing.tombstones.bars("u")
    await pipeline.stop()
    assert not (again / "projects" / "shop" / "access.db").exists()


async def test_a_project_that_fails_keeps_no_other_from_it(
    house: House, tmp_path: Path, elsewhere: Path
) -> None:
    """It is said which; the others are backed up, and what was there of it before is whole."""
    target = elsewhere / "backup"
    await house.pipeline.submit([Message(session="room", user="u", text="x")])
    for name in ("one", "two"):
        await (await lived(house, name)).stop()
    (log,) = (tmp_path / "projects" / "one" / "journal").glob("journal-*.log")
    log.write_bytes(b"x" * 200)
    job = InstallationBackup(house.settings, target, WallClock())

    with pytest.raises(BackupError, match="project one: "):
        job.run()
    assert job.manifest.projects == ["two"] and job.manifest.position > 0
    job.close()
