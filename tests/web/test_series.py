"""Numbers come as columns: of rooms on the clock, and of turns at their own times."""

from __future__ import annotations

from tests.web.conftest import Site
from tests.web.test_trends import talk

TRUST = {"measurement": "relationship_progression", "fields": "trust_level", "from": "-30d"}


async def test_turns_are_read_by_bot_person_and_session(site: Site) -> None:
    """Any of them, or several; each point at the time of its turn."""
    await talk(site, "ann", 4)
    await talk(site, "bob", 3, bot="nova")

    async def count(**whose: str) -> int:
        series = await site.get("/v1/series", **TRUST, **whose)
        assert len(series["t"]) == len(series["fields"]["trust_level"])
        assert series["t"] == sorted(series["t"])
        return len(series["t"])

    assert await count() == 7
    assert await count(bot="luna") == 4
    assert await count(user="bob") == 3
    assert await count(session="with ann") == 4
    assert await count(session="with ann", user="bob") == 0
    assert await count(bot="nova", step="3600") == 3


async def test_words_are_no_columns(site: Site) -> None:
    """Without `fields` all numbers come, and of texts none."""
    await talk(site, "ann", 1)
    series = await site.get(
        "/v1/series", measurement="user_emotion", user="ann", **{"from": "-30d"}
    )

    assert "intensity" in series["fields"]
    assert "source" not in series["fields"]


ODD = {
    "/v1/series?measurement=engagement": 422,
    "/v1/series?measurement=engagement&session=s&bot=luna": 422,
    "/v1/series?measurement=user_emotion&fields=source&bot=luna": 422,
    "/v1/series?measurement=user_emotion&session=s&step=60": 422,
}


async def test_what_cannot_be_asked_is_told_why(site: Site) -> None:
    """In a problem document that ends in what to do."""
    for path, status in ODD.items():
        assert (await site.problem(await site.client.get(path)))[0] == status, path
