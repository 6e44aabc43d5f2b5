"""A Pipeline is a Host: the web needs no more of a Roomtone than this."""

from __future__ import annotations

from roomtone.runtime.host import Host
from tests.runtime.conftest import House


async def test_a_pipeline_is_a_host(house: House) -> None:
    """Checked by the type checker here, and by name when it runs."""
    host: Host = house.pipeline
    asked = [name for name in Host.__dict__ if not name.startswith("_")]

    assert {"submit", "snapshot_frame", "open_sessions"} <= set(asked)
    parts = {"memory", "datasets"}
    assert not [name for name in set(asked) - parts if not callable(getattr(host, name))]
    assert host.memory is house.pipeline.memory
    assert host.datasets is house.pipeline.datasets
