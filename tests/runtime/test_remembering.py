"""What is said and reacted to is remembered once, and moved by its use."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from roomtone.contracts import START
from roomtone.contracts_memory import a_memory
from roomtone.engine import Output
from roomtone.errors import StoreError
from roomtone.events import Reaction, Turn
from roomtone.heard import Recalled
from roomtone.records import Memory, memory_id
from roomtone.runtime.config import Memory as Rules
from roomtone.runtime.config import Models, Settings
from roomtone.runtime.remembering import Remembering
from roomtone.testing import ManualClock
from roomtone.training_data import Revision
from roomtone.turns import Pending
from tests.runtime.conftest import House
from tests.talked import turns


@pytest.fixture
async def memory(tmp_path: Any) -> Any:
    made = remembering(tmp_path)
    yield made
    await made.close()


def remembering(folder: Any, **rules: bool) -> Remembering:
    settings = Settings(data=folder, models=Models(embedding="hashed://"), memory=Rules(**rules))
    faults: list[str] = []
    made = Remembering(settings, ManualClock(), lambda where, error: faults.append(str(error)))
    made.faults = faults  # type: ignore[attr-defined]
    return made


def out(*messages: str, user: str = "ann", first: int = 0, **values: Any) -> Output:
    """What the engine gives of turns with these messages."""
    said = [
        one
        for n, message in enumerate(messages, start=first)
        for one in turns(count=1, message=message, user=user, at=START + timedelta(minutes=n))
    ]
    import msgspec

    named = [
        msgspec.structs.replace(one, id=f"t{first + n}", values={**one.values, **values})
        for n, one in enumerate(said)
    ]
    return Output(0, [], turns=named)


async def test_what_was_deleted_is_not_told_again_after_a_crash(tmp_path: Any) -> None:
    """The journal brings the turn a second time; a note of the same cause may be made anew."""
    first = remembering(tmp_path)
    first.keep(out("I like tea", "I like rain"))
    await first.kept_all()
    kept = await all_of(first)
    await first.forget(kept[0].id)
    await first.store.close()  # no orderly end
    after = remembering(tmp_path)
    after.keep(out("I like tea", "I like rain"))
    await after.kept_all()

    assert [one.id for one in await all_of(after)] == [kept[1].id]
    await after.close()


async def all_of(memory: Remembering, **sought: Any) -> list[Memory]:
    return list((await (await memory.ready()).memories(**sought))[0])


async def test_each_turn_of_a_pair_is_remembered_once(memory: Remembering) -> None:
    """However often a replay tells it; with what was said before it, and what is near it."""
    said = out("I like green tea", "I like green tea a lot", "The weather is bad")
    memory.keep(said)
    await memory.kept_all()
    memory.keep(said)
    await memory.kept_all()

    weather, lot, tea = await all_of(memory)
    assert [tea.content, lot.context] == ["I like green tea", "I like green tea\nreply 0"]
    assert [link.id for link in lot.related] == [tea.id] and lot.related[0].strength > 0.6
    assert weather.related == () and tea.emotion == "joy"
    assert memory.kept == 3


async def test_what_a_setting_switches_off_is_not_remembered(tmp_path: Any) -> None:
    """Neither turns nor reactions; and without a person there is no pair."""
    memory = remembering(tmp_path, turns=False, reactions=False)
    memory.keep(out("I like tea"))
    memory.hear([Reaction(session="s", user="a", bot="luna", emoji="🔥", target="t0")], 0)
    assert len(memory.due) == 0
    await memory.close()
    nobody = remembering(tmp_path)
    nobody.keep(out("I like tea", user=""))
    assert len(nobody.due) == 0
    await nobody.close()


async def test_a_store_that_is_away_costs_nothing_but_time(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What comes meanwhile waits, outlives a restart, and is kept when the store is back."""
    memory = remembering(tmp_path)

    async def refuse() -> Any:
        raise StoreError("away; wait")

    monkeypatch.setattr(memory.store, "open", refuse)
    memory.keep(out("I like tea", "I like cake"))
    with pytest.raises(StoreError):
        await memory.kept_all()
    await memory.close()
    again = remembering(tmp_path)
    again.due.load()
    await again.kept_all()

    assert {one.content for one in await all_of(again)} == {"I like tea", "I like cake"}
    await again.close()


async def test_what_a_person_says_later_of_himself_replaces_it(memory: Remembering) -> None:
    """The older memory is recalled no more, unless it says something else too."""
    memory.keep(out("I live in Oslo", "My dog is called Rex and I'm from Rome", "I'm from Paris"))
    await memory.kept_all()
    memory.keep(out("I moved to Bergen", first=5))
    await memory.kept_all()

    bergen, paris, rex, oslo = await all_of(memory)
    assert oslo.superseded_by == bergen.id and "said otherwise" in oslo.reason
    assert [(link.id, link.kind) for link in bergen.related] == [(oslo.id, "supersedes")]
    assert rex.superseded_by == "" and ("contradicts" in {link.kind for link in paris.related})
    found = await memory.recall("luna", "ann", "where do I live? Oslo?")
    assert oslo.id not in {one.memory.id for one in found.memories}


