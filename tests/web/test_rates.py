"""Nobody asks so often that others wait."""

from __future__ import annotations

import pytest

from roomtone.runtime.config_access import Access
from roomtone.web.problems import Problem
from roomtone.web.rates import Rates


def test_each_has_a_rate_of_its_own_and_sending_has_another() -> None:
    """What one used up, and what was used up by asking, is there for others and for events."""
    rates = Rates(Access(rate="3/hour", rate_ingest="5/hour", rate_sign_in="2/hour"))
    for path, most in (("/v1/sessions", 3), ("/v1/events", 5)):
        for who in ("a", "b"):
            for _ in range(most):
                rates.check(path, who)
            with pytest.raises(Problem):
                rates.check(path, who)
    rates.check_sign_in("a")

    assert rates.refused == 4


def test_a_refusal_says_when_to_come_back() -> None:
    """In the header that clients know, and in those that tell the rest."""
    rates = Rates(Access(rate="1/hour"))
    rates.check("/v1/me", "a")
    with pytest.raises(Problem) as caught:
        rates.check("/v1/me", "a")
    told = {name.decode(): int(value) for name, value in caught.value.headers}

    assert caught.value.status == 429
    assert told["ratelimit-limit"] == 1 and told["ratelimit-remaining"] == 0
    assert 0 < told["retry-after"] <= 7200 and told["ratelimit-reset"] == told["retry-after"]
