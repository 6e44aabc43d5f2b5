"""The check of stores of memories finds each way to be wrong that the contract names."""

from __future__ import annotations

import asyncio

import pytest

from roomtone.contracts_memory import a_memory, at, check_memory_store, lies
from roomtone.records import memory_id
from roomtone.stores.sqlite import SQLite


def test_memories_are_as_they_are_asked_for():
    """What a check does not name is the same each time, and ids follow from whose it is."""
    assert a_memory(1) == a_memory(1) != a_memory(2)
    assert a_memory(1, bot="nova").id != a_memory(1).id == memory_id("luna", "ann", "1")
    assert (lies(3) == at(3)["content"]).all() and abs(lies(3) @ lies(3) - 1) < 1e-6


class TellsOtherBots(SQLite):
    async def get(self, ids, bot=None):
        return await super().get(ids)


class ShowsHidden(SQLite):
    async def search(self, bot, vector, **sought):
        sought.pop("hidden", None)
        return await super().search(bot, vector, **sought)


class KeepsVectors(SQLite):
    async def change(self, id, bot, fields):
        both = {name: value for name, value in fields.items() if name != "content"}
        return await super().change(id, bot, both or {"reason": "as it was"})


class LosesCounts(SQLite):
    async def count(self, uses):
        await super().count(uses[:1] if uses[0].used else [])


class ForgetsOnlyRows(SQLite):
    async def forget(self, **whose):
        return 0 if whose.get("user") else await super().forget(**whose)


class RecallsHidden(SQLite):
    async def recall(self, bot, user, vector, **more):
        near, worded = await super().recall(bot, user, vector, **more)
        held, _ = await self.memories(bot=bot, user=user, hidden=True)
        return near, [*worded, *((one, None) for one in held)]


class MixesModels(SQLite):
    async def search(self, bot, vector, *, model, **more):
        found = await super().search(bot, vector, model=model, **more)
        return found * 2 if model.startswith("other") else found


@pytest.mark.parametrize(
    "wrong",
    [
        TellsOtherBots,
        ShowsHidden,
        KeepsVectors,
        LosesCounts,
        ForgetsOnlyRows,
        RecallsHidden,
        MixesModels,
    ],
)
def test_what_is_wrong_is_found(wrong, tmp_path):
    """A store that breaks one promise does not pass."""
    with pytest.raises(AssertionError):
        asyncio.run(check_memory_store(wrong(f"sqlite:///{tmp_path}/roomtone.db")))
