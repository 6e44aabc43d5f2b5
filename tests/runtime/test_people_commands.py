"""The commands of people's rights work in a folder as with a server."""

from __future__ import annotations

from pathlib import Path

import pytest

from roomtone.errors import JournalError
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
