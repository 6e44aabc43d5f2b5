"""Replay: the session's page over what was stored, with a scrubber that the address remembers."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

SESSION = "last-week"
BEGAN = datetime(2026, 11, 14, 18, 0, tzinfo=UTC)
MINUTES = 20


@pytest.fixture(scope="module")
def stored(demo):
    """Twenty minutes of a room that falls silent after twelve."""
    events = []
    for second in range(0, MINUTES * 60, 3):
        if second > 720 and second % 60:
            continue
        events.append(
            {
                "type": "message",
                "session": SESSION,
                "user": f"guest {second % 17}",
                "at": (BEGAN + timedelta(seconds=second)).isoformat(),
                "text": "what a evening",
            }
        )
    assert demo.post("/v1/events?history=true", events)["errors"] == []
    demo.post("/v1/history/close", {"sessions": [SESSION]})
    return demo


def score(page) -> int:
    """The big number."""
    return int(re.match(r"\d+", page.get_by_test_id("score").inner_text())[0])


def moment(url: str) -> int:
    """Where the address says that the replay stands."""
    found = re.search(r"[?&]t=(\d+)", url)
    return int(found[1]) if found else 0


def test_a_stored_session_is_replayed(looker, stored):
    """Score, chart and signals stand at the scrubber's moment."""
    page = looker.visit(stored, f"/replay/{SESSION}?t={int(BEGAN.timestamp()) + 600}")
    page.wait_for_selector("canvas")
    page.get_by_test_id("score").get_by_text(re.compile(r"^\d+$")).wait_for()
    text = page.inner_text("main")

    assert "10:00" in page.get_by_test_id("replay-time").inner_text()
    assert "messages a minute" in text
    assert looker.overflow() <= 0
    looker.shot("replay")
    assert looker.findings() == []


def test_the_scrubber_moves_the_page(wide, stored):
    """Before the silence the room is better than after it, and the address follows."""
    begin = int(BEGAN.timestamp())
    page = wide.visit(stored, f"/replay/{SESSION}?t={begin + 600}")
    page.wait_for_selector("canvas")
    before = score(page)
    slider = page.get_by_role("slider", name="Position in the session")
    slider.focus()
    page.keyboard.press("End")
    page.wait_for_url(lambda url: moment(url) > begin + 1000)
    after = score(page)

    assert before > after + 20


def test_it_plays_at_the_chosen_speed(wide, stored):
    """Sixty times as fast: a minute in a second."""
    begin = int(BEGAN.timestamp())
    page = wide.visit(stored, f"/replay/{SESSION}?t={begin + 60}")
    page.wait_for_selector("canvas")
    page.get_by_label("Speed").select_option("60")
    assert "speed=60" in page.url
    page.get_by_role("button", name="Play").click()
    page.wait_for_url(lambda url: moment(url) > begin + 180, timeout=15_000)
    page.get_by_role("button", name="Pause").click()

    page.get_by_role("button", name="Play").wait_for()


def test_a_range_is_in_the_address(wide, stored):
    """Zoomed in on five minutes around the moment."""
    page = wide.visit(stored, f"/replay/{SESSION}?t={int(BEGAN.timestamp()) + 600}")
    page.wait_for_selector("canvas")
    page.get_by_role("group", name="Range").get_by_role("button", name="5 min", exact=True).click()
    found = dict(re.findall(r"(from|to)=(\d+)", page.url))

    assert int(found["to"]) - int(found["from"]) == 300
    stats = page.get_by_test_id("chart-stats").inner_text()
    assert 55 <= int(stats.split()[0]) <= 62


def test_pulse_leads_to_what_is_over(wide, stored):
    """Ended sessions stay within reach."""
    page = wide.visit(stored, "/")
    over = page.get_by_role("region", name="Over, to be replayed")
    over.get_by_role("link", name=re.compile(SESSION)).click()
    page.wait_for_selector("[data-testid=replay]")

    assert page.url.endswith(f"/replay/{SESSION}")


def test_an_unknown_session_is_answered_plainly(chromium, shots, stored):
    """With a sentence instead of an empty page."""
    page = chromium.new_page()
    page.goto(f"{stored.url}/replay/never-was")
    page.get_by_role("status").filter(has_text=re.compile("never-was")).wait_for(timeout=15_000)
    page.close()
