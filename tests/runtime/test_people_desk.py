"""A word on consent is kept before it is answered, and assumed only where a setting says so."""

from __future__ import annotations

import pytest

from roomtone.consents import ConsentGiven
from roomtone.errors import BadEvent
from roomtone.events import Turn
from roomtone.runtime.config import Settings
from roomtone.runtime.consenting import standing
from tests.runtime.conftest import House


async def test_the_archive_has_it_when_it_is_answered(house: House) -> None:
    """So that the next export heeds it."""
    said = ConsentGiven(user="ann", purposes={"training": True})
    told = await house.pipeline.give_consent(said)

    (kept,) = await house.pipeline.archive.consents(["ann"])
    assert kept.granted and told["purposes"]["training"]["granted"]


async def test_consent_of_nobody_is_refused(house: House) -> None:
    """Somebody must have given it."""
    with pytest.raises(BadEvent, match="give `user`"):
        await house.pipeline.give_consent(ConsentGiven(purposes={"training": True}))


async def test_consent_is_assumed_only_while_a_setting_says_so(house: House) -> None:
    """Whoever talks to a bot has agreed then, but for who said no; set back, all is taken back."""
    await house.pipeline.stop()
    house.settings = Settings(data=house.settings.data, training={"assume_consent": True})
    pipeline = await house.open()
    await pipeline.give_consent(ConsentGiven(user="bob", purposes={"training": False}))
    turns = [Turn(session=one, bot="luna", user=one, message="hi") for one in ("ann", "bob")]
    await pipeline.submit(turns)
    await pipeline.reader.done(20)
    await house.tick(2)
    await pipeline.keeper.kept()

    async def trainable() -> list[bool]:
        found = [
            await standing(house.pipeline.archive, house.settings, one) for one in ["ann", "bob"]
        ]
        return [one["purposes"]["training"]["granted"] for one in found]

    assert await trainable() == [True, False]
    await house.pipeline.stop()
    house.settings = Settings(data=house.settings.data)
    await house.open()
    assert await trainable() == [False, False]
