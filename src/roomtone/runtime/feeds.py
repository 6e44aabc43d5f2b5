"""Runs the live feeds: what they deliver is submitted, and acknowledged once it is durable."""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any, Protocol

import structlog

from roomtone.errors import EngineFailed, RoomtoneError
from roomtone.events import Event, Refusal, encode
from roomtone.ports import Delivery, Feed
from roomtone.runtime import plugins
from roomtone.runtime.config import Settings
from roomtone.runtime.door import Receipt, TooManySessions
from roomtone.runtime.host import Host

BATCH, BATCH_BYTES = 1_000, 4_000_000
"""Of how many events, or of what size, an entry of the journal is at most."""

IN_FLIGHT = 8
"""How many deliveries of a feed are on their way to the disk at once: one sync covers them all."""

LOOK_S = 1.0
"""How often a feed is asked how it stands."""

FIRST_WAIT_S, LONGEST_WAIT_S = 0.1, 5.0
"""Between two tries of what does not work: each time twice as long, and never quite the same."""

STOP_S = 5.0
TRIES = 3
"""How often what fails for no known reason is submitted before it is buried: it must not keep all
that stands behind it from coming in."""

log = structlog.get_logger()


class Door(Protocol):
    """Where events go in: a Pipeline, or what stands for one in another process."""

    async def submit(
        self,
        events: Sequence[Event],
        refusals: Sequence[Refusal] = ...,
        kept: Sequence[int] | None = ...,
        *,
        source: str = ...,
    ) -> Receipt: ...


Refuse = Callable[[str, Sequence[Refusal], Sequence[bytes]], None]
"""Told what could not be taken: the source's name, the reasons, and what came."""

Learn = Callable[[Mapping[str, str]], None]
"""Told which event a session belongs to."""


@dataclass(slots=True)
class FeedCounts:
    """What a feed has done so far, and how it stands; plain numbers, for whoever shows them."""

    delivered: int = 0  # events
    accepted: int = 0
    duplicates: int = 0
    refused: int = 0
    acked: int = 0  # deliveries
    unacked: int = 0  # deliveries whose acknowledgement failed: they come again
    in_flight: int = 0
    pending: int = 0  # entries given to a consumer and not acknowledged, by the feed's own count
    lag: int = 0  # entries not given to anybody yet
    lost: int = 0  # entries that were gone before they were read
    reconnects: int = 0
    gaps: int = 0  # times without a connection
    gap_s: float = 0.0  # all of them together, the one that lasts included
    connected: bool = False
    last_error: str = ""


