"""Reactions: reviewed from the keyboard, found again, and shown where they were given."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import quote

import pytest

from tests.browser import chats

expect = pytest.importorskip("playwright.sync_api").expect


def queue(site: Any) -> list[dict[str, Any]]:
    """What needs review, the least sure first."""
    return list(site.get("/v1/reactions?needs_review=true")["reactions"])


def one(site: Any, id: str, state: str = "", meaning: str | None = None) -> dict[str, Any]:
    """A reaction, once it is as told: pages go on before the server has answered."""
    for _ in range(100):
        found = dict(site.get(f"/v1/reactions/{id}"))
        if not state or (found["state"], found["meaning"]) == (state, meaning):
            return found
        time.sleep(0.1)
    pytest.fail(f"it is not {state} {meaning}: {found}")


def test_what_needs_review_is_seen(looker, chatted):
    """The least sure first: emoji, talk, verdict with its probabilities, and the numbers beside."""
    page = looker.visit(chatted, "/reactions")
    page.get_by_test_id("emoji").wait_for()
    page.get_by_role("region", name="Backlog").wait_for()
    first = queue(chatted)[0]

    assert page.get_by_test_id("emoji").inner_text() == first["emoji"]
    assert first["reply"] in page.get_by_test_id("reply").inner_text()
    assert "unsure" in page.get_by_test_id("holds").inner_text()
    assert first["verdict"]["reasoning"] in page.get_by_test_id("reasoning").inner_text()
    assert looker.overflow() <= 0
    looker.shot("reactions")
    path = looker.shots / f"reactions-whole-{looker.scheme}-{looker.width}.png"
    page.screenshot(path=path, full_page=True)
    assert looker.findings() == []


def test_reactions_are_reviewed_from_the_keyboard(wide, chatted):
    """Say another meaning, accept, skip, go back: the server knows each word."""
    asked = queue(chatted)
    page = wide.visit(chatted, "/reactions")
    head = page.get_by_role("heading", level=2).first
    expect(head).to_have_text(f"{asked[0]['emoji']}, 1 of {len(asked)}")
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(head).to_be_focused()
    page.keyboard.press("4")
    expect(page.get_by_test_id("emoji")).to_have_text(asked[1]["emoji"])
    page.keyboard.press("Enter")
    page.keyboard.press("s")
    expect(head).to_contain_text(f"1 of {len(asked) - 3}")
    page.get_by_role("region", name="People and model").get_by_test_id("accuracy").wait_for()
    chances = asked[1]["verdict"]["probabilities"]
    assert one(chatted, asked[0]["id"], "reviewed", "CONVERSATIONAL")["by"] == "person"
    one(chatted, asked[1]["id"], "reviewed", max(chances, key=chances.__getitem__))
    one(chatted, asked[2]["id"], "skipped")

    page.keyboard.press("u")
    expect(page.get_by_test_id("holds")).to_have_attribute("data-by", "person")
    page.keyboard.press("2")
    expect(page.get_by_test_id("holds")).to_have_attribute("data-by", "unsure")
    expect(head).to_contain_text(f"1 of {len(asked) - 3}")
    page.get_by_role("table").get_by_role("cell").first.wait_for()
    wide.shot("reactions-reviewed")
    one(chatted, asked[2]["id"], "reviewed", "AGREEMENT")
    assert wide.findings() == []


def test_a_word_that_is_refused_brings_the_reaction_back(chromium, chatted):
    """With the reason, and the focus on it."""
    page = chromium.new_page()
    page.route(
        "**/v1/reactions/*/review",
        lambda call: call.fulfill(status=503, json={"detail": "the disk is full; free some"}),
    )
    page.goto(f"{chatted.url}/reactions")
    emoji = page.get_by_test_id("emoji")
    emoji.wait_for()
    asked = queue(chatted)
    page.keyboard.press("1")
    page.get_by_role("alert").get_by_text("the disk is full; free some").wait_for()

    expect(emoji).to_have_text(asked[0]["emoji"])
    expect(page.get_by_role("heading", level=2).first).to_be_focused()
    assert one(chatted, asked[0]["id"])["state"] == "review"
    page.close()


def test_all_reactions_are_found_again(looker, chatted):
    """By person and state in the address; one opens where it stands."""
    page = looker.visit(chatted, "/reactions?tab=history&user=ann&state=judged")
    page.locator("tbody tr").first.wait_for()
    told = chatted.get("/v1/reactions?user=ann&state=judged")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.get_by_test_id("opinion").wait_for()

    found = told["reactions"]
    assert len(found) == told["total"] > 1, "the model was sure of more than one"
    assert {(one["user"], one["state"]) for one in found} == {("ann", "judged")}
    assert page.locator("tbody tr").count() == told["total"] + 1
    assert "open=r_" in page.url
    assert looker.overflow() <= 0
    looker.shot("reactions-history")
    assert looker.findings() == []


def test_a_reaction_stands_beside_what_it_is_to(wide, chatted):
    """In the conversation, with whose word holds, and the way to its review."""
    page = wide.visit(chatted, f"/conversations/{quote(chats.LUNA, safe='')}?from=all")
    given = page.locator("[data-turn='2']").get_by_role("link", name="❤️")
    given.wait_for()

    assert "model" in given.inner_text()
    wide.shot("conversation-reactions")
    assert wide.findings() == []
    given.click()
    page.get_by_test_id("opinion").wait_for()
    assert page.locator("tbody tr").count() == 2


def test_where_no_reaction_came_one_sees_what_to_send(wide, quiet):
    """A turn and a reaction with its target, to be copied."""
    page = wide.visit(quiet, "/reactions")
    page.get_by_test_id("first-reaction").wait_for()

    assert '"target":"turn-1"' in page.inner_text("pre")
    wide.shot("first-reaction")
    assert wide.findings() == []
