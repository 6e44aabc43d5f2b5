"""Every store of memories keeps the contract; SQLite's columns follow what other processes do."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from roomtone.contracts import START
from roomtone.contracts_memory import DIM, MODEL, a_memory, at, check_memory_store, lies
from roomtone.errors import StoreError
from roomtone.records import TIERS, MemoryUse
from roomtone.stems import stems
from roomtone.stores import _memory_columns, _memory_index, _memory_near
from roomtone.stores.sqlite import SQLite


@pytest.fixture
async def memory(url):
    store = SQLite(url)
    await store.open()
    yield store
    await store.close()


async def test_the_contract_is_kept(url):
    """Texts, order, tenants, counts, models and erasure, as the port says."""
    await check_memory_store(SQLite(url))


async def test_what_another_process_writes_is_found(url, memory):
    """Columns are brought up to date before each search, whoever wrote, changed or deleted."""
    other = SQLite(url)
    await other.open()
    await memory.add([a_memory(0)], [at(0)], MODEL)
    assert len(await memory.search("luna", lies(0), model=MODEL)) == 1

    await other.add([a_memory(1), a_memory(2)], [at(1), at(2)], MODEL)
    first, *_ = await memory.search("luna", lies(2), model=MODEL)
    await other.change(a_memory(2).id, "luna", {"hidden": True})
    shown = await memory.search("luna", lies(2), model=MODEL, hidden=False)
    await other.forget(ids=[a_memory(0).id])
    left = await memory.search("luna", lies(0), model=MODEL)
    await other.close()

    assert first[0].id == a_memory(2).id
    assert {one.id for one, _ in shown} == {a_memory(0).id, a_memory(1).id}
    assert {one.id for one, _ in left} == {a_memory(1).id, a_memory(2).id}


async def test_what_is_forgotten_is_in_no_byte_of_the_file(url, memory, tmp_path):
    """Neither table, nor index, nor log, nor the columns in memory hold what was deleted."""
    said = "the combination is XK-9-SECRET"
    await memory.add([a_memory(0, user="vanish", content=said)], [at(0)], MODEL)
    await memory.add([a_memory(1)], [at(1)], MODEL)
    await memory.search("luna", lies(0), model=MODEL)
    held = next(iter(memory._cache._columns.values()))
    assert await memory.forget(user="vanish") == 1
    assert len(held._words.whole().words) == len(stems("no. 1")), "nor any word"

    files = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    assert b"XK-9-SECRET" not in files and b"vanish" not in files
    assert held._vectors.shape == (1, DIM) and len(held._own["place"]) == 1


async def test_what_is_corrected_is_in_no_byte_of_the_file(url, memory, tmp_path):
    """A text that a person takes back is overwritten as a deleted one is."""
    said = "the combination is XK-9-SECRET"
    await memory.add([a_memory(0, content=said), a_memory(1)], [at(0), at(1)], MODEL)
    assert await memory.change(a_memory(0).id, "luna", {"content": "there is none"})

    files = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    assert b"there is none" in files and b"XK-9-SECRET" not in files


def columns_of(rows: np.ndarray) -> _memory_columns.Columns:
    """Columns that hold these vectors, as loading would have made them."""
    made = _memory_columns.Columns("b", "m", "content")
    made._grow(0, len(rows), rows.shape[1])
    made._rows = {n: n for n in range(len(rows))}
    made._vectors[:] = _memory_near.held(rows)
    made._signs[:] = _memory_near.signs(rows)
    made._own["place"][:] = np.arange(len(rows))
    made._own["order"][:] = np.arange(len(rows))
    made._own["present"][:] = True
    return made


def test_signs_find_nearly_all_of_the_nearest():
    """Of clustered vectors the exact ten nearest are among a fifteenth whose signs differ least."""
    random = np.random.default_rng(5)
    centres = random.standard_normal((100, 384))
    rows = centres[random.integers(0, 100, 6_000)] + 1.2 * random.standard_normal((6_000, 384))
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    made, found = columns_of(rows), 0
    for asked in rows[:40] + 0.02 * random.standard_normal((40, 384)).astype(np.float32):
        asked = asked / np.linalg.norm(asked)
        exact = made.near(asked, 10, {}, exact=6_000).places
        found += len(set(exact) & set(made.near(asked, 10, {}, exact=400).places))
        assert exact == np.argsort(-(made._vectors.astype(np.float32) @ asked))[:10].tolist()

    assert found >= 0.97 * 400


def test_columns_are_let_go_beyond_their_bound(monkeypatch):
    """The bot that was asked for least lately goes first, and the last one always stays."""
    cache = _memory_columns.Cache(most_bytes=3_000)
    monkeypatch.setattr(_memory_columns.Columns, "sync", lambda self, connection: None)
    monkeypatch.setattr(_memory_columns.Columns, "size", 2_000)
    for bot in ("a", "b", "a"):
        cache.ready(None, bot, "m", "content")

    assert list(cache._columns) == [("a", "m", "content")]


async def test_a_hundred_who_count_lose_nothing_beside_another_process(url, memory):
    """The database adds: two that count at once both count."""
    other = SQLite(url)
    await other.open()
    await memory.add([a_memory(0)], [at(0)], MODEL)
    use = MemoryUse(id=a_memory(0).id, bot="luna", at=START, accesses=1)
    for _ in range(10):
        await memory.count([use] * 3)
        await other.count([use] * 2)
    (kept,) = await memory.get([use.id])
    await other.close()

    assert kept.accesses == 50


async def test_vectors_that_are_none_are_refused_with_a_sentence(memory):
    """No number, or another dimension than the model's: nothing of it is kept or mixed."""
    with pytest.raises(StoreError, match="no row of numbers"):
        await memory.add([a_memory(0)], [{"content": np.full(DIM, np.nan, np.float32)}], MODEL)
    assert not await memory.get([a_memory(0).id])
    with pytest.raises(StoreError, match="3 numbers cannot be of model"):
        await memory.add([a_memory(2)], [{"content": np.ones(3, np.float32)}], MODEL)
    for number, width in ((1, 8), (2, 9)):
        made = {"content": np.ones(width, np.float32)}
        await memory.add([a_memory(number)], [made], "nameless")
    with pytest.raises(StoreError, match="different lengths"):
        await memory.search("luna", np.ones(8, np.float32), model="nameless")


