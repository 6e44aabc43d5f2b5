"""One frame to many viewers: server CPU beside others, and what stalled viewers do to the rest."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks._fanout_servers import frame
from benchmarks._protocol import Disagreement, Options, Report, alternate, ratios
from benchmarks._server import free_port

RIVALS = ("socketio", "starlette")
FLOOR = "floor"
RETOLD = "retold"  # ours, over Socket.IO

SIZE = 1000
RATE = 40.0
STALLED_SHARE = 0.05
CLOSED_S = 10.0


class Talk:
    """A process that answers each JSON line with one."""

    def __init__(self, module: str, *arguments: str, urgent: bool = False) -> None:
        env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [*sys.path, str(_ROOT)]))}
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.urgent = urgent and _hurry(self._process.pid)
        if self._read() != "ready\n":
            raise RuntimeError(f"{module} did not start")

    def ask(self, **said: Any) -> dict[str, Any]:
        """Say something and wait for the answer."""
        self.say(**said)
        return self.hear()

    def say(self, **said: Any) -> None:
        """Say something; the answer is heard later."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(said) + "\n")
        self._process.stdin.flush()

    def hear(self) -> dict[str, Any]:
        """The next answer."""
        answer: dict[str, Any] = json.loads(self._read() or '{"gone": true}')
        if "gone" in answer:
            raise RuntimeError("the other process ended; what it said is above")
        return answer

    def _read(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()

    def end(self) -> None:
        """Let it finish by itself."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


_ROOT = Path(__file__).parent.parent


def _hurry(pid: int) -> bool:
    """Let a process run before all others, so that delays are its own; whether that is allowed."""
    try:
        os.sched_setscheduler(pid, os.SCHED_FIFO, os.sched_param(1))
    except (AttributeError, OSError):
        return False
    return True


@contextlib.contextmanager
def room(kind: str, viewers: int, *more: str, urgent: bool = False) -> Iterator[tuple[Talk, Talk]]:
    """A server and those who watch it, each in a process of its own."""
    port = free_port()
    server = Talk("benchmarks._fanout_servers", kind, str(port), *more, urgent=urgent)
    crowd = Talk("benchmarks._watchers", kind, str(port), urgent=urgent)
    try:
        crowd.ask(do="come", count=viewers)
        wait(server, lambda told: told["viewers"] >= viewers)
        time.sleep(0.5)  # what each was greeted with has been read
        yield server, crowd
    finally:
        crowd.end()
        server.end()


def wait(server: Talk, happens: Any, within_s: float = 30) -> dict[str, Any]:
    """Ask the server for its figures until they are as they should be."""
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        told = server.ask(tell=True)
        if happens(told):
            return told
        time.sleep(0.05)
    raise RuntimeError(f"the server is not where it should be: {told}")


def expected(first: int, count: int, size: int) -> str:
    """The digest of the frames as they should come."""
    digest = hashlib.sha256()
    for number in range(first, first + count):
        said = frame(number, size)
        del said["sent"]
        digest.update(json.dumps(said, sort_keys=True).encode())
    return digest.hexdigest()


def run(options: Options) -> Report:
    """200 viewers, and 1,000 in full, of frames of a kilobyte; then 5 % of 200 that stall."""
    report = Report("fanout")
    count = 40  # many short turns: what else a machine does comes and goes
    for viewers in (200,) if options.quick else (200, 1000):
        reps = options.repeat(11 if viewers == 200 else 5, 1)
        rate = RATE if viewers == 200 else 4.0
        # Retold, a thousand take half a core: what a busy machine cannot keep up with is no figure.
        kinds = ("ours", *RIVALS, FLOOR, *((RETOLD,) if viewers == 200 else ()))
        rooms = contextlib.ExitStack()
        with rooms:
            pairs = {kind: rooms.enter_context(room(kind, viewers)) for kind in kinds}
            for kind, pair in pairs.items():
                if kind != RETOLD:
                    _compare(kind, *pair)
            found = alternate(
                reps,
                **{
                    kind: partial(_cost, *pair, viewers, count, rate)
                    for kind, pair in pairs.items()
                },
            )
        report.lines.append(
            f"{viewers:,} viewers x {count} frames of {len(json.dumps(frame(0, SIZE))):,} bytes, "
            f"{rate:g} a second, equal in all four at every viewer; CPU of the "
            "server's process, encoding included; uvloop, nothing packed"
        )
        for kind, values in found.items():
            report.add(
                f"{viewers:,}: {_NAMES.get(kind, kind)}", "us/frame", values, less_is_better=True
            )
        for kind in RIVALS:
            report.add(
                f"{viewers:,}: {kind} / ours", "times", ratios(found[kind], found["ours"]),
                bar=6.0, moonshot=15.0,
            )  # fmt: skip
        for kind in (*RIVALS, "ours"):
            report.add(f"{viewers:,}: {kind} / floor", "times", ratios(found[kind], found[FLOOR]))
    _stalling(report, options)
    return report


_NAMES = {RETOLD: "ours, retold over Socket.IO"}
_numbers = itertools.count(10)


def _compare(kind: str, server: Talk, crowd: Talk) -> None:
    crowd.ask(do="begin", exact=True)
    server.ask(first=0, count=10, rate=RATE, size=SIZE)
    seen = crowd.ask(do="end", frames=10)
    if seen["frames"] != [10] or seen["digests"] != [expected(0, 10, SIZE)]:
        raise Disagreement(f"{kind}: viewers saw {seen}")


def _cost(server: Talk, crowd: Talk, viewers: int, count: int, rate: float) -> float:
    """What it cost until every viewer had every frame, however late."""
    crowd.ask(do="begin")
    first = next(_numbers) * count  # of a point that it has, a Socket.IO client is not told again
    before = server.ask(tell=True)["cpu_s"]
    server.ask(first=first, count=count, rate=rate, size=SIZE)
    seen = crowd.ask(do="end", frames=count, within_s=60)
    if seen["frames"] != [count]:
        raise Disagreement(f"viewers saw {seen['frames']} of {count} frames")
    return float((server.ask(tell=True)["cpu_s"] - before) / count / viewers * 1e6)


def _stalling(report: Report, options: Options) -> None:
    """Two rooms at once, their frames in turns: in one of them, some read no more.

    What else happens on the machine happens to both; which of them begins changes every time.
    """
    viewers, size, rate = 200, 8000, 20.0
    stalled = int(viewers * STALLED_SHARE)
    count = 100 if options.quick else 200  # ten seconds: by then, all that stall are closed
    p50: dict[int, list[float]] = {0: [], stalled: []}
    p99: dict[int, list[float]] = {0: [], stalled: []}
    growth, closed, urgent = [], [], []
    for turn in range(options.repeat(9, 1)):
        order = (0, stalled) if turn % 2 == 0 else (stalled, 0)
        with contextlib.ExitStack() as rooms:
            both = {n: rooms.enter_context(room("ours", viewers, urgent=True)) for n in order}
            for server, crowd in both.values():
                crowd.ask(do="begin")
                server.ask(first=0, count=20, rate=rate, size=size)  # warm
                crowd.ask(do="end", frames=20)
            before = both[stalled][0].ask(tell=True)["rss_mb"]
            begun = {n: crowd.ask(do="begin", stalled=n)["at"] for n, (_, crowd) in both.items()}
            for n, (server, _) in both.items():
                server.say(first=100, count=count, rate=rate, size=size, until_let_go=n)
                time.sleep(0.5 / rate)
            told = {n: server.hear() for n, (server, _) in both.items()}
            for n, (server, crowd) in both.items():
                seen = crowd.ask(do="end", frames=count, stalled=n)
                if seen["frames"] != [count]:
                    raise Disagreement(f"those who read saw {seen['frames']} of {count} frames")
                p50[n].append(seen["p50_ms"])
                p99[n].append(seen["p99_ms"])
                urgent.append(server.urgent and crowd.urgent)
            growth.append(told[stalled]["rss_mb"] - before)
            wait(both[stalled][0], lambda told: told["viewers"] == viewers - stalled)
            closed.append((told[stalled]["let_go_at"] or time.monotonic()) - begun[stalled])
    report.lines.append(
        f"stalled: {stalled} of {viewers} viewers stop reading; {count} frames of {size:,} bytes, "
        f"{rate:g} a second; delay from just before publishing to the frame read by the others; "
        "beside it, at the same time, a server of whose viewers none stalls; all four processes "
        + ("before all others (SCHED_FIFO)" if all(urgent) else "at the usual priority")
    )
    for name, found in (("p50", p50), ("p99", p99)):
        report.add(f"{name} delay, none stalled", "ms", found[0], less_is_better=True)
        report.add(f"{name} delay of the others", "ms", found[stalled], less_is_better=True)
    report.add(
        "others' p99 beside none stalled", "of it",
        ratios(p99[stalled], p99[0]), bar=1.1, moonshot=1.0, less_is_better=True,
    )  # fmt: skip
    report.add("server memory grows by", "MB", growth, bar=16.0, less_is_better=True)
    report.add("until all stalled are closed", "s", closed, bar=CLOSED_S, less_is_better=True)
