"""What bots remember of a person: seen, corrected, hidden, verified, deleted, and recalled."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

MEMORIES = "/people/ann?tab=memories"


def card(page: Any, text: str) -> Any:
    """The card of the memory that says this."""
    return page.get_by_test_id("memory").filter(has_text=text).first


def found(site: Any, search: str) -> list[dict[str, Any]]:
    """What is remembered of ann with these words."""
    return list(site.get(f"/v1/memories?user=ann&search={quote(search)}")["memories"])


def test_what_is_remembered_of_a_person_is_seen(looker, chatted):
    """Each with its tier and why, its feeling and its turn; and what would be recalled."""
    page = looker.visit(chatted, MEMORIES)
    page.get_by_test_id("memory").first.wait_for()
    told = chatted.get("/v1/memories?user=ann")
    page.get_by_label("If ann said").fill("what is my dog called")
    page.get_by_role("button", name="Look").click()
    page.get_by_test_id("recalled").get_by_text("Rex").first.wait_for()

    assert page.get_by_test_id("memory").count() == told["total"]
    assert "Why personal: tells of the person: dog" in card(page, "Rex").inner_text()
    assert card(page, "Rex").get_by_role("link").get_attribute("href").endswith("turn=turn-0")
    assert "onerror" in page.inner_text("main")
    assert chatted.get("/v1/memories?user=ann&search=Rex")["memories"][0]["accesses"] == 0
    assert looker.overflow() <= 0
    looker.shot("memories")
    page.evaluate("window.scrollTo(0, 0)")
    path = looker.shots / f"memories-whole-{looker.scheme}-{looker.width}.png"
    page.screenshot(path=path, full_page=True)
    assert looker.findings() == []


def test_a_memory_is_corrected_hidden_and_deleted(wide, chatted):
    """From the keyboard, and the server knows: the new text, out of recall, gone for good."""
    chatted.post("/v1/memories", {"bot": "luna", "user": "ann", "content": "my cat is called Tom"})
    page = wide.visit(chatted, MEMORIES)
    cat = card(page, "called Tom")
    cat.get_by_role("button", name="Correct").press("Enter")
    page.keyboard.press("Control+A")
    page.keyboard.type("my cat is called Tim")
    page.get_by_role("button", name="Save").press("Enter")
    page.get_by_test_id("news").get_by_text("Corrected").wait_for()
    (kept,) = found(chatted, "my cat")
    assert (kept["content"], kept["verified"]) == ("my cat is called Tim", True)

    cat = card(page, "called Tim")
    cat.get_by_role("button", name="Hide from recall").click()
    cat.get_by_role("button", name="Recall again").wait_for()
    asked = chatted.get("/v1/memories/recall?bot=luna&user=ann&query=my%20cat&trial=true")
    assert kept["id"] not in [one["memory"]["id"] for one in asked["memories"]]

    cat.get_by_role("button", name="Delete…").click()
    page.get_by_role("group", name="Delete this memory?").wait_for()
    wide.shot("memory-delete")
    assert wide.findings() == []
    page.keyboard.press("Enter")  # the focus is where nothing is lost
    cat.get_by_role("button", name="Delete…").click()
    cat.get_by_role("button", name="Delete for good").click()
    page.get_by_test_id("news").get_by_text("Deleted.").wait_for()
    assert found(chatted, "my cat") == []
    assert card(page, "called Tim").count() == 0


def test_where_nothing_is_remembered_one_sees_how_it_is_told(wide, quiet):
    """The lines are taken as they stand."""
    page = wide.visit(quiet, "/people/nobody?tab=memories")
    page.get_by_test_id("no-memory").wait_for()

    assert f"curl {quiet.url}/v1/memories" in page.inner_text("pre")
    assert wide.findings() == []
