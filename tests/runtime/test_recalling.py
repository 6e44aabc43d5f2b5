"""Recall keeps its limits, counts what it does, and takes a person's word."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from roomtone.contracts import START
from roomtone.contracts_memory import a_memory
from roomtone.errors import BadEvent
from roomtone.runtime.config import Models, Settings
from roomtone.runtime.recalling import CANDIDATES, Recalling
from roomtone.testing import ManualClock

HASHED = Models(embedding="hashed://")


class Heard(Recalling):
    """A memory that notes the faults it tells of."""

    def __init__(self, folder: Path, models: Models = HASHED) -> None:
        self.faults: list[str] = []
        self.hand = ManualClock()
        super().__init__(
            Settings(data=folder, models=models),
            self.hand,
            lambda where, error: self.faults.append(f"{where}: {error}"),
        )


@pytest.fixture
async def memory(tmp_path: Path) -> AsyncIterator[Heard]:
    made = Heard(tmp_path)
    yield made
    await made.close()


async def test_what_was_told_is_recalled_and_counted(memory: Heard) -> None:
    """The nearest comes first with its reason; counts of recall are written together, later."""
    dog, new = await memory.remember("luna", "ann", "My dog is called Rex", id="1")
    await memory.remember("luna", "ann", "I play chess on Sundays", id="2")
    await memory.remember("luna", "bob", "My dog is called Bo", id="3")
    again, is_new = await memory.remember("luna", "ann", "My dog is called Rex", id="1")
    for _ in range(3):
        found = await memory.recall("luna", "ann", "what is my dog called?")
    await asyncio.gather(memory.flush(), memory.flush())

    assert (new, is_new, again.id) == (True, False, dog.id)
    assert found.memories[0].memory.content == "My dog is called Rex"
    assert all(one.memory.user == "ann" for one in found.memories)
    assert "near" in found.memories[0].why and found.tiers["personal"] == 1
    kept = await memory.one(dog.id)
    assert kept is not None and (kept.accesses, kept.accessed) == (3, START)
    assert found.embedding.endswith("/384") and found.took_ms > 0


async def test_no_more_than_two_of_a_tier_come(memory: Heard) -> None:
    """However many say the same thing in other words."""
    for tier in ("permanent", "session"):
        for n in range(6):
            said = f"tea number {n} of {tier}"
            await memory.remember("luna", "ann", said, tier=tier)
    found = await memory.recall("luna", "ann", "tea number")

    assert [one.memory.tier for one in found.memories].count("permanent") == 2
    assert len(found.memories) == 4 and found.tiers["session"] == 6
    assert len((await memory.recall("luna", "ann", "tea", 3)).memories) == 3


async def test_a_trial_leaves_no_trace(memory: Heard) -> None:
    """It finds the same; nothing is counted, and no turn is taken to have come of it."""
    kept, _ = await memory.remember("luna", "ann", "a happy day with my dog", id="1")
    found = await memory.recall("luna", "ann", "I feel happy", trial=True)
    await memory.flush()

    assert [one.memory.id for one in found.memories] == [kept.id]
    assert memory.recalls == 0 and memory.mood_bias is None
    assert memory.recalled_for("luna", "ann", memory.hand.now_ms()) is None
    untouched = await memory.one(kept.id)
    assert untouched is not None and untouched.accesses == 0


async def test_expired_and_hidden_memories_are_not_recalled(memory: Heard) -> None:
    """Two days for a session's, from when it was said; what is hidden stays, unseen."""
    short, _ = await memory.remember("luna", "ann", "tea in the garden", worth=0.1)
    long, _ = await memory.remember("luna", "ann", "tea in the kitchen", worth=0.95)
    assert (short.tier, long.tier) == ("session", "permanent")
    memory.hand.advance(timedelta(days=2).total_seconds())
    found = await memory.recall("luna", "ann", "tea")
    await memory.correct(long.id, told={"hidden": True})

    assert [one.memory.id for one in found.memories] == [long.id]
    assert not (await memory.recall("luna", "ann", "tea")).memories
    assert (await memory.page(user="ann", hidden=True))["total"] == 1


