"""Killed at every step of judging: one verdict and one point for each of a thousand reactions."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from roomtone.contracts import START
from roomtone.reactions import MEANINGS
from roomtone.runtime import plugins
from roomtone.runtime.config import Settings
from tests.models.completions import completion, fake

ROOT = Path(__file__).parents[2]
NEVER = 10**9


@pytest.mark.faults
@pytest.mark.timeout(1800)
async def test_killed_at_every_step_of_judging(tmp_path: Path) -> None:
    """By the judge inside: a crash costs at most one call more, and no second verdict."""
    usual, killed = tmp_path / "usual", tmp_path / "killed"
    assert judged(usual, 1_000, [NEVER]) == 0
    kills = judged(killed, 1_000, range(1, 400))
    one, other = calls(usual), calls(killed)
    print({"kills": kills, "calls": len(other), "without a kill": len(one)})
    print({"reactions asked": sum(map(len, other)), "by themselves": sum(map(len, one))})

    assert kills >= 20
    assert sum(map(len, one)) == len({id for call in other for id in call}) == 1_000
    assert len(one) <= len(other) <= len(one) + kills
    await each_has_one_verdict(killed, 1_000)


@pytest.mark.faults
@pytest.mark.timeout(1800)
async def test_killed_while_a_server_judges(tmp_path: Path) -> None:
    """A call for each of a thousand reactions, as the server counts them, and one more a kill."""
    with fake(rates) as server:
        url = f"{server.url}&fallback=none"
        kills = judged(tmp_path / "killed", 1_000, range(1, 10_000, 7), url)
        asked = len(server.asked)
    print({"kills": kills, "calls": asked})

    assert kills >= 20
    assert 1_000 <= asked <= 1_000 + kills
    await each_has_one_verdict(tmp_path / "killed", 1_000)


def rates(body: dict[str, Any], count: int) -> bytes:
    """A server's answer: that each reaction it was asked about is a rating."""
    sure = {one: 0.91 if one == "RATING" else 0.03 for one in MEANINGS}
    word = {"meaning": "RATING", "probabilities": sure, "reasoning": "It was asked for."}
    reactions = json.loads(body["messages"][1]["content"])["reactions"]
    return completion({"verdicts": [{"id": one["id"], **word} for one in reactions]})


def judged(folder: Path, reactions: int, lasts: Iterable[int], url: str = "") -> int:
    """Have all judged by processes that kill themselves at these steps; how many were killed."""
    folder.mkdir()
    for kills, last in enumerate(lasts):
        child = [sys.executable, "-m", "tests.faults.judging_child", folder, reactions, last, url]
        done = subprocess.run(
            [str(one) for one in child], cwd=ROOT, capture_output=True, text=True, timeout=600
        )
        if done.returncode == 0:
            return kills
        assert done.returncode == -9, done.stderr
    raise AssertionError("it was never through")


def calls(folder: Path) -> list[list[str]]:
    """Of whom the judge was asked in each call."""
    return [line.split() for line in (folder / "asked").read_text().splitlines()]


async def each_has_one_verdict(folder: Path, reactions: int) -> None:
    """As many records and points as reactions, all judged."""
    settings = Settings(data=folder)
    archive, series = plugins.archive(settings.archive_url), plugins.series_of(settings)
    await archive.open()
    await series.open(plugins.measurements(settings))
    records, total = await archive.reactions(limit=10_000)
    end = START + timedelta(days=1)
    points = await series.read("user_feedback", tags={}, start=START, end=end)
    await archive.close()
    await series.close()
    assert total == len(points) == reactions
    assert {one.state for one in records} == {"judged"}
