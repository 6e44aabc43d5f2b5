"""People are asked over HTTP what they agree to, and what they say holds when it is answered."""

from __future__ import annotations

import pytest

from roomtone.web import rights_models as models
from tests.web.conftest import Site, message


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
