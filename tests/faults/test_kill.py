"""Killed at any moment: nothing acknowledged is lost or kept twice, and it starts again."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from roomtone.runtime.journal import read_journal

CHILD = str(Path(__file__).with_name("journal_child.py"))
SIZE = 5  # events in a batch of the child
START_S = 2.0  # a start after a crash may take this long


def check(result: dict[str, float]) -> None:
    assert result["lost"] == 0
    assert result["double"] == 0
    assert result["slowest_start_s"] <= START_S


def run_every(folder: Path, batches: int, stride: int) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, CHILD, "every", str(folder), str(batches), str(stride)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    result: dict[str, float] = json.loads(done.stdout)
    print(result)
    return result


def test_killed_at_every_eleventh_call(tmp_path):
    """Append, rotation, snapshot, retention and recovery itself: the process dies in each."""
    result = run_every(tmp_path, 14, 11)

    check(result)
    assert result["kills"] > 100


@pytest.mark.faults
@pytest.mark.timeout(900)
def test_killed_at_every_call(tmp_path):
    """The same with no call left out, before it and in its middle."""
    result = run_every(tmp_path, 14, 1)

    check(result)
    assert result["kills"] > 800


@pytest.mark.timeout(600)
def test_killed_under_load(tmp_path, rounds):
    """Killed from outside at random, again and again; the client sends on from what it knows."""
    chance = random.Random(20)
    acked, starts = 0, []
    for _ in range(rounds):
        child = subprocess.Popen(
            [sys.executable, CHILD, "load", str(tmp_path / "journal"), str(acked), "1000000"],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert child.stdout is not None
        starts.append(float(child.stdout.readline().split()[1]))
        for _ in range(chance.randrange(1, 120)):
            acked = int(child.stdout.readline().split()[1]) + 1
        child.kill()
        for line in child.stdout.read().splitlines(keepends=True):
            if line.endswith("\n"):
                acked = int(line.split()[1]) + 1
        child.wait()
    kept = [event.id for _, entry in read_journal(tmp_path / "journal") for event in entry.events]
    wanted = {f"{n}-{k}" for n in range(acked) for k in range(SIZE)}

    print(f"{rounds} rounds, {len(wanted)} acked, slowest start {max(starts):.3f} s")
    check(
        {
            "lost": len(wanted - set(kept)),
            "double": len(kept) - len(set(kept)),
            "slowest_start_s": max(starts),
        }
    )
    assert len(wanted) >= rounds * SIZE
    assert not os.path.exists(tmp_path / "journal" / "probe.part")
