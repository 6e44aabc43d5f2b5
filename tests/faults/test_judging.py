"""Killed at every step of judging: one verdict and one point for each of a thousand reactions."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from roomtone.contracts import START
from roomtone.runtime import plugins
from roomtone.runtime.config import Settings

ROOT = Path(__file__).parents[2]


@pytest.mark.faults
@pytest.mark.timeout(1800)
async def test_killed_at_every_step_of_judging(tmp_path: Path) -> None:
    """kill -9, from the first step on; each run goes on where the one before was ended."""
    reactions, kills = 1_000, 0
    for last in range(1, 400):
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "tests.faults.judging_child",
                tmp_path,
                str(reactions),
                str(last),
            ],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=300,
        )
        if done.returncode == 0:
            break
        assert done.returncode == -9, done.stderr
        kills += 1
    settings = Settings(data=tmp_path)
    archive, series = plugins.archive(settings.archive_url), plugins.series_of(settings)
    await archive.open()
    await series.open(plugins.measurements(settings))
    records, total = await archive.reactions(limit=10_000)
    end = START + timedelta(days=1)
    points = await series.read("user_feedback", tags={}, start=START, end=end)
    await archive.close()
    await series.close()
    asked = Counter((tmp_path / "asked").read_text().split())
    print({"kills": kills, "asked": asked.total(), "reactions": total, "points": len(points)})

    assert kills >= 20
    assert total == len(points) == len(asked) == reactions
    assert {one.state for one in records} == {"judged"}
    again = asked.total() - reactions
    assert again <= 64 * kills, "at most the batch that was being asked is asked again"
    assert max(asked.values()) <= 1 + kills
