"""Memories can be told, recalled, corrected, hidden and forgotten over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from roomtone.errors import StoreError
from roomtone.runtime.config import Models
from roomtone.web import memory_models as models
from tests.web.conftest import Site

WHOSE = {"bot": "luna", "user": "ann/é"}


@pytest.fixture(autouse=True)
def hashed(site: Site) -> None:
    """Vectors that need no model file."""
    memory = site.pipeline.memory
    memory._settings = memory._settings.model_copy(update={"models": Models(embedding="hashed://")})


async def told(site: Site, content: str, **more: Any) -> dict[str, Any]:
    response = await site.client.post("/v1/memories", json={**WHOSE, "content": content, **more})
    assert response.status_code in (200, 201), response.text
    answer: dict[str, Any] = response.json()
    return answer


async def test_answers_are_as_documented(site: Site) -> None:
    """Each fits the model that /docs shows, and names nothing that the model does not."""
    kept = await told(site, "My dog is called Rex", tags=["pets"], metadata={"mood": 0.5})
    asked: dict[str, Any] = {
        "/v1/memories": models.Memories,
        "/v1/memories/recall?bot=luna&user=ann/é&query=dog": models.Recalled,
        f"/v1/memories/{kept['id']}": models.Memory,
    }

    for path, model in asked.items():
        answer = model.model_validate(await site.get(path))
        assert answer.model_extra in ({}, None), path


async def test_a_memory_lives_and_is_forgotten(site: Site) -> None:
    """Told once under an id of one's own, recalled, corrected, hidden, deleted."""
    kept = await told(site, "I like green tea", id="mine")
    assert (await told(site, "I like green tea", id="mine"))["id"] == kept["id"]
    path = f"/v1/memories/{kept['id']}"
    recalled = await site.get("/v1/memories/recall", **WHOSE, query="green tea")
    assert [one["memory"]["id"] for one in recalled["memories"]] == [kept["id"]]
    changed = await site.client.patch(
        path, json={"content": "I like black tea", "tier": "permanent", "by": "Ann"}
    )
    assert changed.json()["content"] == "I like black tea" and changed.json()["verified"]
    await site.client.patch(path, json={"hidden": True})
    hidden = await site.get("/v1/memories/recall", **WHOSE, query="black tea")
    page = await site.get("/v1/memories", user="ann/é", search="BLACK", tier="permanent")

    assert hidden["memories"] == [] and page["total"] == 1
    assert page["tiers"]["permanent"] == 1 and page["bots"] == {"luna": 1}
    assert (await site.client.delete(path)).json() == {"deleted": 1}
    for response in (
        await site.client.delete(path),
        await site.client.get(path),
        await site.client.patch(path, json={"verified": True}),
    ):
        status, detail = await site.problem(response)
        assert status == 404 and "GET /v1/memories" in detail


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"content": "\n "}, "nothing to remember"),
        ({"content": "x", "at": "2026-03-01T12:00:00"}, "no offset"),
        ({"content": "x", "importance": 7}, "importance"),
        ({}, "content"),
    ],
)
async def test_what_cannot_be_remembered_is_refused_with_a_sentence(
    site: Site, body: dict[str, Any], says: str
) -> None:
    """It says what was wrong and what to do, and repeats nothing of what came."""
    response = await site.client.post("/v1/memories", json={**WHOSE, **body})
    status, detail = await site.problem(response)

    assert status == 422 and says in detail


async def test_hostile_texts_come_back_as_texts(site: Site) -> None:
    """Markup, quotes, NUL and a book: kept or cut, never run."""
    for text in ("<script>alert(1)</script>", "'; DROP TABLE memories;--", "a\0b", "x" * 300_000):
        kept = await told(site, text)
        assert kept["content"] == text.replace("\0", "\ufffd") or len(kept["content"]) == 4_001
    assert (await site.get("/v1/memories", user="ann/é"))["total"] == 4


async def test_a_store_that_is_away_is_said_so(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """503 with what to do, and turns are taken as before."""

    async def refuse(**sought: Any) -> Any:
        raise StoreError("the store of memories is away; start it")

    monkeypatch.setattr(site.pipeline.memory.store, "memories", refuse)
    status, detail = await site.problem(await site.client.get("/v1/memories"))

    assert status == 503 and "away" in detail
    await site.say({"type": "turn", "session": "s", "bot": "luna", "user": "ann", "message": "hi"})


@pytest.mark.parametrize("number", ["1e999", "NaN", "-Infinity"])
async def test_a_number_that_is_none_spoils_no_page(site: Site, number: str) -> None:
    """It is refused; kept, it could never be read again, nor the page that it is on."""
    body = f'{{"bot": "luna", "user": "ann", "content": "x", "metadata": {{"n": {number}}}}}'
    json = {"content-type": "application/json"}
    response = await site.client.post("/v1/memories", content=body, headers=json)
    status, _ = await site.problem(response)

    assert status == 422
    assert (await site.get("/v1/memories"))["total"] == 0


async def test_of_who_was_erased_nothing_is_remembered(site: Site) -> None:
    """Whoever has a bot remember it; once they are readmitted it is."""
    told = {"bot": "luna", "user": "gone-person", "content": "my dog is ill"}
    await site.pipeline.erase_person("gone-person")
    response = await site.client.post("/v1/memories", json=told)
    found = await site.get("/v1/memories?user=gone-person")

    assert response.status_code == 422 and "was erased" in response.text
    assert found["total"] == 0
    await site.pipeline.readmit_person("gone-person")
    assert (await site.client.post("/v1/memories", json=told)).status_code == 201
