"""A host without an engine tells and takes what the engine's own process would."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from roomtone.errors import DiskFull, JournalError, ServerError
from roomtone.events import Message, Refusal, RelationshipSet
from roomtone.runtime import away as module
from roomtone.runtime import roles
from roomtone.runtime.away import Away
from roomtone.runtime.door import TooManySessions
from roomtone.runtime.host import Host
from roomtone.testing import START
from tests.runtime.conftest import until
from tests.runtime.joined import engine, joined, pair

pytestmark = pytest.mark.servers


def said(session: str = "s", user: str = "ann", id: str | None = None) -> Message:
    """A message."""
    return Message(session=session, user=user, text="hello", id=id)


async def test_it_tells_what_the_engine_would(tmp_path: Path, redis_url: str) -> None:
    """Every question of a Host has the same answer from afar."""
    async with pair(joined(tmp_path, redis_url)) as (house, away):
        here: Host = house.pipeline
        there: Host = away
        await there.submit([said("a"), said("b"), said("a", "bob")])
        await house.pipeline.settled()
        await house.tick(2)
        at = house.pipeline.clock.now_ms() / 1000
        for ask in (
            lambda host: host.overview(10),
            lambda host: host.open_sessions(("live", -1.0, -1, ""), 1),
            lambda host: host.open_sessions(("live", 2.0, 0, ""), 5),
            lambda host: host.find("a"),
            lambda host: host.find("nobody"),
            lambda host: host.explain("a"),
            lambda host: host.explain("nobody"),
            lambda host: host.last_events("a", 5),
            lambda host: host.inspect(None, None, 10),
            lambda host: host.recent_alerts(None),
            lambda host: host.judge("nothing", "acknowledged", "ann"),
            lambda host: host.close_history(["a"]),
            lambda host: host.set_relationship(
                RelationshipSet(bot="luna", user="ann", trust=0.8, at=START)
            ),
        ):
            assert await ask(there) == await ask(here)
        frames = [json.loads(await host.snapshot_frame("session:a", at)) for host in (here, there)]
        assert frames[0].pop("seq") < frames[1].pop("seq")
        assert frames[0] == frames[1]


async def test_a_receipt_is_the_doors(tmp_path: Path, redis_url: str) -> None:
    """Accepted, known already and refused are told by place; what is told is on the disk."""
    async with pair(joined(tmp_path, redis_url)) as (house, away):
        first = await away.submit([said(id="1"), said(id="1"), said(id="2")], source="mine")
        future = Message(session="s", user="u", text="x", at="2990-01-01T00:00:00Z")
        mixed = await away.submit([said(id="2"), future], [Refusal(0, "odd; mend it")], [1, 2])

        assert (first.accepted, first.duplicates, first.errors) == (2, 1, [])
        assert house.pipeline.journal.counters.synced == 2
        assert (mixed.accepted, mixed.duplicates) == (0, 1)
        assert [refusal.index for refusal in mixed.errors] == [0, 2]
        assert (await away.inspect("mine", None, 9))["sources"][0]["accepted"] == 2
        nothing = await away.submit([], [Refusal(0, "odd; mend it")])
        assert (nothing.accepted, len(nothing.errors)) == (0, 1)


async def test_each_clients_limit_holds(tmp_path: Path, redis_url: str) -> None:
    """The engine counts by the address that the web process saw."""
    settings = joined(tmp_path, redis_url, limits={"max_sessions_per_client": 2})
    async with pair(settings) as (_, away):
        await away.submit([said("a"), said("b")], client="10.0.0.1")
        with pytest.raises(TooManySessions, match="for one client"):
            await away.submit([said("c")], client="10.0.0.1")
        assert (await away.submit([said("c")], client="10.0.0.2")).accepted == 1


async def test_a_full_disk_is_told_from_afar(
    tmp_path: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a trouble of the journal, with its remedy."""
    async with pair(joined(tmp_path, redis_url)) as (house, away):
        trouble = DiskFull("the disk is full; make room")
        monkeypatch.setattr(type(house.pipeline.journal), "trouble", trouble)
        with pytest.raises(JournalError, match="make room"):
            await away.submit([said()])
        monkeypatch.undo()
        assert (await away.submit([said()])).accepted == 1


async def test_what_was_refused_reaches_the_inspector(tmp_path: Path, redis_url: str) -> None:
    """And the dead letters, though a web process holds neither."""
    async with pair(joined(tmp_path, redis_url)) as (house, away):
        away.refuse("http", [Refusal(0, "it is no event; send another")], [b"odd"])
        await until(lambda: house.pipeline.inspector.sources())
        async with asyncio.timeout(20):
            while not (letters := await away.archive.dead_letters()):
                await asyncio.sleep(0.01)

    assert (letters[0].raw, letters[0].source) == (b"odd", "http")


