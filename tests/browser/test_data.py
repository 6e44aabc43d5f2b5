"""Training data: what may be learnt from, its rows, datasets; consent, taking along and erasing."""

from __future__ import annotations

import hashlib
import json
import re
import shlex
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest
import typer

from roomtone.__main__ import app
from tests.browser import chats
from tests.browser.chats import HOSTILE
from tests.browser.conftest import Site, start

GUEST = "gil <b>"


def send(site: Site, method: str, path: str, body: Any = None) -> Any:
    """Ask for a change; returns the answer."""
    data = None if body is None else json.dumps(body).encode()
    head = {"content-type": "application/json"}
    request = urllib.request.Request(site.url + path, data, head, method=method)
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)


def until(holds: Callable[[], object]) -> None:
    """Wait for what is read behind everybody's back."""
    for _ in range(chats.WAIT_S * 5):
        if holds():
            return
        time.sleep(0.2)
    pytest.fail(f"it did not come to hold in {chats.WAIT_S} s")


def tell(site: Site) -> None:
    """Say what there is to learn from, and wait until all of it is kept and read."""
    said = [one for one in chats.events(datetime.now(UTC)) if one["type"] == "turn"]
    assert site.post("/v1/events", said)["errors"] == []
    send(site, "PUT", "/v1/people/ann/consent", {"training": True, "by": "ann"})
    path = "/v1/training/overview"
    until(lambda: site.get(path)["messages"] == 2 * len(said))
    until(lambda: sum(site.get(path)["quality"]["counts"]))


@pytest.fixture(scope="module")
def agreed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server with a few turns, on which ann agreed to training and bo was not asked."""
    for site in start("serve", tmp_path_factory.mktemp("learnt")):
        tell(site)
        yield site


def whole(looker: Any, name: str) -> None:
    """Keep what the page looks like from top to bottom."""
    looker.page.evaluate("window.scrollTo(0, 0)")
    path = looker.shots / f"{name}-{looker.scheme}-{looker.width}.png"
    looker.page.screenshot(path=path, full_page=True)


def test_what_may_be_learnt_from_is_seen(looker, agreed):
    """Only ann's, why the rest is left out, and exact rows, in which what is hostile is text."""
    page = looker.visit(agreed, "/data?format=sft")
    page.get_by_test_id("row").first.wait_for()
    told = agreed.get("/v1/training/overview")
    lines = [one["line"] for one in agreed.get("/v1/training/preview?format=sft")["rows"]]

    assert told["trainable"]["people"] == 1 < told["people"]
    assert (
        f"{told['trainable']['messages']}\n" in page.get_by_test_id("amount-messages").inner_text()
    )
    assert page.get_by_test_id("excluded").get_by_role("listitem").count() >= 1
    assert HOSTILE[:28] in page.get_by_test_id("row").first.inner_text()
    assert looker.overflow() <= 0
    whole(looker, "data")
    assert looker.findings() == []
    page.get_by_role("button", name="As it is written").click()
    assert [one.split("U+")[0] for one in page.get_by_test_id("line").all_inner_texts()] == [
        one.split("\u202e")[0] for one in lines
    ]


def test_the_bound_of_quality_is_moved_by_keys(wide, agreed):
    """The bars follow, the address keeps it, and fewer conversations are left."""
    page = wide.visit(agreed, "/data")
    slider = page.get_by_role("slider", name="Lowest quality")
    slider.focus()
    page.keyboard.press("End")
    page.wait_for_url("**/data?min=100")
    page.get_by_test_id("amount-conversations").filter(
        has_text=re.compile(r"Conversations\s*0\s*of")
    ).wait_for()

    assert page.locator("[data-wanted=true]").count() == 0
    assert slider.get_attribute("aria-valuetext").startswith("100 of 100 or better: 0 of ")


