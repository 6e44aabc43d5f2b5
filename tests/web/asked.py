"""Asks a server what its document allows: python -m tests.web.asked URL, the document on stdin.

In a process of its own: what generates questions takes Python's own parser, which in Python 3.11
two threads cannot use at once.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

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


def ask_all(document: dict[str, Any], url: str) -> list[str]:
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
            if isinstance(error, KeyboardInterrupt):
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
    """With all that it came of: what fails once and not again is told as such, and why beneath."""
    parts = [str(error)[:1500]]
    if isinstance(error, BaseExceptionGroup):
        parts += [_told(one) for one in error.exceptions]
    if error.__cause__ is not None:
        parts.append(_told(error.__cause__))
    return "\n".join(parts)


if __name__ == "__main__":
    json.dump(ask_all(json.load(sys.stdin), sys.argv[1]), sys.stdout)
