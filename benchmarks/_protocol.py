"""How every benchmark here is run: one load for all, outputs compared first, then A-B-B-A."""

from __future__ import annotations

import gc
import hashlib
import json
import os
import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

START_S = 1_800_000_000
"""The first second of every generated load: a multiple of 60, so that ticks stand well."""


class Disagreement(AssertionError):
    """Two ways to the same result gave different ones: no time may be told of either."""


@dataclass(frozen=True)
class Options:
    """What the command line asked for."""

    quick: bool = False
    reps: int = 0  # 0: the benchmark's own number
    data: Path | None = None
    only: tuple[str, ...] = ()  # of the peers these; none: all that are set up

    def repeat(self, full: int, quick: int = 2) -> int:
        """How often to measure."""
        return self.reps or (quick if self.quick else full)


@dataclass
class Figure:
    """One figure: its median, its extremes over the repetitions, and what was hoped for."""

    name: str
    unit: str
    values: list[float]
    bar: float | None = None
    moonshot: float | None = None
    less_is_better: bool = False
    note: str = ""

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def met(self) -> str:
        """Which of the marks the median reaches."""
        for word, mark in (("moonshot", self.moonshot), ("bar", self.bar)):
            if mark is not None and (
                self.median <= mark if self.less_is_better else self.median >= mark
            ):
                return word
        return "" if self.bar is None and self.moonshot is None else "SHORT"


@dataclass
class Report:
    """What a benchmark found."""

    name: str
    lines: list[str] = field(default_factory=list)  # what was agreed on, and under which terms
    figures: list[Figure] = field(default_factory=list)

    def add(self, name: str, unit: str, values: Sequence[float] | float, **more: Any) -> Figure:
        """Add one figure."""
        listed = [float(values)] if isinstance(values, (int, float)) else [float(v) for v in values]
        made = Figure(name, unit, listed, **more)
        self.figures.append(made)
        return made

    def text(self) -> str:
        """For people."""
        rows = [("", "median", "min..max", "unit", "bar", "moonshot", "reached")]
        for f in self.figures:
            spread = f"{_short(min(f.values))}..{_short(max(f.values))}" if f.values[1:] else ""
            marks = ["" if m is None else _short(m) for m in (f.bar, f.moonshot)]
            rows.append((f.name, _short(f.median), spread, f.unit, *marks, f.met))
        widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
        table = [
            "  ".join([r[0].ljust(widths[0]), *map(str.rjust, r[1:], widths[1:])]) for r in rows
        ]
        return "\n".join([self.name, *(f"  {line}" for line in self.lines), "", *table, ""])

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {
            "name": self.name,
            "lines": self.lines,
            "figures": [vars(f) | {"median": f.median, "reached": f.met} for f in self.figures],
        }


def _short(value: float) -> str:
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


# -- measuring -----------------------------------------------------------------------------------


def tree_cpu(pid: int | None = None) -> float:
    """CPU seconds, user and system, of a process and all of its children up to now."""
    if pid is None:
        return time.process_time()
    process = psutil.Process(pid)
    total = 0.0
    for one in (process, *process.children(recursive=True)):
        times = one.cpu_times()
        total += times.user + times.system
    return total


class Stopwatch:
    """CPU and wall seconds of a block, over all threads of this process."""

    def __init__(self) -> None:
        self.cpu = self.wall = 0.0

    def __enter__(self) -> Stopwatch:
        self._cpu, self._wall = time.process_time(), time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.cpu += time.process_time() - self._cpu
        self.wall += time.perf_counter() - self._wall


def timed(job: Callable[[], Any]) -> float:
    """CPU seconds of one call."""
    gc.collect()
    begun = time.process_time()
    job()
    return time.process_time() - begun


def alternate(reps: int, **jobs: Callable[[], float]) -> dict[str, list[float]]:
    """Run all jobs `reps` times in A-B-B-A order; each job gives its own figure."""
    found: dict[str, list[float]] = {name: [] for name in jobs}
    order = list(jobs)
    for _ in range(reps):
        for name in order:
            found[name].append(jobs[name]())
        order.reverse()
    return found


def ratios(slow: Sequence[float], fast: Sequence[float]) -> list[float]:
    """How many times less the second took, one ratio per repetition."""
    return [a / b for a, b in zip(slow, fast, strict=True)]


def machine() -> str:
    """The machine in words, for the table."""
    memory = psutil.virtual_memory().total / 2**30
    busy = os.getloadavg()[0]
    return f"{os.cpu_count()} shared cores, {memory:.0f} GB, load {busy:.1f} when it began"


# -- the load ------------------------------------------------------------------------------------