async def test_an_events_name_goes_from_a_worker_to_the_engine_and_to_a_web(
    tmp_path: Path, redis_url: str
) -> None:
    """What a source said of its session is known where it is published and where it is shown."""
    settings = joined(tmp_path, redis_url)
    async with pair(settings) as (house, web), roles.away(settings, stores=False) as worker:
        worker.learn({"a": "conference"})
        await until(lambda: "a" in house.pipeline.names)
        assert await web.event_names(["a", "b"]) == {"a": "conference"}
        assert await house.pipeline.event_names(["a", "b"]) == {"a": "conference"}


async def test_other_stores_than_the_engines_are_told(tmp_path: Path, redis_url: str) -> None:
    """On /readyz, of whoever reads from stores; a worker has none to compare."""
    settings = joined(tmp_path, redis_url)
    elsewhere = joined(tmp_path / "elsewhere", redis_url)
    (tmp_path / "elsewhere").mkdir()
    async with (
        pair(settings) as (_, same),
        roles.away(elsewhere, stores=True) as other,
        roles.away(elsewhere, stores=False) as worker,
    ):

        def told(host: Away) -> list[bool]:
            return [part["ok"] for part in host.health() if part["name"] == "stores agree"]

        await until(lambda: told(same) and told(other))
        assert (told(same), told(other), told(worker)) == ([True], [False], [])


async def test_many_at_once_each_get_their_own_answer(tmp_path: Path, redis_url: str) -> None:
    """Hundreds of requests of two processes are in flight, and none is mixed up or lost."""
    settings = joined(tmp_path, redis_url)
    async with pair(settings) as (house, one), roles.away(settings, stores=False) as two:
        hosts: list[Away] = [one, two]
        batches = [
            [said(f"s{n % 50}", id=f"{n} {i}") for i in range(n % 7 + 1)] for n in range(300)
        ]
        receipts = await asyncio.gather(
            *(hosts[n % 2].submit(batch) for n, batch in enumerate(batches))
        )
        assert [receipt.accepted for receipt in receipts] == [len(batch) for batch in batches]
        async with one.link.talking() as client:
            assert await client.xlen(one.link.inbound) == 0, "what is settled is taken off"
        assert house.pipeline.journal.counters.synced == sum(map(len, batches))


async def test_without_an_engine_it_says_so_at_once(tmp_path: Path, redis_url: str) -> None:
    """Nothing waits for a timeout; what is kept can still be read; a new engine is found."""
    settings = joined(tmp_path, redis_url)
    async with engine(settings) as house, roles.away(settings, stores=True) as away:
        await away.submit([said(id="1")])
        assert all(part["ok"] for part in await away.readiness())
        await house.pipeline.settled()
    async with roles.away(settings, stores=True) as away:
        async with asyncio.timeout(2):
            for ask in (away.overview(1), away.submit([said()]), away.find("s")):
                with pytest.raises(ServerError, match="roomtone serve --role engine"):
                    await ask
            assert await away.recent_alerts(None) == []
            parts = {part["name"]: part for part in await away.readiness()}
        assert not parts["engine"]["ok"]
        assert parts["engine"]["vital"]
        async with engine(settings):
            async with asyncio.timeout(20):
                while not await away._there():
                    await asyncio.sleep(0.05)
            assert (await away.submit([said(id="1")])).duplicates == 1


async def test_a_long_queue_is_not_made_longer(
    tmp_path: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever comes when too much waits is told to come again."""
    monkeypatch.setattr(module, "MOST_WAITING", 0)
    async with pair(joined(tmp_path, redis_url)) as (_, away):
        with pytest.raises(ServerError, match="in a moment"):
            await away.submit([said()])


async def test_many_refusals_do_not_fill_the_line(
    tmp_path: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All are counted at the engine, with as many samples as it keeps."""
    async with pair(joined(tmp_path, redis_url)) as (house, away):
        sizes: list[int] = []
        publish = away.link.line.publish

        async def measured(topic: str, payload: bytes) -> None:
            sizes.append(len(payload))
            await publish(topic, payload)

        monkeypatch.setattr(away.link.line, "publish", measured)
        away.refuse(
            "mine", [Refusal(n, "odd; mend it") for n in range(5_000)], [b"x" * 2048] * 5_000
        )
        await until(lambda: house.pipeline.inspector.sources())
        assert house.pipeline.inspector.sources()[0]["refused"] == 5_000

    assert max(sizes) < 1_000_000
