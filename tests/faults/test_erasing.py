"""Killed in the middle of erasing somebody, twice: the next start finishes it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.runtime.conftest import House
from tests.runtime.test_erasing import GONE, MARKS, OTHERS, found_in

ROOT = Path(__file__).parents[2]


async def test_killed_while_erasing_it_is_finished(tmp_path: Path) -> None:
    """kill -9 with the archive done and not noted, then between two segments of the journal."""
    for where in ("archive", "journal"):
        command = [sys.executable, "-m", "tests.faults.erasing_child", str(tmp_path), where]
        died = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
        assert died.returncode == -9, died.stderr
        assert found_in(tmp_path, *MARKS), "something was left to be done"

    house = House(tmp_path)
    house.clock.advance(7200)
    pipeline = await house.open()
    await pipeline.erasing.resume()
    await house.tick(2)

    stones = pipeline.erasing.tombstones
    assert stones.unfinished == [] and stones.bars(GONE)
    assert found_in(tmp_path, *MARKS) == []
    assert (await pipeline.archive.conversations(user=OTHERS[0]))[1] == 1
    await pipeline.stop()
    assert found_in(tmp_path, *MARKS) == []
