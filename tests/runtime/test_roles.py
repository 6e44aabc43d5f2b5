"""What a process may be, and what it says when the settings do not fit."""

from __future__ import annotations

from pathlib import Path

import pytest

from roomtone.errors import BadConfig
from roomtone.runtime import roles
from roomtone.runtime.config import Settings
from roomtone.testing import ManualClock
from tests.runtime.joined import joined

REDIS = "redis://127.0.0.1:6379/0"


@pytest.mark.parametrize("role", ["web", "engine", "worker"])
def test_a_part_needs_what_joins_it(tmp_path: Path, role: str) -> None:
    """One process alone can only be all."""
    with pytest.raises(BadConfig, match="leave --role out"):
        roles.check_role(Settings(data=tmp_path), role)

    assert roles.check_role(Settings(data=tmp_path), "all") == "all"


def test_a_worker_needs_work(tmp_path: Path) -> None:
    """And a role must be one of those there are."""
    with pytest.raises(BadConfig, match=r"sources\.listen"):
        roles.check_role(joined(tmp_path, REDIS), "worker")
    with pytest.raises(BadConfig, match="choose one of: all, web, engine, worker"):
        roles.check_role(joined(tmp_path, REDIS), "king")
    working = joined(tmp_path, REDIS, sources={"listen": ["redis://127.0.0.1:6379"]})

    assert roles.check_role(working, "worker") == "worker"


async def test_one_process_asks_no_redis(tmp_path: Path) -> None:
    """Without a joined channel there is no lease and nobody to answer."""
    async with roles.opened(Settings(data=tmp_path), ManualClock()) as pipeline:
        assert pipeline.lease is None
        assert pipeline.fenced is None
