"""The documents' signal collector: listens, ticks every session in turn, stores, publishes."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime
from pathlib import Path

from benchmarks.baseline.detector import Detector
from benchmarks.baseline.store import AnomalyRow, EngagementRow, insert, open_store
from benchmarks.baseline.tracker import Tracker, category, engagement_score


class Bus:
    """Publish and subscribe inside the process, where the documents have Redis between processes.

    A subscriber's queue holds what it has not read. Far cheaper than a broker: no socket, no
    protocol, no second process.
    """

    def __init__(self) -> None:
        self.queues: dict[str, list[asyncio.Queue[str | bytes]]] = {}

    def subscribe(self, channel: str) -> asyncio.Queue[str | bytes]:
        """A queue of what is published on this channel from now on."""
        queue: asyncio.Queue[str | bytes] = asyncio.Queue()
        self.queues.setdefault(channel, []).append(queue)
        return queue

    async def publish(self, channel: str, payload: str | bytes) -> None:
        """Hand a payload to everybody who listens."""
        for queue in self.queues.get(channel, ()):
            await queue.put(payload)


class Service:
    """All sessions, each with a tracker and a detector of its own."""

    def __init__(self, path: Path | None = None) -> None:
        self.bus = Bus()
        self.events = self.bus.subscribe("platform.events")
        self.trackers: dict[str, Tracker] = {}
        self.detectors: dict[str, Detector] = {}
        self.engine = open_store(path) if path is not None else None
        self.rows = 0

    async def listen(self) -> None:
        """Handle events as they are published, for good."""
        while True:
            self.handle(await self.events.get())
            self.events.task_done()

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
            if self.engine is not None:
                insert(
                    self.engine,
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
                    ),
                )
                if verdict.kind:
                    insert(
                        self.engine,
                        AnomalyRow(
                            timestamp=now,
                            session_id=session,
                            kind=verdict.kind,
                            severity=verdict.severity,
                            score=verdict.score,
                        ),
                    )
            told = {"session": session, "timestamp": now, "score": score, "category": word}
            await self.bus.publish(
                "engagement:update", json.dumps({**told, "signals": signals._asdict()})
            )
            await self.bus.publish(
                "anomaly:detected" if verdict.kind else "anomaly:state",
                json.dumps({**told, **verdict._asdict()}),
            )
            self.rows += 1

    def close(self) -> None:
        """Let go of the file."""
        if self.engine is not None:
            self.engine.dispose()
