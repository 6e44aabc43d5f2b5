"""What keeps points, alerts and summaries: in batches, each store by itself and with patience."""

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
from roomtone.errors import StoreError, StoreRefused
from roomtone.points import Block
from roomtone.ports import Archive, SeriesStore
from roomtone.records import DeadLetter
from roomtone.runtime import pseudonyms
from roomtone.runtime.datasets import heed
from roomtone.runtime.lanes import Lane
from roomtone.runtime.letters import Letters
from roomtone.runtime.opening import Opening
from roomtone.runtime.retracting import settled

MOST = 2_000
"""How many outputs wait for a store that is down: about ten minutes of 15 slices every 5 s. What
is let go beyond it is derived again from the journal once the store is back."""

MOST_BYTES = 32 << 20
"""How much memory the points among them may take; beyond it the same holds."""

AT_ONCE = 200
"""How many outputs are written in one transaction."""

DEAR = 5_000
"""How many outputs wait for their alerts and summaries alone, after their points were let go."""

KEPT_S = 2.0
"""How long somebody waits for what he asked for to be kept."""

Row = tuple[float, Mapping[str, float]]

log = structlog.get_logger()


class Hole(NamedTuple):
    """The journal's positions of the first and the last entry whose outputs were let go."""

    first: int
    last: int


ROOMS, PEOPLE, SAID = 1, 2, 4
"""What of an output is still to be written: points, points that name persons, all for the archive.
Persons need a key of the archive's first; it must not be the reason that other points wait."""


class _Waiting:
    """An output with its place in the journal, about how many bytes its points take, and what of
    it is still to be written."""

    __slots__ = ("due", "out", "position", "size")

    def __init__(self, position: int, out: Output) -> None:
        self.position, self.out, self.size = position, out, _size(out)
        self.due = 0
        for block in out.blocks:
            if len(block):
                self.due |= PEOPLE if pseudonyms.TAG in block.tags else ROOMS
        if out.gone:
            self.due |= PEOPLE
        if out.alerts or out.ended or _said(out):
            self.due |= SAID

    @property
    def is_derived(self) -> bool:
        """Whether something is still to be written that is not taken along without its points."""
        return bool(self.due & (ROOMS | PEOPLE) or (self.due & SAID and _said(self.out)))


