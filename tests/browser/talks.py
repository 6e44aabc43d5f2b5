"""Real dialogues as turns of two bots with a few people, spread over three weeks."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("BENCHMARK_DATA") or ROOT.parent / "shared" / "data")
TOPICAL = DATA / "topical_chat" / "conversations" / "valid_rare.json"

BOTS = ("luna", "nova")
PEOPLE = ("ann", "bo", "cy", "dee")
DAYS = 21


def turns(until: datetime) -> list[dict[str, Any]]:
    """Events of type turn from Topical-Chat (Gopalakrishnan et al. 2019), oldest first.

    Who asked is the person, who answered the bot. Each day one pair meets in a session of its own,
    on the last day twice; times, memories and contexts are made up by rule, as the recordings
    have none.
    """
    dialogues = list(json.loads(TOPICAL.read_text(encoding="utf-8")).values())
    last = until.replace(minute=0, second=0, microsecond=0) - timedelta(hours=2)
    found: list[dict[str, Any]] = []
    for back in range(DAYS):
        bot, user = BOTS[back % 5 % 2], PEOPLE[back % 7 % len(PEOPLE)]
        meetings = [last - timedelta(days=back, hours=back % 3)]
        if back == 0:
            meetings.append(last - timedelta(hours=3))
        for meeting, start in enumerate(meetings):
            session = f"{bot}/{user}/{meetings[0]:%Y-%m-%d}"
            said = [line["message"] for line in dialogues[back + DAYS * meeting]["content"]]
            found += _turns(said, session, start)
    return sorted(found, key=lambda turn: str(turn["at"]))


def _turns(said: list[str], session: str, start: datetime) -> Iterator[dict[str, Any]]:
    bot, user, _ = session.split("/")
    for place, (message, reply) in enumerate(zip(said[::2], said[1::2], strict=False)):
        turn: dict[str, Any] = {
            "type": "turn",
            "session": session,
            "bot": bot,
            "user": user,
            "at": (start + timedelta(seconds=75 * place)).astimezone(UTC).isoformat(),
            "message": message,
            "reply": reply,
            "processing_time_ms": 300 + 37 * (len(reply) % 40),
        }
        if place % 3 != 2:
            near = [round(0.9 - 0.1 * k, 2) for k in range(place % 4)]
            turn["memories"] = [{"similarity": one, "id": f"m{k}"} for k, one in enumerate(near)]
            turn["retrieval_time_ms"] = 8.5 + place
        if place % 2 == 0:
            topic = ("music", "sports", "films", "music")[place // 2 % 4]
            turn["context"] = {"topic": topic, "mode": "general", "confidence": 0.8}
        yield turn
