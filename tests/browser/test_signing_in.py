"""Where the server asks who looks: a key opens the pages, admins give keys out, and one leaves."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.conftest import Looker, Site, start


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, str]]:
    """A server for which one key was made, and that key."""
    folder = tmp_path_factory.mktemp("locked")
    words = ["keys", "create", "--scope", "admin", "--name", "door", "--data", folder / "data"]
    made = subprocess.run(
        [sys.executable, "-m", "roomtone", *words],
        env={k: v for k, v in os.environ.items() if not k.startswith("ROOMTONE_")},
        capture_output=True,
        text=True,
        timeout=60,
    )
    found = re.search(r"rt_live_[\w-]{43}", made.stdout)
    assert found, made.stdout + made.stderr
    for site in start("serve", folder):
        yield site, found[0]


def refused(looker: Looker) -> None:
    """Chromium notes each 401 as trouble, which here is what was to be seen."""
    assert looker.trouble and all("401" in line for line in looker.trouble)
    looker.trouble.clear()


def enter(page: Any, key: str) -> None:
    """Paste a key."""
    page.get_by_label("Key", exact=True).fill(key)
    page.get_by_role("button", name="Sign in").click()


def test_who_has_no_key_sees_how_to_get_one(looker, locked):
    """And nothing of what was heard."""
    site, _ = locked
    page = looker.visit(site, "/conversations")
    page.get_by_test_id("sign-in").wait_for()

    assert "roomtone keys create" in page.inner_text("body")
    assert page.get_by_role("navigation", name="Main").count() == 0
    assert looker.overflow() <= 0
    looker.shot("sign-in")
    assert looker.findings() == []
    refused(looker)


def test_a_key_opens_the_pages_until_one_signs_out(wide, locked):
    """A wrong one says why not; the live line opens with the right one, and closes after it."""
    site, key = locked
    page = wide.visit(site, "/data")
    enter(page, "rt_live_" + "x" * 43)
    page.get_by_role("alert").wait_for()
    enter(page, key)
    page.get_by_test_id("data").wait_for()
    page.get_by_role("status").filter(has_text="Live").first.wait_for(state="attached")
    assert key not in str(page.evaluate("JSON.stringify([localStorage, sessionStorage])"))
    assert page.evaluate("document.cookie") == ""

    page.get_by_role("button", name=re.compile("^Project default")).click()
    page.get_by_test_id("account").get_by_text("Sign out").click()
    page.get_by_test_id("sign-in").wait_for()
    page.goto(f"{site.url}/people")
    page.get_by_test_id("sign-in").wait_for()
    refused(wide)


def test_an_admin_makes_and_revokes_keys(wide, locked):
    """The new one is shown once, and opens nothing any more once it is revoked."""
    site, key = locked
    page = wide.visit(site, "/server")
    enter(page, key)
    keys = page.get_by_test_id("keys")
    keys.get_by_role("button", name="Make a key").click()
    keys.get_by_label("What it is for").fill("<b>bot</b>")
    keys.get_by_role("button", name="Make it").click()
    made = keys.get_by_test_id("new-key").locator("code").inner_text()
    wide.shot("keys")
    assert wide.findings() == []
    keys.get_by_role("button", name="I have it").click()
    assert made not in page.content()

    keys.get_by_role("button", name="Revoke <b>bot</b>").click()
    keys.get_by_role("button", name="Revoke it").click()
    keys.get_by_text("revoked").wait_for()
    head = {"headers": {"Authorization": f"Bearer {made}"}}
    asked = page.request.get(f"{site.url}/v1/sessions", **head)
    assert asked.status == 401
    refused(wide)
