"""All that is kept of a person comes as one document, and nothing of anybody else."""

from __future__ import annotations

import msgspec

from roomtone.runtime.person_export import export, would_erase
from tests.runtime.conftest import House
from tests.runtime.test_erasing import GONE, OTHERS, SECRET, an_alert, filled


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


async def test_nobody_is_given_what_is_of_others_with_a_name_like_theirs(house: House) -> None:
    """A dead letter that is of somebody else, or of several, and an alert of another name."""
    pipeline = house.pipeline
    for raw in (
        b'{"user":"annie","text":"secret of annie"}',
        b'{"user":"bob","text":"ann is what bob calls her"}',
        b'[{"user":"ann","text":"mine"},{"user":"bob","text":"secret of bob"}',
        b'{"user":"ann","text":"hers',
    ):
        pipeline.keeper.bury(pipeline.memory.now, "http", "no JSON", raw)
    await pipeline.archive.add_alerts([an_alert("annie left"), an_alert("ann left")])
    await pipeline.keeper.letters.write()

    told = msgspec.json.decode(b"".join([piece async for piece in export(pipeline, "ann")]))

    assert [one["raw"] for one in told["dead_letters"]] == ['{"user":"ann","text":"hers']
    assert [one["message"] for one in told["alerts"]] == ["ann left"]
    counted = await would_erase(pipeline, "ann")
    (rows,) = [one["removed"] for one in counted["stores"] if one["store"] == "archive"]
    assert rows == 4, "the letters that an erasure removes, which are three, and one alert"
