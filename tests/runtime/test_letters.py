"""Dead letters wait for the archive, and who is erased is in none that arrives there later."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from roomtone.contracts import START
from roomtone.errors import StoreAway
from roomtone.listed import ListArchive
from roomtone.records import DeadLetter
from roomtone.runtime.letters import MOST, Letters


def letter(name: str) -> DeadLetter:
    raw = b'{"user":"%s"}' % name.encode()
    return DeadLetter(at=START, source="http", reason="no", raw=raw)


class Slow(ListArchive):
    """One that may be away, or take long."""

    def __init__(self) -> None:
        super().__init__()
        self.may = asyncio.Event()
        self.trouble: Exception | None = None

    async def add_dead_letters(self, letters: Sequence[DeadLetter]) -> None:
        await self.may.wait()
        if self.trouble is not None:
            raise self.trouble
        await super().add_dead_letters(letters)


async def test_they_wait_for_the_archive_the_newest_of_them() -> None:
    """What cannot be written now stays, and is written once."""
    archive = Slow()
    letters = Letters(archive)
    for number in range(MOST + 1):
        letters.take(letter(f"p{number}"))
    archive.may.set()
    archive.trouble = StoreAway("away; start it")
    with pytest.raises(StoreAway):
        await letters.write()
    archive.trouble = None

    await letters.write()
    await letters.write()

    kept = await archive.dead_letters(limit=MOST + 10)
    assert (len(letters), len(kept), letters.taken) == (0, MOST, MOST + 1)
    assert kept[-1].raw == b'{"user":"p1"}'


async def test_what_is_on_its_way_has_arrived_before_it_is_said_to_be_gone() -> None:
    """Else the archive would be given it after the person was taken out of it."""
    archive = Slow()
    letters = Letters(archive)
    letters.take(letter("ann"))
    writing = asyncio.create_task(letters.write())
    await asyncio.sleep(0)
    letters.take(letter("ann"))
    letters.take(letter("bob"))

    forgetting = asyncio.create_task(letters.forget(lambda raw: b"ann" in raw))
    await asyncio.sleep(0.01)
    assert not forgetting.done()
    archive.may.set()

    assert await forgetting == 1 and len(letters) == 1
    await writing
    assert len(await archive.dead_letters()) == 1
