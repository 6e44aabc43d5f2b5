"""Runs a benchmark by its name: python -m benchmarks NAME [--quick]; without one, lists them."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
from pathlib import Path

from benchmarks._protocol import Options, Report, machine

COST = {
    "decode": "one event decoded and checked, beside pydantic, json and the floor",
    "ingest": "server CPU per event over HTTP, durable, beside FastAPI with pydantic",
    "ack": "durable acknowledgement, beside a bare write and sync",
    "window": "one minute of every session read at a tick, beside scanned deques",
    "detect": "half-space trees for all sessions, beside River's, equal to the bit",
    "tick": "1,000 to 50,000 live sessions: share of the 5 s, longest block of the loop",
    "e2e": "the whole path, beside the documents' design and the floor",
    "store": "points per second into PostgreSQL and SQLite, beside raw COPY and executemany",
    "redis": "events out of Redis Streams, acknowledged, beside pub/sub and json.loads",
    "discord": "a reaction from Discord's gateway until it is an event, and durable",
    "fanout": "one frame to many viewers, beside python-socketio and Starlette; stalled ones",
    "latency": "from an event sent to the frame in a browser's socket",
    "replay": "the same journal, however cut, gives the same bytes; events per second",
    "judging": "what a reaction costs its sender, how fast they are judged, and how often asked",
    "memory": "bytes per session, beside the documents' design, and after churn",
    "export": "messages a second out of the archive, beside an ORM's loop and pandas; memory",
    "recorder": "what recording adds to a turn, server well, hung, dead; beside Langfuse and OTel",
    "peers": "60 s every 5 s, beside Flink, Bytewax, Pathway, DuckDB, River, plain Python",
}
OTHERS = {
    "detection": "drops thinned into real chats: found, how soon, at which false alarms",
    "nab": "the Numenta Anomaly Benchmark by its own formulas",
    "mrda": "engagement against people's judgement of involvement",
    "quality": "quality of conversations against people, changes of topic",
    "emotion": "emotion from text: people's labels, strange dialogues, emoji, size and speed",
    "memories": "memories found again: evidence recall on LoCoMo, beside BM25 and DRAGON",
    "recall": "recall at 100,000 memories a bot: time, what sign bits miss, memory held",
    "polls": "participation against a naive recount of real votes",
    "redaction": "personal data in texts: precision and recall, beside Presidio; real chats",
    "reactions": "what reactions meant: the judges on cases they never saw",
    "contamination": "label noise of rows for KTO: every emoji a rating, beside ratings alone",
}

# A folder's benchmark, in its file; and a name that would hide the driver's.
FOLDERS = {"peers": "peers.compare", "redis": "redis_in", "discord": "discord_in"}


def main(argv: list[str] | None = None) -> int:
    """Run one benchmark, or list all; 0 when it ran."""
    args = _arguments(argv)
    if not args.name:
        for name, meaning in {**COST, **OTHERS}.items():
            print(f"{name:10} {meaning}")
        return 0
    data = args.data or os.environ.get("BENCHMARK_DATA") or Path("../shared/data")
    if args.name in OTHERS:
        module = importlib.import_module(f"benchmarks.{args.name}")
        module.run(Path(data), args.quick)
        return 0
    only = tuple(filter(None, args.only.split(",")))
    options = Options(quick=args.quick, reps=args.reps, data=Path(data), only=only)
    print(f"machine: {machine()}")
    module = importlib.import_module(f"benchmarks.{FOLDERS.get(args.name, args.name)}")
    report: Report = module.run(options)
    print(report.text())
    if args.json:
        Path(args.json).write_text(json.dumps(report.as_json(), indent=1))
    return 0


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", nargs="?", choices=[*COST, *OTHERS], help="which; none: list them")
    parser.add_argument("--quick", action="store_true", help="under 20 s, less exact")
    parser.add_argument("--data", help="folder of the data sets (else BENCHMARK_DATA)")
    parser.add_argument("--reps", type=int, default=0, help="repetitions")
    parser.add_argument("--only", default="", help="of the peers these, parted by commas")
    parser.add_argument("--json", help="write the figures to this file")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
