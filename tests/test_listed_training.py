"""Training data in dictionaries keeps the contract inside the archive in lists."""

from __future__ import annotations

from roomtone.contracts_training import check_training
from roomtone.listed import ListArchive


async def test_the_archive_in_lists_has_it() -> None:
    """What is tested against it is tested against the contract."""
    await check_training(ListArchive())
