"""What has a time set goes when it is over, and what has none stays for good."""

from __future__ import annotations

from datetime import timedelta

from roomtone.runtime import recovery
from roomtone.runtime.config import Settings
from tests.runtime.conftest import House
from tests.runtime.test_erasing import OTHERS, filled


async def told(house: House) -> list[int]:
    archive = house.pipeline.archive
    return [
        (await archive.conversations())[1],
        len(await archive.turns(f"luna/{OTHERS[0]}")),
        (await archive.reactions())[1],
        len(await archive.dead_letters()),
    ]


async def test_only_what_has_a_time_goes_when_it_is_over(house: House) -> None:
    """Conversations with all that was said in them; of the others nothing."""
    await filled(house)
    before = await told(house)
    await house.pipeline.stop()
    rules = {"conversation_days": 2, "dead_letter_days": 30}
    house.settings = Settings(data=house.settings.data, retention=rules)
    await house.open()

    await recovery.upkeep(house.pipeline)
    assert await told(house) == before, "nothing is old yet"
    house.clock.advance(timedelta(days=3).total_seconds())
    await recovery.upkeep(house.pipeline)

    assert await told(house) == [0, 0, *before[2:]]
    assert house.pipeline.inspector.faults() == []
