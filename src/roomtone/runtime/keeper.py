"""What keeps points, alerts and summaries: in order, in batches, and patient with stores."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections import deque
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import chain, islice
from typing import Any, NamedTuple

import numpy as np
import structlog

from roomtone.engine import Output
from roomtone.points import Block
from roomtone.ports import Archive, SeriesStore
from roomtone.records import DeadLetter
from roomtone.runtime import pseudonyms
from roomtone.runtime.opening import Opening

MOST = 2_000
"""How many outputs wait for a store that is down: about ten minutes of 15 slices every 5 s. What
is let go beyond it is derived again from the journal once the store is back."""

MOST_BYTES = 32 << 20
"""How much memory the points among them may take; beyond it the same holds."""

AT_ONCE = 200
"""How many outputs are written in one transaction."""

DEAR = 5_000
"""How many outputs wait for their alerts and summaries alone, after their points were let go."""

RETRY_S, LAST_RETRY_S = 0.5, 30.0
"""How long after a failure a store is tried again: and each time twice as long."""

KEPT_S = 2.0
"""How long somebody waits for what he asked for to be kept."""

LETTERS = 2_000
"""How many dead letters wait."""

Row = tuple[float, Mapping[str, float]]

log = structlog.get_logger()


class Hole(NamedTuple):
    """The journal's positions of the first and the last entry whose outputs were let go."""

    first: int
    last: int


