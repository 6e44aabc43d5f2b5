"""Bytes per live session, beside the documents' design, and whether churn makes it grow."""

from __future__ import annotations

import gc

import psutil

from benchmarks._memory import grown_kb
from benchmarks._protocol import START_S, Load, Options, Report
from benchmarks.baseline.service import Service
from roomtone.engine import Engine
from roomtone.events import decode
from roomtone.runtime import plugins
from roomtone.runtime.board import Board

PEOPLE, SECONDS = 20, 60


def run(options: Options) -> Report:
    """The growth of fresh processes; each session has twenty people and a minute of talk."""
    report = Report("memory")
    few, many = (24, 2048) if options.quick else (120, 16_384)
    theirs = grown_kb("benchmarks.memory", "build_baseline", few)
    ours = grown_kb("benchmarks.memory", "build_ours", many)
    bare = grown_kb("benchmarks.memory", "build_names", many)
    rounds = 6 if options.quick else 30
    slope = churn(300 if options.quick else 2000, rounds)
    report.lines += [
        f"{PEOPLE} people and {SECONDS} events in a minute per session; "
        f"{few} sessions of the baseline, {many:,} of ours",
        "baseline: tracker, River pipeline and thirty scores; no database session held",
        "ours: windows, people, detectors with full state, what the overview shows",
        f"churn: {rounds} rounds in which all sessions end and others begin",
    ]
    report.add("baseline", "KB/session", theirs)
    report.add("ours", "KB/session", ours, bar=16, moonshot=4, less_is_better=True)
    report.add("of it the people's names and ids themselves", "KB/session", bare)
    report.add("times less", "x", theirs / ours, bar=100, moonshot=200)
    report.add("slope after churn", "% a round", slope, bar=1, less_is_better=True)
    return report


def build_baseline(count: int) -> object:
    """The baseline's service after a minute of talk in so many sessions."""
    service = Service()
    load = Load(sessions=count, rate=1, seconds=SECONDS, people=PEOPLE, named=False)
    import asyncio

    for arrival, step in load.arrivals():
        for event in step:
            service.handle(event)
        if (arrival + 1) % 5000 == 0:
            asyncio.run(service.tick((arrival + 1) // 1000))
    return service


def build_ours(count: int) -> object:
    """Our engine with all detectors, and the board, after the same."""
    engine, board = _engine()
    _fill(engine, board, count)
    return engine, board


def build_names(count: int) -> object:
    """What nobody can avoid: each session's and each person's name once, in dictionaries."""
    return {f"room-{s:05d}": {f"u{s}-{p}": s for p in range(PEOPLE)} for s in range(count)}


def churn(sessions: int, rounds: int) -> float:
    """Growth of the memory in percent per round, over the second half of the rounds."""
    engine, board = _engine()
    process, sizes, now = psutil.Process(), [], START_S
    for turn in range(rounds):
        now = _fill(engine, board, sessions, first=now, tag=f"r{turn}-", seconds=10)
        for session in list(engine.rooms.rooms):
            engine.end(session, now, "idle")
        gc.collect()
        sizes.append(process.memory_info().rss)
    half = sizes[len(sizes) // 2 :]
    return (half[-1] - half[0]) / half[0] / max(len(half) - 1, 1) * 100


def _engine() -> tuple[Engine, Board]:
    gauges = plugins.gauges(seed_weights=False)
    engine = Engine(gauges, plugins.detectors(mode="calibrated", alarms_per_hour=0.5))
    return engine, Board(engine, gauges[0])


def _fill(
    engine: Engine,
    board: Board,
    count: int,
    first: int = START_S,
    tag: str = "",
    seconds: int = SECONDS,
) -> int:
    """A minute of talk, made session by session, so that the load itself takes no memory."""
    people = [f"{p}" for p in range(PEOPLE)]
    for second in range(0, seconds, 5):
        for s in range(count):
            name = f"{tag}room-{s:05d}"
            body = b"\n".join(
                b'{"type":"%s","session":"%s","user":"u%d-%s","text":"hello"}'
                % (kind, name.encode(), s, people[(second + i) % PEOPLE].encode())
                for kind, i in _acts(second)
            )
            engine.apply(decode(body, lines=True)[0], (first + second) * 1000)
        for part in engine.ticking(first + second + 5):
            board.take(part)
    return first + seconds


def _acts(second: int) -> list[tuple[bytes, int]]:
    joins = [(b"join", i) for i in range(PEOPLE)] if second == 0 else []
    return joins + [(b"message", i) for i in range(5)]