_WORDS = (
    "this is so good",
    "wait what",
    "haha yes",
    "can you explain that again",
    "I think the second option",
    "hello from the back",
    "agreed 👍🏽",
    "same here",
    "that slide went too fast",
    "🎉🎉🎉",
    "where is the link?",
    "we tried that last year and it did not work because nobody had the time to look after it",
)
_EMOJI = ("👍", "❤️", "😂", "👏🏽", "🎉", "👨‍👩‍👧‍👦")


class Load:
    """The same events for everybody: sessions in which people come, talk, react, vote and go.

    `steps` holds, per `step_ms`, the events of that stretch as JSON objects in bytes, in order of
    their `at`; they arrive at its end. Nobody comes back who left, and only who has been there for
    a minute leaves: on what happens then definitions may differ, and this is about cost.
    """

    def __init__(
        self,
        *,
        sessions: int,
        rate: float,
        seconds: int,
        people: int = 20,
        step_ms: int = 1000,
        seed: int = 7,
        named: bool = True,
    ) -> None:
        self.sessions, self.rate, self.seconds, self.step_ms = sessions, rate, seconds, step_ms
        self.people, self.named = people, named
        self.names = [f"room-{s:05d}" for s in range(sessions)]
        self._chance = random.Random(seed)
        self._number = 0
        self._present = [[f"u{s}-{p}" for p in range(people)] for s in range(sessions)]
        self.opening = [self._event("join", s, 0, user=u) for s in range(sessions)
                        for u in self._present[s]]  # fmt: skip
        self.opening += [
            self._event("poll_opened", s, 0, poll="p1", question="Which one?")
            for s in range(0, sessions, 3)
        ]
        self.steps = list(self._all_steps())
        self.events = len(self.opening) + sum(map(len, self.steps))
        digest = hashlib.sha256()
        for step in (self.opening, *self.steps):
            for event in step:
                digest.update(event)
        self.sha256 = digest.hexdigest()

    def __str__(self) -> str:
        size = sum(len(e) for step in self.steps for e in step) / max(self.live_events, 1)
        return (
            f"load: {self.sessions:,} sessions x {self.rate:g} events/s x {self.seconds} s = "
            f"{self.live_events:,} events of {size:.0f} bytes, after {len(self.opening):,} to open "
            f"the rooms; sha256 {self.sha256[:16]}"
        )

    @property
    def live_events(self) -> int:
        """Events without those that open the rooms."""
        return self.events - len(self.opening)

    def arrivals(self) -> Iterator[tuple[int, list[bytes]]]:
        """Each step's arrival in epoch milliseconds and its events, the opening first."""
        yield START_S * 1000, self.opening
        for index, step in enumerate(self.steps):
            yield START_S * 1000 + (index + 1) * self.step_ms - 1, step

    def _all_steps(self) -> Iterator[list[bytes]]:
        chance = self._chance
        per_step = self.sessions * self.rate * self.step_ms / 1000
        owed = 0.0
        for step in range(self.seconds * 1000 // self.step_ms):
            owed += per_step
            count = int(owed)
            owed -= count
            begin = step * self.step_ms
            moments = sorted(chance.randrange(self.step_ms) for _ in range(count))
            yield [self._any_event(begin + moment) for moment in moments]

    def _any_event(self, ms: int) -> bytes:
        chance = self._chance
        s = chance.randrange(self.sessions)
        here = self._present[s]
        what = chance.random()
        user = here[chance.randrange(len(here))]
        if what < 0.72:
            return self._event("message", s, ms, user=user, text=chance.choice(_WORDS))
        if what < 0.90:
            return self._event("reaction", s, ms, user=user, emoji=chance.choice(_EMOJI))
        if what < 0.95 and s % 3 == 0:
            return self._event(
                "poll_vote", s, ms, user=user, poll="p1", option=chance.choice("abc")
            )
        if what < 0.98 or ms < 61_000 or len(here) < self.people // 2:
            return self._event("message", s, ms, user=user, text=chance.choice(_WORDS))
        self._present[s].remove(user)
        return self._event("leave", s, ms, user=user)

    def _event(self, kind: str, s: int, ms: int, **more: str) -> bytes:
        self._number += 1
        at = datetime.fromtimestamp(START_S + ms / 1000, UTC).isoformat(timespec="milliseconds")
        event = {"type": kind, "session": self.names[s], "at": at, **more}
        if self.named:
            event["id"] = f"{self._number:08x}-4c1d-{s:06x}"
        return json.dumps(event, ensure_ascii=False).encode()


def array(events: Sequence[bytes]) -> bytes:
    """The events as the JSON array that a client would send."""
    return b"[" + b",".join(events) + b"]"
