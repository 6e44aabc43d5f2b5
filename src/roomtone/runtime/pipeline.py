"""The map of the system: what happens to events from the door to the stores and the screens."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from time import perf_counter
from typing import Any

import structlog

from roomtone.engine import TICK_S, Engine, Note, Output
from roomtone.errors import JournalError
from roomtone.events import Event, Refusal
from roomtone.ports import Archive, Channel, SeriesStore
from roomtone.records import Batch, Closed, Entry, Gap, Tick
from roomtone.runtime import frames, plugins, recovery
from roomtone.runtime.audience import Audience
from roomtone.runtime.board import Board
from roomtone.runtime.clock import Clock, WallClock
from roomtone.runtime.config import Settings
from roomtone.runtime.datasets import Datasets
from roomtone.runtime.desk import Desk
from roomtone.runtime.door import Door, Receipt
from roomtone.runtime.erasing import Erasing
from roomtone.runtime.event_names import EventNames
from roomtone.runtime.histories import Histories
from roomtone.runtime.inspector import Inspector
from roomtone.runtime.journal import Journal
from roomtone.runtime.judging import Judging
from roomtone.runtime.keeper import Keeper
from roomtone.runtime.lately import Lately
from roomtone.runtime.mirror import Mirror
from roomtone.runtime.opening import Opening
from roomtone.runtime.pushing import push, tick_frames
from roomtone.runtime.reader import Reader
from roomtone.runtime.remembering import Remembering
from roomtone.runtime.replay import hear
from roomtone.runtime.tally import Pace

PUSH_MS = 100
"""How often changed sessions are shown; scores stand only at ticks."""

STOP_S = 20
"""How long a stop waits for what has been acknowledged to be applied."""

log = structlog.get_logger()


class Pipeline(Desk):
    """One running Roomtone: a door, a journal, an engine, stores and news.

    Everything that is counted went through the journal first: the door appends, the journal
    syncs and tells `_committed` in its order, and `_consume` applies what was told, one entry at
    a time. Nothing else touches the engine, so a replay of the journal gives the same points.
    """

    def __init__(self, settings: Settings, journal: Journal, clock: Clock) -> None:
        self.settings, self.journal, self.clock = settings, journal, clock
        rules = settings.engine
        self.gauges = plugins.gauges(seed_weights=rules.seed_weights)
        self.reset()
        self.measurements = [
            *(gauge.measurement for gauge in self.gauges),
            *self.conversations.measurements.values(),
        ]
        self.series: SeriesStore = plugins.series_of(settings)
        self.archive: Archive = plugins.archive(settings.archive_url)
        self.news: Channel = plugins.channel(settings.channels.news, settings.cluster.partition)
        self.inspector = Inspector()
        self.names = EventNames()
        self.pace = Pace()
        self.opening = Opening(self.series, self.archive, self.measurements)
        self.keeper = Keeper(self.series, self.archive, self.opening)
        self.mirror = Mirror(settings.stores.mirror, self.measurements, self.keeper.key)
        self.door = Door(self)
        self.memory = Remembering(settings, clock, self.inspector.fault)
        self.datasets = Datasets(self.archive, settings.datasets_folder, clock)
        self.erasing = Erasing(self)
        self.consenting = self.erasing.consenting
        self.reader = Reader(self)
        self.judging = Judging(self)
        self.watched = Audience(self.news, self.inspector.fault)
        self.recent = Lately()
        self.position = 0  # up to here the journal is in the engine
        self.unsaved = 0  # events applied since the last snapshot
        self.next_due = 0  # the next tick to be written; runs ahead of the engine's own
        self.backlog: deque[tuple[int, Entry]] = deque()  # synced, not yet applied
        self.past: deque[tuple[int, Entry]] = deque()  # of these, what history has to say
        self._deaf = False  # the journal took no ticks of late
        self._news = asyncio.Event()
        self._past_news = asyncio.Event()
        self._idle = asyncio.Event()  # nothing is left to apply
        self._idle.set()
        self._present = asyncio.Event()  # nothing but history is
        self._present.set()
        self._tasks: list[asyncio.Task[None]] = []
        self._fresh: list[Batch] = []  # applied since the last push

    def reset(self) -> None:
        """Begin with an empty engine."""
        self.engine = self.make_engine()
        self.board = Board(self.engine, self.gauges[0])
        self.histories = Histories(self.make_engine, self.gauges[0])
        self.conversations = plugins.conversations(self.settings)

    def make_engine(self) -> Engine:
        """An engine with the configured gauges and detectors."""
        return plugins.engine(self.settings)

    # -- life --------------------------------------------------------------------------------

    @classmethod
    async def open(
        cls, settings: Settings, clock: Clock | None = None, *, patient: bool = True
    ) -> Pipeline:
        """Open journal and stores and rebuild what was; the clock does not run yet.

        Where a store's server is away and we are patient, it is opened once it is back. Raises
        JournalError, DiskFull or StoreError, each with what to do.
        """
        journal = await asyncio.to_thread(Journal.open, settings.journal_folder)
        try:
            pipeline = cls(settings, journal, clock or WallClock())
            await pipeline.opening.begin(patient=patient)
            await recovery.rebuild(pipeline)
        except BaseException:
            await journal.close()
            raise
        return pipeline

    async def start(self) -> None:
        """Let the clock run: ticks, pushes, upkeep."""
        self.journal.on_commit = self._committed
        now = self.clock.now_ms() // 1000
        gap = recovery.unheard(self.engine, now)
        if gap or not self.next_due:  # before anything can be submitted: ticks start from here
            self.next_due = now - now % TICK_S + TICK_S
        if gap:
            await self._append(gap)
        self._tasks.append(asyncio.create_task(self.opening.run(), name="open stores"))
        self.wake()  # turns and reactions may have waited since the last time
        jobs = (self._consume, self._recount, self._run_clock, self._run_push, self._mend)
        parts = (self.keeper, self.mirror, self.memory, self.reader, self.judging, self.erasing)
        for job in (*jobs, *(part.run for part in parts), self._upkeep):
            self._tasks.append(asyncio.create_task(self._supervised(job), name=job.__name__))

    async def stop(self) -> None:
        """End cleanly: what was acknowledged is applied, kept and snapshotted.

        History that would take longer than `STOP_S` to apply waits in the journal for the next
        start.
        """
        if self._tasks:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._idle.wait(), STOP_S)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.keeper.drain()
        if self._idle.is_set():  # else an entry may be half applied
            await asyncio.to_thread(recovery.snapshot, self)
        await self.datasets.close()
        await self.memory.close()
        await self.mirror.close()
        await self.news.close()
        await self.opening.close()
        await self.journal.close()

    async def _supervised(self, job: Callable[[], Any]) -> None:
        """Run a loop for good: if it fails, say so, count it, and start it again."""
        while True:
            try:
                await job()
            except asyncio.CancelledError:
                raise
            except Exception as error:
                self.inspector.fault(job.__name__, error)
                log.error("a loop failed and is started again", loop=job.__name__, exc_info=True)
            await asyncio.sleep(1)

    # -- in ----------------------------------------------------------------------------------

    async def submit(
        self,
        events: Sequence[Event],
        refusals: Sequence[Refusal] = (),
        kept: Sequence[int] | None = None,
        *,
        source: str = "api",
        history: bool = False,
        client: str = "",
    ) -> Receipt:
        """Take events in. Returns when those accepted are on the disk. See `Door.submit`."""
        return await self.door.submit(events, refusals, kept, source, history, client)

    def due_ticks(self, now_s: int) -> None:
        """Put into the journal every tick that stands before or at this second.

        Called before a batch is appended, so that a batch that arrived after a tick can never
        stand before it, however late the clock's own task is. Raises JournalError when the
        journal cannot take them; they are due still, or, when that lasts, become a gap.
        """
        if self._deaf and now_s - self.next_due > recovery.UNHEARD_S:
            self._write(Gap(start=self.next_due - TICK_S, end=now_s))
            self.next_due = now_s - now_s % TICK_S + TICK_S
        while self.next_due <= now_s:
            self._write(Tick(now=self.next_due))
            self.next_due += TICK_S
        self._deaf = False

    def _write(self, entry: Tick | Gap) -> None:
        """Append what the clock says. What fails, now or later, is due again."""
        due = self.next_due

        def check(future: asyncio.Future[Any]) -> None:
            if not future.cancelled() and future.exception() is not None:
                self.next_due, self._deaf = min(self.next_due, due), True

        try:
            self.journal.append(entry).add_done_callback(check)
        except JournalError:
            self._deaf = True
            raise

    async def _append(self, entry: Entry) -> None:
        await self.journal.append(entry)

    def _committed(self, position: int, entry: Entry) -> None:
        self.backlog.append((position, entry))
        self._idle.clear()
        self._present.clear()
        self._news.set()

    async def settled(self) -> None:
        """Wait until everything acknowledged up to now has been applied."""
        await self._idle.wait()

    async def caught_up(self) -> None:
        """Wait until the live part of it has been applied, whatever history still has to say."""
        await self._present.wait()

    # -- through -----------------------------------------------------------------------------

    async def _consume(self) -> None:
        while True:
            while self.backlog:
                position, entry = self.backlog[0]
                await self._guarded(self._hear(entry, position))
                if isinstance(entry, Closed) or (isinstance(entry, Batch) and entry.history):
                    self.past.append((position, entry))
                    self._past_news.set()
                else:
                    await self._guarded(self._apply(entry, position))
                self.backlog.popleft()
                self.position = position
                if self.backlog:
                    await asyncio.sleep(0)  # a thousand events take milliseconds: others' turn
                self.unsaved += len(entry.events) if isinstance(entry, Batch) else 0
                if self.unsaved > recovery.SNAPSHOT_EVENTS and not recovery.behind(self):
                    await recovery.checkpoint(self)
            self._news.clear()
            self._present.set()
            self._rest()
            await self._news.wait()

    async def _recount(self) -> None:
        """Apply what history has to say, in its order, beside the present: it can take long."""
        while True:
            while self.past:
                position, entry = self.past[0]
                await self._guarded(self._apply(entry, position))
                self.past.popleft()
                await asyncio.sleep(0)
            self._past_news.clear()
            self._rest()
            await self._past_news.wait()

    def _rest(self) -> None:
        if not self.backlog and not self.past:
            self._idle.set()

    async def _mend(self) -> None:
        await recovery.mend_for_good(self)

    async def apply(self, entry: Entry, position: int, *, heard: bool = False) -> None:
        """One entry of the journal, in its place: into the engines, and what comes of it out.

        `heard` is whether its turns are in the conversations already.
        """
        if not heard:
            await self._guarded(self._hear(entry, position))
        await self._guarded(self._apply(entry, position))

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        """Should an entry bring an engine to fail, the next one is taken: it would fail the same
        way at every start, and one such entry must not keep the server from starting.
        """
        try:
            await work
        except Exception as error:
            self.inspector.fault("engine", error)
            log.error("an entry of the journal could not be applied", exc_info=True)

    async def _hear(self, entry: Entry, position: int) -> None:
        """An entry's turns, always in the journal's order: history is heard as it comes."""
        if isinstance(entry, Batch):
            known = self.conversations.reacting.known
            self.memory.hear(list(known.told(entry.events)), entry.arrival)
        for out in hear(self.conversations, entry):
            await self.take(out, position, live=False)
            await asyncio.sleep(0)
        self.wake()

    async def _apply(self, entry: Entry, position: int) -> None:
        match entry:
            case Batch(history=True):
                for count, out in enumerate(
                    self.histories.play(entry.events, self._noter(entry)), start=1
                ):
                    await self.take(out, position, live=False)
                    if count % 10 == 0:
                        await asyncio.sleep(0)  # some milliseconds
            case Batch():
                for note in self.engine.apply(entry.events, entry.arrival):
                    self.inspector.note(entry.source, entry.events[note.place], note)
                self.recent.add(entry, position - self.position)
                self._fresh.append(entry)
            case Tick():
                await self._tick(entry.now, position)
            case Gap():
                self.engine.gap(entry.start, entry.end)
                self.next_due = max(self.next_due, self.engine.next_tick)
            case Closed():
                ended = self.histories.close(entry.session)
                if ended is not None:
                    await self.take(ended, position, live=False)

    async def _tick(self, now: int, position: int) -> None:
        begun = block = perf_counter()
        for part in self.engine.ticking(now):
            await self.take(part, position)
            self.pace.blocks.add(perf_counter() - block)
            await asyncio.sleep(0)
            block = perf_counter()
        await self.watched.look()
        for name, made in tick_frames(self):
            await self.publish(name, made)
        self.pace.ticks.add(perf_counter() - begun)

    async def publish(self, topic: str, made: bytes) -> None:
        """Spread news. That nobody hears it must not stop the engine in the middle of a tick."""
        try:
            await self.news.publish(topic, made)
            self.pace.published += 1
        except Exception as error:
            self.pace.unpublished += 1
            self.inspector.fault("news", error)

    async def take(self, out: Output, position: int, *, live: bool = True) -> None:
        """What the entry at a position gave goes to the stores and to those who watch."""
        if live:
            self.show(out)
        self.door.forget(out.ended)
        self.erasing.take(out)
        self.keeper.keep(out, position)
        self.mirror.keep(out)
        self.memory.keep(out)
        for topic, made in (*frames.alert_frames(out.alerts), *frames.ended_frames(out)):
            await self.publish(topic, made)

    def _noter(self, batch: Batch) -> Callable[[Note], None]:
        return lambda note: self.inspector.note(batch.source, batch.events[note.place], note)

    # -- the clock ---------------------------------------------------------------------------

    async def _run_clock(self) -> None:
        while True:
            await self.clock.wait_until(self.next_due * 1000)
            try:
                self.due_ticks(self.clock.now_ms() // 1000)
            except JournalError:  # shown on /readyz; the ticks are due as soon as it works again
                await asyncio.sleep(0.1)
                await self.journal.ready()

    async def _run_push(self) -> None:
        """Every 100 ms, show what changed since."""
        while True:
            await self.clock.wait_until(self.clock.now_ms() + PUSH_MS)
            fresh, self._fresh = self._fresh, []
            await push(self, fresh)

    async def _upkeep(self) -> None:
        """Every ten minutes: retention, a snapshot, and what the journal need not keep."""
        while True:
            await self.clock.wait_until(self.clock.now_ms() + 600_000)
            self.inspector.forgive()
            await recovery.upkeep(self)
