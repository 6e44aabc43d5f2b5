"""A start does not wait for a store's server, and says at once what no waiting heals."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from roomtone.errors import StoreAway, StoreError
from roomtone.events import Message
from roomtone.runtime import opening as module
from roomtone.runtime.clock import utc
from roomtone.runtime.config import Settings, Stores
from roomtone.runtime.opening import Opening
from roomtone.runtime.pipeline import Pipeline
from roomtone.runtime.replay import replay_journal
from roomtone.signals.engagement import ENGAGEMENT
from roomtone.stores.postgres import PostgreSQL
from roomtone.stores.sqlite import SQLite
from roomtone.testing import START
from tests.runtime import joined
from tests.runtime.conftest import House, until
from tests.servers import Running


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stores are tried again soon."""
    monkeypatch.setattr(module, "RETRY_S", 0.05)
    monkeypatch.setattr(module, "LAST_RETRY_S", 0.1)


def opening(url: str) -> Opening:
    return Opening(PostgreSQL(url), PostgreSQL(url), [ENGAGEMENT])


@pytest.mark.servers
async def test_a_server_that_is_away_is_waited_for(own_postgres: Running) -> None:
    """Its absence has a sentence; once it answers, the stores are open and can be read."""
    own_postgres.stop()
    made = opening(own_postgres.url)
    await made.begin()
    assert made.trouble is not None and "see that the server runs" in made.trouble
    assert not made.opened.is_set()
    assert made.health()[0]["name"] == "stores" and not made.health()[0]["ok"]
    with pytest.raises(StoreError, match="see that the server runs"):
        await made._archive.alerts()

    trying = asyncio.create_task(made.run())
    await asyncio.to_thread(own_postgres.start)
    await asyncio.wait_for(trying, 30)

    assert made.trouble is None and made.health() == []
    assert list(await made._archive.alerts()) == []
    await made.close()


@pytest.mark.servers
async def test_who_has_no_patience_is_told_at_once(own_postgres: Running) -> None:
    """A command that does one thing ends with the sentence."""
    own_postgres.stop()
    with pytest.raises(StoreAway, match="see that the server runs"):
        await opening(own_postgres.url).begin(patient=False)


@pytest.mark.servers
async def test_what_no_waiting_heals_ends_the_start(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No such database, a schema of a newer release, a file that is none, a URL that is none."""
    with pytest.raises(StoreError, match="createdb NAME") as none:
        await opening(postgres_url + "_not_there").begin()
    assert not isinstance(none.value, StoreAway)

    first = opening(postgres_url)
    await first.begin()
    pool = first._archive._pool  # type: ignore[attr-defined]
    await pool.ask(lambda c: c.execute("UPDATE alembic_version SET version_num = 'v999'"))
    with pytest.raises(StoreError, match="newer Roomtone") as newer:
        await opening(postgres_url).begin()
    assert not isinstance(newer.value, StoreAway)
    await first.close()

    (tmp_path / "roomtone.db").write_bytes(b"this is no database at all" * 100)
    with pytest.raises(StoreError, match="cannot be opened as a database") as file:
        await Pipeline.open(Settings(data=tmp_path))
    assert not isinstance(file.value, StoreAway)
    with pytest.raises(StoreError):
        SQLite("sqlite:///")


@pytest.mark.servers
async def test_a_server_that_is_back_and_refuses_us_is_told_and_tried_again(
    own_postgres: Running,
) -> None:
    """The database is missing when the server is back: nothing ends, and it is opened when made."""
    own_postgres.stop()
    made = opening(own_postgres.url.rpartition("/")[0] + "/later")
    await made.begin()
    trying = asyncio.create_task(made.run())
    await asyncio.to_thread(own_postgres.start)
    await until(lambda: "createdb NAME" in (made.trouble or ""))

    pool = PostgreSQL(own_postgres.url)
    await pool.open()
    await pool._opened().ask(lambda c: c.execute("CREATE DATABASE later"))
    await pool.close()
    await asyncio.wait_for(trying, 30)
    await made.close()


@pytest.mark.servers
async def test_a_pipeline_that_began_without_its_store_misses_nothing(
    own_postgres: Running, tmp_path: Path
) -> None:
    """Events are taken and ticks computed meanwhile; a restart in between is one more start."""
    url = own_postgres.url
    house = House(tmp_path)
    house.settings = Settings(data=tmp_path, stores=Stores(series=url, archive=url))
    own_postgres.stop()
    for _ in range(2):
        pipeline = await house.open()
        for n in range(3):
            receipt = await pipeline.submit([Message(session="s", user=f"u{n}", text="hello")])
            assert receipt.accepted == 1
            await house.tick()
        part = next(part for part in pipeline.health() if part["name"] == "stores")
        assert not part["ok"] and not part.get("vital") and part["remedy"]
        assert pipeline.keeper.failures == 0  # nothing was tried in vain
        await pipeline.stop()
    own_postgres.start()
    pipeline = await house.open()
    await until(lambda: pipeline.keeper.whole)
    outputs = replay_journal(house.settings.journal_folder, house.settings)
    wanted = [point for out in outputs for block in out.blocks for point in block.points()]
    points = await pipeline.series.read(
        "engagement",
        tags={"session": "s"},
        start=START,
        end=utc(house.clock.now_ms() + 1),
    )
    assert len(points) >= 6
    assert [(point.time, point.fields) for point in points] == [
        (point.time, point.fields) for point in wanted
    ]
    assert all(part["ok"] for part in pipeline.health())
    await pipeline.stop()


@pytest.mark.servers
async def test_a_web_process_starts_without_the_store(
    own_postgres: Running, redis_url: str, tmp_path: Path
) -> None:
    """It reads from it once it is there, and says on /readyz that it is not."""
    url = own_postgres.url
    own_postgres.stop()
    settings = joined.joined(tmp_path, redis_url, stores=Stores(series=url, archive=url))
    async with joined.pair(settings) as (_, away):
        parts = {part["name"]: part for part in await away.readiness()}
        assert not parts["stores"]["ok"] and parts["stores"]["remedy"]
        with pytest.raises(StoreError):
            await away.recent_alerts(None)
        await asyncio.to_thread(own_postgres.start)
        await asyncio.wait_for(away.opening.opened.wait(), 30)
        assert await away.recent_alerts(None) == []
        assert away.health()[-1]["ok"]
