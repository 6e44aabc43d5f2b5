"""The documents' signal collector: listens, ticks every session in turn, stores, publishes."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime

from benchmarks.baseline.bus import Bus, LocalBus
from benchmarks.baseline.detector import Detector
from benchmarks.baseline.store import AnomalyRow, AsyncStore, EngagementRow, SyncStore
from benchmarks.baseline.tracker import Tracker, category, engagement_score

EVENTS = "platform.events"


class Service:
    """All sessions, each with a tracker and a detector of its own."""

    def __init__(self, bus: Bus | None = None, store: SyncStore | AsyncStore | None = None) -> None:
        self.bus = bus or LocalBus()
        self.store = store
        self.trackers: dict[str, Tracker] = {}
        self.detectors: dict[str, Detector] = {}
        self.handled = self._awaited = 0
        self._done = asyncio.Event()

    async def listen(self) -> None:
        """Handle events as they are published, for good."""
        async for payload in self.bus.listen(EVENTS):
            self.handle(payload)
            self.handled += 1
            if self.handled == self._awaited:
                self._done.set()

    async def until(self, count: int) -> None:
        """Wait until so many events have been handled since the beginning."""
        self._awaited = count
        self._done.clear()
        if self.handled < count:
            await self._done.wait()

    def handle(self, payload: str | bytes) -> None:
        """Decode one event without looking whether it is one, and let its session take it."""
        event = json.loads(payload)
        session = event.get("session")
        tracker = self.trackers.get(session)
        if tracker is None:
            tracker = self.trackers[session] = Tracker(session)
            self.detectors[session] = Detector()
        tracker.handle(event, datetime.fromisoformat(event.get("at")).timestamp())

    async def tick(self, now: int) -> None:
        """Score, judge, store and publish every session, one after another."""
        for session, tracker in self.trackers.items():
            signals = tracker.signals(now)
            score = engagement_score(signals)
            verdict = self.detectors[session].observe(signals, score, now)
            word = category(score)
            if self.store is not None:
                await self.store.insert(
                    EngagementRow(
                        timestamp=now,
                        session_id=session,
                        score=score,
                        category=word,
                        chat_per_min=signals.chat_per_min,
                        poll_participation=signals.poll_participation,
                        reactions_per_min=signals.reactions_per_min,
                        leave_rate=signals.leave_rate,
                        active_users=signals.active_users,
                        total_users=signals.total_users,
                    )
                )
                if verdict.kind:
                    await self.store.insert(
                        AnomalyRow(
                            timestamp=now,
                            session_id=session,
                            kind=verdict.kind,
                            severity=verdict.severity,
                            score=verdict.score,
                        )
                    )
            told = {"session": session, "timestamp": now, "score": score, "category": word}
            await self.bus.publish(
                "engagement:update", json.dumps({**told, "signals": signals._asdict()})
            )
            await self.bus.publish(
                "anomaly:detected" if verdict.kind else "anomaly:state",
                json.dumps({**told, **verdict._asdict()}),
            )
