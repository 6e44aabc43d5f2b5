"""One engine owns a partition: others are refused or wait, and who lost it acknowledges nothing."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest

from roomtone.errors import ServerError
from roomtone.events import Message
from roomtone.runtime import lease as module
from roomtone.runtime import roles
from roomtone.runtime.lease import Fenced, Lease, Owned, Owner, is_dead
from roomtone.runtime.link import Link
from tests.runtime.joined import engine, joined, pair
from tests.servers import Running

pytestmark = pytest.mark.servers


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Owners are strangers to each other, as on two machines."""
    monkeypatch.setattr(module, "is_dead", lambda owner: False)


@pytest.mark.usefixtures("elsewhere")
async def test_a_second_engine_is_told_who_owns_it(tmp_path: Path, redis_url: str) -> None:
    """Host, process and since when; and what to do."""
    settings = joined(tmp_path, redis_url)
    link = Link(settings)
    first, second = Lease(link, renew_s=0.2), Lease(link)
    await first.take()
    keeping = asyncio.create_task(first.keep())
    with pytest.raises(Owned, match=r"owned by the engine on .*, process \d+, since .*--standby"):
        await second.take()
    assert (first.held, second.held) == (True, False)

    keeping.cancel()
    await first.release()
    await second.take()
    assert second.held
    await link.close()


@pytest.mark.usefixtures("elsewhere")
async def test_who_says_nothing_more_is_followed(tmp_path: Path, redis_url: str) -> None:
    """Without a renewal the lease falls; a start waits for that and need not be a standby."""
    link = Link(joined(tmp_path, redis_url))
    first, second = Lease(link, lease_ms=700, renew_s=60), Lease(link)
    await first.take()
    await second.take()

    assert not first.held
    assert isinstance(first.trouble(), Fenced)
    keeping = asyncio.create_task(Lease.keep(first))
    first._renew_s = 0.01
    keeping.cancel()
    await asyncio.wait_for(_kept(first), 10)
    assert first.gone.is_set(), "it learns that another has it, and never takes it back"
    await first.release()
    assert second.held
    await link.close()


async def _kept(lease: Lease) -> None:
    await lease.keep()


async def test_a_dead_process_of_this_machine_is_followed_at_once(
    tmp_path: Path, redis_url: str
) -> None:
    """After kill -9 nobody waits for the lease to end."""
    link = Link(joined(tmp_path, redis_url))
    first, second = Lease(link), Lease(link)
    await first.take()
    async with asyncio.timeout(2):
        await second.take()  # same pid: an earlier life

    assert second.held
    await link.close()


def test_only_a_process_of_this_place_can_be_known_dead() -> None:
    """A pid of another machine, or another container, says nothing here."""
    here = module._place()
    dead = Owner("t", "h", 2**22 + 1, here, "now")

    assert is_dead(dead)
    assert not is_dead(msgspec.structs.replace(dead, place="elsewhere"))
    assert not is_dead(msgspec.structs.replace(dead, place=""))
    assert not is_dead(msgspec.structs.replace(dead, pid=1))


@pytest.mark.usefixtures("elsewhere")
async def test_a_standby_takes_over(tmp_path: Path, redis_url: str) -> None:
    """It waits as long as there is an owner, then goes on with the same folder."""
    settings = joined(tmp_path, redis_url)
    waiting = joined(tmp_path, redis_url, cluster={"standby": True})
    async with pair(settings) as (house, away):
        standby = engine(waiting)
        second = asyncio.create_task(standby.__aenter__())
        await away.submit([Message(session="s", user="ann", text="x", id="1")])
        await house.pipeline.settled()
        await asyncio.sleep(1)
        assert not second.done()
    heir = await asyncio.wait_for(second, 20)
    assert heir.pipeline.engine.summary("s").messages == 1
    await standby.__aexit__(None, None, None)


@pytest.mark.usefixtures("elsewhere")
async def test_who_lost_the_partition_acknowledges_nothing(tmp_path: Path, redis_url: str) -> None:
    """Neither at its own door nor by the stream; and it is told to end."""
    settings = joined(tmp_path / "one", redis_url)
    async with pair(settings) as (house, away):
        async with away.link.talking() as client:  # as if it had slept through its lease
            await client.delete(away.link.owner)
        thief = Lease(away.link)
        await thief.take()
        waiting = asyncio.create_task(
            away.submit([Message(session="s", user="ann", text="x", id="1")])
        )
        with pytest.raises(Owned, match="has stopped"):
            await asyncio.wait_for(roles.lost(house.pipeline), 20)
        with pytest.raises(Fenced, match="another engine"):
            await house.pipeline.submit([Message(session="s", user="ann", text="x", id="2")])
        with pytest.raises(ServerError, match="nothing was acknowledged"):
            await waiting
        async with away.link.talking() as client:
            assert await client.xlen(away.link.inbound) == 1, "it is left to the new owner"
        await thief.release()


@pytest.mark.usefixtures("elsewhere")
async def test_a_lease_outlives_a_restart_of_redis(tmp_path: Path, own_redis: Running) -> None:
    """While Redis is away nothing can be sure; afterwards the same engine goes on."""
    link = Link(joined(tmp_path, own_redis.url))
    lease = Lease(link, lease_ms=1_000, renew_s=0.1)
    await lease.take()
    keeping = asyncio.create_task(lease.keep())
    await asyncio.to_thread(own_redis.kill)
    async with asyncio.timeout(20):
        while lease.held:
            await asyncio.sleep(0.05)
        assert "is not known" in str(lease.trouble())
        await asyncio.to_thread(own_redis.start)
        while not lease.held:
            await asyncio.sleep(0.05)
    assert lease.health()["ok"]
    keeping.cancel()
    await lease.release()
    await link.close()
