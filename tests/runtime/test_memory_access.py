"""Counts are added up while the store is away, and a model that is away keeps nothing back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from roomtone.errors import ServerError, StoreError
from tests.runtime.test_recalling import Heard


@pytest.fixture
async def memory(tmp_path: Path) -> AsyncIterator[Heard]:
    made = Heard(tmp_path)
    yield made
    await made.close()


@pytest.mark.parametrize("error", [StoreError, ValueError])
async def test_counts_wait_while_the_store_is_away(
    memory: Heard, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    """They are added up and written once it is back; nothing is lost, whatever it fails with."""
    kept, _ = await memory.remember("luna", "ann", "tea")
    store = await memory.ready()
    with monkeypatch.context() as away:

        async def refuse(uses: object) -> None:
            raise error("away; wait")

        away.setattr(store, "count", refuse)
        for _ in range(2):
            await memory.recall("luna", "ann", "tea")
            await memory.flush()
    await memory.flush()

    found = await memory.one(kept.id)
    assert found is not None and found.accesses == 2
    assert memory.faults == ["memory: away; wait"] * 2


class Deaf:
    """An embedding model whose server does not answer."""

    name, version, dim = "deaf", "1", 0

    def embed(self, texts: object) -> np.ndarray:
        raise ServerError("nobody answers; start it")


async def test_a_memory_is_kept_though_no_model_answers(memory: Heard) -> None:
    """It has no vector until one does; a recall says why it cannot be."""
    memory._embedding = Deaf()
    kept, new = await memory.remember("luna", "ann", "tea")
    with pytest.raises(ServerError):
        await memory.recall("luna", "ann", "tea")

    assert new and (await memory.one(kept.id)) is not None
    assert len(await (await memory.ready()).unembedded("x/1/384")) == 1
