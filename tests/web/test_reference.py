"""The page at /docs tells all of the API and loads nothing from afar."""

from __future__ import annotations

from html.parser import HTMLParser

from roomtone.web import reference
from tests.web.conftest import Site


class Links(HTMLParser):
    """All addresses on a page, and all anchors."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.tags: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        given = dict(attrs)
        self.links += [given[name] or "" for name in ("href", "src") if name in given]
        self.anchors.add(given.get("id") or "")


async def test_every_route_and_shape_is_on_the_page(site: Site) -> None:
    """As the OpenAPI document has them, and every link leads somewhere on this server."""
    document = await site.get("/openapi.json")
    page = (await site.client.get("/docs")).text
    parsed = Links(page)

    for path in document["paths"]:
        assert path in page
    for name in document["components"]["schemas"]:
        assert f"shape-{name}" in parsed.anchors
    assert {link[1:] for link in parsed.links if link.startswith("#")} <= parsed.anchors
    assert all(link.startswith(("#", "/")) or link == "data:," for link in parsed.links)
    assert "script" not in parsed.tags


def test_what_the_document_says_is_escaped() -> None:
    """Though it is ours, nothing in it becomes an element."""
    operation = {
        "operationId": "<x>",
        "description": "a <b> `<c>`",
        "parameters": [{"name": "<n>", "schema": {"enum": ["<e>"]}, "description": "<d>"}],
        "responses": {"200": {"description": "<r>"}},
    }
    page = reference.render({"info": {"version": "<1>"}, "paths": {"/<p>": {"get": operation}}})

    assert not {"b", "c", "n", "e", "d", "r", "x", "1", "p>"} & Links(page).tags
