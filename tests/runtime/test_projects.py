"""Each project has a place of its own, and one that cannot be opened holds up no other."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from roomtone.errors import BadConfig, ServerError, StoreError
from roomtone.runtime.access import Access, file_of
from roomtone.runtime.config import Settings
from roomtone.runtime.projects import Projects, opened, settings_of
from roomtone.stores._qdrant_address import collection, parse

STORES = {
    "series": "postgresql://roomtone@db/rooms",
    "archive": "sqlite:///kept/rooms.db",
    "mirror": "influxdb://token@flux:8086/org/rooms?timeout=3",
    "memory": "qdrant://key@vectors:6333/mem_?https=1",
}


def test_nothing_that_is_kept_is_shared(tmp_path: Path) -> None:
    """Folder, stores, partition; only the keys are the installation's."""
    whole = Settings(data=tmp_path, stores=STORES, sources={"listen": ["redis://x"]})
    parts = [settings_of(whole, name) for name in ("default", "shop", "shop-eu", "shop_eu")]
    urls = [url for part in parts for url in part.stores.model_dump().values()]

    assert parts[0] == whole
    assert len({part.data for part in parts}) == 4
    assert len({part.cluster.partition for part in parts}) == 4
    assert len(set(urls)) == len(urls)
    assert {file_of(part) for part in parts} == {tmp_path / "access.db"}
    assert [part.sources.listen for part in parts[1:]] == [[], [], []]


def test_no_bots_name_leads_into_another_projects_memories() -> None:
    """What follows a collection's prefix is the bot's to choose, so prefixes never nest."""
    whole = Settings(stores={"memory": "qdrant://h"})
    names = ["default", "a", "a-b", "a_b", "b"]
    prefixes = [parse(settings_of(whole, name).stores.memory).prefix for name in names]

    for one in prefixes:
        assert [other for other in prefixes if other.startswith(one)] == [one]
        assert collection(one, "bot").startswith(one)


@pytest.mark.parametrize(
    "url", ["postgresql://h/db?schema=mine", "qdrant://h/p", "qdrant://h?prefix=x", "other://h"]
)
def test_a_store_that_cannot_be_parted_is_refused(url: str) -> None:
    """With what to do; nothing is put together that should be apart."""
    with pytest.raises(BadConfig, match="cannot be parted by project"):
        settings_of(Settings(stores={"memory": url}), "shop")


async def test_a_project_that_cannot_be_opened_is_tried_again_and_holds_up_none(
    tmp_path: Path,
) -> None:
    """Its requests are told why; the next one finds it open."""
    settings = Settings(data=tmp_path)
    access = Access(settings)
    for name in ("default", "shop", "other"):
        access.make_key("read", project=name)
    tries: list[str] = []
    closed: list[str] = []

    @contextlib.asynccontextmanager
    async def opening(own: Settings) -> AsyncIterator[str]:
        name = own.data.name
        tries.append(name)
        if tries.count("shop") == 1 and name == "shop":
            raise StoreError("the disk is full; make room")
        yield name
        closed.append(name)

    async with opened(settings, access, opening) as projects:
        with pytest.raises(ServerError, match="shop cannot be opened: the disk is full"):
            await projects.host("shop")
        assert await projects.host("other") == "other"
        assert await projects.host("shop") == "shop"
        assert await projects.host("shop") == "shop"

    assert sorted(tries) == ["other", "shop", "shop"], "the default project is not opened here"
    assert sorted(closed) == ["other", "shop"]


async def test_there_are_only_so_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is an engine of its own."""
    monkeypatch.setattr("roomtone.runtime.projects.MOST", 1)

    @contextlib.asynccontextmanager
    async def opening(own: Settings) -> AsyncIterator[str]:
        yield own.data.name

    settings = Settings(data=tmp_path)
    projects: Projects[str] = Projects(settings, Access(settings), opening)
    await projects.host("a")
    with pytest.raises(ServerError, match="another installation"):
        await projects.host("b")
    await projects.close()
