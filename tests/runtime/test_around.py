"""What was said around a reaction is found in rooms with what came later, within its bounds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import structs

from roomtone.cases import Found
from roomtone.runtime.around import Around
from roomtone.verdicts import ReactionReview
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


async def test_one_that_was_given_again_is_not_what_was_taken_back(house: House) -> None:
    """One that nobody knew goes, and comes back at once; one on another message stays too."""
    pipeline = house.pipeline
    await pipeline.submit([heart("", at=2), heart("m2", at=3)])
    await pipeline.submit([heart("m1", at=8, action="remove"), heart("m1", at=9)])
    await pipeline.settled()
    reacting = pipeline.conversations.reacting
    for one in list(reacting.lost.values()):
        reacting.lost[f"{one.id}2"] = structs.replace(one, id=f"{one.id}2", target="", ms=1)
    await house.tick()
    await pipeline.keeper.kept(20)
    told: list[ReactionReview] = []

    async def tell(events: Sequence[Any]) -> None:
        told.extend(events)

    await Around(pipeline, 2, 600).look_for_lost(tell)

    assert [one.of.id[:2] for one in told] == ["g_", "g_"] and all(one.gone for one in told)
    _, total = await pipeline.archive.reactions()
    assert total == 3
