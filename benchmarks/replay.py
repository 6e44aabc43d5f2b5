"""The same journal, played twice and cut otherwise: identical bytes, and how fast."""

from __future__ import annotations

import asyncio
import hashlib
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from benchmarks._protocol import Disagreement, Load, Options, Report, array
from roomtone.events import Event, decode
from roomtone.records import Batch, Tick
from roomtone.runtime.config import Settings
from roomtone.runtime.journal import Journal
from roomtone.runtime.replay import replay_journal, rows

CUTS = ("as it came", "one by one", "at random")


def run(options: Options) -> Report:
    """Points, alerts and summaries as JSON lines; their digests must be equal."""
    report = Report("replay")
    load = Load(sessions=50, rate=2, seconds=40 if options.quick else 120)
    sessions, seconds = (50, 40) if options.quick else (1000, 60)
    long = Load(sessions=sessions, rate=2, seconds=seconds)
    digests: dict[str, str] = {}
    speeds: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        for cut in CUTS:
            path = Path(folder) / cut.replace(" ", "-")
            asyncio.run(_write(path, load, cut))
            lines, digest = _play(path)
            digests[cut] = digest
        again = _play(Path(folder) / "as-it-came")[1]
        if len({again, *digests.values()}) != 1:
            raise Disagreement(f"the bytes differ: {digests}, again {again}")
        path = Path(folder) / "long"
        asyncio.run(_write(path, long, CUTS[0]))
        for _ in range(options.repeat(3, 1)):
            speeds.append(long.events / _cpu(path))
    report.lines += [
        str(load),
        f"agreed: {lines:,} JSON lines, sha256 {again[:16]}, played twice and cut in "
        f"{len(CUTS)} ways ({', '.join(CUTS)})",
        f"speed, on another {long}",
        "reading the journal, all events and all ticks with every detector; writing lines apart",
    ]
    report.add("events per CPU second", "1/s", speeds, moonshot=300_000)
    ticks = sessions * seconds // 5
    report.lines.append(f"with {ticks:,} session-ticks among them")
    return report


async def _write(path: Path, load: Load, cut: str) -> None:
    journal = Journal.open(path, sync=False)
    chance = random.Random(11)
    for arrival, step in load.arrivals():
        events = decode(array(step))[0]
        last = None
        for part in _cut(events, cut, chance):
            last = journal.append(Batch(arrival=arrival, source="api", events=list(part)))
        if last is not None:
            await last
        if (arrival + 1) % 5000 == 0:
            await journal.append(Tick(now=(arrival + 1) // 1000))
    await journal.close()


def _cut(events: Sequence[Event], cut: str, chance: random.Random) -> Iterator[Sequence[Event]]:
    at = 0
    while at < len(events):
        size = {"as it came": len(events), "one by one": 1}.get(cut) or chance.randint(1, 50)
        yield events[at : at + size]
        at += size


def _play(path: Path) -> tuple[int, str]:
    digest, count = hashlib.sha256(), 0
    for out in replay_journal(path, Settings(data=path)):
        for row in rows(out):
            digest.update(msgspec.json.encode(row) + b"\n")
            count += 1
    return count, digest.hexdigest()


def _cpu(path: Path) -> float:
    begun = time.process_time()
    for _ in replay_journal(path, Settings(data=path)):
        pass
    return time.process_time() - begun
