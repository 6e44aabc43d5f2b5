"""The commands that look into the stores tell what is kept, and make nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from roomtone.errors import BadEvent, StoreError
from roomtone.events import Turn
from roomtone.runtime import looking
from roomtone.runtime.config import Settings
from tests.runtime.conftest import House

EVERY = {"bot": None, "user": None, "search": "", "limit": 50}


@pytest.fixture
async def settings(house: House) -> Settings:
    """A folder in which a server runs, with two conversations that were measured."""
    said = [
        Turn(
            session=f"with {user}",
            bot="luna",
            user=user,
            id=f"{user}{number}",
            message="Thank you so much, this made my day!",
            reply="I am so happy to hear that!",
        )
        for user in ("ann", "[red]bob\u202e")
        for number in range(3)
    ]
    await house.pipeline.submit(said[:5])
    assert await house.pipeline.reader.done(20)
    await house.tick()
    await house.pipeline.keeper.drain()
    return house.settings


async def test_conversations_are_listed(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """As JSON and as a table; a name plays no tricks with the terminal."""
    await looking.conversations(settings, EVERY, as_json=True)
    every = json.loads(capsys.readouterr().out)
    await looking.conversations(settings, {**EVERY, "user": "ann"}, as_json=False)
    table = capsys.readouterr().out
    await looking.conversations(settings, EVERY, as_json=False)
    tricky = capsys.readouterr().out

    assert {talk["user"]: talk["turns"] for talk in every} == {"ann": 3, "[red]bob\u202e": 2}
    assert "with ann" in table
    assert "bob" not in table
    assert "[red]bob" in tricky
    assert "\u202e" not in tricky


async def test_a_person_is_shown(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    """With how they stand; one whom nobody knows is an error that says where to look."""
    await looking.person(settings, "ann", tz="Europe/Helsinki", as_json=True)
    told = json.loads(capsys.readouterr().out)
    await looking.person(settings, "ann", tz="UTC", as_json=False)
    shown = capsys.readouterr().out

    assert (told["user"], told["total"], told["relationships"][0]["turns"]) == ("ann", 1, 3)
    assert "luna" in shown
    with pytest.raises(BadEvent, match="roomtone conversations"):
        await looking.person(settings, "nobody", tz="UTC", as_json=False)


async def test_coverage_is_shown(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    """What came, and what did not, with what it would need."""
    await looking.coverage(settings, bot=None, as_json=True)
    told = json.loads(capsys.readouterr().out)
    await looking.coverage(settings, bot="luna", as_json=False)
    shown = capsys.readouterr().out

    assert "user_emotion" in {one["name"] for one in told["bots"][0]["measurements"]}
    assert "memory_quality" in told["missing"]
    assert "user_emotion" in shown
    assert "missing: memory_quality, which needs" in shown


async def test_looking_where_nothing_is_makes_nothing(tmp_path: Path) -> None:
    """A typing error in --data leaves no folder behind."""
    settings = Settings(data=tmp_path / "nothing")
    with pytest.raises(StoreError, match="--data"):
        await looking.coverage(settings, bot=None, as_json=False)

    assert list(tmp_path.iterdir()) == []
