"""The live session: score, chart, signals, what was noticed and why, the ticker, the stage."""

from __future__ import annotations

import re
from itertools import pairwise
from urllib.parse import quote

LEVEL = re.compile(r"(Very high|High|Moderate|Low|Very low)")


def at(alert):
    """The session's page with that alert chosen, whatever came after it."""
    return f"/live/keynote?alert={quote(alert['id'])}"


def chart_table(page):
    """The chart's points as a table, opened."""
    page.get_by_text("Show as table").click()
    table = page.get_by_role("table", name="Score every five seconds, newest first")
    table.wait_for()
    return table


def test_the_session_shows_what_matters(looker, demo, noticed):
    """Score and level, a drawn chart, four signals with weights, the alert with its evidence."""
    page = looker.visit(demo, f"{at(noticed)}&why=1")
    page.wait_for_selector("[data-testid=anomaly-card]")
    page.get_by_text(re.compile(r"^gives$")).first.wait_for()
    score = page.get_by_test_id("score").inner_text()
    signals = page.locator("[data-testid^=signal-]").all_inner_texts()

    assert re.match(r"\d{1,3}\s", score) and LEVEL.search(score)
    assert len(signals) == 4
    assert all(re.search(r"(gives\s+[\d.]+ of [\d.]+|not in the score)", one) for one in signals)
    assert "Chat messages per minute" in page.inner_text("details:has(table)")
    assert page.locator("canvas").bounding_box()["height"] > 200
    assert looker.overflow() <= 0
    page.evaluate("window.scrollTo(0, 0)")
    looker.shot("live")
    page.get_by_test_id("anomaly-card").scroll_into_view_if_needed()
    looker.shot("live-below")
    assert looker.findings() == []


def test_the_alert_shows_now_expected_and_evidence(wide, demo, noticed):
    """Whoever judges an alert sees what it was made of."""
    page = wide.visit(demo, at(noticed))
    card = page.get_by_test_id("anomaly")
    card.get_by_test_id("anomaly-card").wait_for()
    text = card.inner_text()

    assert all(word in text for word in ("now", "expected", "difference"))
    assert re.search(r"(Warning|Critical|Info)", text)


def test_a_verdict_reaches_the_server(wide, demo, noticed):
    """And can be taken back."""
    page = wide.visit(demo, at(noticed))
    card = page.get_by_test_id("anomaly")
    with page.expect_response("**/v1/alerts/verdict") as answer:
        card.get_by_role("button", name="False alarm").click()
    judged = answer.value.json()
    card.get_by_text("✓ False alarm").wait_for()
    kept = {one["id"]: one["verdict"] for one in demo.get("/v1/alerts?session=keynote")["data"]}

    assert kept[judged["id"]] == "false_alarm"
    with page.expect_response("**/v1/alerts/verdict"):
        card.get_by_role("button", name="✓ False alarm").click()


def test_what_is_said_arrives_while_one_looks(wide, demo):
    """From the request to the ticker, over the live line."""
    page = wide.visit(demo, "/live/keynote")
    page.wait_for_selector("[data-testid=ticker]")
    event = {"type": "message", "session": "keynote", "user": "zoë", "text": "is anybody here?"}
    assert demo.post("/v1/events", event)["accepted"] == 1

    page.get_by_test_id("ticker").get_by_text("is anybody here?").wait_for(timeout=5_000)


def test_the_window_is_in_the_address(wide, demo):
    """So that a link shows what one saw."""
    page = wide.visit(demo, "/live/keynote")
    page.get_by_role("button", name="15 min").click()
    assert page.url.endswith("?window=15")
    page.reload()
    pressed = page.get_by_role("button", name="15 min")
    pressed.wait_for()

    assert pressed.get_attribute("aria-pressed") == "true"
    found = re.match(r"(\d+) points", page.get_by_test_id("chart-stats").inner_text())
    assert found and int(found[1]) > 60


def test_the_chart_is_read_with_the_keyboard(wide, demo):
    """Arrow keys move the cursor, what stands there is said; the table has the same points."""
    page = wide.visit(demo, "/live/keynote")
    chart = page.get_by_role("figure")
    chart.focus()
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    tip = page.get_by_test_id("tooltip").inner_text()
    live = page.locator("[aria-live=polite]", has_text="of 100")
    live.wait_for(state="attached")

    assert LEVEL.search(tip)
    assert chart_table(page).locator("tbody tr").count() == 25
    assert wide.findings() == []


def test_the_stage_shows_a_number_and_no_names(looker, demo, noticed):
    """Readable from the back of a room; nobody's name or words are thrown on a wall."""
    page = looker.visit(demo, "/live/keynote?stage=1")
    page.wait_for_selector("canvas")
    page.get_by_test_id("stage").get_by_text(re.compile(r"^\d+$")).first.wait_for()
    text = page.get_by_test_id("stage").inner_text()
    size = page.locator("[data-testid=stage] p").first.evaluate(
        "node => parseFloat(getComputedStyle(node).fontSize)"
    )

    assert LEVEL.search(text)
    assert "keynote" not in text and noticed["message"] not in text
    assert size > 100
    assert looker.overflow() <= 0
    looker.shot("stage")
    assert looker.findings() == []


def seconds(clock: str) -> int:
    """13:05:20 as seconds of the day."""
    hours, minutes, rest = map(int, clock.split(":"))
    return (hours * 60 + minutes) * 60 + rest


def test_a_broken_line_is_said_and_mended(wide, demo):
    """The chart then has every point once, five seconds apart."""
    page = wide.page
    lines = []
    page.route_web_socket("**/v1/live", lambda line: lines.append((line, line.connect_to_server())))
    wide.visit(demo, "/live/keynote")
    page.wait_for_selector("canvas")
    lines[0][0].close()
    page.get_by_test_id("connection").get_by_text("Reconnecting").first.wait_for()
    page.get_by_test_id("connection").get_by_text("Live").first.wait_for()
    assert len(lines) == 2
    times = chart_table(page).locator("tbody tr td:first-child").all_inner_texts()
    steps = {(a - b) % 86_400 for a, b in pairwise(map(seconds, times))}

    assert steps == {5}
