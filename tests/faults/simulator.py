"""Ten minutes of trouble from a seed: engine and journal held against the naive reference."""

from __future__ import annotations

import argparse
import asyncio
import math
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

from pytest import MonkeyPatch

from roomtone import state
from roomtone.engine import Engine, Output
from roomtone.records import Batch, Entry, Gap, Tick
from roomtone.runtime import plugins, recovery
from tests.each_way import plainly
from tests.faults.naive import Naive
from tests.faults.plan import BEGIN, Plan, Send, Snapshot, Step, Stop, make
from tests.faults.shaky import Crash, ModelJournal, Refused, ShakyJournal, Store

EXACT = 1e-9


class Divergence(AssertionError):
    """The engine and the reference say different things."""


class World:
    """One seed's run: the system on one side, the reference on the other."""

    def __init__(self, plan: Plan, store: Store) -> None:
        self.plan, self.store = plan, store
        self.naive = Naive(plan.idle_s)
        self.engine = self.new_engine()
        self.given: dict[int, bytes] = {}  # what each tick gave, as bytes
        self.next_due = BEGIN + 5
        self.up_ms = 0  # nothing arrives before: the server is down
        self.checked = 0

    def new_engine(self) -> Engine:
        return Engine(
            plugins.gauges(seed_weights=False),
            plugins.detectors(mode="calibrated", alarms_per_hour=1) if self.plan.watched else [],
            session_idle_s=self.plan.idle_s,
        )

    async def run(self, steps: Iterable[Step]) -> None:
        for step in steps:
            ms = max(step.ms, self.up_ms)
            if isinstance(step, Stop):
                await self.ticks(ms)
                await self.restart(ms + step.pause_ms)
            elif isinstance(step, Snapshot):
                await self.ticks(ms)
                await self.store.snapshot(state.pack(self.engine.snapshot()))
            else:
                await self.send(step, ms)
        await self.ticks(self.plan.end_ms)
        self.check_whole()

    async def ticks(self, ms: int) -> None:
        """Every tick that stands before or at this instant."""
        while self.next_due * 1000 <= ms:
            entry = Tick(now=self.next_due)
            await self.store.append(entry, "ok")
            self.check(self.next_due, self.apply(entry))
            self.next_due += 5

    async def send(self, step: Send, ms: int) -> None:
        await self.ticks(ms)
        batch = Batch(arrival=ms, source="t", events=list(step.events))
        try:
            kept = await self.store.append(batch, step.fate)
        except Refused:
            return  # nothing of it was taken; the plan sends it again
        except Crash as crash:
            if crash.kept:
                self.naive.take(ms, step.events)
            await self.restart(ms + step.pause_ms)
            return
        self.naive.take(ms, step.events)
        if kept is not None:
            self.apply(kept)

    def apply(self, entry: Entry) -> list[Output]:
        match entry:
            case Batch():
                self.engine.apply(entry.events, entry.arrival)
            case Tick():
                rows = 1 if entry.now % 40 == 0 else 100  # now and then room by room
                return list(self.engine.ticking(entry.now, rows))
            case Gap():
                self.engine.gap(entry.start, entry.end)
        return []

    async def restart(self, ms: int) -> None:
        """Come back from snapshot and journal, and note what was not heard meanwhile."""
        self.engine = self.new_engine()
        data, entries = await self.store.reopen()
        if data is not None:
            self.engine.restore(state.unpack(data))
        for entry in entries:
            outputs = self.apply(entry)
            if isinstance(entry, Tick) and self.given[entry.now] != _bytes(outputs):
                raise Divergence(f"the tick at {entry.now} gives something else when replayed")
        self.up_ms, now = ms, ms // 1000
        gap = recovery.unheard(self.engine, now)
        silent = bool(self.naive.heard) and now - self.naive.heard > 15
        if silent != (gap is not None):
            raise Divergence(f"a gap at {now}: {gap}, but the last was heard {self.naive.heard}")
        if gap is not None:
            await self.store.append(gap, "ok")
            self.apply(gap)
            self.naive.gap(gap.end)
            self.next_due = now - now % 5 + 5

    # -- the checker ---------------------------------------------------------------------------

    def check(self, now: int, outputs: Sequence[Output]) -> None:
        """What the tick gave against what the reference says."""
        self.given[now] = _bytes(outputs)
        wanted_rows, wanted_ends = self.naive.tick(now)
        rows: dict[str, dict[str, float]] = {}
        for block in (block for out in outputs for block in out.blocks):
            for place, session in enumerate(block.tags["session"]):
                rows[session] = {name: float(of[place]) for name, of in block.fields.items()}
        ends = {one.session: _totals(one) for out in outputs for one in out.ended}
        for found, wanted in ((rows, wanted_rows), (ends, wanted_ends)):
            if found.keys() != wanted.keys():
                raise Divergence(f"at {now}: sessions {sorted(found)}, not {sorted(wanted)}")
            for session, numbers in wanted.items():
                for name, number in numbers.items():
                    self.checked += 1
                    if not _same(found[session][name], number):
                        raise Divergence(
                            f"at {now} (second {now - BEGIN}) {session}: {name} is "
                            f"{found[session][name]}, not {number}"
                        )

    def check_whole(self) -> None:
        """One engine that reads the whole journal has the same state, to the bit."""
        lived, self.engine = state.pack(self.engine.snapshot()), self.new_engine()
        known = set()
        for entry in self.store.entries():
            self.apply(entry)
            for event in entry.events if isinstance(entry, Batch) else ():
                if event.id is not None and (event.session, event.id) in known:
                    raise Divergence(f"{event.session} {event.id} stands in the journal twice")
                known.add((event.session, event.id))
        if state.pack(self.engine.snapshot()) != lived:
            raise Divergence("the journal read at once gives another state than the life did")
        if missing := self.naive.known - known:
            raise Divergence(f"acknowledged, and not in the journal: {sorted(missing)[:3]}")


