"""The same 60 s every 5 s as others would compute it: rows compared first, then CPU, in pairs."""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks._protocol import Options, Report, ratios
from benchmarks.peers import _venvs
from benchmarks.peers._tree import Cost, cost
from benchmarks.peers._work import Rows, Work, compare, generate, head, read_rows, real

SMALL = 10_000
"""Events of the run whose cost is subtracted as start-up."""

TIMEOUT_S = 900


@dataclass(frozen=True)
class Peer:
    """One way to the rows: a script, the environment it runs in, and the marks to reach."""

    name: str
    script: str
    venv: str = ""  # none: the Python that runs this
    more: tuple[str, ...] = ()
    bar: float | None = None
    moonshot: float | None = None
    reps: int = 7
    ours: str = "ours"  # which row of ours does the same work or more

    def run(self, work: Work, out: Path) -> Cost:
        """Do the work, and tell what it cost."""
        python = str(_venvs.python(self.venv)) if self.venv else sys.executable
        script = str(Path(__file__).parent / self.script)
        more = [str(work.last_tick) if word == "LAST" else word for word in self.more]
        return cost([python, script, str(work.path), str(out), *more], os.environ, TIMEOUT_S)


OURS = (
    Peer("ours", "ours.py"),
    Peer("ours with detectors", "ours.py", more=("--detectors",)),
)
PEERS = (
    Peer("duckdb", "duckdb_query.py", "duckdb", moonshot=1.0),
    Peer("python", "deque_scan.py"),
    Peer("flink", "flink_hop.py", "flink", bar=5, moonshot=15),
    Peer("bytewax", "bytewax_fold.py", "bytewax", bar=40),
    Peer("bytewax-ring", "bytewax_ring.py", "bytewax", more=("LAST",)),
    Peer("pathway", "pathway_sliding.py", "pathway", bar=80, reps=3),
    Peer("river", "deque_scan.py", "river", more=("--river",), ours="ours with detectors", reps=3),
)


@dataclass
class Measured:
    """What a peer and ours cost in pairs, and what start-up cost each."""

    peer: Peer
    theirs: list[Cost] = field(default_factory=list)
    ours: list[Cost] = field(default_factory=list)
    start: list[Cost] = field(default_factory=list)
    our_start: list[Cost] = field(default_factory=list)
    agreed: str = ""

    def per_event(self, events: int) -> tuple[list[float], list[float]]:
        """Microseconds of CPU per event beyond start-up: theirs and ours, by repetition."""
        return (
            _marginal(self.theirs, self.start, events),
            _marginal(self.ours, self.our_start, events),
        )


def _marginal(whole: list[Cost], start: list[Cost], events: int) -> list[float]:
    begun = statistics.median(c.cpu for c in start)
    return [(c.cpu - begun) * 1e6 / (events - SMALL) for c in whole]


class Bench:
    """Runs peers in a folder of its own and lets no row pass that differs from ours."""

    def __init__(self, folder: Path, options: Options) -> None:
        self.folder, self.options = folder, options
        self.rows: dict[str, Rows] = {}  # ours, by work
        self.runs = 0

    def run(self, peer: Peer, work: Work) -> tuple[Cost, str]:
        """One run whose rows agree with ours."""
        self.runs += 1
        out = self.folder / f"{self.runs}{'.npz' if peer in OURS else '.csv'}"
        spent = peer.run(work, out)
        rows = read_rows(out, work)
        agreed = compare(f"{peer.name}, {work.name}", rows, self.rows.setdefault(work.name, rows))
        shutil.rmtree(out) if out.is_dir() else out.unlink()
        return spent, agreed

    def pair(self, peer: Peer, whole: Work, small: Work) -> Measured:
        """A peer beside ours: A-B-B-A, and as much again on the beginning of the file."""
        mine = next(one for one in OURS if one.name == peer.ours)
        found = Measured(peer)
        reps = self.options.repeat(peer.reps, 1)
        for work, times, theirs, ours in (
            (small, min(reps, 3), found.start, found.our_start),
            (whole, reps, found.theirs, found.ours),
        ):
            order = [(mine, ours), (peer, theirs)]
            for _ in range(times):
                for one, costs in order:
                    spent, agreed = self.run(one, work)
                    costs.append(spent)
                    if one is peer:
                        found.agreed = agreed
                order.reverse()
        return found


