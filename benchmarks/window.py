"""One minute of every session read at a tick: columns beside scanned deques, equal counts."""

from __future__ import annotations

from benchmarks._protocol import (
    START_S,
    Disagreement,
    Load,
    Options,
    Report,
    alternate,
    ratios,
    timed,
)
from benchmarks.baseline.tracker import Tracker, engagement_score
from roomtone.engine import Engine
from roomtone.events import decode
from roomtone.signals.engagement import Engagement

RATES = (0.2, 2.0, 20.0)


def run(options: Options) -> Report:
    """CPU per session and tick, score included, at several rates of events per session."""
    report = Report("window")
    sessions = 200 if options.quick else 1000
    reps = options.repeat(5, 2)
    for rate in RATES if not options.quick else RATES[:2]:
        few = sessions // 10 if rate > 10 else sessions
        load = Load(sessions=few, rate=rate, seconds=65, named=False)
        trackers, engine = _filled(load)
        now = START_S + 65
        _agree(trackers, engine, now)
        many = max(1, 20_000 // few) if not options.quick else 5
        found = alternate(
            reps,
            deques=lambda t=trackers, n=now, m=many: _scan(t, n, m),
            columns=lambda e=engine, n=now, m=many: _read(e, n, m),
        )
        us = {k: [v * 1e6 / few for v in values] for k, values in found.items()}
        name = f"{rate:g} events/s, {few:,} sessions"
        report.lines.append(f"{load}; agreed: all counts, scores to 1e-9")
        report.add(f"{name}: deques", "us/session-tick", us["deques"])
        report.add(f"{name}: columns", "us/session-tick", us["columns"])
        report.add(
            f"{name}: times less", "x", ratios(us["deques"], us["columns"]), bar=50, moonshot=1000
        )
    return report


def _filled(load: Load) -> tuple[dict[str, Tracker], Engine]:
    trackers = {name: Tracker(name) for name in load.names}
    engine = Engine([Engagement(seed_weights=True)], [])
    for arrival, step in load.arrivals():
        events = [decode(event)[0][0] for event in step]
        engine.apply(events, arrival)
        for event in events:
            fields = {name: getattr(event, name) for name in event.__struct_fields__}
            fields["type"] = event.__struct_config__.tag
            assert event.at is not None
            trackers[event.session].handle(fields, event.at.timestamp())
    return trackers, engine


def _scan(trackers: dict[str, Tracker], now: int, times: int) -> float:
    def job() -> None:
        for _ in range(times):
            for tracker in trackers.values():
                engagement_score(tracker.signals(now))

    return timed(job) / times


def _read(engine: Engine, now: int, times: int) -> float:
    slots = engine.rooms.slots()

    def job() -> None:
        for _ in range(times):
            for start in range(0, len(slots), 1000):
                engine.gauges[0].read(engine.rooms, now, slots[start : start + 1000])

    return timed(job) / times


def _agree(trackers: dict[str, Tracker], engine: Engine, now: int) -> None:
    block = engine.gauges[0].read(engine.rooms, now)
    for row, session in enumerate(block.tags["session"]):
        signals = trackers[session].signals(now)
        for name in ("chat_per_min", "reactions_per_min", "active_users", "total_users"):
            mine = block.fields[name][row]
            mine = 0.0 if mine != mine else mine
            if mine != getattr(signals, name):
                raise Disagreement(f"{session} {name}: {mine} beside {getattr(signals, name)}")
        if abs(block.fields["score"][row] - engagement_score(signals)) > 1e-9:
            raise Disagreement(f"{session}: the scores differ")
