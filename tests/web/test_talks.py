"""Conversations and people can be asked for, whatever they are called, and never without bound."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from roomtone.runtime.config import Settings
from roomtone.runtime.spoken import PAGE_CHARS
from roomtone.web import talk_models as models
from tests.runtime.conftest import House
from tests.talked import NOON, keep, turns
from tests.web.conftest import Site, serving

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


async def test_how_a_pair_stands_is_set_on_a_declared_scale(site: Site) -> None:
    """0.8 on 1 and 80 on 100 are the same; 1.0 on 1 is all there is, never a hundredth."""
    url = "/v1/relationships/luna/ann"
    for body, trust in [
        ({"trust": 80, "affection": 60, "attunement": 70}, 0.8),
        ({"trust": 0.8, "scale": 1, "by": "crm"}, 0.8),
        ({"trust": 1.0, "scale": 1}, 1.0),
        ({"trust": 1.0, "scale": 100}, 0.01),
        ({"trust": 0, "scale": 1}, 0.0),
    ]:
        told = await site.client.put(url, json=body)
        assert told.status_code == 200, told.text
        assert told.json()["trust"] == trust
        assert await site.get(url) == told.json(), "what is answered is what is kept"

    kept = models.Relationship.model_validate(await site.get(url))
    assert (kept.affection, kept.attunement, kept.source) == (0.6, 0.7, "store")


async def test_a_pair_that_was_long_silent_keeps_what_is_not_said(site: Site) -> None:
    """Its other scores are those of the archive, not those of a new pair."""
    await keep(site.pipeline.archive, turns())
    told = await site.client.put("/v1/relationships/luna/ann", json={"trust": 90})

    assert (told.json()["trust"], told.json()["affection"]) == (0.9, 0.4)
    assert told.json()["attunement"] == 0.6


async def test_the_scale_can_be_a_setting(tmp_path: Path) -> None:
    """For an owner whose scores are shares."""
    house = House(tmp_path / "data")
    house.settings = Settings(data=tmp_path / "data", relationships={"scale": 1})
    await house.open()
    async with serving(house, tmp_path / "static") as site:
        share = await site.client.put("/v1/relationships/luna/ann", json={"trust": 0.8})
        eighty = await site.client.put("/v1/relationships/luna/ann", json={"trust": 80})
        said = await site.client.put("/v1/relationships/luna/ann", json={"trust": 80, "scale": 100})
    await house.pipeline.stop()

    assert share.json()["trust"] == said.json()["trust"] == 0.8
    assert (await site.problem(eighty))[0] == 422


async def test_turns_go_on_from_what_was_set(site: Site) -> None:
    """The next turn's measurement reads the store, and says so."""
    await site.client.put("/v1/relationships/luna/ann", json={"trust": 90, "affection": 90})
    await site.say(
        {"type": "turn", "session": "s", "id": "t", "bot": "luna", "user": "ann", "message": "hi!"}
    )
    assert await site.pipeline.reader.done(20)
    await site.house.tick()
    await site.pipeline.keeper.drain()
    [turn] = (await site.get("/v1/conversations/s"))["turns"]
    values = turn["values"]["relationship_progression"]

    assert values["source"] == "store"
    assert values["trust_level"] > 0.8


@pytest.mark.parametrize("name", HARD)
async def test_any_pair_can_be_set(site: Site, name: str) -> None:
    """Whatever they are called."""
    url = f"/v1/relationships/{part(name)}/{part(name)}"
    told = await site.client.put(url, json={"trust": 50})

    assert (told.json()["bot"], told.json()["user"]) == (name, name)
    assert (await site.get(url))["trust"] == 0.5


REFUSED: list[tuple[str, bytes]] = [
    ("luna/ann", b"{}"),
    ("luna/ann", b'{"by": "crm"}'),
    ("luna/ann", b'{"trust": 101}'),
    ("luna/ann", b'{"trust": -1}'),
    ("luna/ann", b'{"trust": NaN}'),
    ("luna/ann", b'{"trust": 1e999}'),
    ("luna/ann", b'{"trust": 80, "scale": 1}'),
    ("luna/ann", b'{"trust": 80, "scale": 10}'),
    ("luna/ann", b'{"trust": true, "love": 3}'),
    ("luna/ann", b'{"trust": "80 percent"}'),
    ("luna/ann", b'{"trust": 80, "by": ""}'),
    ("luna/ann", b"[]"),
    ("luna/ann", b'{"trust":'),
    ("luna/a%0Ab", b'{"trust": 80}'),
    ("luna/" + "x" * 201, b'{"trust": 80}'),
]


@pytest.mark.parametrize(("pair", "body"), REFUSED)
async def test_what_cannot_be_set_is_told_why(site: Site, pair: str, body: bytes) -> None:
    """In a problem document that ends in what to do; nothing is kept of it."""
    url = f"/v1/relationships/{pair}"
    refused = await site.client.put(url, content=body, headers={"content-type": "application/json"})

    assert (await site.problem(refused))[0] == 422
    assert (await site.client.get(url)).status_code == 404


async def test_a_body_that_is_not_said_to_be_json_is_told_how_to_say_so(site: Site) -> None:
    """As curl sends it without a header; nothing is set."""
    url = "/v1/relationships/luna/ann"
    headers = {"content-type": "application/x-www-form-urlencoded"}
    refused = await site.client.put(url, content=b'{"trust": 80}', headers=headers)
    status, detail = await site.problem(refused)

    assert (status, (await site.client.get(url)).status_code) == (415, 404)
    assert "Content-Type: application/json" in detail


async def test_a_page_of_another_site_sets_nothing(site: Site) -> None:
    """Nor does one that a browser was tricked into sending."""
    refused = await site.client.put(
        "/v1/relationships/luna/ann",
        json={"trust": 80},
        headers={"origin": "http://evil.example"},
    )

    assert (await site.problem(refused))[0] == 403