class Keeper:
    """Writes behind the engine's back; a store that is down costs bounded memory, nothing else.

    Series and archive are written side by side, so that one that is away, or hangs, keeps nothing
    from the other. What has to be let go leaves a hole. While there is one no snapshot is taken,
    so that a restart derives again what is missing; a running server does so beside its work
    (`recovery.mend`).
    """

    def __init__(
        self, series: SeriesStore, archive: Archive, opening: Opening | None = None
    ) -> None:
        self._series, self._archive, self._opening = series, archive, opening
        self._waiting: deque[_Waiting] = deque()
        self._dear: deque[_Waiting] = deque()  # only alerts and summaries are left
        self.letters = Letters(archive)
        self._key: bytes | None = None  # of pseudonyms; the archive's
        self._bytes = 0  # of what waits
        self._hole: Hole | None = None
        self._mending: Hole | None = None
        self._progress = asyncio.Event()
        self._lanes = (
            Lane("series", self._write_points, lambda: self._waits(ROOMS | PEOPLE), self._tell),
            Lane("archive", self._write_said, lambda: self._waits(SAID), self._tell),
        )
        self.holed = asyncio.Event()  # there is a hole that nobody mends yet
        self.written = 0  # points
        self.dropped = 0  # outputs, because a store was down for too long
        self.mended = 0  # outputs derived again, because they had been dropped
        self.unretracted = 0  # points that a store cannot take back

    def keep(self, out: Output, position: int = 0) -> None:
        """Take what the entry at this position of the journal gave; never waits."""
        waiting = _Waiting(position, out)
        if (out.gone or out.reactions or out.revisions) and (self._hole or self._mending):
            self._extend(position)  # it comes after what is derived again, also then
        if waiting.due:
            self._waiting.append(waiting)
            self._bytes += waiting.size
        while len(self._waiting) > 1 and (len(self._waiting) > MOST or self._bytes > MOST_BYTES):
            self._let_go()
        self.wake()

    def wake(self) -> None:
        """See whether there is something to write."""
        for lane in self._lanes:
            lane.wake()

    def _let_go(self) -> None:
        """Forget the oldest points. Alerts and summaries are few and dear: they wait longer."""
        waiting = self._waiting.popleft()
        out, position = waiting.out, waiting.position
        self._bytes -= waiting.size
        if waiting.due & SAID and (out.alerts or out.ended):
            self._dear.append(_Waiting(position, Output(out.now, [], out.alerts, out.ended)))
        if waiting.is_derived:
            self._lose(position)
        if len(self._dear) > DEAR:
            self._lose(self._dear.popleft().position)

    def _lose(self, position: int) -> None:
        self.dropped += 1
        self._extend(position)

    def _extend(self, position: int) -> None:
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

    async def key(self) -> bytes:
        """The key of pseudonyms, asked for once. Raises StoreError while the archive is away."""
        if self._key is None:
            self._key = await self._archive.key(pseudonyms.KEY)
        return self._key

    def bury(self, at: datetime, source: str, reason: str, raw: bytes) -> None:
        """Keep what could not be taken in, with the reason."""
        self.letters.take(DeadLetter(at=at, source=source, reason=reason, raw=raw))
        self.wake()

    async def run(self) -> None:
        """Write what waits, as long as it takes."""
        if self.lag or self.letters:
            self.wake()
        await self._opened()
        with contextlib.suppress(StoreError):  # in time, lest points wait for the archive later
            await self.key()
        lanes = [asyncio.create_task(lane.run(), name=lane.name) for lane in self._lanes]
        try:
            await asyncio.gather(*lanes)
        finally:
            for lane in lanes:
                lane.cancel()

    @property
    def trouble(self) -> str | None:
        """What a store said that does not take what is to be kept."""
        said = [lane.trouble for lane in self._lanes if lane.trouble is not None]
        return "; ".join(dict.fromkeys(said)) if said else None

    @property
    def failures(self) -> int:
        """Writes that a store refused."""
        return sum(lane.failures for lane in self._lanes)

    async def kept(self, within_s: float = KEPT_S) -> bool:
        """Wait until what was handed in so far is written, but not for a store that is away.
        Whether all of it is, with what was let go and is derived again."""
        handed = list(self._waiting)  # each store goes its own way through them
        wanted = {id(one) for one in handed}

        def left() -> bool:
            return any(id(one) in wanted for one in self._waiting)

        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while not (self.absent or self.trouble) and left():
                    self._progress.clear()
                    await self._progress.wait()
        return not (left() or self._hole or self._mending)

    async def drain(self) -> None:
        """Write what still waits, once; what a store refuses now stays in the journal."""
        if self.absent is None:
            await asyncio.gather(*(lane.drain() for lane in self._lanes))
            if self.lag:
                log.error("not everything was kept; the journal has it")

    def _waits(self, what: int) -> bool:
        waiting = chain(self._dear, self._waiting)
        return any(one.due & what for one in waiting) or (what == SAID and bool(self.letters))

    def _tell(self) -> None:
        self._progress.set()

    def _some(self, what: int) -> list[_Waiting]:
        """The oldest for whom this is to be written."""
        waiting = chain(self._dear, self._waiting)
        return list(islice((one for one in waiting if one.due & what), AT_ONCE))

    async def _write_points(self) -> None:
        for what in (ROOMS, PEOPLE):
            if not (some := self._some(what)):
                continue
            outs = [one.out for one in some]
            blocks = [
                (out, block)
                for out in outs
                for block in out.blocks
                if len(block) and (pseudonyms.TAG in block.tags) == (what == PEOPLE)
            ]
            if what == PEOPLE:
                await self._write_people(outs, settled(outs, blocks))
            else:
                await self._series.write([block for _, block in blocks])
            self.written += sum(len(block) for _, block in blocks)
            self._done(some, what)

    async def _write_people(self, outs: Sequence[Output], blocks: Sequence[Block]) -> None:
        """What is gone is taken back first: what is written then holds."""
        key = await self.key()
        if gone := [pseudonyms.veiled(block, key) for out in outs for block in out.gone]:
            try:
                await self._series.retract(gone)
            except StoreRefused as error:  # it cannot, and would not the next time
                if not self.unretracted:
                    log.error("the store takes nothing back", error=str(error))
                self.unretracted += sum(map(len, gone))
        await self._series.write([pseudonyms.veiled(block, key) for block in blocks])

    async def _write_said(self) -> None:
        """For the archive; of what was told several times the latest."""
        some = self._some(SAID)
        outs = [one.out for one in some]
        turns = {(one.session, one.id): one for out in outs for one in out.turns}
        conversations = {one.id: one for out in outs for one in out.conversations}
        relationships = {(one.bot, one.user): one for out in outs for one in out.relationships}
        reactions = {one.of.id: one for out in outs for one in out.reactions}
        alerts = [alert for out in outs for alert in out.alerts]
        ended = [summary for out in outs for summary in out.ended]
        if conversations:
            await self._archive.add_conversations(list(conversations.values()))
        if turns:
            await self._archive.add_turns(list(turns.values()))
        if revisions := [one for out in outs for one in out.revisions]:
            await self._archive.revise(revisions)
        if relationships:
            await self._archive.add_relationships(list(relationships.values()))
        if reactions:
            await self._archive.add_reactions(list(reactions.values()))
        if consents := [one for out in outs for one in out.consents]:
            await self._archive.set_consents(consents)
            await heed(self._archive, consents)
        if alerts:
            await self._archive.add_alerts(alerts)
        if ended:
            await self._archive.add_sessions(ended)
        await self.letters.write()
        self._done(some, SAID)

    def _done(self, some: Sequence[_Waiting], what: int) -> None:
        """These are written so far; who has nothing left to be written waits no more."""
        for one in some:
            one.due &= ~what
        self._dear = deque(one for one in self._dear if one.due)
        self._bytes -= sum(one.size for one in self._waiting if not one.due)
        self._waiting = deque(one for one in self._waiting if one.due)

    def unwritten(self, measurement: str, session: str, slot: int) -> list[Row]:
        """A live session's points that still wait, oldest first: epoch seconds and numbers."""
        found: list[Row] = []
        for one in self._waiting:
            for block in one.out.blocks:
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
        said = ""
        if self._hole or self._mending:
            said = f"; {self.dropped:,} ticks dropped, to be derived again from the journal"
        elif self.mended:
            said = f"; {self.mended:,} ticks were derived again from the journal"
        if self.unretracted:
            said += f"; {self.unretracted:,} points stay that were taken back"
        folded = sum(getattr(self._series, "folded", {}).values())
        return said + (
            f"; {folded:,} points without their person (docs/influxdb.md)" if folded else ""
        )


def _said(out: Output) -> bool:
    """Whether there is something for the archive that is derived again if it is let go."""
    said = out.turns or out.conversations or out.relationships or out.reactions
    return bool(said or out.revisions or out.consents)


def _size(out: Output) -> int:
    """About how many bytes the points and the turns of an output take."""
    said = sum(2_000 + len(t.message or "") + len(t.reply or "") for t in out.turns)
    said += sum(4_000 + len(one.reply or "") for one in out.reactions)
    said += sum(1_000 + len(one.content) for one in out.revisions)
    return said + sum(block.size for block in (*out.blocks, *out.gone))
