"""Datasets are made, watched, downloaded and deleted over HTTP, and nothing else is handed out."""

from __future__ import annotations

from typing import Any

import pytest

from roomtone.runtime.datasets import stale
from roomtone.web import training_models as models
from tests.runtime.conftest import until
from tests.runtime.kept import KeptArchive, conversation
from tests.web.conftest import Site

ORDER = {
    "format": "sft",
    "name": "first",
    "filters": {"bot": "luna", "language": ""},
    "split": {"train": 1, "test": 0},
    "seed": 3,
}


@pytest.fixture(autouse=True)
def archive(site: Site) -> KeptArchive:
    kept: Any = KeptArchive([conversation(id, f"p{id % 4}") for id in range(1, 21)])
    site.pipeline.datasets.archive = kept
    archive: KeptArchive = kept
    return archive


async def made(site: Site, **more: Any) -> dict[str, Any]:
    """A dataset that is done."""
    response = await site.client.post("/v1/datasets", json=ORDER | more)
    assert response.status_code == 202, response.text
    id = response.json()["id"]
    await until(lambda: id not in site.pipeline.datasets._making)
    told: dict[str, Any] = await site.get(f"/v1/datasets/{id}")
    return told


async def test_one_is_made_and_downloaded(site: Site) -> None:
    """All of its files, whole and in part."""
    told = await made(site)
    model = models.Dataset.model_validate(told)
    assert told["status"] == "done" and told["rows"] == 20 and model.model_extra in ({}, None)
    assert told["manifest"]["seed"] == 3 and "--seed 3" in told["command"]
    (file,) = told["files"]
    where = f"/v1/datasets/{told['id']}/files/{file['path']}"
    whole = await site.client.get(where)
    part = await site.client.get(where, headers={"range": "bytes=10-19"})

    assert len(whole.content) == file["bytes"] and whole.headers["x-content-type-options"]
    assert part.status_code == 206 and part.content == whole.content[10:20]
    assert "attachment" in whole.headers["content-disposition"]
    for name in ("README.md", "manifest.json"):
        there = await site.client.get(f"/v1/datasets/{told['id']}/files/{name}")
        assert there.status_code == 200 and there.content


async def test_what_somebody_is_in_who_withdrew_is_given_out_no_more(site: Site) -> None:
    """Its manifest still tells what it was, and the answer what to do."""
    told = await made(site)
    await stale(site.pipeline.datasets.archive, "p1", "somebody withdrew")
    refused = await site.client.get(f"/v1/datasets/{told['id']}/files/{told['files'][0]['path']}")

    assert refused.status_code == 410 and "make it anew" in refused.json()["detail"]
    assert (await site.get(f"/v1/datasets/{told['id']}"))["manifest"]["seed"] == 3


async def test_they_are_listed_by_whom_they_hold(site: Site) -> None:
    """Without their manifests, which may be long."""
    told = await made(site, limit=1)
    listed = await site.get("/v1/datasets")
    assert [one["id"] for one in listed["datasets"]] == [told["id"]]
    assert "manifest" not in listed["datasets"][0]
    assert (await site.get("/v1/datasets?user=p1"))["datasets"]
    assert (await site.get("/v1/datasets?user=p2"))["datasets"] == []
    again = await made(site, name="second")
    paged = []
    for asked in ("limit=1", "limit=1&offset=1", "offset=2"):
        page = models.Datasets.model_validate(await site.get(f"/v1/datasets?{asked}"))
        paged.append([one.id for one in page.datasets])
        assert page.total == 2
    assert sorted(map(len, paged)) == [0, 1, 1]
    assert {id for ids in paged for id in ids} == {told["id"], again["id"]}


async def test_no_other_file_is_handed_out(site: Site) -> None:
    """Whatever a path is made of."""
    told = await made(site)
    (site.house.settings.data / "datasets" / "secret").write_text("hush")
    for path in (
        "../secret",
        "..%2Fsecret",
        "%2e%2e/secret",
        "data/..%2f..%2f..%2fsecret",
        "/etc/passwd",
        "%2Fetc%2Fpasswd",
        "data/",
        "%00",
        "README.md%00.jsonl",
    ):
        response = await site.client.get(f"/v1/datasets/{told['id']}/files/{path}")
        assert response.status_code in (404, 405) and "hush" not in response.text, path


async def test_one_that_is_deleted_is_gone(site: Site) -> None:
    """With its files."""
    told = await made(site)
    gone = await site.client.delete(f"/v1/datasets/{told['id']}")
    assert gone.json()["removed"] is True
    for response in (
        await site.client.get(f"/v1/datasets/{told['id']}"),
        await site.client.delete(f"/v1/datasets/{told['id']}"),
        await site.client.get(f"/v1/datasets/{told['id']}/files/README.md"),
    ):
        assert (await site.problem(response))[0] == 404
    assert list((site.house.settings.data / "datasets").iterdir()) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"format": "nothing"},
        {"split": {"train": 0.5}},
        {"split": {"dev": 1}},
        {"filters": {"colour": "red"}},
        {"filters": {"start": "soon"}},
        {"filters": {"min_quality": 7}},
        {"limit": 0},
        {"min_confidence": 2},
        {"secret": 1},
        {"seed": "x"},
    ],
)
async def test_what_is_no_order_is_refused(site: Site, wrong: dict[str, Any]) -> None:
    """With a sentence, and nothing is made."""
    status, _ = await site.problem(await site.client.post("/v1/datasets", json=ORDER | wrong))
    assert status == 422
    assert (await site.get("/v1/datasets"))["datasets"] == []


async def test_one_that_fails_says_why(site: Site, archive: KeptArchive) -> None:
    """Where nobody agreed, what to do about it."""
    archive.said.clear()
    told = await made(site)
    assert told["status"] == "failed" and "roomtone people consent" in told["error"]
