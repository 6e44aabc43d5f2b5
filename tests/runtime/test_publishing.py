"""Each tick goes out in the documents' payloads: two per session at most, and never in its way."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from datetime import UTC, datetime

from roomtone.alerts import Alert
from roomtone.engine import Engine, Output
from roomtone.errors import SourceError
from roomtone.events import Message
from roomtone.runtime import documents
from roomtone.runtime.event_names import EventNames
from roomtone.runtime.publishing import MOST_SLICES, Publishing
from roomtone.signals.engagement import Engagement
from tests.runtime.conftest import until

T0 = 1_763_719_200


class Wall:
    """An outlet that keeps what is published, or is down."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, dict]] = []
        self.calls = 0
        self.down = False
        self.names = {"b": "elsewhere"}
        self.asked: list[list[str]] = []

    async def send(self, messages) -> None:
        if self.down:
            raise SourceError("it does not answer; is it running?")
        self.calls += 1
        self.sent += [(channel, json.loads(payload)) for channel, payload in messages]

    async def events_of(self, sessions):
        self.asked.append(list(sessions))
        return {s: self.names[s] for s in sessions if s in self.names}

    async def close(self) -> None:
        pass


def tick(*sessions: str, now: int = T0 + 5, alerts: tuple[Alert, ...] = ()) -> Output:
    engine = Engine([Engagement()], [])
    engine.apply([Message(session=s, user="u", text="x") for s in sessions], T0 * 1000)
    out = engine.tick(now)
    out.alerts.extend(alerts)
    return out


def alert(session: str, type="SUDDEN_DROP", severity="WARNING") -> Alert:
    return Alert(
        time=datetime.fromtimestamp(T0 + 5, UTC),
        session=session,
        type=type,
        severity=severity,
        detector="anomaly",
        score=0.7,
        current=0.3,
        expected=0.6,
    )


def make(wall: Wall) -> tuple[Publishing, EventNames, asyncio.Task[None]]:
    names = EventNames()
    publishing = Publishing(wall, names, "engagement")
    return publishing, names, asyncio.create_task(publishing.run())


async def test_a_tick_is_one_round_trip() -> None:
    """An update for each session, each with its event: known here, known elsewhere, or its own."""
    wall = Wall()
    publishing, names, task = make(wall)
    names.learn({"a": "conf"})
    publishing.take(tick("a", "b", "c"))
    await until(lambda: len(wall.sent) == 3)
    task.cancel()

    assert wall.calls == 1
    assert {channel for channel, _ in wall.sent} == {documents.UPDATE}
    events = {told["sessionId"]: told["eventId"] for _, told in wall.sent}
    assert events == {"a": "conf", "b": "elsewhere", "c": "c"}
    assert wall.sent[0][1]["signals"]["chat_msgs_per_min"] == 1.0
    assert wall.sent[0][1]["timestamp"] == "2025-11-21T10:00:05Z"


async def test_a_session_has_two_payloads_a_tick_at_most() -> None:
    """The gravest alert first, the other with the next tick; a recovery is no anomaly."""
    wall = Wall()
    publishing, _, task = make(wall)
    alerts = (alert("a", "MASS_EXIT"), alert("a", severity="CRITICAL"), alert("a", "RECOVERED"))
    publishing.take(tick("a", alerts=alerts))
    await until(lambda: len(wall.sent) == 2)
    publishing.take(tick("a", now=T0 + 10))
    await until(lambda: len(wall.sent) == 4)
    publishing.take(tick("a", now=T0 + 15))
    await until(lambda: len(wall.sent) == 5)
    task.cancel()

    anomalies = [told["type"] for channel, told in wall.sent if channel == documents.ANOMALY]
    assert anomalies == ["SUDDEN_DROP", "MASS_EXIT"]
    assert wall.sent[1][1]["signals"]["chat_msgs_per_min"] == 1.0


async def test_what_nobody_named_is_not_asked_for_at_each_tick() -> None:
    """Once a minute is enough."""
    wall = Wall()
    publishing, _, task = make(wall)
    for step in range(3):
        publishing.take(tick("c", now=T0 + 5 + 5 * step))
        await until(lambda step=step: len(wall.sent) == step + 1)
    task.cancel()

    assert wall.asked == [["c"]]


async def test_an_alert_outlives_a_failure_and_goes_out_once() -> None:
    """Those of the tick that failed, and those that waited for it; also when no room is left."""
    wall = Wall()
    publishing, _, task = make(wall)
    publishing.take(tick("a", alerts=(alert("a", "MASS_EXIT"), alert("a", "LOW_ENGAGEMENT"))))
    await until(lambda: len(wall.sent) == 2)
    wall.down = True
    publishing.take(tick("a", now=T0 + 10, alerts=(alert("a"), alert("a", "GRADUAL_DECLINE"))))
    await until(lambda: publishing.trouble)
    wall.down = False
    for step in range(5):
        publishing.take(Output(T0 + 15 + 5 * step))
        await until(lambda: not publishing._waiting)
    await until(lambda: len(wall.sent) == 5)
    await asyncio.sleep(0)
    task.cancel()

    anomalies = [told["type"] for channel, told in wall.sent if channel == documents.ANOMALY]
    assert sorted(anomalies) == ["GRADUAL_DECLINE", "LOW_ENGAGEMENT", "MASS_EXIT", "SUDDEN_DROP"]


async def test_names_that_cannot_be_asked_for_keep_nothing_back() -> None:
    """A user who may only publish, say: the session stands for its event, and health says why."""
    wall = Wall()
    publishing, _, task = make(wall)

    async def refuse(sessions):
        raise SourceError("no permission for MGET; grant it")

    wall.events_of = refuse
    publishing.take(tick("b"))
    await until(lambda: wall.sent)
    task.cancel()

    assert wall.sent[0][1]["eventId"] == "b"
    assert publishing.health()["ok"]
    assert "grant it" in publishing.health()["detail"]


async def test_a_redis_that_is_down_costs_bounded_memory() -> None:
    """The oldest ticks are dropped and counted, alerts wait, and health names the remedy."""
    wall = Wall()
    publishing, _, task = make(wall)
    wall.down = True
    publishing.take(tick("a", alerts=(alert("a"),)))
    await until(lambda: publishing.trouble)
    for step in range(MOST_SLICES + 10):
        publishing.take(tick("a", now=T0 + 10 + 5 * step))
    assert not publishing.health()["ok"]
    assert publishing.health()["remedy"]
    wall.down = False
    await until(lambda: publishing.health()["ok"] and not publishing._waiting)
    task.cancel()

    kinds = Counter(channel for channel, _ in wall.sent)
    assert kinds[documents.ANOMALY] == 1
    assert 1 <= kinds[documents.UPDATE] <= MOST_SLICES
    assert publishing.dropped == MOST_SLICES + 11 - kinds[documents.UPDATE]
