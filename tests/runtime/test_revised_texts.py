"""What becomes of a text is so everywhere: in the transcript, in memory, and in no journal."""

from __future__ import annotations

from typing import Any

from roomtone.events import Turn, TurnRevised
from roomtone.runtime.config import Models, Settings
from roomtone.runtime.spoken import whole_conversation
from tests.runtime.conftest import House

SAID: dict[str, Any] = {"session": "s", "bot": "luna", "user": "ann"}


def revised(turn: str, role: str, why: str, text: str = "", **more: Any) -> TurnRevised:
    """What became of a text of ann's talk with luna."""
    told: dict[str, Any] = {**SAID, "turn": turn, "role": role, "why": why, "text": text}
    return TurnRevised(**told, **more)


async def shown(house: House) -> list[tuple[str | None, str | None, dict[str, str]]]:
    """The transcript as a page has it, oldest first."""
    await house.pipeline.reader.done(20)
    await house.tick()
    await house.pipeline.keeper.kept()
    found = await whole_conversation(house.pipeline.archive, "s", None, 100)
    assert found is not None
    return [(one["message"], one["reply"], one["revised"]) for one in found[0]["turns"][::-1]]


async def test_a_transcript_shows_the_newest_text_and_that_it_was_changed(house: House) -> None:
    """Whether it came before its turn was read, or long after; a repeat changes nothing."""
    first = Turn(id="a", message="My cat is il.", reply="Who?", **SAID)
    second = Turn(id="b", message="a secret", reply="Oh.", **SAID)
    await house.pipeline.submit([first, revised("a", "user", "edited", "My cat is ill.")])
    await house.pipeline.submit([second])
    before = await shown(house)
    anew = revised("a", "assistant", "regenerated", "Oh no.", id="e1")
    await house.pipeline.submit([anew, revised("b", "user", "deleted", "a secret", id="e2")])
    receipt = await house.pipeline.submit([anew])

    assert before == [("My cat is ill.", "Who?", {"user": "edited"}), ("a secret", "Oh.", {})]
    assert receipt.duplicates == 1
    assert await shown(house) == [
        ("My cat is ill.", "Oh no.", {"user": "edited", "assistant": "regenerated"}),
        (None, "Oh.", {"user": "deleted"}),
    ]
    assert house.pipeline.keeper.trouble is None


async def test_it_outlives_a_restart_and_a_journal_that_is_read_again(house: House) -> None:
    """The turn is told again, and its first text does not come back."""
    await house.pipeline.submit([Turn(id="a", message="one", reply="1", **SAID)])
    await shown(house)
    await house.pipeline.submit([revised("a", "user", "edited", "two")])
    once = await shown(house)
    await house.pipeline.stop()
    for saved in house.settings.data.glob("snapshot*"):
        saved.unlink()
    await house.open()

    assert await shown(house) == once == [("two", "1", {"user": "edited"})]


async def test_memory_follows(house: House) -> None:
    """What was edited is remembered as it is now, what was deleted not at all."""
    memory = house.pipeline.memory
    memory._settings = Settings(data=house.settings.data, models=Models(embedding="hashed://"))
    for id, text in (("a", "I like tea"), ("b", "a secret")):
        await house.pipeline.submit([Turn(id=id, message=text, reply="Oh.", **SAID)])
    await house.pipeline.submit([revised("a", "user", "edited", "I like coffee")])
    await house.pipeline.submit([revised("b", "user", "deleted")])
    await house.pipeline.reader.done(20)
    await house.tick()
    await memory.kept_all()

    page, total = await (await memory.ready()).memories(bot="luna")
    assert [one.content for one in page] == ["I like coffee"] and total == 1
