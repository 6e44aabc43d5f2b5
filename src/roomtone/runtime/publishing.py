"""Publishes each tick in the documents' payloads: behind the engine's back, bounded, in batches."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections import deque
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import structlog

from roomtone.alerts import Alert
from roomtone.engine import Output
from roomtone.errors import RoomtoneError
from roomtone.points import Block
from roomtone.ports import Outlet
from roomtone.runtime import documents, plugins
from roomtone.runtime.board import show_alert
from roomtone.runtime.config import Settings
from roomtone.runtime.event_names import EventNames

MOST_SLICES = 60
"""How many slices of ticks wait for a Redis that is slow, 1,000 sessions in each at most: of a few
sessions five minutes; what is older is dropped, as nobody looks at a score of then."""

MOST_ALERTS = 1_000
BREATH = 200
"""How many payloads are made without letting others run: a millisecond."""

ASK_AGAIN_S = 60.0
"""How long a session that nobody named an event for is not asked for again."""

WAIT_S = 0.5

log = structlog.get_logger()
_encode = msgspec.json.Encoder().encode


@dataclass(slots=True)
class _Slice:
    now: int
    block: Block | None
    alerts: list[Alert]

    def __len__(self) -> int:
        return len(self.block) if self.block is not None else 0


class Publishing:
    """One `engagement:update` per session and tick, and one `anomaly:detected` at most."""

    def __init__(self, outlet: Outlet, names: EventNames, measurement: str) -> None:
        self._outlet, self._names, self._measurement = outlet, names, measurement
        self._waiting: deque[_Slice] = deque()
        self._later: deque[Alert] = deque(maxlen=MOST_ALERTS)  # a session's second of one tick
        self._asked: set[str] = set()
        self._forget_at = 0.0
        self._news = asyncio.Event()
        self.published = 0  # payloads
        self.dropped = 0  # updates, because Redis did not take them in time
        self.trouble = ""
        self._nameless = ""  # why events' names could not be asked for

    def take(self, out: Output) -> None:
        """Take what a tick gave; never waits."""
        block = next((b for b in out.blocks if b.measurement == self._measurement), None)
        if block is None and not (out.alerts or self._later):
            return
        if len(self._waiting) >= MOST_SLICES:
            oldest = self._waiting.popleft()
            self.dropped += len(oldest)
            self._later.extend(oldest.alerts)
        alarms = [alert for alert in out.alerts if alert.is_alarm]
        self._waiting.append(_Slice(out.now, block, alarms))
        self._news.set()

    async def run(self) -> None:
        """Publish what waits, as long as it takes."""
        while True:
            while self._waiting:
                piece = self._waiting.popleft()
                due = [*self._later, *piece.alerts]  # should it fail, all of it, and nothing twice
                try:
                    messages = await self._make(piece)
                    await self._outlet.send(messages)
                    self.published += len(messages)
                    self.trouble = ""
                except Exception as error:
                    if not self.trouble:
                        ours = isinstance(error, RoomtoneError)
                        log.warning("nothing can be published", error=str(error), exc_info=not ours)
                    self.trouble = str(error) or type(error).__name__
                    self.dropped += len(piece)
                    known = {id(alert) for alert in due}
                    more = [alert for alert in self._later if id(alert) not in known]
                    self._later = deque([*due, *more], maxlen=MOST_ALERTS)
                    await asyncio.sleep(WAIT_S)
            self._news.clear()
            await self._news.wait()

    async def _make(self, piece: _Slice) -> list[tuple[str, bytes]]:
        messages: list[tuple[str, bytes]] = []
        points: dict[str, Mapping[str, float]] = {}
        if piece.block is not None:
            sessions = piece.block.tags["session"].tolist()
            await self._ask_names(sessions)
            columns = {name: of.tolist() for name, of in piece.block.fields.items()}
            wanted = {alert.session for alert in (*piece.alerts, *self._later)}
            for row, session in enumerate(sessions):
                if row % BREATH == BREATH - 1:
                    await asyncio.sleep(0)
                fields = {name: of[row] for name, of in columns.items() if not math.isnan(of[row])}
                if session in wanted:
                    points[session] = fields
                told = documents.update(session, self._names.of(session), piece.now, fields)
                messages.append((documents.UPDATE, _encode(told)))
        for alert in self._due(piece.alerts):
            told = self._tell(alert, points.get(alert.session))
            messages.append((documents.ANOMALY, _encode(told)))
        return messages

    def _tell(self, alert: Alert, fields: Mapping[str, float] | None) -> dict[str, Any]:
        return documents.anomaly(show_alert(alert), self._names.of(alert.session), fields)

    def _due(self, alerts: list[Alert]) -> list[Alert]:
        """One of each session, the gravest first; the others come with the next tick."""
        due: dict[str, Alert] = {}
        waiting = [*self._later, *sorted(alerts, key=lambda a: a.severity != "CRITICAL")]
        self._later.clear()
        for alert in waiting:
            if due.setdefault(alert.session, alert) is not alert:
                self._later.append(alert)
        return list(due.values())

    async def _ask_names(self, sessions: list[str]) -> None:
        """Learn of sessions whose events came in through another process."""
        now = asyncio.get_running_loop().time()
        if now >= self._forget_at:
            self._asked.clear()
            self._forget_at = now + ASK_AGAIN_S
        unknown = [s for s in sessions if s not in self._names and s not in self._asked]
        if unknown:
            self._asked.update(unknown)
            try:
                self._names.learn(await self._outlet.events_of(unknown))
                self._nameless = ""
            except RoomtoneError as error:  # a page does without: its session stands for it
                self._nameless = str(error)

    async def close(self) -> None:
        """Let go of the Redis."""
        await self._outlet.close()

    def health(self) -> dict[str, Any]:
        """This part's line on /readyz."""
        detail = self.trouble or f"{self.published:,} payloads published"
        if self.dropped:
            detail += f"; {self.dropped:,} updates dropped"
        if self._nameless:
            detail += f"; events have no names: {self._nameless}"
        return {
            "name": "documents",
            "ok": not self.trouble,
            "detail": detail,
            "remedy": "see that the Redis of channels.documents runs, and lets its user publish"
            if self.trouble
            else "",
        }


@contextlib.asynccontextmanager
async def publishing(
    settings: Settings, names: EventNames, measurement: str
) -> AsyncIterator[Publishing | None]:
    """What `channels.documents` asks for, running; None where it asks for nothing."""
    url = settings.channels.documents
    if not url:
        yield None
        return
    made = Publishing(plugins.outlet(url), names, measurement)
    job = asyncio.create_task(made.run(), name="publishing")
    try:
        yield made
    finally:
        job.cancel()
        await asyncio.gather(job, return_exceptions=True)
        await made.close()
