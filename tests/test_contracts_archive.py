"""The archive's check finds each way to be wrong that the contract of turns names."""

import asyncio
from datetime import timedelta

import pytest

from roomtone.contracts_archive import a_conversation, a_relationship, a_turn, check_archive
from roomtone.listed import ListArchive


def test_conversations_of_one_start_have_one_id():
    """Ids follow from whose conversation it is and when it began, so that renewing can be told."""
    assert a_conversation(1).id == a_conversation(1, turns=9).id != a_conversation(2).id


def test_turns_and_relationships_are_as_they_are_asked_for():
    """What a check does not name is the same each time."""
    assert a_turn(1, "t") == a_turn(1, "t") != a_turn(1, "u")
    assert (a_relationship(1, user="bob").user, a_relationship(1).bot) == ("bob", "luna")


class KeepsFirstTurn(ListArchive):
    async def add_turns(self, turns):
        await super().add_turns([t for t in turns if (t.session, t.id) not in self.told])


class RepeatsTurns(ListArchive):
    async def turns(self, session, *, before=None, limit=200):
        later = before and (before[0], before[1] + "~")
        return await super().turns(session, before=later, limit=limit)


class RenewsWithOlder(ListArchive):
    async def add_relationships(self, relationships):
        self.pairs |= {(one.bot, one.user): one for one in relationships}


class RenewsWithFewer(ListArchive):
    async def add_conversations(self, conversations):
        self.talks |= {talk.id: talk for talk in conversations}


class SearchesByPattern(ListArchive):
    async def conversations(self, *, search="", **more):
        return await super().conversations(search=search.strip("%_"), **more)


class UnknownFirst(ListArchive):
    async def conversations(self, *, order="ended", **more):
        rows, total = await super().conversations(order=order, **more)
        return (sorted(rows, key=lambda r: getattr(r, order) is not None), total)


class CountsThePage(ListArchive):
    async def conversations(self, **more):
        rows, _ = await super().conversations(**more)
        return rows, len(rows)


class WithTheEnd(ListArchive):
    async def conversations(self, *, end=None, **more):
        later = end and end + timedelta(milliseconds=1)
        return await super().conversations(end=later, **more)


class EveryPair(ListArchive):
    async def relationships(self, *, pairs=None, **more):
        return await super().relationships(**more)


class NewKeys(ListArchive):
    async def key(self, name):
        self.keys.pop(name, None)
        await asyncio.sleep(0)
        return await super().key(name)


@pytest.mark.parametrize(
    "broken",
    [
        KeepsFirstTurn,
        RenewsWithOlder,
        RenewsWithFewer,
        RepeatsTurns,
        SearchesByPattern,
        UnknownFirst,
        CountsThePage,
        WithTheEnd,
        EveryPair,
        NewKeys,
    ],
)
async def test_a_broken_archive_is_caught(broken):
    """Lost renewals, repeated pages, patterns, wrong orders and counts, and keys that change."""
    with pytest.raises(AssertionError):
        async with asyncio.timeout(20):
            await check_archive(broken())
            raise TimeoutError
