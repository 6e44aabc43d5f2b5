"""From turns at the door to their trends and comparisons, over HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from roomtone.runtime.clock import iso, utc
from roomtone.web import trend_models as models
from tests.web.conftest import Site

TRUST = {"measurement": "relationship_progression", "field": "trust_level"}


async def talk(site: Site, user: str, count: int = 12, *, bot: str = "luna") -> None:
    """A turn a day of one person with a bot, over the last days, read and measured."""
    now = utc(site.house.clock.now_ms())
    said = [
        {
            "type": "turn",
            "id": f"{user}{number}",
            "session": f"with {user}",
            "bot": bot,
            "user": user,
            "at": iso(now - timedelta(days=count - number)),
            "message": "Thank you so much, this made my day!",
            "reply": "I am so happy to hear that!",
        }
        for number in range(count)
    ]
    await site.say(*said)
    assert await site.pipeline.reader.done(20)
    await site.pipeline.settled()
    await site.house.tick()
    await site.pipeline.keeper.drain()


async def test_what_was_said_has_a_trend(site: Site) -> None:
    """Per day, of the points that it has; asked for by the person's own name."""
    await talk(site, "ann@example.org")
    told = await site.get("/v1/trends", **TRUST, user="ann@example.org", bot="luna")
    model = models.Trends.model_validate(told)

    assert model.model_extra in ({}, None)
    assert len(told["points"]) == 12
    assert told["trend"]["points"] == 12
    assert told["trend"]["days"] == 11
    gained = told["points"][-1]["value"] - told["points"][0]["value"]
    assert told["trend"]["slope_per_day"] == pytest.approx(gained / 11, abs=0.01)
    assert told["trend"]["low"] <= told["trend"]["slope_per_day"] <= told["trend"]["high"]
    assert sum(told["sources"].values()) == 1
    assert (await site.get("/v1/trends", **TRUST, user="nobody"))["points"] == []


async def test_a_session_has_its_own_numbers(site: Site) -> None:
    """As they stand beside its turns."""
    await talk(site, "ann")
    await talk(site, "bob")
    ann = await site.get("/v1/trends", **TRUST, session="with ann")
    every = await site.get("/v1/trends", **TRUST)
    late = await site.get("/v1/trends", **TRUST, session="with ann", start="-121h")

    assert (len(ann["points"]), len(every["points"]), len(late["points"])) == (12, 24, 5)
    assert ann["points"] == (await site.get("/v1/trends", **TRUST, user="ann"))["points"]


async def test_people_are_compared(site: Site) -> None:
    """On the same number, each with mean and trend."""
    await talk(site, "ann")
    await talk(site, "bob", 6)
    told = await site.get("/v1/compare", by="user", of=["ann", "bob"], **TRUST)
    model = models.Comparison.model_validate(told)

    assert model.model_extra in ({}, None)
    assert [(line["name"], line["count"]) for line in told["series"]] == [("ann", 12), ("bob", 6)]
    assert all(0 < line["mean"] < 1 for line in told["series"])


ODD: dict[str, Any] = {
    "/v1/trends": 422,
    "/v1/trends?measurement=nope&field=x": 422,
    "/v1/trends?measurement=relationship_progression&field=nope": 422,
    "/v1/trends?measurement=relationship_progression&field=source": 422,
    "/v1/trends?measurement=engagement&field=score&bot=luna": 422,
    "/v1/trends?measurement=engagement&field=score&step=7": 422,
    "/v1/trends?measurement=engagement&field=score&start=noon": 422,
    "/v1/trends?measurement=engagement&field=score&start=-1d&end=-2d": 422,
    "/v1/compare?by=bot&of=a&measurement=engagement&field=score": 422,
    "/v1/compare?by=bot&of=a&of=a&measurement=engagement&field=score": 422,
    "/v1/compare?by=moon&of=a&of=b&measurement=engagement&field=score": 422,
    "/v1/compare?by=bot&measurement=engagement&field=score" + "&of=x" * 50: 422,
}


async def test_what_cannot_be_asked_is_told_why(site: Site) -> None:
    """In a problem document that ends in what to do."""
    for path, status in ODD.items():
        assert (await site.problem(await site.client.get(path)))[0] == status, path


async def test_what_bots_give_is_covered(site: Site) -> None:
    """Every measurement but those that need what these turns do not tell; none of a stranger."""
    await talk(site, "ann")
    told = await site.get("/v1/coverage")
    model = models.Coverage.model_validate(told)
    nobody = await site.get("/v1/coverage", bot="nobody")

    assert model.model_extra in ({}, None)
    untold = {"memory_quality", "context_switches", "vector_classification"}
    of_reactions = {"user_feedback", "reaction_engagement", "reaction_emotion"}
    assert set(told["missing"]) <= untold | of_reactions
    assert all(one["out_of_range"] == 0 for one in told["bots"][0]["measurements"])
    assert nobody["bots"] == []
