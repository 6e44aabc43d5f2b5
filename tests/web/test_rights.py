"""People are asked over HTTP what they agree to, and what they say holds when it is answered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from roomtone.web import rights_models as models
from tests.runtime.conftest import until
from tests.web.conftest import Site, message
from tests.web.keyed import PROJECTS, keyed


async def test_consent_is_told_as_documented(site: Site) -> None:
    """Of anybody, also of who was never heard of: the defaults hold."""
    answer = models.Consent.model_validate(await site.get("/v1/people/a%2Fb/consent"))

    assert answer.user == "a/b" and answer.model_extra in ({}, None)
    assert [one.granted for one in (answer.purposes.analytics, answer.purposes.training)] == [
        True,
        False,
    ]


async def test_a_word_holds_when_it_is_answered(site: Site) -> None:
    """The answer is read back from the archive; the next event is refused already."""
    path = "/v1/people/ann/consent"
    word = {"training": True, "analytics": False, "basis": "contract", "by": "form"}
    response = await site.client.put(path, json=word)

    assert response.status_code == 200, response.text
    told = (await site.get(path))["purposes"]
    assert told == response.json()["purposes"]
    assert told["training"]["granted"] and told["training"]["basis"] == "contract"
    assert (await site.say(message()))["accepted"] == 0


@pytest.mark.parametrize("word", [{}, {"ads": True}, {"training": True, "by": "a\nb"}])
async def test_a_word_that_says_nothing_is_refused(site: Site, word: dict[str, object]) -> None:
    """With a sentence that says what to do."""
    response = await site.client.put("/v1/people/ann/consent", json=word)

    assert (await site.problem(response))[0] == 422


async def test_an_erased_person_is_in_no_dataset_of_the_project(tmp_path: Path) -> None:
    """Files go and are marked stale, and what is being made begins anew without them.

    Another project's dataset, of a person of the same name, stands.
    """
    async with keyed(tmp_path / "data", tmp_path / "static") as site:
        for project in PROJECTS:
            await _two_people(site, project)
        done = {project: await _made(site, project) for project in PROJECTS}
        datasets = site.house.pipeline.datasets
        async with datasets._turn:  # one more is on its way
            running = await _ask(site, "POST", "/v1/datasets", json=ORDER)
            receipt = await _ask(site, "DELETE", "/v1/people/gone-1")
        await until(lambda: not datasets._making)

        assert [one["id"] for one in receipt["datasets"]] == [done["default"]["id"]]
        told = await _ask(site, "GET", f"/v1/datasets/{done['default']['id']}")
        again = await _ask(site, "GET", f"/v1/datasets/{running['id']}")
        other = await _ask(site, "GET", f"/v1/datasets/{done['shop']['id']}", project="shop")
        assert (told["status"], again["status"], again["rows"]) == ("stale", "done", 1)
        assert (other["status"], other["rows"]) == ("done", 2)
        holding = [
            path
            for path in (tmp_path / "data").rglob("*")
            if path.is_file() and b"secret of gone-1" in path.read_bytes()
        ]
        assert holding and all("projects" in path.parts for path in holding)
        assert any("datasets" in path.parts for path in holding)


ORDER = {"format": "sft", "name": "all", "redact": False, "split": {"train": 1}}


async def _ask(site: Any, method: str, path: str, project: str = "default", **more: Any) -> Any:
    response = await site.client.request(
        method, path, headers=site.bearer("admin", project), **more
    )
    assert response.status_code < 300, response.text
    return response.json()


async def _two_people(site: Any, project: str) -> None:
    """Two who agree to training, each in a talk of two turns."""
    for user in ("gone-1", "stays-1"):
        word = {"training": True, "basis": "contract", "by": "form"}
        await _ask(site, "PUT", f"/v1/people/{user}/consent", project, json=word)
        turns = [
            {"type": "turn", "session": f"talk/{user}", "user": user, "bot": "luna", "id": id,
             "message": f"secret of {user}, {id}", "reply": f"well, {user}, {id}"}
            for id in ("t1", "t2")
        ]  # fmt: skip
        await _ask(site, "POST", "/v1/events", project, json=turns)


async def _made(site: Any, project: str) -> Any:
    """A dataset of the two, done."""
    found: Any = {"people": 0}
    while found["people"] < 2:
        await site.house.tick()
        found = await _ask(site, "GET", "/v1/training/overview", project)
    found = {}
    id = (await _ask(site, "POST", "/v1/datasets", project, json=ORDER))["id"]
    while found.get("status", "running") == "running":
        found = await _ask(site, "GET", f"/v1/datasets/{id}", project)
    assert found["rows"] == 2, (found["error"], found["excluded"])
    return found
