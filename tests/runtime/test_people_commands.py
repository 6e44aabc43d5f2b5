"""The commands of people's rights work in a folder as with a server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from roomtone.errors import BadEvent, JournalError, ServerError
from roomtone.runtime import people_commands, plugins


async def test_a_folder_without_data_is_said_so(tmp_path: Path) -> None:
    """And nothing is made in it."""
    with pytest.raises(JournalError, match="holds no Roomtone data"):
        async with people_commands.opened(None, tmp_path):
            pass

    assert list(tmp_path.iterdir()) == []


async def test_people_of_an_imported_database_may_agree_before_a_server_ran(tmp_path: Path) -> None:
    """There is a database, and no journal yet."""
    archive = plugins.archive(f"sqlite:///{tmp_path / 'roomtone.db'}")
    await archive.open()
    await archive.close()
    async with people_commands.opened(None, tmp_path) as rights:
        told = await rights.consent("ann")

    assert told["purposes"]["training"]["granted"] is False


async def test_what_is_kept_is_written_whole_for_its_owner_or_not_at_all(tmp_path: Path) -> None:
    """Nothing half is left where no server answers, and nobody else may read it."""
    data, out = tmp_path / "data", tmp_path / "ann.json"
    archive = plugins.archive(f"sqlite:///{tmp_path / 'data' / 'roomtone.db'}")
    data.mkdir()
    await archive.open()
    await archive.close()

    with pytest.raises(ServerError, match="start one"):
        await people_commands.export("ann", out, url="http://127.0.0.1:9", data=None)
    assert list(tmp_path.iterdir()) == [data]
    with pytest.raises(BadEvent, match="is a folder; name a file"):
        await people_commands.export("ann", data, url=None, data=data)
    await people_commands.export("ann", out, url=None, data=data)

    assert json.loads(out.read_bytes())["user"] == "ann"
    assert out.stat().st_mode & 0o777 == 0o600
    assert sorted(tmp_path.iterdir()) == [out, data]
