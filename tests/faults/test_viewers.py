"""Viewers that read nothing harm nobody: every frame for the rest, little memory, soon closed."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))  # the benchmarks are no part of the package

from benchmarks.fanout import room, wait

ROUGH = 0.05  # of the viewers
MEMORY_MB = 16
SIZE = 20_000

LONG = "ROOMTONE_FAULT_ROUNDS" in os.environ
"""In `make faults`: the server's own ten seconds, 200 viewers."""


@pytest.mark.timeout(180)
@pytest.mark.parametrize(("kind", "viewers"), [("ours", 200), ("retold", 40)])
def test_stalled_viewers_harm_nobody(kind: str, viewers: int) -> None:
    """One in twenty reads no more: the others get every frame, and it is let go in time.

    Whoever comes back is told everything first.
    """
    patience = [] if LONG else ["4"]
    viewers = viewers if LONG else viewers // 2
    stalled, seconds = int(viewers * ROUGH), 10.0 if LONG else 4.0
    count = 120 if LONG else 60
    with room(kind, viewers, *patience) as (server, crowd):
        crowd.ask(do="begin")
        before = server.ask(first=0, count=10, rate=10, size=SIZE)
        assert crowd.ask(do="end", frames=10, within_s=30)["frames"] == [10]

        begun = crowd.ask(do="begin", stalled=stalled)["at"]
        memory, took = before["rss_mb"], 0.0
        for number in range(100, 100 + count, 10):
            told = server.ask(first=number, count=10, rate=10, size=SIZE)
            memory = max(memory, told["rss_mb"])
            if told["stalled"] == stalled and not took:
                took = time.monotonic() - begun
        seen = crowd.ask(do="end", frames=count, stalled=stalled, within_s=30)
        closed = wait(server, lambda told: told["viewers"] == viewers - stalled)
        back = crowd.ask(do="come", count=1)
        wait(server, lambda told: told["viewers"] == viewers - stalled + 1)
        server.ask(first=1000, count=1, rate=10, size=SIZE)
        again = crowd.ask(do="end", frames=count, stalled=stalled + 1)

    assert seen["frames"] == [count], "those who read have every frame, each once"
    assert closed["stalled"] == stalled
    assert memory - before["rss_mb"] <= MEMORY_MB
    assert 0 < took < seconds + 1.5, "we look after each second's frames"
    assert back["watching"] == viewers + 1
    if kind == "ours":
        assert again["snapshots"] == seen["snapshots"] + 1
