"""What can be asked is answered as documented, and what cannot is told why."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from pydantic import BaseModel

from roomtone.alerts import Alert
from roomtone.runtime.clock import utc
from roomtone.web import models
from tests.web.conftest import Site, message


async def lively(site: Site, *sessions: str) -> None:
    """Some rooms with points, one of them louder than the other."""
    for count, session in enumerate(sessions, start=1):
        await site.say(*(message(session, f"u{i}") for i in range(3 * count)))
    await site.house.tick(3)
    await site.pipeline.keeper.drain()


async def with_alerts(site: Site, count: int) -> list[Alert]:
    now = utc(site.house.clock.now_ms())
    alerts = [
        Alert(
            time=now - timedelta(minutes=number),
            session=f"room/{number % 2}",
            type="SUDDEN_DROP" if number % 3 else "MASS_EXIT",
            severity="WARNING",
            detector="anomaly",
            score=0.9,
            current=float("nan"),
            expected=42,
        )
        for number in range(count)
    ]
    await site.pipeline.archive.add_alerts(alerts)
    return alerts


async def test_answers_are_as_documented(site: Site) -> None:
    """Each answer fits the model that /docs shows."""
    await lively(site, "s")
    await with_alerts(site, 2)
    await site.client.post("/v1/events", content=b"nope")
    asked: dict[str, type[BaseModel]] = {
        "/v1/sessions": models.Sessions,
        "/v1/sessions/s": models.Session,
        "/v1/sessions/s/explain": models.Explanation,
        "/v1/sessions/s/events": models.Events,
        "/v1/series?session=s": models.Series,
        "/v1/alerts": models.Alerts,
        "/v1/inspector": models.Inspection,
        "/v1/measurements": models.Catalogue,
        "/readyz": models.Readiness,
    }

    for path, model in asked.items():
        answer = model.model_validate(await site.get(path))
        assert answer.model_extra in ({}, None) or path == "/v1/sessions/s", path


async def test_the_document_names_every_route(site: Site) -> None:
    """Also those that are served in front of it."""
    document = await site.get("/openapi.json")
    paths = {(method, path) for path, item in document["paths"].items() for method in item}

    assert {("post", "/v1/events"), ("get", "/v1/sessions/{session}"), ("get", "/readyz")} <= paths
    assert document["paths"]["/v1/events"]["post"]["responses"].keys() >= {"202", "413", "429"}


async def test_live_sessions_come_worst_first_in_pages(site: Site) -> None:
    """No page repeats or skips one, though others come in between."""
    await lively(site, *(f"s{i}" for i in range(7)))
    first = await site.get("/v1/sessions", limit=3, state="live")
    await site.say(message("newcomer"))
    rest = await site.get("/v1/sessions", limit=10, state="live", cursor=first["next_cursor"])
    scores = [s["score"] for s in (*first["data"], *rest["data"][:-1])]

    assert scores == sorted(scores)
    assert [s["session"] for s in (*first["data"], *rest["data"])] == [
        *(f"s{i}" for i in range(7)),
        "newcomer",
    ]
    assert rest["next_cursor"] is None


async def test_all_sessions_are_live_then_history_then_ended(site: Site) -> None:
    """One walk through the pages meets each once."""
    for name in ("old", "older"):
        at = {"old": "2025-02-01T10:00:00Z", "older": "2025-01-01T10:00:00Z"}[name]
        await site.say(message(name, at=at), history="true")
    await site.client.post("/v1/history/close", json={"sessions": ["old", "older"]})
    await site.say(message("past", at="2025-03-01T10:00:00Z"), history="true")
    await lively(site, "now")
    names, cursor = [], None
    while True:
        query = {"cursor": cursor} if cursor else {}
        page = await site.get("/v1/sessions", limit=1, **query)
        names += [(s["session"], s["state"]) for s in page["data"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert names == [("now", "live"), ("past", "history"), ("old", "ended"), ("older", "ended")]


@pytest.mark.parametrize("name", ["a/b", "a b?c#d", "é👍", "..", "%2F", "x/explain", "a;b=c", "+"])
async def test_any_name_can_be_asked_for(site: Site, name: str) -> None:
    """An id is one part of a path, whatever stands in it."""
    await site.say(message(name))
    part = quote(name, safe="")
    found = await site.get(f"/v1/sessions/{part}" if name != ".." else "/v1/sessions/%2E%2E")
    events = await site.client.get(f"/v1/sessions/{part.replace('..', '%2E%2E')}/events")
    missing = await site.client.get(f"/v1/sessions/{part}-other/explain")

    assert found["session"] == name
    assert events.json()["data"][0]["session"] == name
    assert (await site.problem(missing))[0] == 404


async def test_series_are_columns(site: Site) -> None:
    """Times rise, columns are as long as they are, and what is not known is null."""
    await lively(site, "s")
    series = await site.get(
        "/v1/series", session="s", fields="score,chat_per_min,poll_participation"
    )
    minutes = await site.get("/v1/series", session="s", step=60, fields="score,score_min")

    assert [b - a for a, b in zip(series["t"], series["t"][1:], strict=False)] == [5, 5]
    assert series["fields"]["chat_per_min"] == [3, 3, 3]
    assert series["fields"]["poll_participation"] == [None] * 3
    assert minutes["t"][0] % 60 == 0
    assert minutes["fields"]["score_min"] <= minutes["fields"]["score"]


async def test_series_are_asked_by_time(site: Site) -> None:
    """In ISO 8601, also with a plus sign that the address turned into a space, or back from now."""
    await lively(site, "s")
    at = utc(site.house.clock.now_ms() - 5_000).astimezone()
    for start in (at.isoformat(), at.isoformat().replace("+", " "), "-5s"):
        series = await site.get("/v1/series", session="s", fields="score", **{"from": start})
        assert len(series["t"]) == 2, start


ODD = {
    "/v1/series": 422,
    "/v1/series?session=s&fields=nope": 422,
    "/v1/series?session=s&fields=score_min": 422,
    "/v1/series?session=s&measurement=nope": 404,
    "/v1/series?session=s&from=yesterday": 422,
    "/v1/series?session=s&from=2026-11-21T10:00:00": 422,
    "/v1/series?session=s&from=-9999999w": 422,
    "/v1/series?session=s&from=0001-01-01T00:00:00%2B14:00": 422,
    "/v1/series?session=s&from=-1s&to=-1h": 422,
    "/v1/series?session=s&from=-7d": 422,
    "/v1/series?session=s&step=7": 422,
    "/v1/sessions?limit=0": 422,
    "/v1/sessions?limit=1e9": 422,
    "/v1/sessions?state=dead": 422,
    "/v1/sessions?cursor=%00": 422,
    "/v1/sessions?cursor=WzFd": 422,
    "/v1/alerts?cursor=nope!": 422,
    "/v1/alerts?type=PANIC": 422,
    "/v1/alerts?severity=critical": 422,
    "/v1/inspector?outcome=lost": 422,
    "/v1/sessions/nobody": 404,
    "/v1/sessions/nobody/explain": 404,
    "/v1/sessions/s/explain?at=noon": 422,
    "/v1/sessions/%FF%00": 404,
    "/v1/nothing": 404,
    "/nothing": 404,
    "/" + "x" * 5000: 404,
    "/%00": 404,
}


async def test_what_cannot_be_asked_is_told_why(site: Site) -> None:
    """In a problem document that ends in what to do."""
    for path, status in ODD.items():
        assert (await site.problem(await site.client.get(path)))[0] == status, path


async def test_alerts_are_filtered_and_paged(site: Site) -> None:
    """Newest first; a cursor goes on where the page ended; what is not known is null."""
    made = await with_alerts(site, 7)
    ids: list[str] = []
    cursor: Any = None
    while len(ids) < 7:
        query = {"cursor": cursor} if cursor else {}
        page = await site.get("/v1/alerts", limit=2, **query)
        ids += [alert["id"] for alert in page["data"]]
        cursor = page["next_cursor"]
    drops = await site.get("/v1/alerts", type="SUDDEN_DROP", session="room/1")
    recent = await site.get("/v1/alerts", **{"from": "-150s", "to": "now"})

    assert ids == [alert.id for alert in made]
    assert cursor is None
    assert {alert["session"] for alert in drops["data"]} == {"room/1"}
    assert len(recent["data"]) == 2, "up to now, and now is not in it"
    assert recent["data"][0]["current"] is None


async def test_a_verdict_is_kept_and_can_be_taken_back(site: Site) -> None:
    """And an alert that is not there cannot be judged."""
    (alert,) = await with_alerts(site, 1)
    url = "/v1/alerts/verdict"
    judged = await site.client.post(url, json={"id": alert.id, "verdict": "acknowledged"})
    kept = await site.get("/v1/alerts")
    back = await site.client.post(url, json={"id": alert.id, "verdict": ""})
    nobody = await site.client.post(url, json={"id": "a/b/c", "verdict": ""})
    wrong = await site.client.post(url, json={"id": alert.id, "verdict": "perhaps"})
    is_json = {"content-type": "application/json"}
    cut = await site.client.post(url, content=b'{"id":', headers=is_json)

    assert judged.json()["verdict"] == kept["data"][0]["verdict"] == "acknowledged"
    assert (back.json()["verdict"], back.json()["verdict_at"]) == ("", None)
    assert (await site.problem(nobody))[0] == 404
    assert (await site.problem(wrong))[0] == (await site.problem(cut))[0] == 422


async def test_a_large_body_is_refused_on_every_route(site: Site) -> None:
    """The limit is the server's, not one route's."""
    body = b'{"id":"' + b"x" * 1_100_000 + b'","verdict":""}'
    response = await site.client.post("/v1/alerts/verdict", content=body)

    assert (await site.problem(response))[0] == 413


async def test_a_store_that_fails_is_503(site: Site) -> None:
    """With what to do; the live side goes on without it."""
    await lively(site, "s")
    await site.pipeline.archive.close()
    response = await site.client.get("/v1/alerts")

    assert (await site.problem(response))[0] == 503
    assert (await site.say(message()))["accepted"] == 1


async def test_problems_do_not_repeat_what_was_sent(site: Site) -> None:
    """A text that was private to its room stays so."""
    body = {"id": ["secret words"], "verdict": "secret words"}
    response = await site.client.post("/v1/alerts/verdict", json=body)

    assert "secret" not in response.text
