"""What `import roomtone` offers works as its docstring shows."""

from __future__ import annotations

from pathlib import Path

import pytest

import roomtone
from roomtone.errors import BadConfig


async def test_it_runs_inside_another_program(tmp_path: Path) -> None:
    """Open, submit, read: three lines, no server."""
    async with roomtone.open(tmp_path, {"engine.alarms_per_hour": 1}) as tone:
        receipt = await tone.submit([roomtone.Message(session="standup", user="ann", text="hi")])
        await tone.settled()
        sessions = tone.sessions()

    assert receipt.accepted == 1
    assert [s["session"] for s in sessions] == ["standup"]


async def test_a_setting_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """With the name that was meant."""
    with pytest.raises(BadConfig, match="alarms_per_hour"):
        async with roomtone.open(tmp_path, {"engine.alarm_per_hour": 1}):
            pass


def test_every_public_name_is_there() -> None:
    """The list of names is no promise that is not kept."""
    assert all(hasattr(roomtone, name) for name in roomtone.__all__)
