"""What was said around a reaction is found in rooms with what came later, within its bounds."""

from __future__ import annotations

from roomtone.cases import Found
from roomtone.runtime.around import Around
from tests.reacted import heart, said
from tests.runtime.conftest import House


async def test_later_messages_are_second_evidence(house: House) -> None:
    """Those said since, up to the moment of judging; of those before only what is asked for."""
    events = [said(f"m{n}", "ann", "user", at=n) for n in range(9)]
    await house.pipeline.submit([*events[:7], heart("m6", at=8), *events[7:]])
    await house.pipeline.settled()
    known = house.pipeline.conversations.reacting.known.held
    held = next(iter(known.values()))

    found = await Around(house.pipeline, 2, 600).found(held, house.clock.now_ms())

    assert isinstance(found, Found)
    assert [line.text for line in found.before] == ["text of m4", "text of m5"]
    assert [line.text for line in found.after] == ["text of m7", "text of m8"]
    assert found.of.target_is == "user"
