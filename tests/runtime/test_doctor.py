"""The doctor finds what would keep Roomtone from working, and changes nothing by looking."""

import socket
import sqlite3

import pytest

from roomtone.runtime.config import Settings
from roomtone.runtime.doctor import examine
from roomtone.testing import ManualClock


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
