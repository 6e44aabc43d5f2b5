"""The server page: each part with what to do, and the main numbers as lines."""

from __future__ import annotations

import re

SYSTEM = {
    "status": "degraded",
    "version": "0.1.0",
    "at": 1000.0,
    "parts": [
        {"name": "journal", "ok": True, "vital": True, "detail": "1,000 synced", "remedy": ""},
        {
            "name": "stores",
            "ok": False,
            "vital": False,
            "detail": "postgresql://roomtone@db/roomtone does not answer",
            "remedy": "see that the store's file or server is there",
        },
    ],
    "numbers": [],
}


def test_the_page_shows_parts_and_lines(looker, demo):
    """A healthy server: every part works, and events come in at some rate."""
    page = looker.visit(demo, "/server")
    page.get_by_role("status").filter(has_text="Ready.").wait_for()
    numbers = page.get_by_role("list", name="Numbers over the last five minutes")
    events = numbers.get_by_role("listitem").filter(has_text="Events")
    events.filter(has_text=re.compile(r"\d /s")).wait_for()  # a rate takes two answers

    parts = page.get_by_role("list", name="Parts").get_by_role("listitem")
    assert parts.filter(has_text="journal").filter(has_text="works").count() == 1
    assert events.get_by_role("img").get_attribute("aria-label").startswith("Events: ")
    assert looker.overflow() <= 0
    looker.shot("server")
    assert looker.findings() == []


def test_what_is_unwell_comes_first_with_what_to_do(looker, demo):
    """Degraded is not dead, and the page says which of the two it is."""
    looker.page.route("**/v1/system", lambda route: route.fulfill(json=SYSTEM))
    page = looker.visit(demo, "/server")
    page.get_by_role("status").filter(has_text="Degraded.").wait_for()
    first = page.get_by_role("list", name="Parts").get_by_role("listitem").first

    assert "stores" in first.inner_text()
    assert "What to do: see that the store's file or server is there" in first.inner_text()
    assert looker.overflow() <= 0
    looker.shot("server-degraded")
    assert looker.findings() == []


def test_a_server_that_does_not_answer_is_told(wide, demo):
    """An error in words, and it is asked again."""
    wide.page.route("**/v1/system", lambda route: route.fulfill(status=500, body="no"))
    page = wide.visit(demo, "/server")

    page.get_by_text("The server does not answer").wait_for()
    assert all("500" in line for line in wide.trouble)
    wide.trouble.clear()
