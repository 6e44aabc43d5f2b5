"""The contract of columns holds for lists, and finds what breaks it."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from roomtone.contracts_columns import check_columns
from roomtone.contracts_training import check_training
from roomtone.listed import ListArchive


class Shuffled(ListArchive):
    """Gives a column in another order."""

    async def training_columns(self, *, needs, **asked):  # type: ignore[no-untyped-def, override]
        kept, then = await super().training_columns(needs=needs, **asked)
        columns = {**kept.columns, "content": [*kept.columns["content"]][::-1]}
        return replace(kept, columns=columns), then


class Endless(ListArchive):
    """Goes on somewhere else."""

    async def training_columns(self, *, needs, **asked):  # type: ignore[no-untyped-def, override]
        kept, then = await super().training_columns(needs=needs, **asked)
        return kept, None if then is None else then + 1


async def test_lists_hold_it() -> None:
    """All that the contract of training data leaves is compared, in pages small and large."""
    archive = ListArchive()
    await check_training(archive)

    assert await check_columns(archive) > 100


@pytest.mark.parametrize(("bad", "why"), [(Shuffled, "content is not"), (Endless, "go on behind")])
async def test_what_breaks_it_is_told(bad: type[ListArchive], why: str) -> None:
    """With the column, or the place."""
    archive = bad()
    await check_training(archive)
    with pytest.raises(AssertionError, match=why):
        await check_columns(archive)
