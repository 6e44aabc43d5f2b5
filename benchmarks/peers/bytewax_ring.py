"""Bytewax as an expert would: one stateful step per session with a ring of twelve buckets."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import bytewax.operators as op  # type: ignore[import-not-found]
from bytewax.connectors.files import FileSink, FileSource  # type: ignore[import-not-found]
from bytewax.dataflow import Dataflow  # type: ignore[import-not-found]
from bytewax.testing import run_main  # type: ignore[import-not-found]

TICK_S, BUCKETS = 5, 12
PLACE = {"message": 0, "reaction": 1, "poll_vote": 2, "join": 3, "leave": 4}


class Ring(op.StatefulBatchLogic):  # type: ignore[misc]
    """One session: twelve buckets of five seconds and their sum, moved by its own events.

    A session that falls silent says so only with its next event or at the end: its own events are
    its clock. Rows are the same, but come later than those of a common clock.
    """

    def __init__(self, last: int) -> None:
        self.last = last  # the tick up to which the end of the input counts
        self.due = 0
        self.ring = [[0] * 5 for _ in range(BUCKETS)]
        self.sum = [0] * 5

    def on_batch(self, values: list[tuple[int, int]]) -> tuple[Iterable[str], bool]:
        rows: list[str] = []
        for kind, tick in values:
            if not self.due:
                self.due = tick
            if tick > self.due:
                self._move(tick, rows)
            self.ring[tick // TICK_S % BUCKETS][kind] += 1
            self.sum[kind] += 1
        return rows, False

    def on_eof(self) -> tuple[Iterable[str], bool]:
        rows: list[str] = []
        self._move(self.last + TICK_S, rows)
        return rows, True

    def snapshot(self) -> Any:
        return self.due, [list(b) for b in self.ring], list(self.sum)

    def _move(self, tick: int, rows: list[str]) -> None:
        while self.due < tick:
            rows.append(f"{self.due},{','.join(map(str, self.sum))}")
            self.due += TICK_S
            place = self.due // TICK_S % BUCKETS
            self.sum = [a - b for a, b in zip(self.sum, self.ring[place], strict=True)]
            self.ring[place] = [0] * 5


def flow(source: Path, out: Path, last: int) -> Any:
    """The dataflow from file to file."""
    made = Dataflow("peers")
    lines = op.input("lines", made, FileSource(source, batch_size=1000))
    events = op.map("events", lines, _event)
    rows = op.stateful_batch("minute", events, lambda _: Ring(last))
    op.output("out", op.map("rows", rows, _row), FileSink(out))
    return made


def _event(line: str) -> tuple[str, tuple[int, int]]:
    event = json.loads(line)
    second = int(datetime.fromisoformat(event["at"]).timestamp())
    return event["session"], (PLACE[event["type"]], second // TICK_S * TICK_S + TICK_S)


def _row(found: tuple[str, str]) -> tuple[str, str]:
    return found[0], f"{found[0]},{found[1]}"


if __name__ == "__main__":
    run_main(flow(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])))
