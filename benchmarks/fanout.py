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

    def __init__(self, module: str, *arguments: str) -> None:
        env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [*sys.path, str(_ROOT)]))}
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
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


@contextlib.contextmanager
def room(kind: str, viewers: int, *more: str) -> Iterator[tuple[Talk, Talk]]:
    """A server and those who watch it, each in a process of its own."""
    port = free_port()
    server = Talk("benchmarks._fanout_servers", kind, str(port), *more)
    crowd = Talk("benchmarks._watchers", kind, str(port))
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
    count = 40 if options.quick else 100
    for viewers in (200,) if options.quick else (200, 1000):
        reps = options.repeat(5 if viewers == 200 else 3, 1)
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
        report.add(f"{viewers:,}: ours beside floor", "of it", ratios(found["ours"], found[FLOOR]))
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
    crowd.ask(do="begin")
    first = next(_numbers) * count  # of a point that it has, a Socket.IO client is not told again
    told = server.ask(first=first, count=count, rate=rate, size=SIZE)
    seen = crowd.ask(do="end", frames=count)
    if seen["frames"] != [count]:
        raise Disagreement(f"viewers saw {seen['frames']} of {count} frames")
    return float(told["cpu_s"] / count / viewers * 1e6)


def _stalling(report: Report, options: Options) -> None:
    """The same run with and without viewers that read nothing, A-B-B-A."""
    viewers, size, rate = 200, 8000, 20.0
    stalled = int(viewers * STALLED_SHARE)
    count = 100 if options.quick else 160
    growth, closed = [], []

    def one(stall: int) -> float:
        with room("ours", viewers) as (server, crowd):
            crowd.ask(do="begin")
            server.ask(first=0, count=20, rate=rate, size=size)  # warm
            before = server.ask(tell=True)["rss_mb"]
            crowd.ask(do="end", frames=20)
            begun = crowd.ask(do="begin", stalled=stall)["at"]
            told = server.ask(first=100, count=count, rate=rate, size=size)
            seen = crowd.ask(do="end", frames=count, stalled=stall)
            if seen["frames"] != [count]:
                raise Disagreement(f"those who read saw {seen['frames']} of {count} frames")
            if stall:
                growth.append(told["rss_mb"] - before)
                wait(server, lambda told: told["stalled"] >= stall)
                closed.append(time.monotonic() - begun)
                wait(server, lambda told: told["viewers"] == viewers - stall)
            return float(seen["p99_ms"])

    found = alternate(options.repeat(5, 1), alone=lambda: one(0), beside=lambda: one(stalled))
    report.lines.append(
        f"stalled: {stalled} of {viewers} viewers stop reading; {count} frames of {size:,} bytes, "
        f"{rate:g} a second; delay from just before publishing to the frame read by the others"
    )
    report.add("p99 delay, none stalled", "ms", found["alone"], less_is_better=True)
    report.add("p99 delay of the others", "ms", found["beside"], less_is_better=True)
    report.add(
        "others' p99 beside none stalled", "of it",
        ratios(found["beside"], found["alone"]), bar=1.1, moonshot=1.0, less_is_better=True,
    )  # fmt: skip
    report.add("server memory grows by", "MB", growth, bar=16.0, less_is_better=True)
    report.add("until all stalled are closed", "s", closed, bar=CLOSED_S, less_is_better=True)