async def test_questions_of_the_documents_use_an_index(memory):
    """By tier, importance and how often they were recalled, and whose they are."""
    for question in (
        "tier = 'permanent' ORDER BY at",
        "importance > 0.8",
        "access_count > 3",
        "bot = 'luna' AND person = 'ann' ORDER BY at DESC",
        "person = 'ann'",
        "expires <= 5",
    ):
        plan = await memory._look(
            lambda c, q=question: c.execute(
                f"EXPLAIN QUERY PLAN SELECT * FROM memories WHERE {q}"
            ).fetchall()
        )
        assert "USING INDEX" in str(plan), question


async def test_expiry_takes_what_is_past_and_nothing_else(memory):
    """A memory ends at its instant; one without an end stays."""
    await memory.add(
        [a_memory(0, expires=START + timedelta(days=2)), a_memory(1)], [at(0), at(1)], MODEL
    )

    assert await memory.forget(expired=START + timedelta(days=2)) == 1
    assert [one.id for one, _ in await memory.search("luna", lies(0), model=MODEL)] == [
        a_memory(1).id
    ]


async def recalled(store, *words: str, limit: int = 1, each: int = 9) -> list[str]:
    """What words alone bring back of ann."""
    found = await store.recall(
        "luna",
        "ann",
        lies(0),
        model=MODEL,
        limit=limit,
        words=words,
        each=each,
        alive=START,
    )
    return sorted(one.content for one, _ in found.worded)


