"""A rehearsal gives each turn of the past what memory would have had then, and leaves nothing."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from roomtone.events import Message, Turn
from roomtone.heard import Looked, Recalled
from roomtone.records import memory_id
from roomtone.runtime.config import Models, Settings
from roomtone.runtime.rehearsing import Rehearsal, rehearsal

LONG_AGO = datetime(2019, 3, 1, 9, tzinfo=UTC)


def turn(id: str, message: str | None, reply: str | None, **more: object) -> Turn:
    """A turn of ann with luna, years ago, a minute after the one before it."""
    told: dict[str, object] = {
        "session": "s",
        "bot": "luna",
        "user": "ann",
        "at": LONG_AGO + timedelta(minutes=int(id)),
    }
    return Turn(id=id, message=message, reply=reply, **(told | more))  # type: ignore[arg-type]


@pytest.fixture
async def played(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Rehearsal]:
    """A rehearsal in a folder of its own."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    settings = Settings(data=tmp_path / "data", models=Models(embedding="hashed://"))
    async with rehearsal(settings) as made:
        yield made
    assert not [*tmp_path.iterdir()], "something was left behind, or the real folder was touched"


def found(event: object) -> Looked:
    assert isinstance(event, Turn) and event.rehearsed is not None
    return event.rehearsed


def ids(looked: Looked) -> list[str | None]:
    return [one.id for one in looked.memories or ()]


async def test_a_turn_finds_what_was_said_before_it_and_nothing_later(played: Rehearsal) -> None:
    """What is long past its time today was not past it then; the first turn finds nothing."""
    said = [
        turn("0", "My dog is called Rex and he loves the beach", "Rex is a lovely name!"),
        turn("1", "I had soup for lunch", "Was it good?"),
        turn("2", "what is my dog called?", "Your dog is called Rex, and he loves the beach!"),
        turn("3", "his sister is called Bella, that dog is brown", "How nice."),
    ]
    first, _, asked, _ = await played.of(said)

    assert found(first).memories == []
    assert ids(found(asked))[0] == memory_id("luna", "s", "0")
    assert memory_id("luna", "s", "3") not in ids(found(asked))
    assert found(asked).used is not None and found(asked).used > 0
    assert (found(asked).retrieval_time_ms or 0) > 0


async def test_what_was_played_before_is_found_in_the_next_batch(played: Rehearsal) -> None:
    """A file comes in parts."""
    await played.of([turn("0", "My dog is called Rex", "Hi Rex!")])
    (asked,) = await played.of([turn("1", "what is my dog called?", "Rex")])

    assert ids(found(asked)) == [memory_id("luna", "s", "0")]


async def test_pairs_that_are_weeks_apart_are_each_at_their_own_time(played: Rehearsal) -> None:
    """Played beside each other, what is over for the last of them is not for the first."""
    said = [
        turn("0", "We had tomato soup for lunch", "Nice!"),
        turn("50000", "We had pancakes for breakfast", "Nice!", user="bob"),
        turn("1", "was the tomato soup good?", "It was."),
        turn("50001", "were the pancakes good?", "They were.", user="bob"),
    ]
    _, _, first, last = await played.of(said)

    assert ids(found(first)) == [memory_id("luna", "s", "0")]
    assert ids(found(last)) == [memory_id("luna", "s", "50000")]


async def test_nobody_finds_what_another_said(played: Rehearsal) -> None:
    """Pairs are played beside each other, each in its own order."""
    said = [
        turn("0", "My dog is called Rex", "Hi!"),
        turn("1", "what is my dog called?", "?", user="bob"),
        turn("2", "what is my dog called?", "?", bot="sol"),
        turn("3", "what is my dog called?", "Rex"),
    ]
    _, other, elsewhere, own = await played.of(said)

    assert found(other).memories == found(elsewhere).memories == []
    assert ids(found(own)) == [memory_id("luna", "s", "0")]


async def test_no_turn_waits_for_models(played: Rehearsal) -> None:
    """They are loaded before: how long a recall takes is what it took."""
    memory = played._memory

    assert memory._embedding is not None and memory._emotion is not None
    assert memory.recalls == 0


async def test_who_tells_of_memories_is_believed_and_all_else_stays(played: Rehearsal) -> None:
    """A look that was real is not played; a turn without a message asks nothing."""
    told = turn("0", "hello", "hi", memories=[Recalled(similarity=0.5, id="x")])
    silent = turn("1", None, "Are you there?")
    nobody = turn("2", "hello", "hi", user=None)
    chat = Message(session="s", user="ann", text="hello", at=LONG_AGO)

    assert await played.of([told, silent, nobody, chat]) == [told, silent, nobody, chat]
