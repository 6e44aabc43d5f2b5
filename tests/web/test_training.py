"""Training data is told of, previewed and exported over HTTP, as the documents have it and more."""

from __future__ import annotations

import json
from typing import Any

import pytest

from roomtone.web import training_models as models
from tests.runtime.kept import KeptArchive, conversation
from tests.web.conftest import Site


@pytest.fixture(autouse=True)
def archive(site: Site) -> KeptArchive:
    """Twenty conversations of four people, of whom one has not agreed."""
    kept: Any = KeptArchive([conversation(id, f"p{id % 4}") for id in range(1, 21)])
    kept.agree("p0", yes=False)
    site.pipeline.datasets.archive = kept
    archive: KeptArchive = kept
    return archive


async def test_answers_are_as_documented(site: Site) -> None:
    """Each fits the model that /docs shows, and names nothing that the model does not."""
    asked: dict[str, Any] = {
        "/v1/formats": models.Formats,
        "/v1/training/overview?bot=luna&min_quality=0.5&voice=false&start=-7d": models.Overview,
        "/v1/training/preview?format=kto&limit=2": models.Preview,
        "/api/training/stats": models.Stats,
    }

    for path, model in asked.items():
        answer = model.model_validate(await site.get(path))
        assert answer.model_extra in ({}, None), path


async def test_the_documents_routes_answer_as_they_say(site: Site, archive: KeptArchive) -> None:
    """Export one, export some, count them, mark them, look at one."""
    one = await site.client.post(
        "/api/training/export", json={"conversation_id": 2, "format": "json"}
    )
    assert one.json()["conversation_id"] == 2 and one.json()["messages"][0]["role"] == "user"
    assert one.headers["content-type"] == "application/json"
    assert await site.get("/api/training/conversation/2") == one.json()

    some = await site.client.post("/api/training/export", json={"limit": 3, "format": "json"})
    assert [told["conversation_id"] for told in some.json()] == [1, 2, 3]
    marked = await site.client.post("/api/training/mark-exported/1")
    assert marked.json() == {"conversation_id": 1, "training_data_exported": True}
    assert [t["conversation_id"] for t in await site.get("/api/training/export?limit=2")] == [2, 3]
    told = await site.get("/api/training/stats")
    assert (told["total_conversations"], told["exported_conversations"]) == (20, 1)
    assert archive.marked == {1}


async def test_the_format_is_honoured(site: Site) -> None:
    """Lines of JSON where these were asked for; one that nobody knows is refused."""
    lines = await site.client.get("/api/training/export?limit=2&format=sft")
    assert lines.headers["content-type"].startswith("application/x-ndjson")
    assert [json.loads(line)["conversation_id"] for line in lines.text.splitlines()] == [1, 2]

    for path in ("/api/training/export?format=nothing", "/v1/training/preview?format=nothing"):
        status, detail = await site.problem(await site.client.get(path))
        assert status == 422 and "choose one of" in detail


async def test_who_has_not_agreed_is_not_handed_out(site: Site) -> None:
    """As if they were not there; and so is what is not there."""
    for id in (4, 999, 2**70):
        for response in (
            await site.client.get(f"/api/training/conversation/{id}"),
            await site.client.get(f"/api/training/export?conversation_id={min(id, 2**62)}"),
        ):
            assert (await site.problem(response))[0] == 404
    assert (await site.problem(await site.client.post("/api/training/mark-exported/999")))[0] == 404


async def test_what_is_no_filter_is_refused(site: Site) -> None:
    """With what to write instead."""
    for query in ("start=soon", "min_quality=2", "meaning=LOVE"):
        response = await site.client.get(f"/v1/training/overview?{query}")
        assert (await site.problem(response))[0] == 422