async def test_words_follow_what_another_process_does(url, memory):
    """What it adds, corrects, hides and forgets is found, or no more, in the next recall."""
    other = SQLite(url)
    await other.open()
    await memory.add([a_memory(0)], [at(0)], MODEL)
    assert await recalled(memory, "zebra") == []
    those = [a_memory(n, content=f"zebra {n}") for n in range(1, 5)]
    await other.add(those, [at(n) for n in range(1, 5)], MODEL)
    assert await recalled(memory, "zebra") == [f"zebra {n}" for n in range(1, 5)]
    await other.change(those[0].id, "luna", {"content": "a horse"})
    await other.change(those[1].id, "luna", {"hidden": True})
    await other.forget(ids=[those[2].id])
    left = await recalled(memory, "zebra"), await recalled(memory, "hors")
    await other.close()

    assert left == (["zebra 4"], ["a horse"])


async def test_a_memory_more_moves_none_of_the_others(memory):
    """Columns have room to spare: what is added one by one is not copied each time."""
    for number in range(0, 400, 100):
        many = range(number, number + 100)
        await memory.add([a_memory(n) for n in many], [at(n) for n in many], MODEL)
        await memory.search("luna", lies(0), model=MODEL)
    moved, was = 0, next(iter(memory._cache._columns.values()))._vectors
    for number in range(400, 440):
        await memory.add([a_memory(number, content=f"zebra {number}")], [at(number)], MODEL)
        assert len(await recalled(memory, "zebra", each=99)) >= number - 400
        now = next(iter(memory._cache._columns.values()))._vectors
        moved, was = moved + (now is not was), now

    await memory.forget(ids=[a_memory(3).id])
    deleted = next(iter(memory._cache._columns.values()))._vectors
    await memory.add([a_memory(440, content="zebra")], [at(440)], MODEL)
    assert len(await recalled(memory, "zebra", each=99)) >= 40
    now = next(iter(memory._cache._columns.values()))._vectors

    memory._cache._columns.clear()
    await recalled(memory, "zebra", each=99)
    was = next(iter(memory._cache._columns.values()))._vectors
    await memory.add([a_memory(441, content="zebra")], [at(441)], MODEL)
    await recalled(memory, "zebra", each=99)
    assert next(iter(memory._cache._columns.values()))._vectors is was, "nor after a start"

    assert moved <= 2 and now is deleted, "nor all of them after one was deleted"
    found = await memory.search("luna", lies(439), model=MODEL, limit=1)
    assert found[0][0].id == a_memory(439).id and found[0][1] > 0.999


def test_an_index_knows_each_row_by_its_words_alone():
    """However rows are added, changed and let go: the same as one made of what is left."""
    random = np.random.default_rng(3)
    pool = ["dog", "cat", "violin", "a", "chess tea", "Oslo Oslo", ""]
    made, texts = _memory_index.Index(), [""] * 0
    for _ in range(30):
        rows = random.permutation(len(texts) + 3)[: random.integers(1, 6)]
        rows = np.unique(np.append(rows[rows < len(texts)], [len(texts), len(texts) + 1]))
        said = [" ".join(random.choice(pool, 3)) for _ in rows]
        texts += [""] * (int(rows.max()) + 1 - len(texts))
        for row, text in zip(rows.tolist(), said, strict=True):
            texts[row] = text
        made.put(rows, said)
        if random.random() < 0.3:
            keep = np.flatnonzero(random.random(len(texts)) < 0.7)
            made.keep(keep, len(texts))
            texts = [texts[row] for row in keep.tolist()]
        held = made.whole()
        for row, text in enumerate(texts):
            words, whose = held.of(np.arange(len(texts)) == row)
            own = sorted(words[(whose == row) & (words != 0)].tolist())
            assert own == sorted(_memory_index.code_of(one) for one in stems(text))


