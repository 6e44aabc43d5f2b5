"""Events go through the journal into engine, stores and news, and survive a crash."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest

from roomtone.errors import DiskFull
from roomtone.events import Heartbeat, Join, Leave, Message, PollVote, Reaction
from roomtone.runtime.clock import utc
from roomtone.runtime.pipeline import Pipeline
from roomtone.runtime.replay import replay_journal
from tests.runtime.conftest import House, until


def say(n: int, session: str = "s", **more: Any) -> list[Message]:
    """As many messages by different people."""
    return [Message(session=session, user=f"u{i}", text="hi", **more) for i in range(n)]


async def stored(pipeline: Pipeline, session: str = "s") -> list[dict[str, float]]:
    """All points of a session that the series store has."""
    await pipeline.keeper.drain()
    now = utc(pipeline.clock.now_ms())
    points = await pipeline.series.read(
        "engagement",
        tags={"session": session},
        start=now - timedelta(days=2),
        end=now + timedelta(days=2),
    )
    return [dict(point.fields) for point in points]


async def test_event_routing(house: House) -> None:
    """Each type of event reaches the number it is for."""
    await house.pipeline.submit(
        [
            Join(session="s", user="a"),
            Join(session="s", user="b"),
            Message(session="s", user="a", text="hi"),
            Reaction(session="s", user="a", emoji="👍"),
            PollVote(session="s", user="a", poll="p", option=1),
            Heartbeat(session="s"),
        ]
    )
    await house.tick()

    known = house.pipeline.board.known("s")
    assert {
        name: known[name]
        for name in ("chat_per_min", "reactions_per_min", "poll_participation", "total_users")
    } == {
        "chat_per_min": 1,
        "reactions_per_min": 1,
        "poll_participation": 0.5,
        "total_users": 2,
    }
    assert known["heartbeat_age_s"] <= 5


async def test_engagement_calculation(house: House) -> None:
    """Within five seconds of a message the score says so, and in silence it decays to nothing."""
    await house.pipeline.submit(say(10))
    await house.tick()
    lively = house.pipeline.board.known("s")["score"]
    await house.tick(13)
    silent = house.pipeline.board.known("s")["score"]

    assert lively > 0.5
    assert silent == 0


async def test_anomaly_detection_integration(house: House) -> None:
    """An exodus raises MASS_EXIT within ten seconds, in the archive and in the news."""
    heard: list[dict[str, Any]] = []

    async def listen() -> None:
        async with house.pipeline.news.subscribe("alerts") as news:
            async for payload in news:
                heard.append(json.loads(payload)["alert"])

    task = asyncio.create_task(listen())
    await house.pipeline.submit([Join(session="s", user=f"u{i}") for i in range(40)])
    for _ in range(15):
        await house.pipeline.submit(say(8))
        await house.tick()
    await house.pipeline.submit([Leave(session="s", user=f"u{i}") for i in range(16)])
    await house.tick(2)
    await house.pipeline.keeper.drain()

    await until(lambda: any(alert["type"] == "MASS_EXIT" for alert in heard))
    kept = await house.pipeline.archive.alerts(session="s")
    assert "MASS_EXIT" in {alert["type"] for alert in kept}
    assert house.pipeline.board.trouble["s"].type == "MASS_EXIT"
    task.cancel()


async def test_database_persistence(house: House) -> None:
    """Every tick of a session is in the store, once, as it was on the board."""
    await house.pipeline.submit(say(3))
    await house.tick(4)

    points = await stored(house.pipeline)

    assert len(points) == 4
    assert points[-1] == house.pipeline.board.known("s")


async def test_a_replay_of_the_journal_is_the_live_run(house: House) -> None:
    """What a live run stored is what its journal gives again, to the bit, twice."""
    for n in (3, 0, 12, 1, 0, 0, 5):
        if n:
            await house.pipeline.submit(say(n))
        await house.tick()
    live = await stored(house.pipeline)
    folder = house.settings.journal_folder

    def played() -> list[dict[str, float]]:
        outputs = replay_journal(folder, house.settings)
        return [dict(p.fields) for out in outputs for b in out.blocks for p in b.points()]

    assert len(live) == 7
    assert played() == played() == live


async def test_a_repeat_counts_once_whichever_way_it_comes(house: House) -> None:
    """The same id on two sources is one event; without an id every delivery counts."""
    first = await house.pipeline.submit(say(1, id="x"), source="redis")
    second = await house.pipeline.submit(say(1, id="x"), source="http")
    await house.pipeline.submit(say(1))
    await house.pipeline.submit(say(1))
    await house.tick()

    assert (first.accepted, second.accepted, second.duplicates) == (1, 0, 1)
    assert house.pipeline.board.known("s")["chat_per_min"] == 3


async def test_a_restart_goes_on_where_it_was(house: House) -> None:
    """After a clean stop, windows, ids and detectors are what an unbroken run has."""
    await house.pipeline.submit(say(5, id="x"))
    await house.tick(3)
    before = house.pipeline.engine.snapshot()
    await house.pipeline.stop()

    again = await house.open()

    assert _plain(again.engine.snapshot()) == _plain(before)
    assert (await again.submit(say(1, id="x"))).duplicates == 1


async def test_a_crash_loses_nothing(house: House) -> None:
    """Without any goodbye, the journal alone brings back engine and points."""
    await house.pipeline.submit(say(5))
    await house.tick(3)
    before = house.pipeline.engine.snapshot()
    points = await stored(house.pipeline)
    for task in house.pipeline._tasks:
        task.cancel()
    await house.pipeline.journal.close()  # as the system does for a process that died

    again = await house.open()

    assert _plain(again.engine.snapshot()) == _plain(before)
    assert await stored(again) == points


async def test_a_long_absence_is_a_gap_and_no_drop(house: House) -> None:
    """Coming back after an hour, nobody is accused of silence in the meantime."""
    for _ in range(20):
        await house.pipeline.submit(say(10))
        await house.tick()
    await house.pipeline.stop()
    house.clock.advance(1_200)

    again = await house.open()
    await house.tick(3)

    assert (await again.archive.alerts(session="s")) == []
    assert again.session("s") is not None


async def test_history_runs_on_its_own_time(house: House) -> None:
    """A session of last year gives its points and its summary, and disturbs nobody."""
    start = utc(house.clock.now_ms()) - timedelta(days=365)
    await house.pipeline.submit(say(1, "live"))
    events = [
        Message(session="past", user=f"u{i % 9}", text="x", at=start + timedelta(seconds=i))
        for i in range(600)
    ]

    receipt = await house.pipeline.submit(events, history=True)
    closed = await house.pipeline.close_history(["past", "unknown"])
    await house.pipeline.keeper.drain()

    (summary,) = await house.pipeline.archive.sessions(session="past")
    points = await house.pipeline.series.read(
        "engagement", tags={"session": "past"}, start=start, end=start + timedelta(hours=1)
    )
    assert (receipt.accepted, closed) == (600, 1)
    assert (summary.messages, summary.people, summary.started) == (
        600,
        9,
        start.replace(microsecond=0),
    )
    assert 119 <= len(points) <= 121
    assert [s["session"] for s in house.pipeline.sessions()] == ["live"]


async def test_a_long_past_does_not_keep_the_present_waiting(house: House) -> None:
    """While hours of long ago are played, live sessions tick on; all of it arrives."""
    start = utc(house.clock.now_ms()) - timedelta(days=900)
    sparse = [
        Message(session="past", user="a", text="x", at=start + timedelta(minutes=29 * i))
        for i in range(5)
    ]
    await house.pipeline.submit(say(2, "live"))
    await house.pipeline.submit(sparse, history=True)
    await house.pipeline.caught_up()
    waited_for = len(house.pipeline.past)
    house.clock.advance(5)
    await until(lambda: house.pipeline.board.known("live"))
    behind = len(house.pipeline.past)
    await house.pipeline.settled()

    assert (waited_for, behind) == (1, 1)
    assert house.pipeline.histories.boards["past"].engine.summary("past").messages == 5


async def test_a_store_that_is_down_costs_nothing_but_patience(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the series store fails, ticks and alerts go on; when it is back, it gets everything."""
    write = house.pipeline.series.write

    async def fail(blocks: object) -> None:
        raise OSError("no such server")

    monkeypatch.setattr(house.pipeline.series, "write", fail)
    await house.pipeline.submit(say(3))
    await house.tick(3)
    await until(lambda: house.pipeline.keeper.trouble)
    degraded = [part["name"] for part in house.pipeline.health() if not part["ok"]]
    monkeypatch.setattr(house.pipeline.series, "write", write)

    assert "stores" in degraded
    assert len(await stored(house.pipeline)) == 3


async def test_a_full_disk_refuses_and_loses_nothing(house: House) -> None:
    """What cannot be made durable is not taken, and the same ids may come again."""
    disk = house.pipeline.journal._writer.disk
    real = disk.write
    disk.write = _no_space  # type: ignore[method-assign]
    with pytest.raises(DiskFull):
        await house.pipeline.submit(say(2, id="x"))
    disk.write = real  # type: ignore[method-assign]
    await house.pipeline.journal.ready()

    receipt = await house.pipeline.submit(say(1, id="x"))

    assert (receipt.accepted, receipt.duplicates) == (1, 0)


def _no_space(fd: int, data: memoryview) -> int:
    import errno

    raise OSError(errno.ENOSPC, "No space left on device")


def _plain(snapshot: dict[str, Any]) -> bytes:
    from roomtone import state

    return state.pack(snapshot)
