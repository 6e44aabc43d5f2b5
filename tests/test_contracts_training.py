"""The contract of training data finds what breaks it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from roomtone.contracts_training import check_training
from roomtone.listed import ListArchive
from roomtone.training_data import Consent, Revision


class Greedy(ListArchive):
    """Learns from everybody."""

    def _agreed(self, user: str) -> bool:
        return True


class NeverForgets(ListArchive):
    """Keeps a text that was deleted."""

    async def revise(self, revisions: Sequence[Revision]) -> None:
        await super().revise([one for one in revisions if one.why != "deleted"])


class Headstrong(ListArchive):
    """Takes the first word of a person for good."""

    async def set_consents(self, consents: Sequence[Consent]) -> None:
        new = [one for one in consents if (one.user, one.purpose) not in self.worded]
        await super().set_consents(new)


async def test_a_good_one_passes() -> None:
    """The one in dictionaries, which is simple enough to be believed."""
    await check_training(ListArchive())


@pytest.mark.parametrize("bad", [Greedy, NeverForgets, Headstrong])
async def test_a_bad_one_does_not(bad: type[ListArchive]) -> None:
    """Neither one that learns from who did not agree, nor one that keeps what is gone."""
    with pytest.raises(AssertionError):
        await check_training(bad())