def _bytes(outputs: Sequence[Output]) -> bytes:
    plain = [
        [(dict(b.tags), dict(b.fields), b.slots) for b in out.blocks]
        + [repr(alert) for alert in out.alerts]
        + [repr(summary) for summary in out.ended]
        for out in outputs
    ]
    return repr([[_plain(part) for part in out] for out in plain]).encode()


def _plain(part: Any) -> Any:
    if isinstance(part, str):
        return part
    tags, fields, slots = part
    return (
        {name: of.tolist() for name, of in tags.items()},
        {name: of.tobytes() for name, of in fields.items()},
        slots.tolist(),
    )


def _totals(summary: Any) -> dict[str, float]:
    return {
        "started": summary.started.timestamp(),
        "ended": summary.ended.timestamp(),
        **{
            name: getattr(summary, name)
            for name in (
                "messages",
                "reactions",
                "votes",
                "people",
                "peak_active",
                "late",
                "mean_score",
                "min_score",
                "max_score",
            )
        },
    }


def _same(found: float, wanted: float) -> bool:
    if math.isnan(found) or math.isnan(wanted):
        return math.isnan(found) and math.isnan(wanted)
    return abs(found - wanted) <= EXACT


# -- running seeds -------------------------------------------------------------------------------


def simulate(seed: int, keep: Sequence[int] | None = None) -> World:
    """Run a seed, or some of its steps; raises Divergence."""
    plan = make(seed)
    steps = plan.steps if keep is None else [plan.steps[i] for i in keep if i < len(plan.steps)]
    with tempfile.TemporaryDirectory(dir=_memory()) as folder:
        store = ShakyJournal(Path(folder)) if plan.real else ModelJournal()

        async def live() -> World:
            world = World(plan, store)
            await store.open()
            try:
                await world.run(steps)
            finally:
                await store.close()
            return world

        return asyncio.run(live())


def _memory() -> str | None:
    """A folder in memory, if there is one: here nothing depends on what a sync costs."""
    shared = Path("/dev/shm")
    return str(shared) if shared.is_dir() else None


def fails(seed: int, keep: Sequence[int]) -> bool:
    try:
        simulate(seed, keep)
    except Divergence:
        return True
    return False


def shrink(seed: int, most_runs: int = 200) -> list[int]:
    """As few of the seed's steps as still diverge: drop ever smaller pieces while it does."""
    kept = list(range(len(make(seed).steps)))
    size, runs = len(kept) // 2, 0
    while size and runs < most_runs:
        start = 0
        while start < len(kept) and runs < most_runs:
            fewer = kept[:start] + kept[start + size :]
            runs += 1
            if fails(seed, fewer):
                kept = fewer
            else:
                start += size
        size //= 2
    return kept


def explain(seed: int, error: Divergence) -> str:
    """What went wrong, and the shortest way to see it again."""
    kept = ",".join(map(str, shrink(seed)))
    return (
        f"seed {seed}: {error}\n"
        f"  again:   python -m tests.faults.simulator --seed {seed}\n"
        f"  shorter: python -m tests.faults.simulator --seed {seed} --keep {kept}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, help="run this one alone")
    parser.add_argument("--keep", default="", help="of its steps, these alone: 3,4,17")
    parser.add_argument("--seeds", type=int, default=2000, help="run so many")
    parser.add_argument("--first", type=int, default=0, help="beginning with this one")
    parser.add_argument("--plainly", action="store_true", help="with the loops in Python")
    given = parser.parse_args()
    if given.plainly:
        plainly(MonkeyPatch())
    keep = [int(part) for part in given.keep.split(",")] if given.keep else None
    seeds = range(given.first, given.first + given.seeds) if given.seed is None else [given.seed]
    begun, bad, checked = perf_counter(), 0, 0
    for done, seed in enumerate(seeds, start=1):
        try:
            checked += simulate(seed, keep).checked
        except Divergence as error:
            bad += 1
            print(str(error) if keep else explain(seed, error), flush=True)
        if done % 100 == 0:
            print(f"{done} seeds, {bad} diverge, {perf_counter() - begun:.0f} s", flush=True)
    print(f"{len(seeds)} seeds, {checked:,} numbers compared, {bad} diverge")
    sys.exit(bad > 0)


if __name__ == "__main__":
    main()
