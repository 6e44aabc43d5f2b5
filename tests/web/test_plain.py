"""The page without a dashboard shows what matters, and everything hostile as text."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest

from roomtone.web import plain
from tests.web.conftest import Site, message

HOSTILE = [
    "<img src=x onerror=alert(1)>",
    '"><script>alert(1)</script>',
    "' onmouseover='alert(1)",
    "javascript:alert(1)",
    "</table></main><svg onload=alert(1)>",
    "&lt;script&gt;",
    "\u202egnp.exe",
    "]]><!--",
    "{{7*7}}${7*7}",
]


class Tags(HTMLParser):
    """What a browser would make of a page: elements, attributes and text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


def session(name: str, **more: Any) -> dict[str, Any]:
    return {
        "session": name,
        "score": 0.42,
        "level": "MODERATE",
        "fields": {"chat_per_min": 14.0, "active_users": None},
        "spark": [0.1, None, 0.4],
        "trouble": None,
        **more,
    }


@pytest.mark.parametrize("text", HOSTILE)
def test_what_comes_from_the_chat_stays_text(text: str) -> None:
    """As a room's name, in a message, in an alert's subject: no element, no handler, no address."""
    alert = {"time": text, "session": text, "type": text, "severity": text, "message": text}
    page = plain.render([session(text, level=text, trouble=alert)], 1, [alert], trouble=text)
    parsed = Tags(page)

    assert parsed.tags <= {
        *("html", "head", "meta", "title", "link", "body", "main", "h1", "h2", "p", "code", "div"),
        *("table", "caption", "thead", "tr", "th", "tbody", "td", "a", "svg", "line", "polyline"),
        "span",
    }
    assert not [name for name, _ in parsed.attributes if name.startswith("on") or name == "style"]
    links = {value for name, value in parsed.attributes if name in ("href", "src")}
    assert all(link.startswith("/") or link == "data:," for link in links)
    assert text in parsed.text


def test_lone_surrogates_do_not_stop_the_page() -> None:
    """They are replaced; nothing else can carry them."""
    assert plain.render([session("\ud800")], 1, []).encode()


def test_a_sparkline_is_a_picture_with_words() -> None:
    """Holes stay holes; the newest is at the right; a screen reader hears from where to where."""
    line = plain.sparkline([0.0, 0.5, None, 1.0])

    assert line.count("<polyline") == 2
    assert 'aria-label="Score from 0 to 100"' in line
    assert f"{plain.WIDTH:.1f},2.0" in line
    assert "no score yet" in plain.sparkline([])


async def test_the_page_shows_rooms_and_renews_itself(site: Site) -> None:
    """Score, level, line and alerts, without a script."""
    empty = (await site.client.get("/")).text
    await site.say(message("<keynote>"), message("<keynote>", "bob"))
    await site.house.tick(2)
    page = (await site.client.get("/")).text

    assert "curl" in empty
    assert "&lt;keynote&gt;" in page
    assert "<svg" in page
    assert '<meta http-equiv="refresh" content="5">' in page
    assert "npm run build" in page
    assert "<script" not in page


async def test_the_page_stands_without_its_alerts(site: Site) -> None:
    """A store that fails takes one table with it, not the page."""
    await site.pipeline.archive.close()
    response = await site.client.get("/")

    assert response.status_code == 200
    assert "/readyz" in response.text
    site.app.faults.count = 0  # that it was counted is shown; here it was meant
