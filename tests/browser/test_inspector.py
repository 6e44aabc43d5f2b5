"""The ingest inspector: totals per source, the last events, and why one was refused."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="module")
def sent(demo):
    """From one source: one event that is taken, the same again, and one that is refused."""
    good = {"type": "message", "session": "inspected", "user": "ann", "id": "e1", "text": "hello"}
    demo.post("/v1/events?source=bridge", [good])
    demo.post("/v1/events?source=bridge", [good, {"type": "nap", "session": "inspected"}])
    return demo


def test_the_inspector_shows_each_source_and_outcome(looker, sent):
    """How many came, how many were refused, and the reason in words."""
    page = looker.visit(sent, "/ingest")
    page.get_by_role("listitem").filter(has_text="bridge").first.wait_for()
    card = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name="bridge"))
    totals = card.inner_text().split()

    assert totals[totals.index("accepted") - 1] == "1"
    assert totals[totals.index("duplicate") - 1] == "1"
    assert totals[totals.index("refused") - 1] == "1"
    assert looker.overflow() <= 0
    looker.shot("ingest")
    assert looker.findings() == []


def test_filters_are_in_the_address(wide, sent):
    """What was refused from one source, as a link one can send."""
    page = wide.visit(sent, "/ingest")
    page.get_by_label("Source").select_option("bridge")
    page.get_by_label("Outcome").select_option("refused")
    rows = page.get_by_role("list", name="Last events, newest first").get_by_role("listitem")
    rows.filter(has_text="known types").first.wait_for()
    rows.filter(has_text="Accepted").first.wait_for(state="detached")

    assert page.url.endswith("/ingest?source=bridge&outcome=refused")
    assert "nap" in rows.first.inner_text()
