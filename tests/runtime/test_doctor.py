"""The doctor finds what would keep Roomtone from working, and changes nothing by looking."""

import asyncio
import socket
import sqlite3

import pytest

from roomtone.events import Turn
from roomtone.runtime.config import Models, Settings
from roomtone.runtime.doctor import HASHED, examine
from roomtone.testing import ManualClock
from tests.runtime.conftest import House


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as door:
        return door.getsockname()[1]


def checks(settings: Settings) -> dict[str, dict]:
    return {check["name"]: check for check in examine(settings, ManualClock())}


def test_a_healthy_machine_is_well(tmp_path, port):
    """Everything is looked at, and nothing is made by it."""
    found = checks(Settings(data=tmp_path / "data", server={"port": port}))
    ill = {name for name, check in found.items() if not check["ok"]}

    assert ill <= {"dashboard", "disk"}
    assert {"python", "data folder", "database", "series store", "archive", "port"} <= found.keys()
    assert not (tmp_path / "data").exists()


def test_a_port_in_use_names_the_remedy(tmp_path):
    """Something else listens there: end it, or take another port."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        number = door.getsockname()[1]
        door.settimeout(0.1)
        found = checks(Settings(data=tmp_path, server={"port": number}))["port"]

    assert not found["ok"]
    assert "--port" in found["remedy"]


def test_a_broken_database_says_that_nothing_is_lost(tmp_path, port):
    """All of it can be made again from the journal."""
    (tmp_path / "roomtone.db").write_bytes(b"no database at all" * 100)
    found = checks(Settings(data=tmp_path, server={"port": port}))["database"]

    assert not found["ok"]
    assert "made anew from the journal" in found["remedy"]


def test_a_whole_database_is_well(tmp_path, port):
    """SQLite's own check is asked."""
    sqlite3.connect(tmp_path / "roomtone.db").execute("create table t (x)").connection.close()

    assert checks(Settings(data=tmp_path, server={"port": port}))["database"]["ok"]


def test_a_store_that_nobody_knows_is_found_before_the_start(tmp_path, port):
    """A typing error in a URL's scheme shows here, with the names there are."""
    settings = Settings(data=tmp_path, server={"port": port}, stores={"series": "sqlitte:///x"})
    found = checks(settings)["series store"]

    assert not found["ok"]
    assert "sqlite" in found["detail"]


def test_a_data_folder_that_is_a_file_is_seen(tmp_path, port):
    """The path is taken by something that is no folder."""
    (tmp_path / "data").write_text("")
    found = checks(Settings(data=tmp_path / "data", server={"port": port}))["data folder"]

    assert not found["ok"]


@pytest.mark.parametrize("old", [False, True])
def test_a_folder_without_turns_is_well(tmp_path, port, old):
    """Also one whose database is of a release that knew none: it is not made newer by looking."""
    if old:
        sqlite3.connect(tmp_path / "roomtone.db").execute("create table t (x)").connection.close()
    found = checks(Settings(data=tmp_path, server={"port": port}))["turns"]

    assert found["ok"]
    assert found["detail"] == "none yet"
    assert [path.name for path in tmp_path.iterdir()] == ["roomtone.db"] * old


def test_each_measurement_of_turns_is_looked_at(tmp_path, port):
    """Present, fresh and in range, of what a folder keeps; what is missing is named."""
    settings = Settings(data=tmp_path, server={"port": port})
    asyncio.run(with_turns(settings))
    found = checks(settings)
    asyncio.run(with_turns(settings, lost="user_emotion"))
    then = checks(settings)["measured: user_emotion"]

    assert found["measured: user_emotion"]["ok"]
    assert found["measured: memory_quality"]["ok"]
    assert "memories" in found["measured: memory_quality"]["detail"]
    assert not then["ok"]
    assert "nova has none" in then["detail"]
    assert then["remedy"]


async def with_turns(settings: Settings, lost: str = "") -> None:
    """Three turns with a bot, measured and kept; all but what is lost."""
    house = House(settings.data)
    house.settings = settings
    house.clock.advance(3600 if lost else 0)  # the second life comes after the first
    await house.open()
    bot = "nova" if lost else "luna"
    for signal in list(house.pipeline.conversations.signals):
        if any(one.name == lost for one in signal.measurements):
            house.pipeline.conversations.signals.remove(signal)
    await house.pipeline.submit(
        [
            Turn(session="s", bot=bot, user="ann", id=f"{bot}{n}", message="thank you!", reply="!")
            for n in range(3)
        ]
    )
    assert await house.pipeline.reader.done(20)
    await house.tick()
    await house.pipeline.keeper.drain()
    await house.pipeline.stop()


def test_it_says_which_model_makes_vectors(tmp_path, port):
    """By its name and version; words as they are spelt are named as such, with what to install."""
    models = {"embedding": "hashed://"}
    settings = Settings(data=tmp_path, server={"port": port}, models=models)
    found = checks(settings)["embeddings"]

    assert found["ok"] and found["detail"].startswith(f"{HASHED}, version 1, 384 numbers")
    assert "roomtone[models]" in found["detail"]
    bad = settings.model_copy(update={"models": Models(embedding="openai://host")})
    assert not checks(bad)["embeddings"]["ok"]