async def test_reactions_are_remembered_and_taken_back(memory: Remembering) -> None:
    """In the documents' form, with the answer they are about; a removed one leaves nothing."""
    memory.keep(out("tell me a joke"))
    react = Reaction(session="s", user="ann", bot="luna", emoji="❤️", target="t0", at=START)
    memory.hear([react, Reaction(session="room", user="bob", emoji="🔥")], 0)
    await memory.kept_all()
    (kept,) = await all_of(memory, interaction_type="emoji_reaction")
    assert kept.metadata["original_bot_message"] == "reply 0"
    assert kept.id == memory_id("luna", "s", "t0", "ann", "❤️")

    memory.hear([Reaction(**{**_fields(react), "action": "remove"})], 0)
    await memory.kept_all()
    assert not await all_of(memory, interaction_type="emoji_reaction")


@pytest.mark.parametrize("kept_first", [True, False])
async def test_a_text_that_is_changed_or_gone_is_so_in_memory(
    memory: Remembering, kept_first: bool
) -> None:
    """Where it is kept, and where it still waits; it is found by what it says now."""
    said = out("I like green tea", "I like it cold", "a secret", "and the weather is bad")
    memory.keep(said)
    if kept_first:
        await memory.kept_all()
    told: dict[str, Any] = {"session": "s", "bot": "luna", "user": "ann", "role": "user"}
    made = [
        Revision(**told, turn="t0", number=1, why="edited", at=START, content="I like coffee"),
        Revision(**told, turn="t2", number=1, why="deleted", at=START),
    ]
    memory.keep(Output(0, [], revisions=made))
    await memory.kept_all()

    bad, cold, coffee = await all_of(memory)
    assert [coffee.content, coffee.response, cold.context] == [
        "I like coffee",
        "reply 0",
        "I like coffee\nreply 0",
    ]
    assert (bad.content, bad.context) == ("and the weather is bad", "")
    found = await memory.recall("luna", "ann", "coffee")
    assert found.memories[0].memory.id == coffee.id
    model = await memory.model()
    name = f"{model.name}/{model.version}/{model.dim}"
    assert list(await (await memory.ready()).unembedded(name)) == []
    memory.keep(said)  # a journal that is read again
    memory.keep(Output(0, [], revisions=made))
    await memory.kept_all()
    assert {one.content for one in await all_of(memory)} == {
        bad.content,
        cold.content,
        "I like coffee",
    }


def _fields(event: Any) -> dict[str, Any]:
    return {name: getattr(event, name) for name in event.__struct_fields__}


def pending(message: str, reply: str, *, id: str = "t9", memories: Any = None) -> Pending:
    turn = Turn(
        session="s", id=id, bot="luna", user="ann", message=message, reply=reply, memories=memories
    )
    return Pending(turn=turn, ms=round(START.timestamp() * 1000), arrival=0)


async def test_a_turn_tells_what_became_of_what_was_recalled(memory: Remembering) -> None:
    """Of its own recall or of ours; and what is said next tells whether it helped."""
    memory.keep(out("My cat is called Minka", "I play chess on Sundays"))
    await memory.kept_all()
    await memory.recall("luna", "ann", "my cat called")
    looked = await memory.looked([pending("who is that?", "That must be Minka!")])
    (found,) = looked.values()
    assert found.memories and found.used and found.used > 0 and found.retrieval_time_ms
    assert not await memory.looked([pending("who?", "Minka")]), "one recall is of one turn"

    memory.keep(out("Wonderful!", first=9, conversation_quality={"satisfaction_score": 0.1}))
    memory.keep(out("Wonderful!", first=10, conversation_quality={"satisfaction_score": 0.9}))
    await memory.flush()
    cat = (await all_of(memory, search="Minka"))[0]
    assert (cat.used, cat.answered, cat.judged) == (1, 1, 1) and cat.helped == pytest.approx(0.8)
    told = [Recalled(similarity=0.5, id=cat.id), Recalled(similarity=0.1, id="unknown")]
    (own,) = (await memory.looked([pending("x", "Hello Minka", memories=told)])).values()
    assert own.memories is None and own.used == 1.0, "the turn told of its own"


async def test_a_turn_moves_the_counts_of_its_own_person_alone(memory: Remembering) -> None:
    """Memories of somebody else that a turn names are passed over, and tell nothing of it."""
    memory.keep(out("My cat is called Minka", user="bob"))
    await memory.kept_all()
    (cat,) = await all_of(memory)
    told = [Recalled(similarity=0.5, id=cat.id)]
    assert not await memory.looked([pending("x", "Hello Minka", memories=told)])
    memory.keep(out("Wonderful!", first=9, conversation_quality={"satisfaction_score": 0.9}))
    await memory.flush()

    (cat,) = await all_of(memory, user="bob")
    assert (cat.answered, cat.used, cat.judged) == (0, 0, 0)


