"""Conversations, people and comparisons: real dialogues, read by a real server, looked at."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest

from tests.browser import talks
from tests.browser.conftest import Site, missing, start

NUMBER = "user_emotion.valence"
READ_S = 120
BATCH = 30  # a session of the past is gone through tick by tick, which takes its time


@pytest.fixture(scope="module")
def talked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server with three weeks of two bots and four people, all read and measured."""
    if not talks.TOPICAL.is_file():
        missing(f"{talks.TOPICAL} is missing; give the data folder in BENCHMARK_DATA")
    for site in start("serve", tmp_path_factory.mktemp("talked")):
        said = talks.turns(datetime.now(UTC))
        # How ann stands to luna is known from elsewhere; of all others nobody said anything.
        known = {"type": "relationship", "bot": "luna", "user": "ann", "by": "crm"}
        site.post("/v1/events", {**known, "trust": 0.7, "affection": 0.5, "attunement": 0.6})
        for first in range(0, len(said), BATCH):
            answer = site.post("/v1/events?history=true", said[first : first + BATCH])
            assert answer["errors"] == []
        site.post("/v1/history/close", {"sessions": sorted({turn["session"] for turn in said})})
        _wait_until_read(site, len(said))
        yield site


def _wait_until_read(site: Site, turns: int) -> None:
    """Until every turn stands in a conversation."""
    kept = 0
    for _ in range(READ_S * 5):
        kept = sum(one["turns"] for one in site.get("/v1/conversations")["conversations"])
        if kept == turns:
            return
        time.sleep(0.2)
    pytest.fail(f"only {kept} of {turns} turns were read in {READ_S} s")


def newest(site: Site) -> str:
    """The address of the newest session: ann talked to luna twice that day."""
    session = site.get("/v1/conversations")["conversations"][0]["session"]
    assert session.startswith("luna/ann/")
    return "/conversations/" + quote(session, safe="")


def rows(page: Any) -> Any:
    """The table's rows, without its head."""
    return page.locator("tbody tr")


def test_conversations_are_a_table_with_facets(looker, talked):
    """Each with what was felt most, its turns and its time; bots and feelings with counts."""
    page = looker.visit(talked, "/conversations")
    rows(page).first.wait_for()
    told = talked.get("/v1/conversations")

    assert rows(page).count() == told["total"] <= 50
    first = rows(page).first.inner_text()
    assert told["conversations"][0]["session"] in first
    assert looker.overflow() <= 0
    looker.shot("conversations")
    assert looker.findings() == []


def test_facets_and_search_narrow_the_table(wide, talked):
    """And the address keeps what was chosen."""
    page = wide.visit(talked, "/conversations")
    rows(page).first.wait_for()
    everything = rows(page).count()
    page.get_by_role("region", name="Bot").get_by_role("button", name=re.compile("^nova")).click()
    page.get_by_role("searchbox", name="Session, bot or person").fill("ann")
    page.wait_for_url(re.compile(r"bot=nova&search=ann"))
    total = talked.get("/v1/conversations?bot=nova&search=ann")["total"]
    page.get_by_role("navigation", name="Pages").get_by_text(f"to {total} of {total}").wait_for()
    narrow = rows(page).count()
    page.reload()
    rows(page).first.wait_for()

    assert rows(page).count() == narrow == total < everything
    assert all("ann with nova" in text for text in rows(page).all_inner_texts())


def test_the_table_is_walked_through_from_the_keyboard(wide, talked):
    """Twice down, once up, Enter."""
    page = wide.visit(talked, "/conversations")
    rows(page).first.wait_for()
    for key in ("j", "j", "k"):
        page.keyboard.press(key)
    assert page.evaluate("document.activeElement.closest('tr').sectionRowIndex") == 0
    session = page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Enter")
    page.get_by_test_id("lanes").wait_for()

    assert page.get_by_role("heading", level=1).inner_text() == session


def test_a_conversation_is_seen_and_read(looker, talked):
    """Transcript and lanes of real turns; a session of several conversations shows the newest."""
    page = looker.visit(talked, newest(talked))
    page.get_by_test_id("lanes").locator("svg").first.wait_for()
    latest, before = talked.get("/v1" + newest(talked))["conversations"]

    assert latest["started"] > before["ended"]
    assert page.locator("[data-turn]").count() == latest["turns"]
    assert page.get_by_label("Of 2 in this session").locator("option").count() == 3
    assert page.get_by_role("region", name="Person feels").get_by_role("img").count() == 1
    assert "model" in page.get_by_role("region", name="Person feels").inner_text()
    assert "measured" in page.get_by_role("region", name="Memory retrieval").inner_text()
    assert looker.overflow() <= 0
    looker.shot("conversation")
    page.get_by_test_id("lanes").focus()
    page.keyboard.press("Home")
    page.get_by_test_id("turn-values").get_by_text("raw label").first.wait_for()
    page.evaluate("window.scrollTo(0, 0)")
    looker.page.screenshot(
        path=looker.shots / f"conversation-whole-{looker.scheme}-{looker.width}.png",
        full_page=True,
    )
    assert looker.findings() == []


