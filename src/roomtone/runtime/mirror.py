"""Copies every point to a second series store: beside the first, and alone in its failures."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from typing import Any

import structlog

from roomtone.engine import Output
from roomtone.errors import StoreAway, StoreRefused
from roomtone.points import Block, Measurement
from roomtone.ports import SeriesStore
from roomtone.runtime import plugins, pseudonyms
from roomtone.runtime.lanes import Lane
from roomtone.runtime.retracting import rows_of

MOST = 30_000
"""How many blocks wait for a mirror that is away: ten minutes of 15 slices of ticks, and turns."""

MOST_BYTES = 32 << 20
"""How much memory their points may take. What is let go beyond it is counted; `roomtone backfill`
brings it later."""

AT_ONCE = 200
"""How many blocks are written in one call."""

FORGET_S = 30.0
"""How long who erases somebody waits for what is on its way to the mirror."""

CLOSE_S = 3.0
"""How long a stop waits for a mirror that is well to take what still waits."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Gone(Block):
    """Points that are to be taken back."""


class Mirror:
    """The store that `stores.mirror` names; without a name it takes nothing.

    It has a queue of its own. Nobody reads from it, and nothing is derived again for it: a mirror
    that is away, hangs or refuses what it is given costs its own points and nothing else. `key`
    gives the key of pseudonyms.
    """

    def __init__(
        self, url: str, measurements: Sequence[Measurement], key: Callable[[], Awaitable[bytes]]
    ) -> None:
        self._store: SeriesStore | None = plugins.series_store(url) if url else None
        self.store = self._store
        self._measurements, self._key = measurements, key
        self._rooms: deque[Block] = deque()
        self._people: deque[Block] = deque()  # these need a key of the archive's first
        self._bytes = 0
        self._sending = asyncio.Lock()  # points of persons
        self._is_open = False
        self._lane = Lane("mirror", self._write, lambda: bool(self._rooms or self._people))
        self.copied = 0  # points
        self.dropped = 0  # points that waited too long
        self.refused = 0  # points of calls that it refused for good, at least in part

    @property
    def is_there(self) -> bool:
        """Whether there is one at all."""
        return self._store is not None

    def keep(self, out: Output) -> None:
        """Take the points of an output; never waits."""
        if self._store is None:
            return
        gone = [_Gone(b.measurement, b.time, b.tags, {}, times=b.times) for b in out.gone]
        for block in (*gone, *out.blocks):
            if len(block):
                (self._people if pseudonyms.TAG in block.tags else self._rooms).append(block)
                self._bytes += block.size
        while self.waiting > 1 and (self.waiting > MOST or self._bytes > MOST_BYTES):
            oldest = self._oldest().popleft()
            self._bytes -= oldest.size
            self.dropped += len(oldest)
        self._lane.wake()

    def _oldest(self) -> deque[Block]:
        if not (self._rooms and self._people):
            return self._rooms or self._people
        return self._rooms if self._rooms[0].time <= self._people[0].time else self._people

    @contextlib.asynccontextmanager
    async def forgetting(self, user: str) -> AsyncIterator[None]:
        """Let no point of this person wait, and none be on its way in the block. Raises StoreAway
        where the mirror takes longer than that to take what is."""
        try:
            async with asyncio.timeout(FORGET_S):
                await self._sending.acquire()
        except TimeoutError:
            raise StoreAway("the mirror does not answer; see that its server is there") from None
        try:
            for _ in range(len(self._people)):
                block = self._people.popleft()
                left = rows_of(block, block.tags[pseudonyms.TAG] != user)
                self._bytes -= block.size - (left.size if len(left) else 0)
                if len(left):
                    self._people.append(left)
            yield
        finally:
            self._sending.release()

    async def run(self) -> None:
        """Write what waits, as long as it takes."""
        await self._lane.run()

    async def _write(self) -> None:
        assert self._store is not None
        if not self._is_open:
            await self._store.open(self._measurements)
            self._is_open = True
        if some := list(islice(self._rooms, AT_ONCE)):
            await self._copy(some, some)
            self._done(self._rooms, some)
        async with self._sending:
            await self._write_people()

    async def _write_people(self) -> None:
        if some := list(islice(self._people, AT_ONCE)):
            key = await self._key()
            for is_gone, part in groupby(some, key=lambda block: isinstance(block, _Gone)):
                told = list(part)
                await self._copy(told, [pseudonyms.veiled(block, key) for block in told], is_gone)
                self._done(self._people, told)

    async def _copy(
        self, some: Sequence[Block], told: Sequence[Block], is_gone: bool = False
    ) -> None:
        """Write them. What is refused for good would be refused again, and is not waited for."""
        assert self._store is not None
        count = sum(map(len, some))
        try:
            await (self._store.retract if is_gone else self._store.write)(told)
        except StoreRefused as error:
            if not self.refused:
                log.error("the mirror refuses points", error=str(error))
            self.refused += count
        else:
            self.copied += 0 if is_gone else count

    def _done(self, queue: deque[Block], some: Sequence[Block]) -> None:
        written = {id(block) for block in some}
        while queue and id(queue[0]) in written:  # it may have been let go meanwhile
            self._bytes -= queue.popleft().size

    async def close(self) -> None:
        """Send what waits if that is quick, and let go."""
        if self._store is None:
            return
        if self._lane.trouble is None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_S):
                    await self._lane.drain()
        left = sum(len(block) for queue in (self._rooms, self._people) for block in queue)
        if left:
            log.warning("the mirror lacks what still waited; run: roomtone backfill", points=left)
        await self._store.close()

    # -- how it does -----------------------------------------------------------------------------

    @property
    def waiting(self) -> int:
        """How many blocks wait."""
        return len(self._rooms) + len(self._people)

    @property
    def folded(self) -> int:
        """Points that went in without their person, because the mirror's budget of series is
        used up; see docs/influxdb.md."""
        return sum(getattr(self._store, "folded", {}).values())

    @property
    def failures(self) -> int:
        """Calls that failed and are made again."""
        return self._lane.failures

    @property
    def trouble(self) -> str | None:
        """Why it takes nothing, if it does not."""
        return self._lane.trouble

    def health(self) -> list[dict[str, Any]]:
        """Its line on /readyz, if there is one."""
        if self._store is None:
            return []
        lost = self.dropped + self.refused
        said = [f"{self.copied:,} points copied, {self.waiting:,} blocks wait"]
        said += [f"{self.dropped:,} points dropped"] if self.dropped else []
        said += [f"{self.refused:,} points refused"] if self.refused else []
        said += [f"{self.folded:,} points without their person"] if self.folded else []
        remedy = "see that the mirror's server is there; nothing else waits for it"
        if lost:
            remedy = "when it takes points, run: roomtone backfill --to its URL"
        return [
            {
                "name": "mirror",
                "ok": self.trouble is None,
                "detail": "; ".join(([self.trouble] if self.trouble else []) + said),
                "remedy": remedy if self.trouble or lost else "",
            }
        ]
