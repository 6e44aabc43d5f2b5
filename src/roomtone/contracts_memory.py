"""What every store of memories must do, whatever it is made of; for use by `roomtone.testing`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from roomtone.contracts import HARD_TEXTS, HOSTILE, START, exactly, kept_as, refuses
from roomtone.emotions import LABELS
from roomtone.errors import RoomtoneError
from roomtone.ports_memory import MemoryStore, Vectors
from roomtone.records import TIERS, Link, Memory, MemoryUse, memory_id

MODEL = "check/1/16"
DIM = 16
FEELINGS = len(LABELS)


def a_memory(number: int, bot: str = "luna", user: str = "ann", **more: Any) -> Memory:
    """A memory said at START + `number` minutes, with an id of its own."""
    fields: dict[str, Any] = {"content": f"no. {number}", "session": "s", "source": f"s/{number}"}
    return Memory(
        id=memory_id(bot, user, str(number)),
        bot=bot,
        user=user,
        at=START + timedelta(minutes=number),
        **(fields | more),
    )


def lies(seed: int) -> NDArray[np.float32]:
    """A direction of its own for each number."""
    row = np.random.default_rng(seed).standard_normal(DIM).astype(np.float32)
    return np.asarray(row / np.linalg.norm(row), np.float32)


def at(seed: int) -> Vectors:
    """The vectors of a memory: its content lies there, its meaning elsewhere."""
    return {"content": lies(seed), "semantic": lies(seed + 10_000)}


async def check_memory_store(store: MemoryStore) -> None:
    """Raise AssertionError where a new, empty store breaks the contract of `MemoryStore`."""
    await store.open()
    try:
        await store.open()
        await _texts_come_back(store)
        await _the_nearest_come_first(store)
        await _bots_are_apart(store)
        await _what_is_sought_is_found(store)
        await _what_a_recall_needs_comes_at_once(store)
        await _nothing_is_remembered_twice(store)
        await _a_word_changes_one(store)
        await _counts_are_never_lost(store)
        await _models_are_apart(store)
        await _pages_follow(store)
        await _what_is_forgotten_is_gone(store)
    finally:
        await store.close()
        await store.close()


async def _add(store: MemoryStore, memories: Sequence[Memory], first: int = 0) -> None:
    await store.add(memories, [at(first + n) for n in range(len(memories))], MODEL)


async def _texts_come_back(store: MemoryStore) -> None:
    full = a_memory(
        0,
        response="r",
        context="c",
        interaction_type="note",
        tier="permanent",
        reason="said so",
        expires=START + timedelta(days=2),
        importance=0.75,
        emotion="joy",
        intensity=0.5,
        valence=-1.0,
        tags=("one", "two"),
        related=(Link(id=memory_id("x"), kind="supersedes", strength=0.25),),
        accesses=3,
        accessed=START,
        answered=3,
        used=2,
        helped=-0.5,
        judged=1,
        training_relevance=0.8,
        verified=True,
        verified_at=START,
        corrected_at=START,
        hidden=True,
        superseded_by=memory_id("y"),
        metadata={"emotion_type": "joy", "confidence_score": 0.95},
    )
    assert await store.add([], [], MODEL) == []
    assert list(await store.add([full], [at(0)], MODEL)) == [full.id]
    assert list(await store.get([full.id, memory_id("none")])) == [full], "as it went in"

    odd = [a_memory(n, user=f"u{n}", content=text) for n, text in enumerate(HARD_TEXTS, start=1)]
    await _add(store, odd, 1)
    for one in odd:
        (back,) = exactly(1, await store.get([one.id], "luna"))
        assert back.content in kept_as(one.content)
    named = [a_memory(n, bot=name, user=name) for n, name in enumerate(HOSTILE, start=50)]
    await _add(store, named, 50)
    for one in named:
        found, total = await store.memories(bot=one.bot, user=one.user)
        assert (list(found), total) == ([one], 1)


async def _the_nearest_come_first(store: MemoryStore) -> None:
    those = [a_memory(n, bot="near") for n in range(12)]
    await _add(store, those, 200)
    asked = lies(205) + 0.3 * lies(207)
    asked /= np.linalg.norm(asked)
    cosines = [float(lies(200 + n) @ asked) for n in range(12)]
    wanted = sorted(range(12), key=lambda n: -cosines[n])[:5]

    found = await store.search("near", asked, model=MODEL, limit=5)

    assert [one.id for one, _ in found] == [those[n].id for n in wanted]
    for (_, cosine), n in zip(found, wanted, strict=True):
        assert abs(cosine - cosines[n]) < 0.002
    other = await store.search("near", lies(10_203), model=MODEL, name="semantic", limit=1)
    assert other[0][0].id == those[3].id, "each name has vectors of its own"
    felt = np.ones(FEELINGS, np.float32)
    assert not await store.search("near", felt, model=MODEL, name="emotion", limit=5)
    same = [a_memory(n, bot="ties") for n in range(6)]
    await store.add(same, [at(300)] * 6, MODEL)
    tied = [m.id for m, _ in await store.search("ties", lies(300), model=MODEL, limit=4)]
    assert tied == sorted(one.id for one in same)[:4], "equally near ones come by their ids"
    assert not await store.search("ties", np.zeros(DIM, np.float32), model=MODEL)
    wrong = np.ones(DIM + 1, np.float32)
    await refuses(RoomtoneError, lambda: store.search("near", wrong, model=MODEL))


async def _bots_are_apart(store: MemoryStore) -> None:
    await _add(store, [a_memory(1, bot="one"), a_memory(1, bot="Two")], 400)
    found = await store.search("one", lies(401), model=MODEL, limit=10)
    assert {memory.bot for memory, _ in found} == {"one"}, "what another bot knows is not told"
    assert not await store.search("nobody", lies(401), model=MODEL)
    assert (await store.bots())["Two"] == 1
    assert not await store.get([a_memory(1, bot="Two").id], "one")


async def _what_is_sought_is_found(store: MemoryStore) -> None:
    later = START + timedelta(days=3)
    those = [
        a_memory(0, bot="sift", user="a", tier=TIERS[0], expires=START + timedelta(days=2)),
        a_memory(1, bot="sift", user="a", tier=TIERS[1], session="t", hidden=True),
        a_memory(2, bot="sift", user="b", tier=TIERS[1], interaction_type="emoji_reaction"),
        a_memory(3, bot="sift", user="b", tier=TIERS[3], superseded_by=memory_id("z")),
        a_memory(4, bot="sift", user="a", content="Straße % OSLO", verified=True),
    ]
    await _add(store, those, 500)
    cases: list[tuple[dict[str, Any], set[int]]] = [
        ({}, {0, 1, 2, 3, 4}),
        ({"user": "a"}, {0, 1, 4}),
        ({"user": "a", "hidden": False, "alive": later}, {4}),
        ({"tier": TIERS[1]}, {1, 2}),
        ({"session": "t"}, {1}),
        ({"interaction_type": "emoji_reaction"}, {2}),
        ({"superseded": False, "user": "b"}, {2}),
        ({"start": those[1].at, "end": those[3].at}, {1, 2}),
        ({"verified": True}, {4}),
        ({"user": "A"}, set()),
    ]
    for sought, wanted in cases:
        ids = {those[n].id for n in wanted}
        near = await store.search("sift", lies(500), model=MODEL, limit=10, **sought)
        assert {one.id for one, _ in near} == ids, f"search for {sought}"
        page, total = await store.memories(bot="sift", **sought)
        assert ({one.id for one in page}, total) == (ids, len(ids)), f"page of {sought}"
    for text, many in (("STRASSE %", 1), ("oslo", 1), ("%", 1), ("_", 0), ("no. ", 4)):
        _, total = await store.memories(bot="sift", search=text)
        assert total == many, f"{text!r} is looked for as it stands, in any case"


async def _what_a_recall_needs_comes_at_once(store: MemoryStore) -> None:
    later = START + timedelta(days=3)
    said = ("The piano", "a dog", "two dogs barked", "no", "dog", "DOGS!", "of a dog")
    out: tuple[dict[str, Any], ...] = (
        {"hidden": True},
        {"superseded_by": memory_id("z")},
        {"expires": later},
    )
    those = [
        *(a_memory(n, bot="back", content=text, tier=TIERS[0]) for n, text in enumerate(said)),
        a_memory(10, bot="back", tier=TIERS[3]),
        a_memory(11, bot="back", tier=TIERS[3], user="bob", content="dog"),
        *(a_memory(12 + n, bot="back", content="dog", tier=TIERS[0]) for n in range(len(out))),
    ]
    those[-3:] = [msgspec.structs.replace(m, **o) for m, o in zip(those[-3:], out, strict=True)]
    await _add(store, those, 550)

    async def found(limit: int, *words: str, each: int = 9) -> tuple[list[int], list[int]]:
        near, worded = await store.recall(
            *("back", "ann", lies(553)),
            model=MODEL,
            limit=limit,
            words=words,
            each=each,
            alive=later,
        )
        places = {one.id: n for n, one in enumerate(those)}
        for memory, cosine in [*near, *worded]:
            is_near = abs((cosine or 0) - float(lies(550 + places[memory.id]) @ lies(553))) < 0.002
            assert is_near or (cosine is None and (memory, cosine) in list(worded))
        return [places[one.id] for one, _ in near], sorted(places[one.id] for one, _ in worded)

    first = sorted(range(7), key=lambda n: -float(lies(550 + n) @ lies(553)))
    near, worded = await found(2, "dog", "piano")
    assert near == [*first[:2], 7], "of each tier its nearest, and nobody else's"
    assert worded == sorted({0, 1, 2, 4, 5, 6} - set(near)), "in any form of the word"
    near, worded = await found(1, "dog", each=2)
    assert worded == sorted({5, 6} - set(near)), "of each word those said last"
    assert (await found(1, "absent"))[1] == []
    assert await found(7, "dog") == ([*first, 7], []), "no tier has more"
    await store.change(those[5].id, "back", {"content": "silence"})
    await store.forget(ids=[those[6].id])
    near, worded = await found(1, "dog")
    assert near == [3, 7] and worded == [1, 2, 4], "what is corrected or gone is not found by it"


async def _nothing_is_remembered_twice(store: MemoryStore) -> None:
    one = a_memory(1, bot="once")
    await _add(store, [one], 600)
    await store.count([MemoryUse(id=one.id, bot="once", at=START, accesses=1)])
    again = a_memory(1, bot="once", importance=0.1)
    assert list(await store.add([again, again], [at(600)] * 2, MODEL)) == []
    (kept,) = exactly(1, await store.get([one.id]))
    assert (kept.importance, kept.accesses) == (0.5, 1), "what is there stays as it is"


async def _a_word_changes_one(store: MemoryStore) -> None:
    those = [a_memory(n, bot="word") for n in range(3)]
    await _add(store, those, 700)
    fields = {"hidden": True, "verified": True, "verified_at": START, "tier": "personal"}
    assert await store.change(those[1].id, "word", fields)
    assert not await store.change(those[1].id, "luna", fields), "another bot's memory is not ours"
    assert not await store.change(memory_id("none"), "word", fields)
    await refuses(RoomtoneError, lambda: store.change(those[1].id, "word", {"accesses": 9}))
    (changed,) = exactly(1, await store.get([those[1].id]))
    assert (changed.hidden, changed.verified_at, changed.tier) == (True, START, "personal")
    shown = await store.search("word", lies(701), model=MODEL, hidden=False)
    assert {memory.id for memory, _ in shown} == {those[0].id, those[2].id}
    assert await store.change(those[0].id, "word", {"content": "corrected"})
    near = await store.search("word", lies(700), model=MODEL)
    assert those[0].id not in {memory.id for memory, _ in near}, "its old vectors are gone"
    assert those[0].id in {one.id for one in await store.unembedded(MODEL, 1_000)}
    corrected = a_memory(0, bot="word", content="corrected")
    await store.add([those[0]], [at(700)], MODEL)
    assert those[0].id in {one.id for one in await store.unembedded(MODEL, 1_000)}, (
        "vectors of a text that it no longer has are not taken"
    )
    await store.add([corrected], [at(750)], MODEL)
    (first, *_), *_ = await store.search("word", lies(750), model=MODEL)
    assert first.id == those[0].id


async def _counts_are_never_lost(store: MemoryStore) -> None:
    one = a_memory(1, bot="counts")
    await _add(store, [one], 800)
    use = MemoryUse(id=one.id, bot="counts", at=START, accesses=1, answered=1, used=1)
    use = msgspec.structs.replace(use, helped=0.5, judged=1)
    nobody = MemoryUse(id=memory_id("none"), bot="counts", at=START, accesses=1)
    await asyncio.gather(*(store.count([use, nobody]) for _ in range(20)))
    await store.count([MemoryUse(id=one.id, bot="counts", at=START - timedelta(1), accesses=1)])
    (kept,) = exactly(1, await store.get([one.id]))
    assert (kept.accesses, kept.answered, kept.used, kept.judged) == (21, 20, 20, 20)
    assert kept.helped == 10.0
    assert kept.accessed == START, "the latest counts"


async def _models_are_apart(store: MemoryStore) -> None:
    those = [a_memory(n, bot="models") for n in range(2)]
    await _add(store, those, 900)
    other, wide = "other/1/8", np.eye(8, dtype=np.float32)
    await store.add(those[:1], [{"content": wide[0]}], other)
    (memory, cosine), *more = await store.search("models", wide[0], model=other)
    assert (memory.id, more) == (those[0].id, []), "what another model made is not compared"
    assert cosine > 0.999
    waiting = {one.id for one in await store.unembedded(other, 10_000)}
    assert those[1].id in waiting and those[0].id not in waiting
    assert len(await store.search("models", lies(900), model=MODEL)) == 2


async def _pages_follow(store: MemoryStore) -> None:
    those = [a_memory(n // 2, bot="pages", content=f"{n}") for n in range(0, 14, 2)]
    await _add(store, those, 1_000)
    seen = []
    for offset in range(0, 9, 3):
        page, total = await store.memories(bot="pages", offset=offset, limit=3)
        assert total == 7
        seen += [one.id for one in page]
    assert seen == [one.id for one in reversed(those)], "the one said last first"


async def _what_is_forgotten_is_gone(store: MemoryStore) -> None:
    end = START + timedelta(days=2)
    those = [a_memory(n, bot="gone", user=u, expires=end) for n, u in enumerate("aabbc")]
    elsewhere = a_memory(9, bot="gone too", user="a")
    await _add(store, those, 1_100)
    await _add(store, [elsewhere], 1_150)
    assert len(await store.search("gone", lies(1_100), model=MODEL)) == 5
    await refuses(RoomtoneError, lambda: store.forget(bot="gone"))

    assert await store.forget(bot="gone", user="a") == 2
    assert await store.forget(ids=[those[2].id, memory_id("none")]) == 1
    left = {one.id for one, _ in await store.search("gone", lies(1_100), model=MODEL)}
    assert left == {those[3].id, those[4].id}
    assert await store.get([elsewhere.id]), "another bot's was not asked for"
    assert await store.forget(user="a") >= 1, "a person's, with every bot"
    assert not await store.get([elsewhere.id])
    assert await store.forget(expired=end - timedelta(seconds=1), bot="gone") == 0
    assert await store.forget(expired=end, bot="gone") == 2
    assert not await store.search("gone", lies(1_103), model=MODEL)
    await _add(store, those[:1], 1_100)
    assert len(await store.search("gone", lies(1_100), model=MODEL)) == 1, "and can be told again"
