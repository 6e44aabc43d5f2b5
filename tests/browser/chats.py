"""A few turns of two bots with two people, and reactions of whose meaning a model is unsure."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.browser.conftest import Site

LUNA, NOVA = "luna/ann", "nova/bo"
HOSTILE = "<img src=x onerror=alert(1)> \u202eabc"
WAIT_S = 60

SAID = [
    (LUNA, "hello, I am Ann. My dog is called Rex", "Hi Ann! Rex is a fine name."),
    (LUNA, "I live in Bergen and work as a nurse", "Nurses keep the night going."),
    (LUNA, "why are there tides?", "Here is my explanation of tides: the moon pulls the water."),
    (LUNA, "and when does the train leave", "The train leaves at nine."),
    (LUNA, "I am so sad, grandma is ill", "I am sorry to hear that about her."),
    (LUNA, HOSTILE, "Let me look that up."),
    (NOVA, "I am Bo, and allergic to nuts", "No nuts then, Bo."),
    (NOVA, "do you eat?", "I am a bot, I cannot eat."),
    (NOVA, "where is my order", "Your order is late again."),
    (NOVA, "where did I leave the key", "Perhaps the key is under the mat."),
]
"""Session (bot/person), message, reply."""

REACTED = [
    (2, "❤️"),
    (3, "😮"),
    (4, "😢"),
    (5, "👀"),
    (7, "💀"),
    (7, "🙃"),
    (7, "😐"),
    (8, "😡"),
    (9, "🤔"),
    (9, "😐"),
    (9, "🙃"),
]
"""Which turn, and the emoji. Of six of them, on turns 7 and 9, the local judge is unsure."""


def events(now: datetime) -> list[dict[str, Any]]:
    """What was said in the last minutes, then the reactions to it."""
    begun = now - timedelta(seconds=8 * len(SAID) + 20)
    found: list[dict[str, Any]] = []
    for place, (session, message, reply) in enumerate(SAID):
        bot, user = session.split("/")
        found.append(
            {
                "type": "turn",
                "id": f"turn-{place}",
                "session": session,
                "bot": bot,
                "user": user,
                "at": (begun + timedelta(seconds=8 * place)).isoformat(),
                "message": message,
                "reply": reply,
            }
        )
    for place, emoji in REACTED:
        session = SAID[place][0]
        bot, user = session.split("/")
        found.append(
            {
                "type": "reaction",
                "session": session,
                "bot": bot,
                "user": user,
                "emoji": emoji,
                "target": f"turn-{place}",
                "at": (begun + timedelta(seconds=8 * place + 5)).isoformat(),
            }
        )
    return sorted(found, key=lambda event: str(event["at"]))


def tell(site: Site) -> None:
    """Send it all, and wait until every turn is remembered and every reaction judged."""
    answer = site.post("/v1/events", events(datetime.now(UTC)))
    assert answer["errors"] == []
    for _ in range(WAIT_S * 5):
        told = site.get("/v1/reactions/summary")
        kept = site.get("/v1/memories")["total"]
        judged = sum(told["states"].values()) - told["states"].get("waiting", 0)
        if judged == len(REACTED) and kept >= len(SAID):
            return
        time.sleep(0.2)
    raise AssertionError(f"not all was judged and remembered in {WAIT_S} s: {told}, {kept}")
