"""A real server under a steady load: what grows that should not is found and named."""

from __future__ import annotations

import argparse
import http.client
import json
import math
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path
from statistics import fmean

import psutil

BATCH = 500
IDLE_S = 60
SLOPE = 1.0  # percent an hour: what memory may grow by
DRIFT = 10.0  # percent: what acknowledgements may get slower by
SETTLE = 6  # samples that are averaged to one, as neighbours are alike


@dataclass
class Sample:
    """How the server is at one moment."""

    at_s: float
    rss_mb: float
    own_mb: float  # anonymous: without the pages of files, which the system takes back at will
    fds: int
    threads: int
    tick_ms: float
    ack_p50_ms: float
    ack_p99_ms: float
    sessions: int
    events: int


@dataclass
class Trend:
    """A line through samples: by how much of the mean it rises in an hour, and how sure that is."""

    percent_per_hour: float
    give_or_take: float  # half of the interval that holds it 19 times of 20

    @property
    def grows(self) -> bool:
        """Whether more than the allowed growth is proven."""
        return self.percent_per_hour - self.give_or_take > SLOPE

    @property
    def decided(self) -> bool:
        """Whether the run was long enough to tell the allowed growth from none."""
        return self.give_or_take <= SLOPE


def trend(times: Sequence[float], values: Sequence[float]) -> Trend:
    """Least squares, with the interval of its slope (Student's t)."""
    n = len(times)
    if n < 3:
        return Trend(math.nan, math.inf)
    x, y = fmean(times), fmean(values)
    spread = sum((t - x) ** 2 for t in times)
    slope = sum((t - x) * (v - y) for t, v in zip(times, values, strict=True)) / spread
    rest = sum((v - y - slope * (t - x)) ** 2 for t, v in zip(times, values, strict=True))
    error = math.sqrt(rest / (n - 2) / spread) * _likeness(times, values, x, y, slope)
    student = {1: 12.7, 2: 4.3, 3: 3.2, 4: 2.8, 5: 2.6, 6: 2.4, 7: 2.4, 8: 2.3}.get(n - 2, 2.2)
    hourly = 3600 / y * 100
    return Trend(slope * hourly, student * error * hourly)


def _likeness(
    times: Sequence[float], values: Sequence[float], x: float, y: float, slope: float
) -> float:
    """How much less sure a line is because neighbours are alike: memory comes in steps."""
    left = [v - y - slope * (t - x) for t, v in zip(times, values, strict=True)]
    total = sum(a * a for a in left)
    alike = sum(a * b for a, b in pairwise(left)) / total if total > 1e-12 else 0.0
    alike = min(max(alike, 0.0), 0.9)
    return math.sqrt((1 + alike) / (1 - alike))


@dataclass
class Verdict:
    """What the second half of the samples says."""

    memory: Trend
    whole_process: Trend
    fds: tuple[int, int]  # the fewest and the most
    threads: tuple[int, int]
    ack_drift_percent: float  # of the last third against the first
    tick_drift_percent: float
    acks: Trend
    failures: list[str] = field(default_factory=list)


