"""The log in dictionaries keeps the contract by itself and inside the archive in lists."""

from __future__ import annotations

from roomtone.contracts_reactions import check_reactions
from roomtone.listed import ListArchive


async def test_the_archive_in_lists_has_one() -> None:
    """What is tested against it is tested against the contract."""
    await check_reactions(ListArchive())
