"""Bytewax: a sliding window of 60 s every 5 s, folded per session; counts only."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import bytewax.operators as op  # type: ignore[import-not-found]
import bytewax.operators.windowing as win  # type: ignore[import-not-found]
from bytewax.connectors.files import FileSink, FileSource  # type: ignore[import-not-found]
from bytewax.dataflow import Dataflow  # type: ignore[import-not-found]
from bytewax.testing import run_main  # type: ignore[import-not-found]

ALIGN_S, TICK_S, WINDOW_S = 1_800_000_000, 5, 60
ALIGN = datetime.fromtimestamp(ALIGN_S, UTC)
PLACE = {"message": 0, "reaction": 1, "poll_vote": 2, "join": 3, "leave": 4}


def flow(source: Path, out: Path) -> Any:
    """The dataflow from file to file."""
    # Its event clock moves on with the system's, so that a busy machine drops events as late;
    # a system clock that stands still leaves the events' own time alone to move it.
    clock = win.EventClock(
        ts_getter=lambda event: event[1],
        wait_for_system_duration=timedelta(seconds=TICK_S),
        now_getter=lambda: ALIGN,
    )
    windower = win.SlidingWindower(
        length=timedelta(seconds=WINDOW_S), offset=timedelta(seconds=TICK_S), align_to=ALIGN
    )
    made = Dataflow("peers")
    lines = op.input("lines", made, FileSource(source, batch_size=1000))
    events = op.map("events", lines, _event)
    found = win.fold_window(
        "minute", events, clock, windower, lambda: [0] * 5, _fold, lambda a, b: a
    )
    rows = op.map("rows", found.down, _row)
    op.output("out", rows, FileSink(out))
    return made


def _event(line: str) -> tuple[str, tuple[int, datetime]]:
    event = json.loads(line)
    return event["session"], (PLACE[event["type"]], datetime.fromisoformat(event["at"]))


def _fold(counts: list[int], event: tuple[int, datetime]) -> list[int]:
    counts[event[0]] += 1
    return counts


def _row(found: tuple[str, tuple[int, list[int]]]) -> tuple[str, str]:
    session, (window, counts) = found
    tick = ALIGN_S + window * TICK_S + WINDOW_S
    return session, f"{session},{tick},{','.join(map(str, counts))}"


if __name__ == "__main__":
    run_main(flow(Path(sys.argv[1]), Path(sys.argv[2])))
