"""What keeps points, alerts and summaries: in order, in batches, and patient with stores."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import structlog

from roomtone.engine import Output
from roomtone.points import Block
from roomtone.ports import Archive, SeriesStore
from roomtone.records import DeadLetter

MOST = 2_000
"""How many outputs wait for a store that is down: about ten minutes of 15 slices every 5 s. What
is dropped beyond it can be derived again from the journal."""

AT_ONCE = 200
"""How many outputs are written in one transaction."""

LETTERS = 2_000
"""How many dead letters wait."""

Row = tuple[float, Mapping[str, float]]

log = structlog.get_logger()


class Keeper:
    """Writes behind the engine's back; a store that is down costs bounded memory, nothing else."""

    def __init__(self, series: SeriesStore, archive: Archive) -> None:
        self._series, self._archive = series, archive
        self._waiting: deque[Output] = deque()
        self._letters: deque[DeadLetter] = deque(maxlen=LETTERS)
        self._news = asyncio.Event()
        self.written = 0  # points
        self.dropped = 0  # outputs, because a store was down for too long
        self.buried = 0  # dead letters taken to be kept
        self.failures = 0  # writes that a store refused
        self.trouble: str | None = None

    def keep(self, out: Output) -> None:
        """Take what a tick gave; never waits."""
        if len(self._waiting) >= MOST:
            # Alerts and summaries are few and dear: of the oldest, only its points are lost.
            oldest = next((o for o in self._waiting if o.blocks), None)
            if oldest is not None:
                oldest.blocks.clear()
                self.dropped += 1
            if len(self._waiting) >= 5 * MOST:
                self._waiting.popleft()
        self._waiting.append(out)
        self._news.set()

    def bury(self, at: datetime, source: str, reason: str, raw: bytes) -> None:
        """Keep what could not be taken in, with the reason."""
        self.buried += 1
        self._letters.append(DeadLetter(at=at, source=source, reason=reason, raw=raw[:2048]))
        self._news.set()

    async def run(self) -> None:
        """Write what waits, as long as it takes."""
        delay = 0.5
        while True:
            await self._news.wait()
            try:
                await self._write_some()
                self.trouble, delay = None, 0.5
            except Exception as error:
                self.failures += 1
                if self.trouble is None:
                    log.error("a store does not take what is to be kept", error=str(error))
                self.trouble = str(error)
                await asyncio.sleep(delay)
                delay = min(delay * 2, 30)

    async def drain(self) -> None:
        """Write what still waits, once; what a store refuses now stays in the journal."""
        try:
            while self._waiting or self._letters:
                await self._write_some()
        except Exception as error:
            log.error("not everything was kept; the journal has it", error=str(error))

    async def _write_some(self) -> None:
        some = [self._waiting[i] for i in range(min(len(self._waiting), AT_ONCE))]
        letters = list(self._letters)
        blocks: Sequence[Block] = [b for out in some for b in out.blocks if len(b)]
        alerts = [alert for out in some for alert in out.alerts]
        ended = [summary for out in some for summary in out.ended]
        if blocks:
            await self._series.write(blocks)
        if alerts:
            await self._archive.add_alerts(alerts)
        if ended:
            await self._archive.add_sessions(ended)
        if letters:
            await self._archive.add_dead_letters(letters)
        self.written += sum(len(block) for block in blocks)
        written = {id(out) for out in some}
        while self._waiting and id(self._waiting[0]) in written:
            self._waiting.popleft()
        buried = {id(letter) for letter in letters}
        while self._letters and id(self._letters[0]) in buried:
            self._letters.popleft()
        if not self._waiting and not self._letters:
            self._news.clear()

    def unwritten(self, measurement: str, session: str, slot: int) -> list[Row]:
        """A live session's points that still wait, oldest first: epoch seconds and numbers."""
        found: list[Row] = []
        for out in self._waiting:
            for block in out.blocks:
                if block.measurement != measurement:
                    continue
                for row in np.flatnonzero(block.slots == slot):
                    if block.tags["session"][row] == session:
                        numbers = {name: float(of[row]) for name, of in block.fields.items()}
                        known = {name: n for name, n in numbers.items() if math.isfinite(n)}
                        found.append((block.time.timestamp(), known))
        return found

    @property
    def lag(self) -> int:
        """How many outputs wait."""
        return len(self._waiting)

    def health(self) -> dict[str, Any]:
        """This part's line on /readyz."""
        return {
            "name": "stores",
            "ok": self.trouble is None,
            "detail": (self.trouble or f"{self.written:,} points written, {self.lag} outputs wait")
            + (f"; {self.dropped:,} ticks dropped, still in the journal" if self.dropped else ""),
            "remedy": ""
            if self.trouble is None
            else "see that the store's file or server is there",
        }
