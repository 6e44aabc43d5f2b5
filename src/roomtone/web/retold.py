"""Our frames retold as the documents' events, each made once for all who hear it."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec

from roomtone.runtime import documents
from roomtone.web.viewer import Frame

Names = Callable[[list[str]], Awaitable[Mapping[str, str]]]
"""Asks which events sessions belong to."""

Point = Callable[[str], Awaitable[Mapping[str, float]]]
"""Asks for a session's newest point."""

_encode = msgspec.json.Encoder().encode


class Told:
    """One event of the documents': what it says, and its text as it goes over the wire."""

    __slots__ = ("_texts", "alert", "event", "payload", "session", "t")

    def __init__(self, event: str, t: float, payload: dict[str, Any], alert: str = "") -> None:
        self.event, self.t, self.payload, self.alert = event, t, payload, alert
        self.session: str = payload["sessionId"]
        self._texts: dict[tuple[str, int], str] = {}

    def text(self, event_id: str, offset: int) -> str:
        """The event's name, its payload and the mark to go on from, as a JSON array."""
        key = event_id, offset
        found = self._texts.get(key)
        if found is None:
            payload = {**self.payload, "eventId": event_id} if event_id else self.payload
            found = _encode([self.event, payload, str(offset)]).decode()
            if len(self._texts) < 100:  # an event has few names; who invents more pays for it
                self._texts[key] = found
        return found


async def retell(frame: Frame, point: Point, names: Names) -> tuple[Told, ...]:
    """What a frame says, in the documents' events, oldest first."""
    if frame.retold is None:
        told: list[Told] = []
        if not frame.change:  # counts of the moment, which the documents do not know
            said = msgspec.json.decode(frame.text)
            match said["kind"]:
                case "tick" | "snapshot":
                    told = [*_updates(said)]
                    for alert in said.get("alerts", []):
                        told += await _anomaly(alert, point)
                case "alert":
                    told = await _anomaly(said["alert"], point)
        known = await names(list({one.session for one in told})) if told else {}
        for one in told:
            one.payload["eventId"] = known.get(one.session, one.session)
        frame.retold = tuple(sorted(told, key=lambda one: one.t))
    made: tuple[Told, ...] = frame.retold
    return made


def _updates(said: Mapping[str, Any]) -> Iterator[Told]:
    topic, t, fields = said["topic"], said.get("t"), said.get("fields")
    if t is None or fields is None:
        return
    if topic == "pulse":
        for row, session in enumerate(said["sessions"]):
            known = {name: column[row] for name, column in fields.items()}
            yield from _update(session, t, known | {"score": said["score"][row]})
    elif isinstance(t, list):
        for row, at in enumerate(t):
            known = {name: column[row] for name, column in fields.items()}
            yield from _update(topic.removeprefix("session:"), at, known)
    else:
        yield from _update(topic.removeprefix("session:"), t, fields)


def _update(session: str, t: int, fields: Mapping[str, float | None]) -> Iterator[Told]:
    known = {name: value for name, value in fields.items() if value is not None}
    if math.isfinite(known.get("score", math.nan)):  # before its first tick a room has no score
        yield Told(documents.UPDATE, t, documents.update(session, "", t, known))


async def _anomaly(alert: Mapping[str, Any], point: Point) -> list[Told]:
    """An alarm; that it is over, or what somebody thinks of it, is none."""
    if alert["severity"] == "INFO" or alert.get("verdict"):
        return []
    at = datetime.fromisoformat(alert["time"]).timestamp()
    payload = documents.anomaly(alert, "", await point(alert["session"]))
    return [Told(documents.ANOMALY, at, payload, alert["id"])]
