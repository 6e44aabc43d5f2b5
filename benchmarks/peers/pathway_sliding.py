"""Pathway: a sliding window of 60 s every 5 s per session, static mode; counts only."""

from __future__ import annotations

import sys
from pathlib import Path

import pathway as pw  # type: ignore[import-not-found]

KINDS = ("message", "reaction", "poll_vote", "join", "leave")


class Event(pw.Schema):  # type: ignore[misc]
    """What of an event is needed."""

    type: str
    session: str
    at: str


def main(source: Path, out: Path) -> None:
    """One computation, from file to file."""
    read = pw.io.jsonlines.read(str(source), schema=Event, mode="static")
    events = read.select(
        pw.this.session,
        ms=pw.this.at.dt.strptime("%Y-%m-%dT%H:%M:%S%.fZ").dt.timestamp(unit="ms"),
        **{f"n{i}": pw.cast(int, pw.this.type == kind) for i, kind in enumerate(KINDS)},
    )
    events = events.with_columns(ms=pw.cast(int, pw.this.ms))
    found = events.windowby(
        pw.this.ms,
        window=pw.temporal.sliding(hop=5000, duration=60_000, origin=0),
        instance=pw.this.session,
    ).reduce(
        session=pw.this._pw_instance,
        tick=pw.this._pw_window_end // 1000,
        **{f"n{i}": pw.reducers.sum(pw.this[f"n{i}"]) for i in range(len(KINDS))},
    )
    pw.io.csv.write(found, str(out))
    pw.run(monitoring_level=pw.MonitoringLevel.NONE)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
