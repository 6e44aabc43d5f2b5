"""From `redis-cli PUBLISH` to the page: a message moves the score, an exodus raises the alert."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import Looker, Site, start, wait_for_part

pytestmark = pytest.mark.servers

CHAT, SYNC = "platform.events.chat.message.v1", "sync-events"
PEOPLE = 40
TICK_S = 5


class Platform:
    """The documents' platform: publishes their payloads with redis-cli, as they would."""

    def __init__(self, url: str) -> None:
        self.port = url.rpartition(":")[2].partition("/")[0]

    def publish(self, channel: str, **told: Any) -> None:
        """One payload; redis-cli answers how many hear it."""
        payload = json.dumps({"sessionId": "hall", "eventId": "conf", **told})
        program = shutil.which("redis-cli")
        assert program
        done = subprocess.run(
            [program, "-p", self.port, "PUBLISH", channel, payload],
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
        assert done.stdout.strip() == "1", done.stdout


@pytest.fixture(scope="module")
def hall(
    redis_process: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Site, Platform]]:
    """A server that listens to the documents' channels of a real Redis."""
    folder: Path = tmp_path_factory.mktemp("hall")
    url = redis_process.url
    (folder / "roomtone.toml").write_text(f'[sources]\nlisten = ["{url}?mode=pubsub"]\n')
    for site in start("serve", folder):
        wait_for_part(site, "redis-pubsub")
        yield site, Platform(url)


def shown_score(page: Any) -> int | None:
    """The score as it stands on the page."""
    found = re.match(r"(\d{1,3})\b", page.get_by_test_id("score").inner_text())
    return int(found[1]) if found else None


def seconds_until(page: Any, happens: Any, within_s: float) -> float:
    """How long it took on the page."""
    begun = time.monotonic()
    while not happens():
        assert time.monotonic() - begun < within_s, "the page did not show it in time"
        page.wait_for_timeout(50)
    return time.monotonic() - begun


def full(site: Site) -> bool:
    """Whether all of them have been here for a minute."""
    before = site.get("/v1/sessions/hall")["fields"]["present_before"]
    return before is not None and before >= PEOPLE


def test_a_published_message_moves_the_score(wide: Looker, hall: tuple[Site, Platform]) -> None:
    """Within 5 s and the tick, on the page that somebody has open."""
    site, platform = hall
    for n in range(5):
        platform.publish(SYNC, type="user_join", userId=f"u{n}")
    platform.publish(CHAT, userId="u0", message="is this on?")
    page = wide.visit(site, "/live/hall")
    seconds_until(page, lambda: shown_score(page) is not None, 30)
    before = shown_score(page)
    for n in range(10):
        platform.publish(CHAT, userId=f"u{n % 5}", message=f"hello {n}")
    took = seconds_until(page, lambda: shown_score(page) != before, 5 + TICK_S)

    assert (shown_score(page) or 0) > (before or 0)
    assert took <= 5 + TICK_S
    page.get_by_test_id("ticker").get_by_text("hello 9").wait_for(timeout=5_000)
    wide.shot("redis-score")


def test_an_exodus_raises_the_alert(wide: Looker, hall: tuple[Site, Platform]) -> None:
    """A room of forty that half of them leave: the alert stands on the page within 10 s."""
    site, platform = hall
    for n in range(PEOPLE):
        platform.publish(SYNC, type="user_join", userId=f"v{n}")
    page = wide.visit(site, "/live/hall")
    enough = threading.Event()

    def chatter() -> None:
        count = 0
        while not enough.wait(0.4):
            count += 1
            platform.publish(CHAT, userId=f"v{count % PEOPLE}", message=f"and then {count}")

    talking = threading.Thread(target=chatter)
    talking.start()
    try:
        seconds_until(page, lambda: full(site), 90)  # only who was here can leave
        for n in range(PEOPLE * 3 // 5):
            platform.publish(SYNC, type="user_leave", userId=f"v{n}")
        left = time.monotonic()
        card = page.get_by_test_id("anomaly-card")
        card.wait_for(timeout=10_000)
        took = time.monotonic() - left
    finally:
        enough.set()
        talking.join(10)

    assert took <= 10
    alerts = site.get("/v1/alerts?session=hall")["data"]
    assert "MASS_EXIT" in {alert["type"] for alert in alerts}
    wide.shot("redis-exodus")
