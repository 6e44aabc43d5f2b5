"""The document says of every route what it needs and how it refuses."""

from __future__ import annotations

from tests.web.conftest import Site


async def test_every_refusal_is_described_as_the_problem_it_is(site: Site) -> None:
    """As problem+json, and no other error shape is left in the document."""
    document = await site.get("/openapi.json")
    for path, item in document["paths"].items():
        for operation in item.values():
            for status, response in operation["responses"].items():
                if status[0] == "4":
                    assert list(response["content"]) == ["application/problem+json"], (path, status)
    assert "HTTPValidationError" not in str(document)


async def test_every_route_tells_its_scope(site: Site) -> None:
    """And that it is asked for with a bearer key; what is open says nothing of the kind."""
    paths = (await site.get("/openapi.json"))["paths"]
    asked = paths["/v1/datasets/{id}/files/{path}"]["get"]

    assert asked["security"] == [{"key": []}] and asked["x-roomtone-scope"] == "export"
    assert {"401", "403", "429", "503"} <= asked["responses"].keys()
    assert "security" not in paths["/healthz"]["get"]