async def test_a_person_corrects_a_memory(memory: Heard) -> None:
    """The new text is found and the old is not; what it says of him follows, and who said so."""
    kept, _ = await memory.remember("luna", "ann", "I live in Oslo", id="1")
    found = await memory.correct(
        kept.id, "ann", {"content": "I live in Bergen", "tier": "temporary"}
    )

    assert found is not None and found.metadata["fact home"] == "bergen"
    assert found.verified and found.corrected_at == START
    assert (found.tier, found.reason) == ("temporary", "put there by a person (ann)")
    recalled = await memory.recall("luna", "ann", "Bergen")
    assert recalled.memories[0].similarity > 0.3
    again = await memory.correct(kept.id, told={"verified": False})
    assert again is not None and again.verified_at is None
    for nothing in ({}, {"content": " \n"}):
        with pytest.raises(BadEvent, match=";"):
            await memory.correct(kept.id, told=nothing)
    assert await memory.correct(a_memory(1).id, told={"hidden": True}) is None
    with pytest.raises(BadEvent):
        await memory.remember("luna", "ann", "\x20")


async def test_what_is_forgotten_is_gone_and_what_it_replaced_holds_again(memory: Heard) -> None:
    """By id, and all of a person's, with every bot or with one."""
    store = await memory.ready()
    old = a_memory(1, content="old", superseded_by=a_memory(2).id)
    link = {"id": old.id, "kind": "supersedes"}
    new = a_memory(2, content="new", related=(link,))
    await memory.embed_again([old])
    await store.add([old], [{}], "none")
    await store.add([msgspec.convert(msgspec.to_builtins(new), type(new))], [{}], "none")
    assert await memory.forget(new.id) == 1
    held = await memory.one(old.id)
    assert held is not None and held.superseded_by == ""
    assert await memory.forget(new.id) == 0
    await memory.remember("nova", "ann", "tea")
    assert await memory.erase("ann", "nova") == 1
    assert await memory.erase("ann") == 1
    assert (await memory.page())["total"] == 0


async def test_a_turn_after_a_recall_is_taken_to_have_come_of_it(memory: Heard) -> None:
    """Once, and only for ten minutes; what nobody recalled is nothing, not an empty recall."""
    await memory.remember("luna", "ann", "My dog is called Rex")
    await memory.recall("luna", "ann", "my dog")
    now = memory.hand.now_ms()
    told = memory.recalled_for("luna", "ann", now + 1_000)

    assert told is not None and len(told[0]) == 1 and told[1] is not None
    assert memory.recalled_for("luna", "ann", now + 2_000) is None
    await memory.recall("luna", "ann", "my dog")
    assert memory.recalled_for("luna", "ann", now + 700_000) is None
    assert memory.recalled_for("luna", "bob", now) is None


async def test_moods_that_agree_are_measured_beside_what_there_was(memory: Heard) -> None:
    """A question that brings back more of its own mood than was found leans that way."""
    for n in range(3):
        await memory.remember("luna", "ann", f"I hate this horrible awful day {n}", id=f"a{n}")
        await memory.remember("luna", "ann", f"I love this wonderful happy day {n}", id=f"b{n}")
    found = await memory.recall("luna", "ann", "I hate this horrible awful day")

    assert found.mood["query"] and found.mood["found"] is not None
    assert memory.mood_bias is not None
    assert memory.mood_bias == pytest.approx(found.mood["congruent"] - found.mood["found"])
    memory.congruent = (40.0, 30.0, 50)
    (part,) = memory.health()
    assert not part["ok"] and "by 0.20" in part["detail"]
    memory.congruent = (40.0, 30.0, 49)
    assert memory.health() == []


async def test_words_bring_back_what_a_full_tier_leaves_out(memory: Heard) -> None:
    """Of many memories that all are nearer, one alone holds the word that was asked for."""
    store = await memory.ready()
    texts = [f"Where is what? What is where? {n}" for n in range(CANDIDATES)] + [
        "A zither, no doubt"
    ]
    made = [a_memory(n, content=text, tier="session") for n, text in enumerate(texts)]
    lies, name = await memory.vectors(made)
    await store.add(made, lies, name)
    recall = await memory.recall("luna", "ann", "What is where with the zither?")

    assert "A zither, no doubt" in [one.memory.content for one in recall.memories]
    assert recall.tiers["session"] == CANDIDATES + 1


async def test_what_is_told_of_somebody_while_they_are_erased_is_not_kept(memory: Heard) -> None:
    """To read it may take a model's time, and by then nothing may be kept of them."""
    asked: list[str] = []

    def may(user: str) -> bool:
        asked.append(user)
        return len(asked) == 1

    memory.may = may
    with pytest.raises(BadEvent, match="was erased, or withdrew"):
        await memory.remember("luna", "ann", "my dog is ill")

    memory.may = None
    assert (await memory.page(user="ann"))["total"] == 0