async def test_junk_falls_and_what_is_of_use_stays(memory: Remembering) -> None:
    """After some turns the share of noise among the recalled falls; the good one is still first."""
    store = await memory.ready()
    gold = "My sister Ida gave me her old violin"
    said = [gold, *(f"{word} the violin thing" for word in ("ok", "hm", "lol", "yes", "no", "eh"))]
    said.append("Olga Berg teaches me the violin")
    made = [
        a_memory(n, content=text, tier="temporary" if n % 2 else "sub_temporary")
        for n, text in enumerate(said)
    ]
    lies, name = await memory.vectors(made)
    await store.add(made, lies, name)
    shares, found = [], []
    for number in range(24):
        recall = await memory.recall("luna", "ann", "my old violin")
        found = [one.memory.content for one in recall.memories]
        shares.append(sum(text.endswith("thing") for text in found) / len(found))
        reply = "Did Ida play it? Does Olga Berg like it?"
        await memory.looked([pending("what now", reply, id=f"x{number}")])
        await memory.flush()
        await memory.review()

    assert shares[0] >= 0.5 and shares[-1] <= shares[0] / 2, shares
    assert gold in found
    demoted = [one for one in await all_of(memory) if one.reason.startswith("moved down")]
    assert all(one.content.endswith("thing") for one in demoted)


async def test_what_is_past_its_time_goes(memory: Remembering) -> None:
    """Deleted by the review, not only left out; what comes late and is past is never kept."""
    memory.keep(out("ok"))
    await memory.kept_all()
    (kept,) = await all_of(memory)
    assert kept.expires == kept.at + timedelta(days=2)
    memory._clock.advance(timedelta(days=400).total_seconds())  # type: ignore[attr-defined]
    await memory.review()
    memory.keep(out("ok again", first=3))
    await memory.kept_all()

    assert not await all_of(memory)


async def test_who_is_forgotten_does_not_come_back(memory: Remembering) -> None:
    """Neither what is kept, nor what waits, nor what was recalled for him."""
    memory.keep(out("I like tea"))
    await memory.kept_all()
    await memory.recall("luna", "ann", "tea")
    memory.keep(out("I like cake", first=1))

    assert await memory.erase("ann") == 2
    await memory.kept_all()
    assert not await all_of(memory)
    assert not memory._last and not memory._lately


async def test_another_model_later_embeds_again_and_never_mixes(memory: Remembering) -> None:
    """What was embedded by another model is found again once it has vectors of this one."""
    await memory.remember("luna", "ann", "I like green tea", id="1")

    class Other:
        name, version, dim = "other", "1", 8

        def embed(self, texts: Any) -> Any:
            import numpy as np

            return np.eye(8, dtype=np.float32)[[len(text) % 8 for text in texts]]

    memory._embedding = Other()
    assert not (await memory.recall("luna", "ann", "I like green tea")).memories
    memory.lacks_vectors = True
    assert await memory._embed_some() == 1
    assert await memory._embed_some() == 0 and not memory.lacks_vectors
    assert len((await memory.recall("luna", "ann", "I like green tea")).memories) == 1


async def test_a_model_that_fails_keeps_no_memory_back(memory: Remembering) -> None:
    """It is kept without vectors, told once, and not tried again and again without a pause."""

    class Broken:
        name, version, dim = "broken", "1", 8

        def embed(self, texts: Any) -> Any:
            raise ValueError("no such token")

    memory._embedding = Broken()
    memory.keep(out("I like green tea"))
    await memory.kept_all()

    assert len(await all_of(memory)) == 1 and memory.lacks_vectors
    assert await memory._embed_some() == 0
    assert memory.faults == ["no such token"] * 2  # type: ignore[attr-defined]


async def test_a_turn_goes_all_the_way(house: House) -> None:
    """From the door to a memory, to a recall, to what was measured of the turn that used it."""
    pipeline = house.pipeline
    pipeline.memory._settings = Settings(
        data=pipeline.settings.data, models=Models(embedding="hashed://")
    )
    said = {"session": "s", "bot": "luna", "user": "ann"}
    first = Turn(id="a", message="My dog is called Rex", reply="!", **said)
    await pipeline.submit([first])
    await pipeline.reader.done(20)
    await house.tick()
    await pipeline.memory.kept_all()
    await pipeline.memory.recall("luna", "ann", "what is my dog called?")
    second = Turn(id="b", message="and my dog?", reply="Rex!", **said)
    await pipeline.submit([second])
    await pipeline.reader.done(20)
    await house.tick()
    await pipeline.keeper.kept()

    latest = (await pipeline.archive.turns("s"))[0]
    quality = latest.values["memory_quality"]
    assert (quality["memory_count"], quality["used"], quality["contradicted"]) == (1.0, 1.0, 0.0)
    assert latest.values["vector_classification"]["results_quality"] == 1.0
    assert pipeline.memory.trouble is None
