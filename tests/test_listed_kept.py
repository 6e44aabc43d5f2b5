"""What is taken whole into dictionaries keeps its numbers where those are free."""

from __future__ import annotations

from roomtone.listed import ListArchive
from tests.exported import talk


async def test_numbers_stay_where_they_are_free() -> None:
    """Another conversation of the same number gets the next, and its messages theirs."""
    archive = ListArchive()
    first, second = talk("a", "b"), talk("c", session="other", messages=talk("c").messages)
    ids, new = await archive.keep([first])
    others, _ = await archive.keep([second])
    page, _ = await archive.training_page(trainable=False)

    assert (ids, new) == ({7: 7}, [7]) and others[7] != 7
    assert [m.id for one in page for m in one.messages if one.id == 7] == [100, 101]
    assert len({m.id for one in page for m in one.messages}) == 3
