"""People are asked over HTTP what they agree to, and what they say holds when it is answered."""

from __future__ import annotations

import pytest

from roomtone.web import rights_models as models
from tests.web.conftest import Site


async def test_consent_is_told_as_documented(site: Site) -> None:
    """Of anybody, also of who was never heard of: the defaults hold."""
    answer = models.Consent.model_validate(await site.get("/v1/people/a%2Fb/consent"))

    assert answer.user == "a/b" and answer.model_extra in ({}, None)
    assert [one.granted for one in (answer.purposes.analytics, answer.purposes.training)] == [
        True,
        False,
    ]


@pytest.mark.parametrize("word", [{}, {"ads": True}, {"training": True, "by": "a\nb"}])
async def test_a_word_that_says_nothing_is_refused(site: Site, word: dict[str, object]) -> None:
    """With a sentence that says what to do."""
    response = await site.client.put("/v1/people/ann/consent", json=word)

    assert (await site.problem(response))[0] == 422
