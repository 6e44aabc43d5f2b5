"""The contract of erasing finds an archive that keeps what it should not."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from roomtone.blanking import Blank
from roomtone.contracts_erase import check_erase
from roomtone.testing import ListArchive


class Forgetful(ListArchive):
    """Leaves what other people's reactions tell."""

    async def erase(self, blank: Blank) -> Mapping[str, int]:
        kept = dict(self.reacted)
        done = await super().erase(blank)
        self.reacted = {id: one for id, one in kept.items() if one.of.user != blank.user}
        return done


async def test_an_archive_in_lists_erases() -> None:
    """So that the contract can be met."""
    await check_erase(ListArchive())


async def test_what_is_left_around_others_reactions_is_found() -> None:
    """A person's words stand there, too."""
    with pytest.raises(AssertionError):
        await check_erase(Forgetful())
