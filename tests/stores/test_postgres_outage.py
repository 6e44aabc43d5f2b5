"""A PostgreSQL that hangs or dies delays no event, no tick and no alert, and misses nothing."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from roomtone.events import Join, Leave, Message
from roomtone.runtime.clock import utc
from roomtone.runtime.config import Settings, Stores
from tests.runtime.conftest import House, until
from tests.servers import Running

TIMEOUT_S = 60  # much longer than any wait here: who waited for the store would fail


@contextlib.contextmanager
def hung(server: Running) -> Iterator[None]:
    """All its processes stand still: what is asked is taken in and never answered."""
    with server.paused():
        yield


@contextlib.contextmanager
def dead(server: Running) -> Iterator[None]:
    """It is killed, and started again afterwards."""
    server.kill()
    yield
    server.start()


def say(count: int) -> list[Any]:
    return [Message(session="s", user=f"u{i % 5}", text="x") for i in range(count)]


@pytest.mark.servers
@pytest.mark.parametrize("away", [hung, dead])
async def test_alerts_do_not_wait_for_the_database(
    own_postgres: Running, tmp_path: Path, away: Any
) -> None:
    """The alert's frame is out while the server is away; afterwards every tick is in it."""
    url = f"{own_postgres.url}?timeout={TIMEOUT_S}"
    house = House(tmp_path)
    house.settings = Settings(data=tmp_path, stores=Stores(series=url, archive=url))
    pipeline = await house.open()
    heard: list[dict[str, Any]] = []

    async def listen() -> None:
        async with pipeline.news.subscribe("alerts") as news:
            async for payload in news:
                heard.append(json.loads(payload)["alert"])

    task = asyncio.create_task(listen())
    await pipeline.submit([Join(session="s", user=f"u{i}") for i in range(40)])
    for _ in range(10):
        await pipeline.submit(say(8))
        await house.tick()
    await until(lambda: not pipeline.keeper.lag)
    before = pipeline.keeper.written
    with away(own_postgres):
        for _ in range(5):
            await pipeline.submit(say(8))
            await house.tick()
        await pipeline.submit([Leave(session="s", user=f"u{i}") for i in range(16)])
        await house.tick(2)
        await until(lambda: any(alert["type"] == "MASS_EXIT" for alert in heard))
        published, written = len(heard), pipeline.keeper.written
        assert pipeline.keeper.lag
    await until(lambda: not pipeline.keeper.lag and not pipeline.keeper.trouble)
    alerts = await pipeline.archive.alerts(session="s")
    first, last = pipeline.board.now - 16 * 5, pipeline.board.now
    points = await pipeline.series.read(
        "engagement", tags={"session": "s"}, start=_at(first), end=_at(last + 1)
    )

    assert (written, published) == (before, len(alerts))
    assert "MASS_EXIT" in {alert["type"] for alert in alerts}
    assert [int(p.time.timestamp()) for p in points] == list(range(first, last + 1, 5))
    task.cancel()
    await pipeline.stop()


def _at(second: int) -> Any:
    return utc(second * 1000)
