"""An engine on a clock moved by hand, and hosts without one, joined by a real Redis."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from roomtone.runtime import roles
from roomtone.runtime.away import Away
from roomtone.runtime.config import Settings
from roomtone.testing import ManualClock
from tests.runtime.conftest import House


def joined(folder: Path, redis_url: str, **more: Any) -> Settings:
    """Settings of a process that is joined to others."""
    return Settings(data=folder, channels={"news": redis_url}, **more)


@contextlib.asynccontextmanager
async def engine(settings: Settings) -> AsyncIterator[House]:
    """A house whose pipeline owns its partition and answers for it."""
    house = House(settings.data)
    house.settings = settings
    house.clock = ManualClock()
    async with roles.opened(settings, house.clock) as house.pipeline:
        yield house


@contextlib.asynccontextmanager
async def pair(settings: Settings) -> AsyncIterator[tuple[House, Away]]:
    """An engine, and a web process's host beside it."""
    async with engine(settings) as house, roles.away(settings, stores=True) as host:
        yield house, host
