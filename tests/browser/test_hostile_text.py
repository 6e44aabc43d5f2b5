"""Hostile names and texts stay text, on every page and in every field."""

from __future__ import annotations

from urllib.parse import quote

import pytest

IMAGE = "<img src=x onerror=alert(1)>"
PAYLOADS = [
    IMAGE,
    "<script>alert(1)</script>",
    '"><svg onload=alert(1)>',
    "'-alert(1)-'",
    "javascript:alert(1)",
    "<iframe srcdoc='<script>parent.ran=1</script>'>",
    "</textarea><img src=x onerror=ran=1>",
    "{{constructor.constructor('ran=1')()}}",
    "${ran=1}",
    "<a href=javascript:alert(1)>click</a>",
    "<style>*{display:none}</style>",
    "\u202egnp.exe\u202c <b>bold</b>",
    "<math><mi xlink:href=javascript:alert(1)>",
    "]]><!--<img src=x onerror=alert(1)>-->",
]


@pytest.fixture(scope="module")
def poisoned(demo):
    """Every field that a stranger can fill holds a payload."""
    events = []
    for payload in reversed(PAYLOADS):  # the ticker begins with the newest
        for session in (IMAGE, "hostile"):
            common = {"session": session, "user": payload}
            events += [
                {**common, "type": "join"},
                {**common, "type": "message", "text": payload},
                {**common, "type": "reaction", "emoji": payload[:64], "target": payload},
                {**common, "type": "poll_opened", "poll": payload, "question": payload},
                {**common, "type": "poll_vote", "poll": payload, "option": payload},
                {**common, "type": "poll_closed", "poll": payload},
                {"session": session, "type": "heartbeat", "source": payload},
                {**common, "type": "turn", "bot": IMAGE, "message": payload, "reply": payload},
            ]
    events += [{"type": payload, "session": payload, "user": payload} for payload in PAYLOADS]
    answer = demo.post("/v1/events?source=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E", events)
    assert len(answer["errors"]) == len(PAYLOADS)
    demo.post("/v1/events?source=bad", IMAGE.encode())
    return demo


def address(kind: str, session: str) -> str:
    """The path of a session's page."""
    return f"/{kind}/{quote(session, safe='')}"


PAGES = {
    "pulse": "/",
    "live": address("live", IMAGE),
    "stage": address("live", IMAGE) + "?stage=1",
    "replay": address("replay", IMAGE),
    "ingest": "/ingest",
    "refused": "/ingest?outcome=refused",
    "alerts": "/alerts?session=" + IMAGE.replace(" ", "+"),
    "conversations": "/conversations",
    "conversation": address("conversations", IMAGE) + "?from=all",
    "people": "/people",
    "person": address("people", IMAGE),
    "compare": "/compare?by=user&of=" + quote(IMAGE, safe="") + "&of=%3Cb%3E",
    "unknown": "/live/" + "%3Cscript%3Ealert(1)%3C%2Fscript%3E",
}


@pytest.mark.parametrize("name", PAGES)
def test_nothing_hostile_runs(wide, poisoned, name):
    """No dialog opens, nothing is set, no element was made of a message."""
    page = wide.visit(poisoned, PAGES[name])
    ready = {
        "pulse": "article",
        "live": "[data-testid=ticker] li",
        "stage": "canvas, [data-testid=stage]",
        "replay": "[data-testid=replay]",
        "ingest": "[aria-label^=Last] li",
        "refused": "[aria-label^=Last] li",
        "alerts": "ul",
        "conversations": "tbody tr",
        "conversation": "[data-turn]",
        "people": "tbody tr",
        "person": "[data-testid=trajectories]",
        "compare": "[data-testid=compare] ul li:nth-child(2)",
        "unknown": "[data-testid=loading]",
    }
    page.wait_for_selector(ready[name])
    made = page.evaluate(
        "document.querySelectorAll('main img, main iframe, main script, main style, main b b, "
        "main math, main a[href^=javascript], main svg[onload]').length"
    )

    assert made == 0
    assert page.evaluate("window.ran") is None
    assert wide.trouble == []


def test_hostile_text_is_shown_as_text(wide, poisoned):
    """Nobody's message is lost: it is there, letter by letter."""
    page = wide.visit(poisoned, address("live", IMAGE))
    ticker = page.get_by_test_id("ticker")
    ticker.get_by_text(IMAGE, exact=True).first.wait_for()

    assert page.get_by_role("heading", level=1).inner_text() == IMAGE
    assert "<script>alert(1)</script>" in ticker.inner_text()
    assert "\u202e" not in ticker.inner_text()
    wide.shot("hostile")


def test_a_hostile_session_is_a_tile_like_any_other(wide, poisoned):
    """And its link leads to it."""
    page = wide.visit(poisoned, "/")
    page.get_by_role("link", name=IMAGE, exact=True).click()
    page.wait_for_selector("[data-testid=live-session]")

    assert page.get_by_role("heading", level=1).inner_text() == IMAGE


def test_the_policy_forbids_inline_scripts(wide, poisoned):
    """Were a message ever to become an element, the browser would still not run it."""
    page = wide.visit(poisoned, "/")
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<p onclick=\"ran=1\">x</p>')")
    page.evaluate("document.body.lastElementChild.click()")

    assert page.evaluate("window.ran") is None
    assert any("Content Security Policy" in line for line in wide.trouble)
    wide.trouble.clear()
