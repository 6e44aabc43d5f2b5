"""Ours: bytes decoded, the engine played on the events' own time, rows kept as columns."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from roomtone.engine import Engine
from roomtone.events import decode
from roomtone.points import Block, Measurement, Slots
from roomtone.rooms import CHAT, JOINS, LEAVES, REACTIONS, VOTES, Rooms
from roomtone.runtime import plugins
from roomtone.runtime.config import Engine as EngineSettings
from roomtone.runtime.config import Settings
from roomtone.signals.engagement import Engagement

BODY = 1 << 18
"""Bytes decoded at once, about what a request of 1,300 events holds."""


class Counts:
    """The counts by type over the last minute: the peers' rows, beside our own measurement."""

    measurement = Measurement("counts", "counts by type over a minute", ("session",), {})

    def read(self, rooms: Rooms, now: int, slots: Slots | None = None) -> Block:
        """The five counts of each room, as one column of five."""
        assert slots is not None
        low, high = int(slots.min()), int(slots.max()) + 1
        minute = rooms.buckets[:, low:high].sum(axis=0, dtype=np.int32)[slots - low]
        counts = minute[:, [CHAT, REACTIONS, VOTES, JOINS, LEAVES]]
        tags = {"session": rooms.ids[slots]}
        return Block("counts", datetime.fromtimestamp(now, UTC), tags, {"counts": counts}, slots)


def main(source: Path, out: Path, detectors: bool) -> None:
    """Read bodies, play them, write the rows of all ticks."""
    if detectors:
        engine = plugins.engine(Settings(data=out.parent, engine=EngineSettings(seed_weights=True)))
    else:
        engine = Engine([Engagement(seed_weights=True)], [])
    engine.gauges.append(Counts())  # type: ignore[arg-type]
    blocks: list[dict[str, Block]] = []
    for body in bodies(source):
        events, refusals, _ = decode(body, lines=True)
        assert not refusals, refusals[0]
        for given in engine.play(events):
            blocks.append(by_name(given.blocks))
    blocks.append(by_name(engine.finish().blocks))
    ticks = [np.full(len(b["counts"]), b["counts"].time.timestamp(), np.int64) for b in blocks]
    np.savez(
        out,
        session=np.concatenate([b["counts"].tags["session"] for b in blocks]).astype(str),
        tick=np.concatenate(ticks),
        counts=np.concatenate([b["counts"].fields["counts"] for b in blocks]),
        score=np.concatenate([b["engagement"].fields["score"] for b in blocks]),
    )


def by_name(blocks: list[Block]) -> dict[str, Block]:
    """A tick's blocks by measurement; of one that came in slices, the slices joined."""
    if len(blocks) == 2:
        return {block.measurement: block for block in blocks}
    made: dict[str, Block] = {}
    for name in {block.measurement for block in blocks}:
        parts = [block for block in blocks if block.measurement == name]
        tags = {"session": np.concatenate([part.tags["session"] for part in parts])}
        fields = {
            field: np.concatenate([part.fields[field] for part in parts])
            for field in parts[0].fields
        }
        made[name] = Block(name, parts[0].time, tags, fields)
    return made


def bodies(source: Path) -> Iterator[bytes]:
    """The file in pieces of whole lines."""
    with source.open("rb") as file:
        while body := file.read(BODY):
            yield body + file.readline()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), "--detectors" in sys.argv)
