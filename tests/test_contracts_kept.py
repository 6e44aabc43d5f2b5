"""The contract of what is taken in whole finds an archive that leaves something out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
import pytest

from roomtone.contracts_kept import check_kept
from roomtone.listed import ListArchive
from roomtone.training_data import AgentLog, KeptConversation


class Deaf(ListArchive):
    """Takes in no reactions."""

    async def keep(
        self, conversations: Sequence[KeptConversation]
    ) -> tuple[Mapping[int, int], Sequence[int]]:
        without = [msgspec.structs.replace(one, reactions=[]) for one in conversations]
        return await super().keep(without)


class Aimless(ListArchive):
    """Knows of no agents' outputs, so of no topics."""

    async def add_agent_logs(self, logs: Sequence[AgentLog]) -> None:
        await super().add_agent_logs([])


async def test_a_good_one_passes() -> None:
    """The one in dictionaries."""
    await check_kept(ListArchive())


@pytest.mark.parametrize("bad", [Deaf, Aimless])
async def test_a_bad_one_does_not(bad: type[ListArchive]) -> None:
    """Neither without reactions, nor without topics."""
    with pytest.raises(AssertionError):
        await check_kept(bad())
