"""Plain Python: the documents' deques, scanned at every tick; `--river` adds River per session."""

from __future__ import annotations

import csv
import importlib
import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks.baseline.tracker import Signals, Tracker, engagement_score

TICK_S = 5


def main(source: Path, out: Path, river: bool) -> None:
    """Read events, tick when they pass a multiple of five, write rows."""
    trackers: dict[str, Tracker] = {}
    forests: dict[str, Any] = {}
    due = 0
    with source.open("rb") as lines, out.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)

        def tick() -> None:
            for session, tracker in trackers.items():
                signals = tracker.signals(due)
                score = engagement_score(signals)
                if river:
                    _learn(forests, session, signals, score)
                rows.writerow((session, due, *_counts(tracker, signals), repr(score)))

        for line in lines:
            event = json.loads(line)
            at = datetime.fromisoformat(event["at"]).timestamp()
            if not due:
                due = int(at) // TICK_S * TICK_S + TICK_S
            while at >= due:
                tick()
                due += TICK_S
            session = event["session"]
            tracker = trackers.get(session)
            if tracker is None:
                tracker = trackers[session] = Tracker(session)
            tracker.handle(event, at)
        tick()


def _counts(tracker: Tracker, signals: Signals) -> tuple[int, ...]:
    return (
        int(signals.chat_per_min),
        int(signals.reactions_per_min),
        len(tracker.votes),
        len(tracker.joins),
        len(tracker.leaves),
    )


def _learn(forests: dict[str, Any], session: str, signals: Signals, score: float) -> None:
    """The documents' detector: features standardised, ten half-space trees of height eight."""
    pipeline = forests.get(session)
    if pipeline is None:
        anomaly = importlib.import_module("river.anomaly")
        preprocessing = importlib.import_module("river.preprocessing")
        trees = anomaly.HalfSpaceTrees(n_trees=10, height=8, window_size=250, seed=42)
        pipeline = forests[session] = preprocessing.StandardScaler() | trees
    point = {
        "score": score,
        "chat_per_min": signals.chat_per_min,
        "active_users": signals.active_users,
        "poll_participation": signals.poll_participation,
    }
    pipeline.score_one(point)
    pipeline.learn_one(point)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), "--river" in sys.argv)
