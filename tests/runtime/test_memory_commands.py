"""Memories can be listed, looked at by the doctor, and asked for from a program."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

import roomtone
from roomtone.contracts_memory import a_memory
from roomtone.errors import BadEvent, ServerError, StoreError
from roomtone.runtime import memory_commands, plugins
from roomtone.runtime.config import Settings, Stores
from tests.servers import free_port


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A folder in which two things are remembered of ann."""
    made = Settings(data=tmp_path)

    async def fill() -> None:
        store = plugins.memory(made.memory_url)
        await store.open()
        told = [
            a_memory(0, content="[red]My dog\u202e is called Rex", reason="tells of dog"),
            a_memory(1, content="x" * 300, hidden=True, superseded_by="y"),
            a_memory(2, user="bob"),
        ]
        await store.add(told, [{}] * 3, "none")
        await store.close()

    asyncio.run(fill())
    return made


def test_what_is_remembered_is_listed_with_why(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """As a table, in which no text of a person's does anything; or as JSON."""
    asyncio.run(memory_commands.memory(settings, "ann", {}, limit=50, as_json=False))
    shown = capsys.readouterr().out
    asyncio.run(memory_commands.memory(settings, "ann", {}, limit=1, as_json=True))

    assert "tells of dog" in " ".join(shown.split()) and "\u202e" not in shown
    assert [one["source"] for one in json.loads(capsys.readouterr().out)] == ["s/1"]
    with pytest.raises(BadEvent, match="roomtone person"):
        asyncio.run(memory_commands.memory(settings, "carl", {}, limit=5, as_json=False))


def test_a_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    """A mistake in a name makes no database."""
    wrong = Settings(data=tmp_path / "wrong")
    with pytest.raises(StoreError, match="--data"):
        asyncio.run(memory_commands.memory(wrong, "ann", {}, limit=5, as_json=False))

    assert memory_commands.doctor(wrong)[:2] == (True, "nothing is remembered yet")
    assert not (tmp_path / "wrong").exists()


def test_the_doctor_says_what_the_store_holds(settings: Settings) -> None:
    """Or why it does not answer, and that turns go on."""
    away = f"qdrant://127.0.0.1:{free_port()}/m_?timeout=1"
    dead = settings.model_copy(update={"stores": Stores(memory=away)})

    assert memory_commands.doctor(settings) == (True, "3 memories of 1 bots", "")
    ok, detail, remedy = memory_commands.doctor(dead)
    assert not ok and detail and "turns go on" in remedy


def test_a_program_that_reaches_no_server_is_told_what_to_do() -> None:
    """`roomtone.remember` and `roomtone.recall` wait, and say so."""
    nobody = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(ServerError, match="roomtone serve"):
        roomtone.remember("luna", "ann", "tea", url=nobody)
    with pytest.raises(ServerError, match="roomtone serve"):
        roomtone.recall("luna", "ann", "tea", url=nobody)