def judge(samples: Sequence[Sample]) -> Verdict:
    """Look at the second half: the first is for filling what has a bound."""
    half = samples[len(samples) // 2 :]
    size = SETTLE if len(half) >= 5 * SETTLE else 1
    parts = [half[i : i + size] for i in range(0, len(half) - size + 1, size)]
    times = [fmean(one.at_s for one in part) for part in parts]
    found = Verdict(
        trend(times, [fmean(one.own_mb for one in part) for part in parts]),
        trend(times, [fmean(one.rss_mb for one in part) for part in parts]),
        (min(one.fds for one in half), max(one.fds for one in half)),
        (min(one.threads for one in half), max(one.threads for one in half)),
        _drift([one.ack_p99_ms for one in half]),
        _drift([one.tick_ms for one in half]),
        trend(times, [fmean(one.ack_p99_ms for one in part) for part in parts]),
    )
    if found.memory.grows:
        found.failures.append(f"memory grows by {found.memory.percent_per_hour:.1f} % an hour")
    if found.fds[1] - found.fds[0] > 8:  # some connections come and go
        found.failures.append(f"open files went from {found.fds[0]} to {found.fds[1]}")
    hours = (times[-1] - times[0]) / 3600
    proven = (found.acks.percent_per_hour - found.acks.give_or_take) * hours
    if min(found.ack_drift_percent, proven) > DRIFT:
        found.failures.append(f"acknowledgements got slower by {found.ack_drift_percent:.0f} %")
    return found


def _drift(values: Sequence[float]) -> float:
    """By how much the last third is above the first, in percent, by medians."""
    third = max(1, len(values) // 3)
    first, last = (sorted(part)[len(part) // 2] for part in (values[:third], values[-third:]))
    return (last / first - 1) * 100 if first else 0.0


class Server:
    """`roomtone serve` on a folder."""

    def __init__(self, data: Path) -> None:
        settings = {"LIMITS__MAX_SESSIONS_PER_CLIENT": "20000", "ENGINE__SESSION_IDLE_S": IDLE_S}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "roomtone", "serve", "--data", str(data), "--port", "0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=os.environ | {f"ROOMTONE_{name}": str(value) for name, value in settings.items()},
        )
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if found := re.search(r"http://127\.0\.0\.1:(\d+)", line):
                self.port = int(found[1])
                break
        else:
            raise AssertionError("no start")
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    def ask(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        self.connection.request(method, path, body)
        answer = self.connection.getresponse()
        return answer.status, answer.read()

    def numbers(self) -> dict[str, float]:
        _, page = self.ask("GET", "/metrics")
        rows = (line.rsplit(" ", 1) for line in page.decode().splitlines() if line[:1] != "#")
        return {name: float(value) for name, value in rows}

    def end(self) -> None:
        self.connection.close()
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=60)


class Load:
    """Sessions that each say something in turn; some of them are replaced by new ones."""

    def __init__(
        self, server: Server, sessions: int, rate: int, churn: float, ids: int = 0
    ) -> None:
        self.server, self.rate, self.churn, self.ids_every = server, rate, churn, ids
        self.ids = deque(range(sessions))
        self.newest = sessions
        self.events = self.refused = 0
        self.owed = 0.0
        self.acks: list[float] = []

    def second(self) -> None:
        """What is sent in one second."""
        self.owed += len(self.ids) * self.churn / 60
        while self.owed >= 1:
            self.owed -= 1
            self.ids.popleft()
            self.ids.append(self.newest)
            self.newest += 1
        made = []
        for _ in range(self.rate):
            session = self.ids[self.events % len(self.ids)]
            self.events += 1
            event = {
                "type": "message",
                "session": f"room {session}",
                "user": f"user {session}-{self.events // len(self.ids) % 7}",
                "text": "what do you think of it?",
            }
            if self.ids_every and self.events % self.ids_every == 0:
                event["id"] = f"{self.events}"
            made.append(event)
        for start in range(0, len(made), BATCH):
            body = json.dumps(made[start : start + BATCH]).encode()
            begun = time.perf_counter()
            status, answer = self.server.ask("POST", "/v1/events", body)
            self.acks.append((time.perf_counter() - begun) * 1000)
            if status != 202:
                self.refused += 1
            else:
                self.refused += len(json.loads(answer)["errors"])


def soak(
    data: Path,
    *,
    seconds: float,
    sessions: int,
    rate: int,
    churn: float,
    every_s: float,
    ids: int = 0,
) -> tuple[list[Sample], int]:
    """Run, and look every so often; the samples, and how much was refused."""
    server = Server(data)
    load, samples = Load(server, sessions, rate, churn, ids), []
    process = psutil.Process(server.process.pid)
    begun, ticks = time.perf_counter(), (0.0, 0.0)
    try:
        second, due = 0, every_s
        while (now := time.perf_counter() - begun) < seconds:
            load.second()
            second += 1
            if now >= due:
                due += every_s
                sample, ticks = look(server, process, load, now, ticks)
                samples.append(sample)
                print(json.dumps(asdict(sample)), file=sys.stderr, flush=True)
            time.sleep(max(0.0, begun + second - time.perf_counter()))
    finally:
        server.end()
    return samples, load.refused


def look(
    server: Server,
    process: psutil.Process,
    load: Load,
    now: float,
    before: tuple[float, float],
) -> tuple[Sample, tuple[float, float]]:
    """One sample, since the one before; and what the next must know."""
    numbers = server.numbers()
    spent, count = numbers["roomtone_tick_seconds_sum"], numbers["roomtone_tick_seconds_count"]
    memory = process.memory_info()
    shared = getattr(memory, "shared", 0)  # known on Linux alone
    acks, load.acks = sorted(load.acks), []
    sample = Sample(
        at_s=round(now, 1),
        rss_mb=memory.rss / 1e6,
        own_mb=(memory.rss - shared) / 1e6,
        fds=process.num_fds(),
        threads=process.num_threads(),
        tick_ms=(spent - before[0]) / max(count - before[1], 1) * 1000,
        ack_p50_ms=acks[len(acks) // 2],
        ack_p99_ms=acks[min(len(acks) - 1, int(len(acks) * 0.99))],
        sessions=int(numbers['roomtone_sessions{state="live"}']),
        events=load.events,
    )
    return sample, (spent, count)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--sessions", type=int, default=15_000)
    parser.add_argument("--rate", type=int, default=1_000, help="events a second")
    parser.add_argument("--churn", type=float, default=0.10, help="of the sessions, a minute")
    parser.add_argument("--every", type=float, default=10, help="seconds between two looks")
    parser.add_argument(
        "--ids", type=int, default=0, help="an id with every so many events; they are remembered"
    )
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        samples, refused = soak(
            Path(folder),
            seconds=given.minutes * 60,
            sessions=given.sessions,
            rate=given.rate,
            churn=given.churn,
            every_s=given.every,
            ids=given.ids,
        )
    verdict = judge(samples)
    decided = verdict.memory.decided
    print(json.dumps(asdict(verdict) | {"refused": refused, "decided": decided}, indent=1))
    if not decided:
        print(f"too short to tell {SLOPE} % an hour from none: run it for longer")
    if refused:
        verdict.failures.append(f"{refused} events or requests were refused")
    print(f"failed: {'; '.join(verdict.failures)}" if verdict.failures else "passed")
    sys.exit(bool(verdict.failures))


if __name__ == "__main__":
    main()