def test_who_looks_things_up_is_not_stumbled_over_by_who_writes():
    """Words as they stood at a moment: a row that was changed since has none there."""
    made, rows = _memory_index.Index(), np.arange(100)
    made.put(rows, [f"plum {n}" for n in range(100)])
    moment = made.whole()
    made.put(rows[:1], ["quince medlar walnut"])

    words, whose = moment.of(rows < 2)
    assert set(whose.tolist()) == {1} and _memory_index.code_of("plum") in words
    assert _memory_index.code_of("medlar") in made.whole().of(rows < 2)[0]


async def test_of_a_word_that_very_many_hold_the_last_that_came_in_do(memory, monkeypatch):
    """Words are looked through from the end, no further than is needed."""
    monkeypatch.setattr(_memory_near, "COMMON", 6)
    monkeypatch.setattr(_memory_near, "BLOCK", 4)
    those = [a_memory(n, content=f"zebra {n}") for n in range(20)]
    await memory.add(those, [at(n) for n in range(20)], MODEL)

    assert await recalled(memory, "zebra", each=3) == ["zebra 17", "zebra 18", "zebra 19"]
    assert 6 <= len(await recalled(memory, "zebra", each=99)) < 12


async def test_a_glance_is_what_a_recall_finds(memory):
    """The same memories with the same cosines; what is read in full is what was asked for."""
    said = ["a dog", "two dogs", "tea", "no dog"] * 6
    those = [
        a_memory(n, content=text, tier=TIERS[n % 2], metadata={"felt joy": n / 30})
        for n, text in enumerate(said)
    ]
    await memory.add(those, [at(n) if n % 5 else {} for n in range(len(those))], MODEL)
    sought = {"limit": 4, "words": ["dog"], "each": 9, "alive": START}

    def kept(glance, whole):
        rows = [*range(len(glance.ids))]
        return glance, whole(rows[::-1])[::-1]

    near, worded = await memory.recall("luna", "ann", lies(3), model=MODEL, **sought)
    glance, whole = await memory.glance("luna", "ann", lies(3), model=MODEL, choose=kept, **sought)
    nothing, _ = await memory.glance("luna", "bob", lies(3), model=MODEL, choose=kept, **sought)

    assert whole == [one for one, _ in [*near, *worded]] and glance.near == len(near) == 8
    assert list(glance.ids) == [one.id for one in whole]
    assert list(glance.contents) == [one.content for one in whole]
    assert [glance.metadata(n) for n in range(len(whole))] == [one.metadata for one in whole]
    assert glance.at.tolist() == [one.at.timestamp() for one in whole]
    cosines = [np.nan if cosine is None else cosine for _, cosine in [*near, *worded]]
    assert np.array_equal(glance.cosines, cosines, equal_nan=True)
    assert np.isnan(glance.cosines[8:]).any() and nothing.ids == ()


def test_of_a_word_those_said_last_are_found(monkeypatch):
    """However often each says it, wherever its words lie, and of many as of few."""
    monkeypatch.setattr(_memory_near, "BLOCK", 7)
    random = np.random.default_rng(3)
    for count in (1, 9, 120):
        texts = [" ".join(random.choice(["dog", "tea", "rain"], 5)) for _ in range(count)]
        index = _memory_index.Index()
        index.put(np.arange(count), texts)
        own = {
            "place": np.arange(count),
            "at": random.integers(0, 30, count),
            "order": random.permutation(count).astype(np.uint64),
        }
        here = _memory_near.Moment(own, np.empty((0, 0)), np.empty((0, 0)), index.whole())
        mine, without = random.random(count) < 0.8, np.arange(0, count, 10)
        having = [row for row in range(count) if mine[row] and "dog" in texts[row]]
        last = sorted(having, key=lambda row: (own["at"][row], own["order"][row]))[-6:]

        found = here.worded(["dog", "absent"], 6, mine, without)
        assert found.tolist() == sorted(set(last) - set(without.tolist()))
