"""Every route has its scope, in one table."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from roomtone.web.otlp import PATHS
from roomtone.web.scopes import HEALTH, ROUTES, methods_of, scope_of
from tests.web.conftest import Site, house, site  # noqa: F401 (fixtures)

WEB = Path(__file__).parents[2] / "src" / "roomtone" / "web"


async def test_every_documented_route_has_its_scope(site: Site) -> None:  # noqa: F811
    """A route that is not in `web/scopes.py` would be refused where keys are needed: add a row."""
    paths = (await site.get("/openapi.json"))["paths"]
    told = {f"{method.upper()} {path}" for path, item in paths.items() for method in item}
    known = {row.replace(":path}", "}") for row in ROUTES}

    assert sorted(told - known) == []
    assert len(told) > 40


def test_every_route_in_the_code_has_its_scope() -> None:
    """Those that no document names, too."""
    code = "\n".join(file.read_text() for file in WEB.glob("*.py"))
    written = re.findall(r'@api\.(get|post|put|patch|delete)\(\s*"(/[^"]*)"', code)
    missing = [f"{method.upper()} {path}" for method, path in written]

    assert [row for row in missing if row not in ROUTES] == []
    assert all(scope_of("POST", path) == "ingest" for path in PATHS)
    assert all(scope_of("GET", path) in ("open", "read") for path in HEALTH)


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("DELETE", "/v1/people/a%2Fconsent", "admin"),
        ("PUT", "/v1/people/a/consent", "review"),
        ("GET", "/v1/reactions/gold", "export"),
        ("GET", "/v1/reactions/x", "read"),
        ("GET", "/v1/datasets/x/files/a/b.jsonl", "export"),
        ("HEAD", "/metrics", "read"),
        ("GET", "/v1/keys/", None),
        ("GET", "/v1/people/a/b/c", None),
        ("GET", "/v1/sessions/{session}", "read"),
        ("PATCH", "/v1/sessions", None),
        ("GET", "/V1/keys", None),
        ("GET", "//v1/keys", None),
    ],
)
def test_a_path_has_the_scope_of_its_route(method: str, path: str, scope: str | None) -> None:
    """And what is no route has none, so that it is refused."""
    assert scope_of(method, path) == scope


def test_another_method_is_told_which_there_are() -> None:
    """For a 405."""
    assert methods_of("/v1/keys") == ["GET", "POST"]
    assert methods_of("/v1/nothing") == []
