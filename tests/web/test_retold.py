"""Frames become the documents' events: each known point, each alarm, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from roomtone.web.retold import Told, retell
from roomtone.web.viewer import Frame


async def point(session: str) -> Mapping[str, float]:
    """A session's newest point."""
    return {"score": 0.4, "chat_per_min": 3.0}


def frame(**said: Any) -> Frame:
    return Frame(said["topic"], json.dumps({**said}, separators=(",", ":")).encode())


async def names(sessions: list[str]) -> Mapping[str, str]:
    """Which events sessions belong to: of one it is known."""
    return {"a": "conference"}


def tick(**more: Any) -> Frame:
    return frame(topic="pulse", kind="tick", seq=1, t=5, **more)


def alert(**more: Any) -> dict[str, Any]:
    """An alert as frames show it."""
    made = {
        "id": "a/LOW/1", "session": "a", "time": "2026-11-21T10:00:05Z", "type": "LOW_ENGAGEMENT",
        "severity": "WARNING", "score": 0.7, "current": 0.1, "expected": 0.5, "subject": "score",
        "message": "low", "verdict": "",
    }  # fmt: skip
    return made | more


async def test_columns_become_one_update_each() -> None:
    """A room that has no score yet has no point yet; what is null is not known."""
    fields = {"chat_per_min": [1, None, 3]}
    told = await retell(
        tick(sessions=["a", "b", "c"], score=[0.1, None, 0.3], fields=fields), point, names
    )

    assert [(one.session, one.t, one.payload["score"]) for one in told] == [
        ("a", 5, 0.1),
        ("c", 5, 0.3),
    ]
    assert told[1].payload["signals"]["chat_msgs_per_min"] == 3
    assert [one.payload["eventId"] for one in told] == ["conference", "c"]


async def test_a_snapshot_is_told_in_the_order_of_time() -> None:
    """Points and alarms of a session as they happened; a judged alarm is no news."""
    first = frame(
        topic="session:a", kind="snapshot", seq=1, session=None, events=[],
        t=[1_795_255_200, 1_795_255_205, 1_795_255_210],
        fields={"score": [0.5, 0.1, 0.2]},
        alerts=[alert(), alert(id="b", verdict="false_alarm")],
    )  # fmt: skip
    told = await retell(first, point, names)

    assert [one.event for one in told] == [
        "engagement:update", "engagement:update", "anomaly:detected", "engagement:update",
    ]  # fmt: skip
    assert told[2].payload["signals"]["chat_msgs_per_min"] == 3


async def test_what_is_over_is_no_anomaly() -> None:
    """Nor are counts of the moment anything that the documents know."""
    over = frame(topic="alerts", kind="alert", seq=1, alert=alert(severity="INFO"))
    change = frame(topic="pulse", kind="change", seq=1, sessions=["a"], last=[5])

    assert await retell(over, point, names) == await retell(change, point, names) == ()


async def test_a_frame_is_retold_once_for_all() -> None:
    """The second who hears it gets the same objects and the same text."""
    made = tick(sessions=["a"], score=[0.1], fields={})
    (one,) = await retell(made, point, names)
    (again,) = await retell(made, point, names)

    assert one is again
    assert one.text("", 5) is again.text("", 5)


def test_an_event_ends_with_its_mark() -> None:
    """A text as the last argument is what socket.io-client remembers and says on its return."""
    told = Told("engagement:update", 5, {"sessionId": "a", "eventId": "a"})

    assert json.loads(told.text("conf", 5)) == [
        "engagement:update", {"sessionId": "a", "eventId": "conf"}, "5",
    ]  # fmt: skip