def test_pointing_at_a_turn_couples_lanes_and_transcript(wide, talked):
    """In the lanes or in what was said: it is the same turn."""
    page = wide.visit(talked, newest(talked))
    lanes = page.get_by_test_id("lanes")
    lanes.locator("svg").first.wait_for()
    box = lanes.bounding_box()
    page.mouse.move(box["x"] + box["width"] - 4, box["y"] + 60)
    last = page.locator("[data-turn]").last
    page.locator("[data-turn][data-here=true]").wait_for()
    assert last.get_attribute("data-here") == "true"
    assert (
        f"Turn {page.locator('[data-turn]').count()} of" in page.get_by_test_id("at").inner_text()
    )
    page.locator("[data-turn='0']").scroll_into_view_if_needed()
    page.locator("[data-turn='0']").hover()

    page.get_by_test_id("at").get_by_text("Turn 1 of").wait_for()
    assert page.get_by_test_id("cursor").is_visible()


def test_guesses_are_hatched_and_evidence_is_not(wide, talked):
    """How dee stands to nova was never told; how ann stands to luna was."""
    pairs = {(one["bot"], one["user"]): one for one in talked.get("/v1/people")["people"]}
    assert pairs["luna", "ann"]["source"] == "store"
    page = wide.visit(talked, newest(talked) + "?from=all")
    relationship = page.get_by_role("region", name="Relationship")
    relationship.get_by_role("img").wait_for()

    assert "store" in relationship.inner_text()
    assert relationship.locator("[data-hatched]").count() == 0
    assert page.get_by_role("region", name="Response").locator("[data-hatched]").count() == 0


def test_people_are_a_table_of_pairs(looker, talked):
    """Each pair with three values and who says so."""
    page = looker.visit(talked, "/people")
    rows(page).first.wait_for()

    assert rows(page).count() == talked.get("/v1/people")["total"]
    assert re.search("store|default|estimate", rows(page).first.inner_text())
    assert looker.overflow() <= 0
    looker.shot("people")
    assert looker.findings() == []


def test_a_person_is_seen_over_time(looker, talked):
    """Trajectories with trends, the path, hours and days, and what was felt."""
    page = looker.visit(talked, "/people/ann?bot=luna")
    page.get_by_test_id("trajectories").locator("canvas").wait_for()
    now = page.get_by_role("region", name="Now", exact=True)
    now.get_by_test_id("trend").nth(2).wait_for()

    assert "store" in now.inner_text()
    assert page.get_by_role("img", name=re.compile("^Trust and affection, from")).count() == 1
    assert page.get_by_role("img", name=re.compile("^Turns by weekday and hour; most on")).count()
    assert looker.overflow() <= 0
    looker.shot("person")
    looker.page.screenshot(
        path=looker.shots / f"person-whole-{looker.scheme}-{looker.width}.png", full_page=True
    )
    assert looker.findings() == []


def test_bots_are_compared_on_the_same_axes(looker, talked):
    """Means, trends and sources in a table below the lines."""
    page = looker.visit(talked, f"/compare?number={NUMBER}")
    page.get_by_test_id("trajectories").locator("canvas").wait_for()
    told = rows(page).all_inner_texts()

    assert [text.split()[0] for text in told] == ["luna", "nova"]
    assert all("model" in text for text in told)
    assert looker.overflow() <= 0
    looker.shot("compare")
    assert looker.findings() == []


def test_people_and_sessions_are_compared_too(wide, talked):
    """Chosen by name; the chart is read from the keyboard."""
    page = wide.visit(talked, f"/compare?by=session&number={NUMBER}")
    told = talked.get("/v1/conversations")["conversations"]
    sessions = [one["session"] for one in told[:6:5]]
    for session in sessions:
        page.get_by_label("Add a session").fill(session)
        page.get_by_role("button", name="Add", exact=True).click()
    figure = page.get_by_test_id("trajectories")
    figure.locator("canvas").wait_for()
    figure.focus()
    page.keyboard.press("End")

    assert len(sessions) == 2
    assert sessions[0] in page.get_by_test_id("tooltip").inner_text()
    assert "&".join(f"of={quote(one, safe='')}" for one in sessions) in page.url


def test_where_nothing_was_said_a_first_turn_is_shown(looker, quiet):
    """Three ways to record one, with this server's own address."""
    page = looker.visit(quiet, "/conversations")
    page.get_by_test_id("first-turn").wait_for()

    assert f'roomtone.Recorder("{quiet.url}")' in page.inner_text("main")
    assert looker.overflow() <= 0
    looker.shot("first-turn")
    assert looker.findings() == []


def test_the_first_turn_that_is_shown_can_be_recorded(chromium, tmp_path):
    """What is copied off the page is taken as it stands, and appears where the page says."""
    servers = start("serve", tmp_path)
    site = next(servers)
    page = chromium.new_page()
    page.goto(f"{site.url}/conversations")
    page.get_by_test_id("first-turn").wait_for()
    by_python, by_curl, _ = page.locator("main pre").all_inner_texts()
    event = by_curl.partition("-d '")[2].removesuffix("'")
    told = site.post("/v1/events", [json.loads(event)])
    exec(by_python, {})
    rows(page).nth(1).wait_for(timeout=30_000)

    assert (told["accepted"], told["errors"]) == (1, [])
    assert rows(page).count() == 2
    page.close()
    servers.close()


def test_all_pages_are_within_reach_on_a_phone(chromium, shots, quiet):
    """What the bar has no room for stands behind one button."""
    context = chromium.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(quiet.url)
    bar = page.get_by_role("navigation", name="Main")
    bar.get_by_role("button", name="More").click()
    bar.get_by_role("link", name="Compare").click()
    page.get_by_test_id("compare").wait_for()

    assert page.url.endswith("/compare")
    assert not bar.get_by_role("link", name="Server").is_visible()
    context.close()
