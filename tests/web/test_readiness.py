"""Degraded is not dead: only a process that cannot acknowledge is taken out."""

from __future__ import annotations

from typing import Any

import pytest

from roomtone.web.readiness import detailed, readiness
from tests.web.conftest import Site, message


def part(name: str, ok: bool, **more: Any) -> dict[str, Any]:
    return {"name": name, "ok": ok, "detail": "d", "remedy": "" if ok else "do this", **more}


@pytest.mark.parametrize(
    ("journal", "stores", "word", "status"),
    [
        (True, True, "ready", 200),
        (True, False, "degraded", 200),
        (False, True, "not ready", 503),
        (False, False, "not ready", 503),
    ],
)
def test_only_a_vital_part_takes_a_server_out(
    journal: bool, stores: bool, word: str, status: int
) -> None:
    """A store that is down costs nothing that the journal does not keep."""
    parts = [part("journal", journal, vital=True), part("stores", stores)]

    answer, code = readiness(parts)

    assert (answer["status"], code) == (word, status)
    assert [its["vital"] for its in answer["parts"]] == [True, False]
    assert detailed(parts, 0)[1] == status


async def test_a_store_that_is_down_degrades_and_events_are_taken(site: Site) -> None:
    """/readyz names the part and its remedy with status 200, and so does /health."""
    await site.say(message())
    await site.pipeline.series.close()
    await site.house.tick()
    async with site.client.stream("GET", "/readyz") as response:
        await response.aread()
    for _ in range(200):  # the keeper finds out in its own time, which is soon
        ready = await site.client.get("/readyz")
        if ready.json()["status"] == "degraded":
            break
    health = await site.client.get("/health")

    assert ready.status_code == health.status_code == 200
    (unwell,) = [its for its in ready.json()["parts"] if not its["ok"]]
    assert unwell["name"] == "stores" and unwell["remedy"]
    assert health.json()["status"] == "degraded"
    assert health.json()["components"]["stores"]["status"] == "unhealthy"
    assert health.json()["components"]["journal"]["status"] == "healthy"
    assert (await site.say(message()))["accepted"] == 1


async def test_the_addresses_of_the_documents_answer(site: Site) -> None:
    """/health in detail; /health/live and /health/ready beside the short names."""
    await site.say(message())
    await site.pipeline.settled()
    health = await site.get("/health")

    assert (health["status"], health["service"]) == ("healthy", "roomtone")
    assert health["active_sessions"] == 1
    assert (await site.get("/health/live")) == {"status": "alive"}
    assert (await site.get("/health/ready"))["status"] == "ready"
