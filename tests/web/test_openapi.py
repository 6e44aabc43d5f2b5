"""What the document of the API allows is answered as it says, whatever is made of it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import schemathesis
import schemathesis.specs.openapi.schemas  # here: pytest cannot rewrite modules in two threads
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.web.conftest import Site

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
EXAMPLES = 6
"""For each operation; the seed is fixed, so that a run tells the same each time."""

NOT_HERE = {("POST", "/v1/events"), ("GET", "/metrics")}
"""Served in front of the documented API, with tests and fuzzers of their own."""

TURN = {
    "type": "turn",
    "bot": "luna",
    "user": "ann",
    "message": "My cat is ill.",
    "reply": "Oh no.",
}


async def test_no_question_that_the_document_allows_ends_badly(site: Site) -> None:
    """Every operation, with generated questions: no 5xx, and no answer that is not described."""
    await site.say(TURN | {"session": "t", "id": "t1"}, {**TURN, "session": "t", "id": "t2"})
    await site.house.tick(2)
    document = await site.get("/openapi.json")
    troubles = await asyncio.to_thread(_ask_all, document, f"http://127.0.0.1:{site.port}")

    assert not troubles, "\n\n".join(troubles)


def _ask_all(document: dict[str, Any], url: str) -> list[str]:
    troubles, asked = [], 0
    schema = schemathesis.openapi.from_dict(document)
    for found in schema.get_all_operations():
        operation = found.ok()
        if (operation.method.upper(), operation.path) in NOT_HERE:
            continue
        asked += 1
        try:
            _ask(operation, url)
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt | pytest.fail.Exception):
                raise
            troubles.append(f"{operation.method.upper()} {operation.path}: {_told(error)}")
    assert asked > 40
    return troubles


def _ask(operation: Any, url: str) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        case.validate_response(case.call(base_url=url), checks=CHECKS)

    ask()


def _told(error: BaseException) -> str:
    return str(error)[:1500]
