"""What the last tick said of every live room, kept ready to be shown."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from roomtone.alerts import Alert
from roomtone.engine import TICK_S, Engine, Output
from roomtone.points import Block, Slots, level
from roomtone.ports import Gauge
from roomtone.records import SessionSummary
from roomtone.rooms import ACTIVE, CHAT, REACTIONS, WINDOW_S
from roomtone.runtime.clock import iso

SPARK = 60
"""How many scores a session's sparkline holds: five minutes."""

OPEN_S = 900
"""How long an alarm marks its session: after fifteen minutes it is how the room is now."""

WORST = 100
"""How many sessions an overview frame holds, the worst first."""


class Board:
    """The newest numbers of one engine's rooms, by slot; derived, never the truth."""

    def __init__(self, engine: Engine, gauge: Gauge, state: str = "live") -> None:
        self.engine = engine
        self.gauge = gauge
        self.state = state
        self.now = 0
        self.fields: dict[str, NDArray[np.float64]] = {
            name: np.full(1, np.nan) for name in gauge.measurement.fields
        }
        self.spark = np.full((SPARK, 1), np.nan, np.float32)
        self.trouble: dict[str, Alert] = {}
        self._order: Slots = np.empty(0, np.intp)
        self._ordered_at = -1  # the rooms' turnover when that was made; -1: scores have changed

    def take(self, out: Output) -> None:
        """Note what a tick, or a slice of one, gave."""
        self.now = out.now
        self._ordered_at = -1
        for block in out.blocks:
            if block.measurement == self.gauge.measurement.name:
                self._write(block)
        for alert in out.alerts:
            if alert.is_alarm:
                self.trouble[alert.session] = alert
            else:
                self.trouble.pop(alert.session, None)
        for summary in out.ended:
            self.trouble.pop(summary.session, None)

    def _write(self, block: Block) -> None:
        size = self.engine.rooms.capacity
        if size > self.spark.shape[1]:
            more = size - self.spark.shape[1]
            pad = np.full((SPARK, more), np.nan, np.float32)
            self.spark = np.concatenate([self.spark, pad], axis=1)
            for name, column in self.fields.items():
                self.fields[name] = np.concatenate([column, np.full(more, np.nan)])
        at = block.slots
        for name, column in block.fields.items():
            self.fields[name][at] = column
        place = block.time.timestamp() // TICK_S % SPARK
        self.spark[int(place), at] = block.fields["score"]

    def order(self) -> Slots:
        """The slots of all live rooms, lowest score first, those without a score yet last."""
        rooms = self.engine.rooms
        if self._ordered_at != rooms.turnover:
            slots = rooms.slots()
            scores = np.full(len(slots), np.nan)
            ticked = rooms.columns["ticks"][slots] > 0
            ticked &= slots < len(self.fields["score"])
            scores[ticked] = self.fields["score"][slots[ticked]]
            self._order = slots[np.argsort(scores, kind="stable")]
            self._ordered_at = rooms.turnover
        return self._order

    def worst(self, limit: int = WORST) -> list[str]:
        """Session ids, lowest score first, those without a score yet last."""
        ids: list[str] = self.engine.rooms.ids[self.order()[:limit]].tolist()
        return ids

    def columns(self, sessions: list[str]) -> dict[str, list[float]]:
        """The newest numbers of these sessions, one list for each field; NaN: not known.

        On the wire NaN is null.
        """
        rooms = self.engine.rooms
        slots = np.array([rooms.rooms[session].slot for session in sessions], np.intp)
        known = (rooms.columns["ticks"][slots] > 0) & (slots < len(self.fields["score"]))
        held = np.where(known, slots, 0)
        return {
            name: np.where(known, column[held], np.nan).tolist()
            for name, column in self.fields.items()
        }

    def known(self, session: str) -> dict[str, float]:
        """The newest numbers of one session, without those that are not known."""
        room = self.engine.rooms.rooms.get(session)
        if room is None or room.slot >= len(self.fields["score"]):
            return {}
        if not self.engine.rooms.columns["ticks"][room.slot]:
            return {}
        values = {name: float(column[room.slot]) for name, column in self.fields.items()}
        return {name: value for name, value in values.items() if math.isfinite(value)}

    def session(self, session: str) -> dict[str, Any] | None:
        """One session as the wire shows it; None when it is not live."""
        room = self.engine.rooms.rooms.get(session)
        if room is None:
            return None
        fields = self.known(session)
        shown: dict[str, float | None] = {name: fields.get(name) for name in self.fields}
        score = shown.pop("score")
        summary = self.engine.summary(session)
        alert = self.trouble.get(session)
        if alert is not None and self.now - alert.time.timestamp() > OPEN_S:
            alert = None
        ticks = int(self.engine.rooms.columns["ticks"][room.slot])
        return {
            **describe(summary, self.state),
            "ended": None,
            "at": iso(datetime.fromtimestamp(self.now, UTC)) if fields else None,
            "score": score,
            "level": None if score is None else level(score),
            "fields": shown,
            "spark": self._spark(room.slot, ticks) if fields else [],
            "spark_from": self.now - TICK_S * (min(ticks, SPARK) - 1),
            "trouble": None if alert is None else show_alert(alert),
        }

    def _spark(self, slot: int, ticks: int) -> list[float | None]:
        newest = self.now // TICK_S
        places = [(newest - back) % SPARK for back in range(min(ticks, SPARK) - 1, -1, -1)]
        values = self.spark[places, slot].tolist()
        return [round(v, 4) if math.isfinite(v) else None for v in values]

    def counts(self, sessions: list[str], second: int) -> dict[str, list[int]]:
        """Chat, reactions and people of the minute up to and with `second`; changes nothing."""
        rooms = self.engine.rooms
        slots = [rooms.rooms[session].slot for session in sessions]
        # Seconds after the head hold what is a minute old: nothing has come since to clear them.
        recent = [s % WINDOW_S for s in range(second - WINDOW_S + 1, rooms.head + 1)]
        window = rooms.buckets[:, slots][recent].sum(axis=0)
        return {
            "chat_per_min": window[:, CHAT].tolist(),
            "reactions_per_min": np.maximum(window[:, REACTIONS], 0).tolist(),
            "active_users": window[:, ACTIVE].tolist(),
        }


def describe(summary: SessionSummary, state: str = "ended") -> dict[str, Any]:
    """What a session's summary says, as the wire shows it."""
    return {
        "session": summary.session,
        "state": state,
        "started": iso(summary.started),
        "last_event": None if summary.ended is None else iso(summary.ended),
        "ended": None if summary.ended is None else iso(summary.ended),
        "at": None if summary.ended is None else iso(summary.ended),
        "score": summary.mean_score,
        "level": None if summary.mean_score is None else level(summary.mean_score),
        "fields": {},
        "spark": [],
        "spark_from": 0,
        "messages": summary.messages,
        "reactions": summary.reactions,
        "votes": summary.votes,
        "people": summary.people,
        "peak_active": summary.peak_active,
        "min_score": summary.min_score,
        "max_score": summary.max_score,
        "alarms": summary.alarms,
        "late": summary.late,
        "reason": summary.reason,
        "trouble": None,
    }


def show_alert(alert: Alert) -> dict[str, Any]:
    """An alert as the wire shows it."""
    shown: dict[str, Any] = msgspec.to_builtins(alert)
    shown.update(
        id=alert.id, time=iso(alert.time), deviation=alert.deviation, verdict="", verdict_at=None
    )
    return shown
