"""What the document of the API says of every route alike: problems, keys, scopes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI

from roomtone.web.scopes import OPEN, ROUTES

PROBLEM_TYPE = "application/problem+json"
_SHAPE = {"$ref": "#/components/schemas/ProblemDocument"}
_METHODS = ("get", "put", "post", "patch", "delete")

COMMON = {
    "401": "a key is needed, and none that is known came along",
    "403": "the key's scopes are too small, or a page of another site asked",
    "429": "that was too often; `Retry-After` says when to come back",
    "503": "a store, the journal or the engine is in trouble; nothing was acknowledged",
}
"""Problems that any route may answer with."""


def describe(api: FastAPI) -> None:
    """Have the document say of each route which scope it needs and how it refuses."""
    make = api.openapi

    def openapi() -> dict[str, Any]:
        if api.openapi_schema is None:
            document = make()
            _describe(document)
            api.openapi_schema = document
        return api.openapi_schema

    api.openapi = openapi  # type: ignore[method-assign]


def _describe(document: dict[str, Any]) -> None:
    components = document.setdefault("components", {})
    components["securitySchemes"] = {
        "key": {"type": "http", "scheme": "bearer", "bearerFormat": "rt_live_…"}
    }
    for row, operation in _operations(document):
        responses = operation.setdefault("responses", {})
        needs = ROUTES.get(row, ROUTES.get(row.replace("{path}", "{path:path}")))
        if needs != OPEN:
            operation["security"] = [{"key": []}]
            operation["x-roomtone-scope"] = needs
            for status, words in COMMON.items():
                responses.setdefault(status, {"description": words})
        for status, response in responses.items():
            if status[0] in "45" and _is_problem(response):
                response["content"] = {PROBLEM_TYPE: {"schema": _SHAPE}}
    schemas = components.get("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)


def _is_problem(response: dict[str, Any]) -> bool:
    """Whether it is described as one, as FastAPI's own refusal, or not at all."""
    shapes = [
        part.get("schema", {}).get("$ref", "") for part in response.get("content", {}).values()
    ]
    return all(shape.endswith(("/ProblemDocument", "/HTTPValidationError")) for shape in shapes)


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                yield f"{method.upper()} {path}", item[method]