class Intake:
    """One feed and what becomes of what it delivers."""

    def __init__(
        self, feed: Feed, door: Door, name: str, consumer: str, refuse: Refuse, learn: Learn
    ) -> None:
        self.feed, self.name = feed, name
        self.counts = FeedCounts()
        self._door, self._consumer, self._refuse, self._learn = door, consumer, refuse, learn
        self._free = asyncio.Semaphore(IN_FLIGHT)
        self._flying: set[asyncio.Task[None]] = set()
        self._trouble = ""  # why the feed gives nothing at the moment
        self._stuck = ""  # why nothing can be submitted at the moment
        self._since = time.monotonic()  # of the present state: connected, or not
        self._closed_gaps_s = 0.0

    async def run(self) -> None:
        """Read for good, whatever breaks; ends when the feed says that there is no more."""
        wait_s = FIRST_WAIT_S
        looking = asyncio.create_task(self._watch())
        try:
            while True:
                before = self.counts.delivered
                try:
                    async with contextlib.aclosing(
                        self.feed.deliveries(self._consumer)  # type: ignore[type-var]
                    ) as deliveries:
                        async for delivery in deliveries:
                            self.notice()
                            await self._free.acquire()
                            self._start(delivery)
                    break
                except (RoomtoneError, OSError) as error:
                    self._fail(str(error))
                except Exception as error:
                    log.error("a feed failed and is started again", feed=self.name, exc_info=True)
                    self._fail(f"{type(error).__name__}: {error}")
                # What is under way first: its acknowledgement keeps it from coming again.
                await self._landed()
                if self.counts.delivered > before:
                    wait_s = FIRST_WAIT_S
                await asyncio.sleep(wait_s * random.uniform(0.5, 1.0))
                wait_s = min(wait_s * 2, LONGEST_WAIT_S)
                self.counts.reconnects += 1
            await self._landed()
        finally:
            looking.cancel()

    async def stop(self) -> None:
        """Give what is under way a moment to be acknowledged; the rest comes again."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_S):
                await self._landed()
        for task in self._flying:
            task.cancel()
        await asyncio.gather(*self._flying, return_exceptions=True)
        await self.feed.close()

    async def _landed(self) -> None:
        while self._flying:
            await asyncio.wait(self._flying)

    def _fail(self, reason: str) -> None:
        if reason != self._trouble:
            log.warning("a feed is not heard", feed=self.name, reason=reason)
        self._trouble = self.counts.last_error = reason
        self.notice()

    def notice(self) -> None:
        """Note whether the feed is connected, and for how long it was not."""
        now = time.monotonic()
        if self.feed.connected != self.counts.connected:
            self.counts.connected = self.feed.connected
            if self.counts.connected:
                self._closed_gaps_s += now - self._since
                self._trouble = ""
            else:
                self.counts.gaps += 1
            self._since = now
        self.counts.gap_s = self._closed_gaps_s
        if not self.counts.connected:
            self.counts.gap_s += now - self._since

    async def _watch(self) -> None:
        """Every second, how it stands: a gap is to be seen while it lasts."""
        while True:
            await asyncio.sleep(LOOK_S)
            self.notice()
            if not self.counts.connected:
                continue
            try:
                said = await self.feed.look()
            except (RoomtoneError, OSError) as error:
                self.counts.last_error = str(error)
                continue
            except Exception as error:  # to look must not end with one answer that is odd
                reason = f"{type(error).__name__}; see the log, and report it"
                if reason != self.counts.last_error:
                    log.error("a feed cannot be asked how it is", feed=self.name, exc_info=True)
                self.counts.last_error = reason
                continue
            finally:
                self.notice()
            self.counts.pending = int(said.get("pending", 0))
            self.counts.lag = int(said.get("lag", 0))
            self.counts.lost = int(said.get("lost", 0))

    # -- one delivery ------------------------------------------------------------------------

    def _start(self, delivery: Delivery) -> None:
        self.counts.delivered += len(delivery.events)
        self.counts.in_flight += 1
        task = asyncio.create_task(self._take(delivery))
        self._flying.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._flying.discard(task)
        self._free.release()
        self.counts.in_flight -= 1
        if not task.cancelled() and (error := task.exception()) is not None:
            self.counts.unacked += 1
            self.counts.last_error = f"{type(error).__name__}; see the log, and report it"
            log.error("a delivery was not acknowledged", feed=self.name, exc_info=error)

    async def _take(self, delivery: Delivery) -> None:
        """Submit it, wait until it is durable, and only then acknowledge it."""
        if delivery.names:
            self._learn(delivery.names)
        if delivery.refusals:
            self._report(delivery.refusals, delivery.samples)
        kept = delivery.kept if delivery.kept is not None else range(len(delivery.events))
        start = 0
        for part in parts(delivery):
            places = kept[start : start + len(part)]
            start += len(part)
            await self._submit(part, places)
        try:
            await self.feed.acknowledge(delivery)
            self.counts.acked += 1
        except (RoomtoneError, OSError) as error:
            self.counts.unacked += 1
            self.counts.last_error = str(error)

    async def _submit(self, events: Sequence[Event], places: Sequence[int]) -> None:
        wait_s, tries, reason = FIRST_WAIT_S, 0, ""
        while True:
            try:
                receipt = await self._door.submit(events, (), places, source=self.name)
                break
            except TooManySessions as error:
                receipt = Receipt(0, 0, error.refusals(places))
                break
            except EngineFailed as error:  # said as elsewhere, but it may be this batch
                tries, reason = tries + 1, str(error)
            except (RoomtoneError, OSError) as error:  # DiskFull, JournalError: until it works
                self._stuck = self.counts.last_error = str(error)
            except Exception as error:
                tries, reason = tries + 1, f"{type(error).__name__}; see the log"
                log.error("events could not be submitted", feed=self.name, exc_info=True)
            if tries >= TRIES:
                reason = f"could not be submitted: {reason}"
                receipt = Receipt(0, 0, [Refusal(place, reason) for place in places])
                break
            await asyncio.sleep(wait_s * random.uniform(0.5, 1.0))
            wait_s = min(wait_s * 2, LONGEST_WAIT_S)
        self._stuck = ""
        self.counts.accepted += receipt.accepted
        self.counts.duplicates += receipt.duplicates
        if receipt.errors:
            rows = {place: row for row, place in enumerate(places)}
            known = [r for r in receipt.errors if r.index in rows]
            self._report(known, [encode([events[rows[r.index]]]) for r in known])

    def _report(self, refusals: Sequence[Refusal], samples: Sequence[bytes]) -> None:
        self.counts.refused += len(refusals)
        self._refuse(self.name, refusals, samples)

    def health(self) -> dict[str, Any]:
        """This part's line on /readyz."""
        self.notice()
        its = self.counts
        detail = (
            f"{its.accepted:,} events taken, {its.duplicates:,} known, {its.refused:,} refused; "
            f"{its.pending:,} entries pending, {its.lag:,} waiting; "
            f"{its.gaps} gaps of {its.gap_s:.1f} s together"
        )
        remedy = ""
        if not its.connected:
            detail = f"not heard for {time.monotonic() - self._since:.1f} s: " + (
                self._trouble or "connecting"
            )
            remedy = "see that its server runs and is reached; it is tried again by itself"
        elif self._stuck:
            detail = f"what it gives cannot be kept: {self._stuck}"
            remedy = "see the part `journal`; nothing is acknowledged until it is kept"
        if note := getattr(self.feed, "note", ""):  # what a feed of its kind alone can tell
            detail += f"; {note}"
        if its.lost:
            detail += f"; {its.lost:,} entries were deleted before they were read"
        return {
            "name": self.name,
            "ok": its.connected and not self._stuck,
            "detail": detail,
            "remedy": remedy,
        }


