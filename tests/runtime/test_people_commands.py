"""The commands of people's rights work in a folder as with a server."""

from __future__ import annotations

from pathlib import Path

import pytest

from roomtone.errors import JournalError
from roomtone.runtime import people_commands


async def test_a_folder_without_data_is_said_so(tmp_path: Path) -> None:
    """And nothing is made in it."""
    with pytest.raises(JournalError, match="holds no Roomtone data"):
        async with people_commands.opened(None, tmp_path):
            pass

    assert list(tmp_path.iterdir()) == []
