"""What was said is read in bounded pages and shown as it was."""

from __future__ import annotations

from datetime import timedelta

from roomtone.runtime.spoken import turns_page, whole_conversation
from roomtone.testing import ListArchive
from tests.talked import NOON, keep, turns


async def test_a_page_ends_where_a_session_begins() -> None:
    """The place to go on from is None there, and only there."""
    archive = ListArchive()
    await keep(archive, turns(count=120))
    first, place = await turns_page(archive, "s", None, 100)
    rest, end = await turns_page(archive, "s", place, 100)

    assert len(first) == 100
    assert place == (first[-1].at, first[-1].id)
    assert [turn.id for turn in rest] == [f"t{number}" for number in range(19, -1, -1)]
    assert end is None


async def test_turns_of_one_moment_are_all_read() -> None:
    """Their ids tell them apart, over the edge of a page, too."""
    archive = ListArchive()
    await keep(archive, turns(count=7, every=timedelta(0)))
    place, seen = None, []
    while True:
        page, place = await turns_page(archive, "s", place, 2)
        seen += [turn.id for turn in page]
        if place is None:
            break

    assert seen == [f"t{number}" for number in range(6, -1, -1)]


async def test_nothing_is_told_of_a_session_that_nobody_knows() -> None:
    """Neither an empty transcript nor an error."""
    assert await whole_conversation(ListArchive(), "nobody", None, 10) is None


async def test_a_session_of_turns_alone_is_told() -> None:
    """Its conversation may still be on its way to the archive."""
    archive = ListArchive()
    await archive.add_turns(turns(at=NOON))
    found = await whole_conversation(archive, "s", None, 10)

    assert found is not None
    assert (found[0]["conversations"], len(found[0]["turns"])) == ([], 5)
