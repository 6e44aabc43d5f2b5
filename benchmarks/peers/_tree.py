"""Runs one program and tells what it and every process that came of it cost."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

SAMPLE_S = 0.1
GRACE_S = 10.0
"""How long what a program left behind may go on after it, before it is ended."""


@dataclass(frozen=True)
class Cost:
    """CPU of the whole tree, wall time of the program, and the most memory at one time."""

    cpu: float
    wall: float
    rss: float  # bytes, summed over the tree: shared pages count once for each process


def cost(command: Sequence[str], env: Mapping[str, str], timeout_s: float) -> Cost:
    """Run a command to its end. Raises RuntimeError with its last words when it fails."""
    done = subprocess.run(
        [sys.executable, __file__, str(timeout_s), *command],
        env=dict(env),
        capture_output=True,
        text=True,
        check=False,
    )
    said = json.loads(done.stdout.splitlines()[-1]) if done.stdout.strip() else {"code": -1}
    if said["code"] != 0:
        raise RuntimeError(f"{' '.join(command)} ended with {said['code']}:\n{done.stderr[-3000:]}")
    return Cost(said["cpu"], said["wall"], said["rss"])


def main(timeout_s: float, command: Sequence[str]) -> None:
    """Watch over a command as the parent of all that it starts, orphans included."""
    # PR_SET_CHILD_SUBREAPER: a JVM or worker whose parent ends first becomes ours, and so is
    # waited for here, which is when the kernel adds its CPU to that of our children.
    ctypes.CDLL(None, use_errno=True).prctl(36, 1, 0, 0, 0)
    begun = time.perf_counter()
    root = Path(__file__).parents[2]
    env = {
        **os.environ,
        "PYTHONPATH": f"{root}{os.pathsep}{root / 'src'}",
    }  # this code, no packages
    child = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL)
    most, code, wall, asked = 0, -1, 0.0, False
    ended: float | None = None
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            break
        now = time.perf_counter()
        if pid == child.pid:
            code, wall, ended = os.waitstatus_to_exitcode(status), now - begun, now
        if pid:
            continue
        most = max(most, _memory())
        if (ended is not None and now - ended > GRACE_S) or now - begun > timeout_s:
            _end(signal.SIGKILL if asked else signal.SIGTERM)
            asked, ended = True, now
        time.sleep(SAMPLE_S)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = used.ru_utime + used.ru_stime
    print(json.dumps({"cpu": cpu, "wall": wall, "rss": most, "code": code}))


def _memory() -> int:
    total = 0
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            total += process.memory_info().rss
    return total


def _end(how: signal.Signals) -> None:
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            process.send_signal(how)


if __name__ == "__main__":
    main(float(sys.argv[1]), sys.argv[2:])
