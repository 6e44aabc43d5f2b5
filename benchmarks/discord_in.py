"""A reaction out of Discord's gateway: how long until it is an event, and until it is durable."""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import roomtone
from benchmarks._protocol import Disagreement, Options, Report
from roomtone.events import Event
from roomtone.ports import Delivery
from roomtone.sources.discord import Discord
from tests import discord_fake

GAP_S = 0.005  # between two reactions: 200 a second, beyond what most bots see


def run(options: Options) -> Report:
    """One reaction at a time over a WebSocket; all must come, once each."""
    report = Report("discord")
    count = 300 if options.quick else 3_000
    report.lines += [
        f"{count:,} reactions, {1 / GAP_S:,.0f} a second, over a gateway on the loopback "
        "(zlib-stream) that lives in the same process; discord.py reads it",
        "ours: from the frame as discord.py hands it on to the event, the wait between both left "
        "out; event: from the moment the gateway sends it until its delivery is there",
        "durable: in the journal, synced; a disk's own time is in it",
        "no model is asked and no series written on the way",
    ]
    found = [asyncio.run(_measure(count)) for _ in range(options.repeat(3, 1))]
    ours, told, kept = zip(*found, strict=True)
    report.add("ours, p99", "ms", ours, bar=5, less_is_better=True)
    report.add("until it is an event, p99", "ms", told, bar=5, less_is_better=True)
    report.add("until it is durable, p99", "ms", kept)
    return report


class _Timed(Discord):
    """Our source, with the time that it takes itself."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.heard: list[float] = []
        self.read: list[float] = []

    def _hear(self, raw: str) -> None:
        begun = time.perf_counter()
        super()._hear(raw)
        if "REACTION" in raw:
            self.heard.append(1e3 * (time.perf_counter() - begun))

    async def _collect(self) -> Delivery:
        begun = time.perf_counter()
        delivery = await super()._collect()
        spent = 1e3 * (time.perf_counter() - begun)
        self.read += [spent] * len(delivery.events)
        return delivery


async def _measure(count: int) -> tuple[float, float, float]:
    """The 99th percentile of each, in milliseconds."""
    given: list[float] = []
    durable: list[float] = []
    sent: list[float] = []
    jobs: list[asyncio.Task[None]] = []
    with tempfile.TemporaryDirectory() as folder:
        async with discord_fake.Discord() as fake, roomtone.open(Path(folder) / "data") as tone:

            async def keep(events: Sequence[Event], first: int) -> None:
                await tone.submit(events)
                now = time.perf_counter()
                durable.extend(1e3 * (now - sent[first + n]) for n in range(len(events)))

            feed = _Timed(fake.url("guilds=700000000000000001"))
            async with contextlib.aclosing(feed.deliveries("bench")) as deliveries:
                await anext(deliveries)  # signed in; the guild has been described
                feed.read.clear()
                sender = asyncio.create_task(_send(fake, count, sent))
                ids: set[str] = set()
                async for delivery in deliveries:
                    now, first = time.perf_counter(), len(given)
                    events = delivery.events
                    given += [1e3 * (now - sent[first + n]) for n in range(len(events))]
                    ids |= {event.id or "" for event in events}
                    jobs.append(asyncio.create_task(keep(events, first)))
                    if len(given) >= count:
                        break
                await sender
            await asyncio.gather(*jobs)
    if len(ids) != count:
        raise Disagreement(f"{len(ids):,} reactions came, {count:,} were sent")
    ours = [a + b for a, b in zip(feed.heard, feed.read, strict=True)]
    return _p99(ours), _p99(given), _p99(durable)


async def _send(fake: discord_fake.Discord, count: int, sent: list[float]) -> None:
    for _ in range(count):
        await asyncio.sleep(GAP_S)
        sent.append(time.perf_counter())
        await fake.say("liked")


def _p99(values: list[float]) -> float:
    return statistics.quantiles(values, n=100)[98]
