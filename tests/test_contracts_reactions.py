"""The contract of a reaction log finds what breaks it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pytest

from roomtone.contracts_reactions import check_reactions
from roomtone.listed_reactions import ListReactions
from roomtone.reacted import Mark, ReactionRecord


class Shared(ListReactions):
    """Gives everybody everything: two workers would ask twice."""

    async def claim(
        self, marks: Sequence[Mark], worker: str, now: datetime, until: datetime
    ) -> Sequence[Mark]:
        return marks


class Backwards(ListReactions):
    """Lets an older record replace a newer one."""

    async def add_reactions(self, reactions: Sequence[ReactionRecord]) -> None:
        self.reacted |= {one.of.id: one for one in reactions}


async def test_a_good_one_passes() -> None:
    """The one in dictionaries, which is simple enough to be believed."""
    await check_reactions(ListReactions())


@pytest.mark.parametrize("bad", [Shared, Backwards])
async def test_a_bad_one_does_not(bad: type[ListReactions]) -> None:
    """Neither one that gives a lease twice, nor one that forgets what is newer."""
    with pytest.raises(AssertionError):
        await check_reactions(bad())
