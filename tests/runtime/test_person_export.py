"""All that is kept of a person comes as one document, and nothing of anybody else."""

from __future__ import annotations

import msgspec

from roomtone.runtime.person_export import export, would_erase
from tests.runtime.conftest import House
from tests.runtime.test_erasing import GONE, OTHERS, SECRET, filled


async def test_all_that_is_kept_is_told(house: House) -> None:
    """Of every store something; what an erasure would remove is counted, and is still there."""
    pipeline = await filled(house)

    told = msgspec.json.decode(b"".join([piece async for piece in export(pipeline, GONE)]))

    assert told["user"] == GONE and told["events_in_journal"] >= 22
    (talk,) = told["conversations"]
    assert talk["messages"][0]["content"] == f"{SECRET}, 0"
    for part in ("consents", "relationships", "reactions", "memories", "series", "dead_letters"):
        assert told[part], part
    assert not any(other in str(told["memories"]) for other in OTHERS)
    counted = await would_erase(pipeline, GONE)
    assert {one["store"]: one["removed"] for one in counted["stores"]}["journal"] == told[
        "events_in_journal"
    ]
    assert (await pipeline.archive.conversations(user=GONE))[1] == 1


async def test_of_nobody_there_is_an_empty_document(house: House) -> None:
    """Which says so, and is no error."""
    told = msgspec.json.decode(b"".join([piece async for piece in export(house.pipeline, "x")]))

    assert told["events_in_journal"] == 0 and told["conversations"] == []