class Feeds:
    """All live feeds of a process."""

    def __init__(self) -> None:
        self.intakes: list[Intake] = []
        self._tasks: list[asyncio.Task[None]] = []

    def start(
        self,
        feeds: Sequence[Feed],
        door: Door,
        *,
        consumer: str,
        refuse: Refuse,
        learn: Learn = lambda names: None,
    ) -> None:
        """Let them run, in the loop that runs now."""
        for feed in feeds:
            taken = {intake.name for intake in self.intakes}
            names = (feed.name if n == 1 else f"{feed.name}-{n}" for n in range(1, 1000))
            name = next(name for name in names if name not in taken)
            intake = Intake(feed, door, name, consumer, refuse, learn)
            self.intakes.append(intake)
            self._tasks.append(asyncio.create_task(intake.run(), name=f"feed {name}"))

    async def finished(self) -> None:
        """Wait until no feed has more to give; most never end."""
        await asyncio.gather(*self._tasks)

    async def stop(self) -> None:
        """Read nothing more, and acknowledge what is under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(intake.stop() for intake in self.intakes))
        self._tasks = []

    def health(self) -> list[dict[str, Any]]:
        """A line for each feed."""
        return [intake.health() for intake in self.intakes]

    def counters(self) -> dict[str, dict[str, Any]]:
        """Each feed's FeedCounts by its name."""
        for intake in self.intakes:
            intake.notice()
        return {intake.name: asdict(intake.counts) for intake in self.intakes}


def parts(delivery: Delivery) -> Iterator[Sequence[Event]]:
    """A delivery as batches that fit into one entry of the journal each."""
    events = delivery.events
    step = BATCH
    if delivery.size > BATCH_BYTES:  # one payload may be large, and its events of any size
        largest = max((len(encode([event])) for event in events), default=1)
        step = max(1, min(BATCH, BATCH_BYTES // largest))
    for start in range(0, len(events), step):
        yield events[start : start + step]


def consumer_name(data: Path) -> str:
    """The name of the process that owns a data folder: the same after a restart, and its alone."""
    folder = blake2b(str(data.absolute()).encode(), digest_size=4).hexdigest()
    return f"{socket.gethostname()}-{folder}"


@contextlib.asynccontextmanager
async def listening(settings: Settings, host: Host) -> AsyncIterator[Feeds]:
    """Let the configured feeds run into a host. Raises BadConfig for a URL that is none."""
    feeds = Feeds()
    feeds.start(
        [plugins.feed(url) for url in settings.sources.listen],
        host,
        consumer=consumer_name(settings.data),
        refuse=host.refuse,
        learn=host.learn,
    )
    try:
        yield feeds
    finally:
        await feeds.stop()
