"""What is chosen on columns is what the plain way chooses of the same memories."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import numpy as np
import pytest

from roomtone.contracts import START
from roomtone.contracts_memory import a_memory
from roomtone.emotions import LABELS
from roomtone.memories import choose, standing
from roomtone.ports_memory import Glance, Near, Whole
from roomtone.records import TIERS, Memory
from roomtone.runtime.config import Models, Settings
from roomtone.runtime.memory_choosing import Choosing, Chosen, alike, glance_of, standings
from roomtone.runtime.recalling import Recalling
from roomtone.testing import ManualClock
from tests.runtime.weighed import Weighing

NOW = START + timedelta(days=40)
WORDS = ("tea", "dog", "Oslo", "exam", "violin", "rain", "friend", "May", "2026")
Found = list[tuple[Memory, float | None]]


def some(random: np.random.Generator, count: int, texts: int, tiers: int) -> list[Memory]:
    """So many memories of so many texts, used and judged as it comes, some of them put away."""
    said = [" ".join(random.choice(WORDS, random.integers(1, 9))) for _ in range(texts)]
    made = []
    for n in range(count):
        answered = int(random.choice([0, 0, 1, 7, 40]))
        judged = int(random.integers(0, 1 + answered))
        one = a_memory(
            n,
            content=said[random.integers(texts)],
            response=str(random.choice(["", "no rain today"])),
            session=str(random.choice(["", "s1", "s2", "s3"])),
            tier=TIERS[random.integers(tiers)],
            importance=float(random.random()),
            emotion=str(random.choice(["", "joy", "sadness"])),
            answered=answered,
            used=int(random.integers(0, 1 + answered)),
            judged=judged,
            helped=float(random.uniform(-judged, judged)),
            verified=bool(random.random() < 0.2),
            hidden=bool(random.random() < 0.05),
            superseded_by="x" if random.random() < 0.05 else "",
            metadata={f"felt {label}": 0.5 for label in random.choice(LABELS, 2)},
        )
        at = START + timedelta(minutes=int(random.integers(60 * 24 * 41)))
        made.append(msgspec.structs.replace(one, at=at))
    return made


def looked_at(near: Found, worded: Found) -> Glance:
    """The columns of what was found."""
    return glance_of(Near(near, worded))[0]


def reader(rows: Found, read: list[int]) -> Whole:
    """Gives memories in full, and notes which."""

    def whole(places: Sequence[int]) -> list[Memory]:
        read.extend(places)
        return [rows[place][0] for place in places]

    return whole


def plainly(question: str, most: int, own: Any, near: Found, worded: Found) -> Chosen:
    """The same question answered with every memory in hand."""
    tiers: dict[str, list[tuple[Memory, float]]] = {tier: [] for tier in TIERS}
    for memory, cosine in near:
        felt_alike = alike(own, memory.metadata)
        tiers[memory.tier].append((memory, min(1.0, (cosine or 0.0) + felt_alike)))
    weighing = Weighing(question, NOW)
    for memory, cosine in weighing.best_of(tiers, worded):
        assert cosine is not None
        tiers[memory.tier].append((memory, cosine))
    chosen = choose(tiers, NOW, relevance=weighing.ranks(tiers), most=most)
    felt = [one.emotion for those in tiers.values() for one, _ in those]
    return Chosen(chosen, {tier: len(those) for tier, those in tiers.items()}, felt)


@pytest.mark.parametrize("texts", [2, 12, 500])
def test_the_answers_are_those_of_the_plain_way(texts: int) -> None:
    """Over random memories: the same ones, in the same order, with few of them read in full."""
    random, in_full, whole_ones = np.random.default_rng(texts), 0, 0
    for turn in range(150):
        count = int(random.choice([0, 1, 6, 60, 230]))
        memories = some(random, count, texts, tiers=1 + turn % 5)
        cosines = random.choice([-0.1, 0.0, 0.3, 0.3001, 0.7, 1.0], count) + random.choice(
            [0.0, 1e-6, 0.05], count
        )
        rows: Found = list(zip(memories, np.minimum(1.0, cosines).tolist(), strict=True))
        cut = int(count * 0.8)
        near, worded = sorted(rows[:cut], key=lambda one: TIERS.index(one[0].tier)), rows[cut:]
        question = " ".join(random.choice(WORDS, 3))
        own = random.random(len(LABELS)).astype(np.float32) if turn % 3 == 0 else None
        read: list[int] = []

        most = int(random.integers(1, 6))
        choosing = Choosing(question, NOW, most, own)
        made = choosing(looked_at(near, worded), reader([*near, *worded], read))
        assert made == plainly(question, most, own, near, worded)
        if count == 230:
            in_full, whole_ones = in_full + (len(read) > 130), whole_ones + 1

    assert whole_ones > 10
    assert in_full == 0 if texts == 500 else texts > 2 or in_full > 0


def test_what_counts_beside_nearness_is_the_same_on_columns() -> None:
    """Of memories of every kind, one by one and all at once."""
    memories = some(np.random.default_rng(1), 500, 9, 5)
    rows: Found = [(one, 0.5) for one in memories]

    singly = [standing(one, NOW) for one in memories]
    assert np.allclose(standings(looked_at(rows, []), NOW), singly, rtol=1e-12, atol=0)


def test_one_without_a_vector_is_left_to_who_can_embed_it() -> None:
    """If it is among those that the words bring back; else nobody misses its vector."""
    dog, tea = a_memory(1, content="the dog Rex"), a_memory(2, content="tea")
    asked = Choosing("what is the dog called", NOW, 5)

    def glance(*worded: tuple[Memory, float | None]) -> Chosen | None:
        rows: Found = [(tea, 0.5), *worded]
        return asked(looked_at(rows[:1], rows[1:]), reader(rows, []))

    assert asked.blind(looked_at([(tea, 0.5)], [(dog, None)])) == [1]
    fitting = [(a_memory(n, content="dog called Rex"), 0.1) for n in range(3, 8)]
    assert glance((dog, None)) is None
    found = glance(*fitting, (a_memory(9, content="a cat that saw a dog"), None))
    assert found is not None and len(found.memories) == 2
    assert found.tiers["session"] == 6 and len(found.felt) == 6


@pytest.mark.parametrize("question", ["where is the dog of May", "how did I feel about tea, sad?"])
async def test_a_store_that_cannot_glance_gives_the_same_answers(
    tmp_path: Path, question: str
) -> None:
    """Through the store, with what has no vector and what was hidden a moment ago."""
    settings = Settings(data=tmp_path, models=Models(embedding="hashed://"))
    memory = Recalling(settings, ManualClock(NOW), lambda where, error: pytest.fail(str(error)))
    store = await memory.ready()
    those = some(np.random.default_rng(7), 400, 300, 5)
    lies, name = await memory.vectors(those)
    await store.add(those, [{} if n % 9 == 0 else lies[n] for n in range(len(those))], name)
    quick = await memory.recall("luna", "ann", question, trial=True)
    assert await memory.store.change(quick.memories[0].memory.id, "luna", {"hidden": True})
    after = await memory.recall("luna", "ann", question, trial=True)
    memory.store = SimpleNamespace(recall=store.recall)  # type: ignore[assignment]
    plain = await memory.recall("luna", "ann", question, trial=True)
    await store.close()

    assert quick.memories[0] not in after.memories and len(after.memories) == 5
    assert plain._replace(took_ms=0.0) == after._replace(took_ms=0.0)
    assert plain.tiers == after.tiers and min(after.tiers.values()) >= 40
