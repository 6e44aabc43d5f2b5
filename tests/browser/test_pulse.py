"""Pulse: tiles worst first, sentences, the alert feed, and a first step where nothing is live."""

from __future__ import annotations

import re
from typing import Any


def scores(page: Any) -> list[int]:
    """The big numbers of the tiles, in their order."""
    texts = page.locator("article p.text-6xl").all_inner_texts()
    return [int(text) for text in texts if text.isdigit()]


def test_pulse_shows_the_rooms(looker, demo):
    """Every live room is a tile with score, level word, sparkline and counts; nothing overflows."""
    page = looker.visit(demo, "/")
    page.wait_for_selector("article svg path")
    tiles = page.locator("article")
    live = {one["session"] for one in demo.get("/v1/sessions?state=live")["data"]}

    assert "keynote" in live
    assert {tile.locator("h2").inner_text() for tile in tiles.all()} >= {"keynote"}
    assert tiles.count() == len(live)
    assert re.search(r"(Very high|High|Moderate|Low|Very low)", tiles.first.inner_text())
    assert "messages a minute" in tiles.first.inner_text()
    assert looker.overflow() <= 0
    looker.shot("pulse")
    assert looker.findings() == []


def test_the_worst_room_comes_first(wide, demo):
    """Whoever looks for trouble looks top left."""
    page = wide.visit(demo, "/")
    page.wait_for_selector("article:nth-of-type(3) p.text-6xl")
    found = scores(page)

    assert found == sorted(found)


def test_a_tile_leads_to_its_session(wide, demo):
    """The whole tile is the link."""
    page = wide.visit(demo, "/")
    page.locator("article", has_text="keynote").locator("svg").first.click(force=True)
    page.wait_for_selector("[data-testid=live-session]")

    assert page.url.endswith("/live/keynote")


def test_the_line_is_live(wide, demo):
    """The dot says so in words."""
    page = wide.visit(demo, "/")
    dot = page.get_by_test_id("connection")
    dot.get_by_text("Live", exact=True).first.wait_for()

    assert dot.get_by_role("status").inner_text() == "Live"


def test_the_feed_shows_what_was_noticed(wide, demo, noticed):
    """With severity by icon, word and colour."""
    page = wide.visit(demo, "/")
    feed = page.get_by_role("region", name="Noticed")
    feed.get_by_text(noticed["message"]).first.wait_for()

    assert re.search(r"(Warning|Critical): ", feed.inner_text())


def test_a_session_is_found_from_the_keyboard(wide, demo):
    """A slash, a few letters, Enter."""
    page = wide.visit(demo, "/")
    page.keyboard.press("/")
    page.keyboard.type("keyn")
    page.get_by_role("option", name="keynote").wait_for()
    assert wide.findings() == []
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-testid=live-session]")

    assert page.url.endswith("/live/keynote")


def test_the_theme_goes_round(wide, demo):
    """As the system has it, light, dark; the choice is kept."""
    page = wide.visit(demo, "/")
    button = page.get_by_role("button", name=re.compile("^Theme:"))
    page.evaluate("localStorage.clear()")
    button.click()
    button.click()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.reload()
    page.wait_for_selector("main")

    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"


def test_where_nothing_is_live_a_first_step_is_shown(looker, quiet):
    """Three ways to send a first event, with this server's own address, and the demo."""
    page = looker.visit(quiet, "/")
    page.get_by_text("No room is live").wait_for()
    text = page.inner_text("main")

    assert f"curl {quiet.url}/v1/events" in text
    assert "urllib.request" in text
    assert "events.jsonl" in text
    assert "roomtone demo" in text
    assert looker.overflow() <= 0
    looker.shot("first-event")
    assert looker.findings() == []
