"""Conversations and people can be asked for, whatever they are called, and never without bound."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

from roomtone.runtime.spoken import PAGE_CHARS
from roomtone.web import talk_models as models
from tests.talked import NOON, keep, turns
from tests.web.conftest import Site

HARD = ["a/b", "a b?c#d", "é👍", "..", "%2F", "a;b=c", "+", "<script>", "x' OR 1=1 --", "{user}"]


def part(name: str) -> str:
    """A name as one part of a path; dots would be taken for folders by a client."""
    return quote(name, safe="").replace(".", "%2E")


async def test_answers_are_as_documented(site: Site) -> None:
    """Each fits the model that /docs shows, and names nothing that the model does not."""
    await keep(site.pipeline.archive, turns())
    asked: dict[str, Any] = {
        "/v1/conversations": models.Conversations,
        "/v1/conversations/s": models.Transcript,
        "/v1/people": models.People,
        "/v1/people/ann": models.Person,
        "/v1/relationships/luna/ann": models.Relationship,
    }

    for path, model in asked.items():
        answer = model.model_validate(await site.get(path))
        assert answer.model_extra in ({}, None), path


async def test_a_conversation_is_found_by_what_it_was(site: Site) -> None:
    """By bot, person, feeling, quality, time and part of a name; with the facets of all."""
    archive = site.pipeline.archive
    await keep(archive, turns("one", user="Ann"), quality=0.2)
    await keep(archive, turns("two", bot="nova", at=NOON + timedelta(days=1)), quality=0.9)
    await keep(archive, turns("three", user="bob"), emotion="fear", quality=None)

    async def found(**query: Any) -> list[str]:
        page = await site.get("/v1/conversations", **query)
        assert page["total"] == len(page["conversations"])
        assert page["facets"]["bot"] == {"luna": 2, "nova": 1}
        return [talk["session"] for talk in page["conversations"]]

    assert await found(bot="nova") == ["two"]
    assert await found(user="bob", emotion="fear") == ["three"]
    assert await found(search="ANN") == ["two", "one"]
    assert await found(min_quality=0.5) == ["two"]
    assert await found(max_quality=0.5) == ["one"]
    assert await found(start="2026-11-21T00:00:00Z") == ["two"]
    assert sorted(await found(end="2026-11-21T00:00:00Z")) == ["one", "three"]
    assert await found(order="quality") == ["one", "two", "three"]


async def test_pages_of_conversations_add_up(site: Site) -> None:
    """No page repeats or skips one; the total stays."""
    for number in range(7):
        said = turns(f"s{number}", at=NOON + timedelta(hours=number))
        await keep(site.pipeline.archive, said)
    pages = [await site.get("/v1/conversations", offset=at, limit=3) for at in (0, 3, 6)]

    assert [page["total"] for page in pages] == [7, 7, 7]
    assert [t["session"] for page in pages for t in page["conversations"]] == [
        f"s{number}" for number in range(6, -1, -1)
    ]


async def test_a_transcript_is_read_backwards_in_pages(site: Site) -> None:
    """The newest turn first, each once, with its texts, its values and its time to the ms."""
    await keep(site.pipeline.archive, turns(count=7, every=timedelta(milliseconds=1)))
    seen: list[dict[str, Any]] = []
    before: str | None = None
    while True:
        query = {"before": before} if before else {}
        page = await site.get("/v1/conversations/s", limit=3, **query)
        seen += page["turns"]
        before = page["next"]
        if before is None:
            break

    assert [turn["id"] for turn in seen] == [f"t{number}" for number in range(6, -1, -1)]
    assert seen[0]["at"] == "2026-11-20T12:00:00.006Z"
    assert (seen[0]["message"], seen[0]["reply"]) == ("how are you?", "reply 6")
    assert seen[0]["values"]["user_emotion"]["source"] == "model"


async def test_a_page_of_books_is_a_short_one(site: Site) -> None:
    """Bytes have a bound, and all turns come nevertheless."""
    said = turns(count=5, message="x" * (PAGE_CHARS // 2 - 100))
    await keep(site.pipeline.archive, said)
    first = await site.get("/v1/conversations/s")
    second = await site.get("/v1/conversations/s", before=first["next"])
    third = await site.get("/v1/conversations/s", before=second["next"])

    assert [len(page["turns"]) for page in (first, second, third)] == [2, 2, 1]
    assert third["next"] is None


@pytest.mark.parametrize("name", HARD)
async def test_any_name_can_be_asked_for(site: Site, name: str) -> None:
    """A session, a person and a bot are one part of the path each, whatever stands in them."""
    await keep(site.pipeline.archive, turns(name, bot=name, user=name, message=name))
    told = await site.get(f"/v1/conversations/{part(name)}")
    person = await site.get(f"/v1/people/{part(name)}")
    pair = await site.get(f"/v1/relationships/{part(name)}/{part(name)}")
    listed = await site.get("/v1/conversations", user=name, bot=name)
    missing = await site.client.get(f"/v1/people/{part(name)}-other")

    assert told["turns"][0]["message"] == name
    assert (person["user"], person["total"]) == (name, 1)
    assert (pair["bot"], pair["user"]) == (name, name)
    assert listed["total"] == 1
    assert (await site.problem(missing))[0] == 404


async def test_people_are_pairs(site: Site) -> None:
    """A person with two bots stands in two rows, the one that changed last first."""
    archive = site.pipeline.archive
    await keep(archive, turns("a"))
    await keep(archive, turns("b", bot="nova", at=NOON + timedelta(days=1)))
    await keep(archive, turns("c", user="bob", at=NOON - timedelta(days=1)))
    every = await site.get("/v1/people")
    anns = await site.get("/v1/people", search="an")
    novas = await site.get("/v1/people", bot="nova")
    second = await site.get("/v1/people", offset=1, limit=1)

    assert [(row["user"], row["bot"]) for row in every["people"]] == [
        ("ann", "nova"),
        ("ann", "luna"),
        ("bob", "luna"),
    ]
    assert (anns["total"], novas["total"], second["total"]) == (2, 1, 3)
    assert second["people"] == every["people"][1:2]
    assert every["people"][0]["first"] == "2026-11-21T12:00:00.000Z"


async def test_a_persons_days_are_in_their_time_zone(site: Site) -> None:
    """What was said at half past eleven in UTC was said the next day in Helsinki."""
    said = turns(count=3, at=NOON.replace(hour=23, minute=30))
    await keep(site.pipeline.archive, said)
    utc = await site.get("/v1/people/ann")
    local = await site.get("/v1/people/ann", tz="Europe/Helsinki")

    assert utc["days"] == [{"day": "2026-11-20", "turns": 3}]
    assert utc["hours"][4][23] == 3, "a Friday"
    assert local["days"] == [{"day": "2026-11-21", "turns": 3}]
    assert local["hours"][5][1] == 3
    assert sum(map(sum, utc["hours"])) == 3


ODD = {
    "/v1/conversations?limit=0": 422,
    "/v1/conversations?limit=1001": 422,
    "/v1/conversations?offset=-1": 422,
    "/v1/conversations?offset=1e99": 422,
    "/v1/conversations?order=name": 422,
    "/v1/conversations?min_quality=7": 422,
    "/v1/conversations?start=yesterday": 422,
    "/v1/conversations/nobody": 404,
    "/v1/conversations/%FF%00": 404,
    "/v1/conversations/s?before=nope": 422,
    "/v1/conversations/s?before=WzFlMzAwLCJ4Il0": 422,
    "/v1/conversations/s?before=Wzk5OTk5OTk5OTk5OTk5OTk5LCJ4Il0": 422,
    "/v1/people?limit=0": 422,
    "/v1/people/nobody": 404,
    "/v1/people/ann?tz=../../etc/passwd": 422,
    "/v1/people/ann?tz=Nowhere/Else": 422,
    "/v1/people/ann?tz=%00": 422,
    "/v1/relationships/luna/nobody": 404,
    "/v1/relationships/luna": 404,
}


async def test_what_cannot_be_asked_is_told_why(site: Site) -> None:
    """In a problem document that ends in what to do."""
    await keep(site.pipeline.archive, turns())
    for path, status in ODD.items():
        assert (await site.problem(await site.client.get(path)))[0] == status, path


async def test_a_page_of_another_site_gets_nothing(site: Site) -> None:
    """Under another host's name nobody reads what people said."""
    await keep(site.pipeline.archive, turns())
    answer = await site.client.get("/v1/conversations/s", headers={"host": "evil.example"})

    assert (await site.problem(answer))[0] == 421


async def test_an_archive_that_fails_is_503(site: Site) -> None:
    """With what to do."""
    await site.pipeline.archive.close()
    for path in ("/v1/conversations", "/v1/conversations/s", "/v1/people", "/v1/people/ann"):
        assert (await site.problem(await site.client.get(path)))[0] == 503, path
