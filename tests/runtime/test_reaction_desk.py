"""A person's word on a reaction is taken at once, and only where there is something to say."""

from __future__ import annotations

import pytest

from roomtone.errors import BadEvent
from tests.reacted import Told, heart, said
from tests.runtime.conftest import House


async def test_a_word_is_shown_and_kept_at_once(house: House) -> None:
    """Without waiting for a tick; `accept` takes what the model said or thought likeliest."""
    house.pipeline.judging.judge = Told(None)
    await house.pipeline.submit([said("m1"), heart()])
    await house.pipeline.settled()
    (held,) = house.pipeline.conversations.reacting.known.held.values()
    id = held.of.id
    with pytest.raises(BadEvent, match="give its"):
        await house.pipeline.review_reaction(id, "accept", None, "eve")
    await house.pipeline.judging.once()

    shown = await house.pipeline.review_reaction(id, "accept", None, "eve")

    assert shown is not None
    assert (shown["state"], shown["meaning"], shown["by"]) == ("reviewed", "RATING", "person")
    kept = await house.pipeline.archive.reaction(id)
    assert kept is not None
    assert (kept.said, kept.said_by) == ("RATING", "eve")
    assert await house.pipeline.review_reaction("r_none", "skip", None, "eve") is None
    with pytest.raises(BadEvent, match="choose"):
        await house.pipeline.review_reaction(id, "mean", "LIKE", "eve")


async def test_what_waits_is_told(house: House) -> None:
    """How many, since when, and how many of them for their message."""
    await house.pipeline.submit([heart("nowhere")])
    await house.pipeline.settled()
    house.clock.advance(7)

    standing = await house.pipeline.reactions_standing()

    assert (standing["waiting"], standing["waiting_for_target"]) == (1, 1)
    assert standing["oldest_s"] == 7
    assert await house.pipeline.enrich_reactions(False) == 1