def test_a_dataset_is_made_read_and_let_go(wide, agreed):
    """What was shown is what is in the file, and its sum is the one that is told."""
    page = wide.visit(agreed, "/data?tab=make&format=sft")
    wizard = page.get_by_test_id("wizard")
    wizard.get_by_label("What you will find it by").fill(HOSTILE)
    wizard.get_by_label("validation %").fill("0")
    typed = shlex.split(wizard.locator("pre").inner_text().replace("\\\n", ""))
    command = typer.main.get_command(app).commands["export"]
    asked = command.make_context("export", typed[2:]).params
    assert (typed[:2], asked["format"], asked["name"]) == (["roomtone", "export"], "sft", HOSTILE)
    wide.shot("make-a-dataset")
    assert wide.findings() == []
    wizard.get_by_role("button", name="Make “").click()
    made = page.get_by_test_id("dataset").first
    made.get_by_text("Ready").wait_for()
    details = made.get_by_test_id("details")
    with page.expect_download() as coming:
        details.get_by_role("link", name="data/train").first.click()
    data = coming.value.path().read_bytes()
    (told,) = agreed.get("/v1/datasets")["datasets"]
    rows = agreed.get("/v1/training/preview?format=sft")["rows"]

    assert hashlib.sha256(data).hexdigest() == told["files"][0]["sha256"]
    assert data.decode().splitlines()[0] == rows[0]["line"]
    assert HOSTILE[:28] in made.get_by_role("heading").first.inner_text()
    wide.shot("dataset")
    assert wide.findings() == []

    made.get_by_role("button", name="Delete…").click()
    made.get_by_role("button", name="Delete for good").click()
    page.get_by_test_id("news").get_by_text("is deleted").wait_for()
    assert agreed.get("/v1/datasets")["datasets"] == []


def test_consent_is_said_and_taken_back_on_a_persons_page(looker, agreed):
    """What the switch shows is what the server holds."""
    send(agreed, "PUT", "/v1/people/bo/consent", {"training": False, "by": "bo"})
    page = looker.visit(agreed, "/people/bo?tab=rights")
    training = page.get_by_test_id("purpose-training")
    training.get_by_text("Said no").wait_for()
    training.get_by_role("switch").click()
    page.get_by_label("On what basis").press("Enter")
    training.get_by_text("on the basis of consent").wait_for()

    word = agreed.get("/v1/people/bo/consent")["purposes"]["training"]
    assert (word["granted"], word["by"]) == (True, "dashboard")
    assert page.get_by_test_id("purpose-memory").get_by_text("not asked").count() == 1
    assert looker.overflow() <= 0
    whole(looker, "rights")
    assert looker.findings() == []
    training.get_by_role("switch").click()
    training.get_by_text("Said no").wait_for()
    assert agreed.get("/v1/people/bo/consent")["purposes"]["training"]["granted"] is False


def test_all_that_is_kept_of_a_person_is_taken_along_and_then_erased(wide, agreed):
    """With their name typed; store by store, and nothing of them is found afterwards."""
    turn = {"type": "turn", "session": "luna/gil", "bot": "luna", "user": GUEST}
    agreed.post("/v1/events", [turn | {"message": "my cat is Tom", "reply": "Hello Tom."}])
    kept = f"/v1/memories?user={quote(GUEST)}"
    talks = f"/v1/conversations?user={quote(GUEST)}"
    until(lambda: agreed.get(talks)["total"] and agreed.get(kept)["total"])
    page = wide.visit(agreed, f"/people/{quote(GUEST, safe='')}?tab=rights")
    with page.expect_download() as coming:
        page.get_by_role("link", name="Download").click()
    assert "my cat is Tom" in coming.value.path().read_text(encoding="utf-8")

    page.get_by_role("button", name="Erase gil").click()
    page.get_by_test_id("erase-form").get_by_role("textbox").fill(GUEST)
    wide.shot("erase")
    assert wide.findings() == []
    page.get_by_role("button", name="Erase for good").click()
    receipt = page.get_by_test_id("receipt")
    receipt.wait_for()
    wide.shot("receipt")

    assert receipt.get_by_role("heading", name=f"{GUEST} is erased").count() == 1
    assert wide.findings() == []
    people = [one["user"] for one in agreed.get("/v1/people")["people"]]
    assert GUEST not in people and "ann" in people


def test_where_nobody_agreed_one_sees_how_to_ask(wide, quiet):
    """Said before anything else; where nothing was said at all, how to begin."""
    page = wide.visit(quiet, "/data")
    page.get_by_test_id("first-turn").wait_for()
    assert wide.findings() == []
    page.goto(f"{quiet.url}/data?tab=datasets")
    page.get_by_role("link", name="Make one").wait_for()
    assert wide.findings() == []
