"""Problems are documents, and what nobody expected is counted without its text."""

from __future__ import annotations

import json
from typing import Any

from structlog.testing import capture_logs

from roomtone.web.problems import Faults, Problem, answer_problem


async def test_a_problem_is_a_document() -> None:
    """Type, title, status, detail, as RFC 9457 has them, and when to come back."""
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    await answer_problem(send, Problem(429, "too many; wait", retry_s=60))
    start, body = sent
    headers = dict(start["headers"])

    assert json.loads(body["body"]) == {
        "type": "about:blank",
        "title": "Too Many Requests",
        "status": 429,
        "detail": "too many; wait",
    }
    assert headers[b"content-type"] == b"application/problem+json"
    assert headers[b"retry-after"] == b"60"
    assert headers[b"content-length"] == b"%d" % len(body["body"])


def test_a_problem_can_carry_anything() -> None:
    """Lone surrogates are replaced: an answer about bad input must not fail on it."""
    assert b"?" in Problem(400, "\ud800").body()


def test_the_unexpected_is_counted_and_its_text_kept_back() -> None:
    """An error's text may quote what somebody said in a room."""
    faults = Faults()
    with capture_logs() as logs:
        try:
            raise KeyError("my secret")
        except KeyError as error:
            problem = faults.note("here", error)

    assert (problem.status, faults.count) == (503, 1)
    assert "secret" not in f"{logs} {problem.detail} {faults.health()}"
    assert "KeyError" in faults.latest
    assert faults.health()["remedy"]
