"""One client that sends as many different names as it can, beside others who just talk."""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import perf_counter

import psutil

from roomtone.events import Event, Join, Leave, Message, PollVote, Reaction
from roomtone.points import Block
from roomtone.runtime.config import Settings
from roomtone.runtime.door import TooManySessions
from roomtone.runtime.pipeline import Pipeline
from roomtone.testing import ManualClock
from tests.faults.outage import log_aside, percentile, ticked

BATCH = 500
SECONDS = 600
NEIGHBOURS = 20


@dataclass
class Damage:
    """What the bomb did."""

    names: int
    grown_mb: float = 0.0
    refused: int = 0
    neighbours: list[dict[str, list[str]]] = field(default_factory=list)
    ack_ms: list[float] = field(default_factory=list)
    sizes: dict[str, int] = field(default_factory=dict)


def names(total: int, kinds: str) -> Iterator[list[Event]]:
    """Batches of events, each with a name that nobody heard before."""
    made: list[Event] = []
    for n in range(total):
        about = {"session": "bomb", "user": f"user {n}"}
        match kinds[n % len(kinds)]:
            case "s":
                made.append(Message(session=f"session {n}", user="bomber", text="x"))
            case "u":
                made.append(Join(**about))
            case "e":
                made.append(Reaction(session="bomb", user="bomber", emoji=f"e{n}", target=f"{n}"))
            case "p":
                made.append(PollVote(poll=f"poll {n}", option=1, **about))
            case "l":
                made.append(Leave(**about))
        if len(made) == BATCH:
            yield made
            made = []
    if made:
        yield made


async def explode(
    folder: Path, total: int, kinds: str = "suepl", seconds: int = SECONDS, paced: bool = False
) -> Damage:
    """Some minutes of a crowd in twenty rooms; `total` 0 is the crowd alone.

    `paced`, a second takes a second; otherwise as long as its work, and a store is given less time
    to keep up than it would have.
    """
    damage, clock, chance = Damage(total), ManualClock(), random.Random(2)
    pipeline = await Pipeline.open(Settings(data=folder), clock)
    keep = pipeline.keeper.keep

    def look(out, position):
        for block in out.blocks:
            damage.neighbours.append(_neighbours(block))
        keep(out, position)

    pipeline.keeper.keep = look
    await pipeline.start()
    bombs, per_second = names(total, kinds), total / BATCH / seconds
    sent, before = 0, psutil.Process().memory_info().rss
    started = perf_counter()
    for second in range(seconds):
        crowd = [
            Message(session=f"room {n}", user=f"user {chance.randrange(9)}", text="hello")
            for n in range(NEIGHBOURS)
        ]
        begun = perf_counter()
        await pipeline.submit(crowd, client="crowd")
        damage.ack_ms.append((perf_counter() - begun) * 1000)
        while sent < per_second * (second + 1) and (batch := next(bombs, None)) is not None:
            sent += 1
            try:
                receipt = await pipeline.submit(batch, source=f"source {sent}", client="bomber")
                damage.refused += len(receipt.errors)
            except TooManySessions:
                damage.refused += len(batch)
        clock.advance(1)
        await ticked(pipeline, clock)
        if paced:
            await asyncio.sleep(max(started + second + 1 - perf_counter(), 0))
    damage.grown_mb = (psutil.Process().memory_info().rss - before) / 1e6
    damage.sizes = sizes(pipeline)
    await pipeline.stop()
    return damage


def sizes(pipeline: Pipeline) -> dict[str, int]:
    """How many names stand where names are kept."""
    rooms = pipeline.engine.rooms.rooms
    return {
        "sessions": len(rooms),
        "sources": len(pipeline.inspector.sources()),
        "owners": len(pipeline.door._owner),
        "clients": len(pipeline.door._owned),
        "polls": max(len(room.polls) for room in rooms.values()),
        "reactions": max(len(room.reacted) + len(room.unread) // 5 for room in rooms.values()),
        "people": max(len(room.users) for room in rooms.values()),
        "gone": max(len(room.gone or ()) for room in rooms.values()),
        "resting": len(pipeline.engine.resting),
        "held reactions": len(pipeline.conversations.reacting.known.held),
        "remembered events": sum(len(batch.events) for batch in pipeline.recent),
    }


def _neighbours(block: Block) -> dict[str, list[str]]:
    """The crowd's rooms' numbers, to the bit."""
    mine = [n for n, name in enumerate(block.tags["session"]) if name.startswith("room ")]
    return {name: [float(of[n]).hex() for n in mine] for name, of in block.fields.items() if mine}


def main() -> None:
    """Explode in a process of its own, so that its memory is its own; the outcome as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--names", type=int, default=1_000_000)
    parser.add_argument("--kinds", default="suepl")
    given = parser.parse_args()
    log_aside()
    damage = asyncio.run(explode(given.folder, given.names, given.kinds, paced=True))
    told = asdict(damage) | {"neighbours": len(damage.neighbours)}
    told["ack_ms"] = {f"p{p}": percentile(damage.ack_ms, p / 100) for p in (50, 99)}
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main()
