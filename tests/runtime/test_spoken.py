"""What was said is read in bounded pages and shown as it was."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from roomtone.runtime import spoken
from roomtone.runtime.spoken import facets_of, turns_page, whole_conversation
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


class Counted(ListArchive):
    """An archive that notes how often its facets were counted, and takes its time over it."""

    def __init__(self) -> None:
        super().__init__()
        self.count, self.go, self.fails = 0, asyncio.Event(), False

    async def facets(self):
        self.count += 1
        await self.go.wait()
        if self.fails:
            raise OSError("gone")
        return await super().facets()


async def test_facets_are_counted_once_for_all_who_ask_at_once(monkeypatch) -> None:
    """A count serves for a while; what fails is counted anew, and archives are told apart."""
    monkeypatch.setattr(spoken, "WORTH", 1e9)
    archive, other = Counted(), Counted()
    asked = [asyncio.create_task(facets_of(archive)) for _ in range(5)]
    asked[0].cancel()  # one who leaves takes the count from nobody
    await asyncio.sleep(0)
    archive.go.set()
    found = await asyncio.gather(*asked, return_exceptions=True)
    again = await facets_of(archive)
    other.go.set()
    other.fails = True
    for _ in range(2):
        try:
            await facets_of(other)
        except OSError:
            continue
        raise AssertionError("it failed")

    assert found[1:] == [again] * 4
    assert archive.count == 1
    assert other.count == 2


async def test_facets_that_were_counted_quickly_are_counted_again(monkeypatch) -> None:
    """So a small archive always tells what is new."""
    monkeypatch.setattr(spoken, "STALE_S", 0.0)
    archive = Counted()
    archive.go.set()
    await facets_of(archive)
    await facets_of(archive)

    assert archive.count == 2
