"""One memory that cannot be kept is let go with its reason; an outage lets none go."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from roomtone.errors import StoreAway, StoreError, StoreRefused
from tests.runtime.test_remembering import all_of, out, remembering


@pytest.mark.parametrize("error", [StoreError, StoreRefused, ValueError])
async def test_one_that_cannot_be_kept_holds_up_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    """It is counted and told; those before and behind it are kept."""
    memory = remembering(tmp_path)
    store = await memory.ready()
    add = store.add

    async def picky(memories: Any, vectors: Any, model: str) -> Any:
        if any(one.content == "no" for one in memories):
            raise error("that one is refused; give another")
        return await add(memories, vectors, model)

    monkeypatch.setattr(store, "add", picky)
    memory.keep(out("I like tea", "no", "I like rain"))

    assert await memory.kept_all()
    assert {one.content for one in await all_of(memory)} == {"I like tea", "I like rain"}
    assert memory.due.lost == 1 and len(memory.due) == 0
    assert memory.faults == ["that one is refused; give another"]  # type: ignore[attr-defined]
    await memory.close()


@pytest.mark.parametrize("error", [StoreAway, StoreError, TimeoutError])
async def test_an_outage_lets_none_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    """Also one that begins between two memories: all of them wait, and are kept once."""
    memory = remembering(tmp_path)
    store = await memory.ready()
    with monkeypatch.context() as away:

        async def refuse(*_: Any, **__: Any) -> Any:
            raise error("away; wait")

        away.setattr(store, "add", refuse)
        memory.keep(out("I like tea", "I like rain"))
        with pytest.raises(error):
            await memory.keep_some()
    assert len(memory.due) == 2 and memory.due.lost == 0
    assert await memory.kept_all()
    assert len(await all_of(memory)) == 2
    await memory.close()


async def test_a_text_that_the_model_fails_on_costs_no_other_its_vectors(tmp_path: Path) -> None:
    """Neither when they are kept, nor when those without vectors are embedded again."""

    class Picky:
        name, version, dim = "picky", "1", 8

        def embed(self, texts: Any) -> Any:
            if any("no" in text for text in texts):
                raise ValueError("no such token")
            return np.eye(8, dtype=np.float32)[[len(text) % 8 for text in texts]]

    memory = remembering(tmp_path)
    store = await memory.ready()
    memory._embedding = Picky()
    memory.keep(out("I like tea", "no", "I like rain"))
    assert await memory.kept_all()
    assert [one.content for one in await store.unembedded("picky/1/8")] == ["no"]
    assert await memory._embed_some() == 0, "it is alone, and fails again"

    await memory.remember("luna", "ann", "a new one")
    memory.lacks_vectors = True
    await store.change((await all_of(memory, search="rain"))[0].id, "luna", {"content": "rain"})
    assert await memory._embed_some() == 1
    assert [one.content for one in await store.unembedded("picky/1/8")] == ["no"]
    await memory.close()
