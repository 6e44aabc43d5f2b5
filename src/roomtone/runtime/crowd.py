"""Lets the demo's crowd loose on a pipeline: ten minutes of past in a moment, then live."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence

from roomtone.errors import JournalError, StoreError
from roomtone.events import Event
from roomtone.runtime.clock import Clock
from roomtone.runtime.pipeline import Pipeline

WARMUP_S = 600
"""The past that is played first, so that detectors know what is usual in these rooms."""

STEP_MS = 100
RETRY_S = 1.0

TOGETHER = 30
"""Seconds of the past that wait for the disk together: a slow one must not delay the first look."""


class CrowdClock:
    """A clock that is moved by hand through the past and then runs on, `speed` times as fast.

    It begins `warmup_s` seconds ago and never goes back.
    """

    def __init__(self, wall: Clock, *, warmup_s: int = WARMUP_S, speed: float = 1.0) -> None:
        self._wall = wall
        self._speed = speed
        self._now = wall.now_ms() // 1000 * 1000 - warmup_s * 1000
        self._live_since: int | None = None
        self._moved = asyncio.Event()

    def now_ms(self) -> int:
        if self._live_since is None:
            return self._now
        return self._now + round((self._wall.now_ms() - self._live_since) * self._speed)

    async def wait_until(self, ms: int) -> None:
        while (left := ms - self.now_ms()) > 0:
            if self._live_since is None:
                await self._moved.wait()
            else:
                await asyncio.sleep(left / 1000 / self._speed)

    def move_to(self, ms: int) -> None:
        """Move on by hand, waking whoever waited for that moment."""
        self._now = max(self._now, ms)
        self._wake()

    def go_live(self) -> None:
        """From here on time passes by itself."""
        self._live_since = self._wall.now_ms()
        self._wake()

    @property
    def behind_s(self) -> float:
        """How far this clock is behind the wall's."""
        return (self._wall.now_ms() - self.now_ms()) / 1000

    def _wake(self) -> None:
        self._moved.set()
        self._moved = asyncio.Event()


class Crowd:
    """Sends a script's events into a pipeline, each when its time has come."""

    def __init__(
        self, pipeline: Pipeline, clock: CrowdClock, script: Iterator[tuple[float, Event]]
    ) -> None:
        self._pipeline = pipeline
        self._clock = clock
        self._script = script
        self._next = next(script)
        # The script's first event is now, whenever the script says that is.
        self._start_ms = clock.now_ms() - round(self._next[0] * 1000)
        self.sent = 0

    async def catch_up(self) -> None:
        """Play the past, second by second, until the clock has caught up with the wall's."""
        sending: list[asyncio.Task[None]] = []
        while self._clock.behind_s > 0:
            self._clock.move_to(self._clock.now_ms() + 1000)
            sending.append(asyncio.create_task(self._send_due()))
            await asyncio.sleep(0)  # it is in the journal's order now, and synced with the others
            if len(sending) >= TOGETHER:
                await asyncio.gather(*sending)
                sending.clear()
        await asyncio.gather(*sending)
        await self._pipeline.settled()
        self._clock.go_live()

    async def run(self) -> None:
        """Go on live, without end."""
        while True:
            await self._send_due()
            await self._clock.wait_until(self._clock.now_ms() + STEP_MS)

    async def _send_due(self) -> None:
        upto = (self._clock.now_ms() - self._start_ms) / 1000
        due: list[Event] = []
        while self._next[0] <= upto:
            due.append(self._next[1])
            self._next = next(self._script)
        while due:
            try:
                await self._pipeline.submit(due, source="demo")
            except JournalError:  # shown on /readyz; a real client would try again, too
                await asyncio.sleep(RETRY_S)
                continue
            self.sent += len(due)
            return


async def recall(pipeline: Pipeline, sessions: Mapping[str, Sequence[Event]]) -> int:
    """Tell of conversations of the days before, session by session; returns how many were told.

    None where any is kept already: then this folder was shown before, or is somebody's own.
    """
    told, any_kept = 0, False
    for session, events in sessions.items():
        while True:
            try:
                if not told:
                    any_kept = (await pipeline.archive.conversations(limit=1))[1] > 0
                if any_kept:
                    return 0
                await pipeline.submit(events, source="demo", history=True)
                await pipeline.close_history([session])
                break
            except (JournalError, StoreError):  # as above
                await asyncio.sleep(RETRY_S)
        told += 1
    return told