class Keeper:
    """Writes behind the engine's back; a store that is down costs bounded memory, nothing else.

    What has to be let go leaves a hole. While there is one no snapshot is taken, so that a restart
    derives again what is missing; a running server does so beside its work (`recovery.mend`).
    """

    def __init__(
        self, series: SeriesStore, archive: Archive, opening: Opening | None = None
    ) -> None:
        self._series, self._archive, self._opening = series, archive, opening
        self._waiting: deque[tuple[int, Output]] = deque()  # each with its place in the journal
        self._dear: deque[tuple[int, Output]] = deque()  # only alerts and summaries are left
        self._letters: deque[DeadLetter] = deque(maxlen=LETTERS)
        self._key: bytes | None = None  # of pseudonyms; the archive's
        self._bytes = 0  # of the points that wait
        self._hole: Hole | None = None
        self._mending: Hole | None = None
        self._news = asyncio.Event()
        self._progress = asyncio.Event()
        self.holed = asyncio.Event()  # there is a hole that nobody mends yet
        self.written = 0  # points
        self.dropped = 0  # outputs, because a store was down for too long
        self.buried = 0  # dead letters taken to be kept
        self.failures = 0  # writes that a store refused
        self.mended = 0  # outputs derived again, because they had been dropped
        self.trouble: str | None = None

    def keep(self, out: Output, position: int = 0) -> None:
        """Take what the entry at this position of the journal gave; never waits."""
        self._waiting.append((position, out))
        self._bytes += _size(out)
        while len(self._waiting) > 1 and (len(self._waiting) > MOST or self._bytes > MOST_BYTES):
            self._let_go()
        self._news.set()

    def _let_go(self) -> None:
        """Forget the oldest points. Alerts and summaries are few and dear: they wait longer."""
        position, out = self._waiting.popleft()
        self._bytes -= _size(out)
        if out.alerts or out.ended:
            self._dear.append((position, Output(out.now, [], out.alerts, out.ended)))
        if out.blocks or out.turns or out.conversations or out.relationships:
            self._lose(position)
        if len(self._dear) > DEAR:
            self._lose(self._dear.popleft()[0])

    def _lose(self, position: int) -> None:
        self.dropped += 1
        first, last = self._hole or (position, position)
        self._hole = Hole(min(first, position), max(last, position))
        self.holed.set()

    # -- what was let go -----------------------------------------------------------------------

    def take_hole(self) -> Hole | None:
        """The hole, for whoever mends it; what is let go from now on makes a new one."""
        self._mending, self._hole = self._hole, None
        self.holed.clear()
        return self._mending

    def close_hole(self, *, mended: bool) -> None:
        """All of it was handed in again; or it was not, and it is as it was."""
        hole, self._mending = self._mending, None
        if hole is not None and not mended:
            first, last = self._hole or hole
            self._hole = Hole(min(first, hole.first), max(last, hole.last))
            self.holed.set()

    @property
    def whole(self) -> bool:
        """Whether all that was ever handed in is in the stores."""
        return not (self.lag or self._hole or self._mending)

    @property
    def full(self) -> bool:
        """Whether it is time to write before more is handed in, lest it be let go."""
        return self.lag >= AT_ONCE or self._bytes > MOST_BYTES // 2

    async def room(self) -> None:
        """Wait until the stores take what they are given, and little waits for them."""
        await self._opened()
        while self.trouble is not None or self.lag > AT_ONCE:
            self._progress.clear()
            await self._progress.wait()

    @property
    def absent(self) -> str | None:
        """Why the stores are not even open, if they are not."""
        return None if self._opening is None else self._opening.trouble

    async def _opened(self) -> None:
        if self.absent is not None and self._opening is not None:
            await self._opening.opened.wait()

    # -- writing -------------------------------------------------------------------------------

    def bury(self, at: datetime, source: str, reason: str, raw: bytes) -> None:
        """Keep what could not be taken in, with the reason."""
        self.buried += 1
        self._letters.append(DeadLetter(at=at, source=source, reason=reason, raw=raw[:2048]))
        self._news.set()

    async def run(self) -> None:
        """Write what waits, as long as it takes."""
        delay = RETRY_S
        while True:
            await self._news.wait()
            await self._opened()
            try:
                await self._write_some()
                self.trouble, delay = None, RETRY_S
                self._progress.set()
            except Exception as error:
                self.failures += 1
                if self.trouble is None:
                    log.error("a store does not take what is to be kept", error=str(error))
                self.trouble = str(error)
                self._progress.set()  # none, but who waits for it may be waiting no more
                await asyncio.sleep(delay)
                delay = min(delay * 2, LAST_RETRY_S)

    async def kept(self, within_s: float = KEPT_S) -> None:
        """Wait until what was handed in so far is written, but not for a store that is away."""
        last = self._waiting[-1][1] if self._waiting else None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while not (self.absent or self.trouble) and self._waits(last):
                    self._progress.clear()
                    await self._progress.wait()

    def _waits(self, wanted: Output | None) -> bool:
        return any(out is wanted for _, out in self._waiting)

    async def drain(self) -> None:
        """Write what still waits, once; what a store refuses now stays in the journal."""
        if self.absent is not None:
            return
        try:
            while self.lag or self._letters:
                await self._write_some()
        except Exception as error:
            log.error("not everything was kept; the journal has it", error=str(error))
            self.trouble = str(error)

    async def _write_some(self) -> None:
        some = [out for _, out in islice(chain(self._dear, self._waiting), AT_ONCE)]
        letters = list(self._letters)
        blocks: Sequence[Block] = [b for out in some for b in out.blocks if len(b)]
        alerts = [alert for out in some for alert in out.alerts]
        ended = [summary for out in some for summary in out.ended]
        if pseudonyms.has_people(blocks):
            if self._key is None:
                self._key = await self._archive.key(pseudonyms.KEY)
            blocks = [pseudonyms.veiled(block, self._key) for block in blocks]
        if blocks:
            await self._series.write(blocks)
        await self._write_said(some)
        if alerts:
            await self._archive.add_alerts(alerts)
        if ended:
            await self._archive.add_sessions(ended)
        if letters:
            await self._archive.add_dead_letters(letters)
        self.written += sum(len(block) for block in blocks)
        written = {id(out) for out in some}
        while self._dear and id(self._dear[0][1]) in written:
            self._dear.popleft()
        while self._waiting and id(self._waiting[0][1]) in written:
            self._bytes -= _size(self._waiting.popleft()[1])
        buried = {id(letter) for letter in letters}
        while self._letters and id(self._letters[0]) in buried:
            self._letters.popleft()
        if not self.lag and not self._letters:
            self._news.clear()

    async def _write_said(self, some: Sequence[Output]) -> None:
        """Turns, conversations and relationships; of what was told several times the latest."""
        turns = {(one.session, one.id): one for out in some for one in out.turns}
        conversations = {one.id: one for out in some for one in out.conversations}
        relationships = {(one.bot, one.user): one for out in some for one in out.relationships}
        if turns:
            await self._archive.add_turns(list(turns.values()))
        if conversations:
            await self._archive.add_conversations(list(conversations.values()))
        if relationships:
            await self._archive.add_relationships(list(relationships.values()))

    def unwritten(self, measurement: str, session: str, slot: int) -> list[Row]:
        """A live session's points that still wait, oldest first: epoch seconds and numbers."""
        found: list[Row] = []
        for _, out in self._waiting:
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
        return len(self._dear) + len(self._waiting)

    def health(self) -> dict[str, Any]:
        """This part's line on /readyz."""
        trouble = self.absent or self.trouble
        return {
            "name": "stores",
            "ok": trouble is None,
            "detail": (trouble or f"{self.written:,} points written, {self.lag} outputs wait")
            + self._losses(),
            "remedy": "" if trouble is None else "see that the store's file or server is there",
        }

    def _losses(self) -> str:
        if self._hole or self._mending:
            return f"; {self.dropped:,} ticks dropped, to be derived again from the journal"
        return f"; {self.mended:,} ticks were derived again from the journal" if self.mended else ""


def _size(out: Output) -> int:
    """About how many bytes the points and the turns of an output take."""
    said = sum(2_000 + len(t.message or "") + len(t.reply or "") for t in out.turns)
    return said + sum(
        (len(block.fields) + len(block.texts) + 4) * (8 * len(block) + 120) for block in out.blocks
    )
