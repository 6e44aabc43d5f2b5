"""The list of alerts: what was noticed, filtered by what the address says."""

from __future__ import annotations

import re


def test_alerts_are_listed_with_their_reasons(looker, demo, noticed):
    """Severity, type, session, sentence and time of each; nothing overflows."""
    page = looker.visit(demo, "/alerts")
    row = page.get_by_role("listitem").filter(has_text=noticed["message"]).first
    row.wait_for()

    assert re.search(r"(Warning|Critical)", row.inner_text())
    assert "keynote" in row.inner_text()
    assert looker.overflow() <= 0
    looker.shot("alerts")
    assert looker.findings() == []


def test_an_alert_leads_to_its_moment(wide, demo, noticed):
    """Where one sees what it was about."""
    page = wide.visit(demo, "/alerts?session=keynote")
    row = page.get_by_role("listitem").filter(has_text=noticed["message"]).first
    row.get_by_role("link", name="keynote").click()
    page.wait_for_selector("[data-testid=replay] canvas")
    page.get_by_role("button", name=re.compile("^(Warning|Critical): ")).first.wait_for()

    assert re.search(r"/replay/keynote\?t=\d+", page.url)


def test_filters_stand_in_the_address(wide, demo, noticed):
    """So that they can be sent to somebody."""
    page = wide.visit(demo, "/alerts")
    page.get_by_label("Severity").select_option("INFO")
    page.get_by_text(noticed["message"]).first.wait_for(state="detached")

    assert page.url.endswith("/alerts?severity=INFO")