def run(options: Options) -> Report:
    """Every peer that is set up, beside ours, on the same files."""
    report = Report("peers")
    peers = _asked(options, report)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bench = Bench(folder, options)
        seconds = 60 if options.quick else 180
        whole = generate(folder / "events.jsonl", sessions=1000, seconds=seconds, rate=2)
        small = head(whole, folder / "small.jsonl", SMALL)
        report.lines.append(str(whole))
        for one in OURS:  # our rows stand first, with and without detectors
            bench.run(one, whole)
        found = []
        for peer in peers:
            print(f"{peer.name} ...", file=sys.stderr, flush=True)
            found.append(bench.pair(peer, whole, small))
            report.lines.append(f"agreed: {peer.name}: {found[-1].agreed}")
        if options.data and (options.data / "youtube_live_chat").is_dir():
            chats = real(folder / "real.jsonl", options.data)
            report.lines.append(str(chats))
            for peer in (*OURS, *peers):
                spent, agreed = bench.run(peer, chats)
                report.lines.append(f"agreed: {peer.name}: {agreed}, {spent.cpu:.1f} s CPU in all")
        else:
            report.lines.append("no real chats: their folder is not there (--data)")
    for one in found:
        _tell(report, one, whole.events)
    print(table(found, whole.events))
    return report


def _asked(options: Options, report: Report) -> list[Peer]:
    known = [OURS[1], *PEERS]
    if unknown := set(options.only) - {peer.name for peer in known}:
        raise ValueError(f"no peer is called {min(unknown)}; there are {[p.name for p in known]}")
    asked = []
    for peer in known:
        if options.only and peer.name not in options.only:
            continue
        try:
            if peer.venv:
                _venvs.python(peer.venv)
            asked.append(peer)
        except RuntimeError as error:
            if options.only:
                raise
            report.lines.append(f"left out: {error}")
    return asked


def _tell(report: Report, found: Measured, events: int) -> None:
    name, peer = found.peer.name, found.peer
    theirs, ours = found.per_event(events)
    report.add(f"{name}: CPU per event", "us", theirs)
    report.add(f"{name}: {peer.ours} beside it", "us", ours)
    times = ratios(theirs, ours)
    report.add(f"{name}: times more", "x", times, bar=peer.bar, moonshot=peer.moonshot)
    report.add(f"{name}: wall", "s", [c.wall for c in found.theirs])
    report.add(f"{name}: start-up CPU", "s", [c.cpu for c in found.start])
    report.add(f"{name}: peak memory", "MB", [c.rss / 1e6 for c in found.theirs])
    if not found.peer.venv:
        return
    report.add(f"{name}: {peer.ours}, peak memory", "MB", [c.rss / 1e6 for c in found.ours])


def table(found: list[Measured], events: int) -> str:
    """The figures as the table of RESULTS.md."""
    lines = [
        "| peer | CPU per event | ours beside it | times more | wall | start-up | peak memory |",
        "|---|---|---|---|---|---|---|",
    ]
    for one in found:
        theirs, ours = one.per_event(events)
        times = ratios(theirs, ours)
        claim = f"{statistics.median(times):.3g}x ({min(times):.3g}..{max(times):.3g})"
        lines.append(
            f"| {one.peer.name} | {statistics.median(theirs):.3g} us "
            f"| {statistics.median(ours):.3g} us | {claim}{'' if min(times) > 1 else ', no claim'} "
            f"| {statistics.median(c.wall for c in one.theirs):.3g} s "
            f"| {statistics.median(c.cpu for c in one.start):.3g} s "
            f"| {max(c.rss for c in one.theirs) / 1e6:,.0f} MB |"
        )
    return "\n".join(lines)
