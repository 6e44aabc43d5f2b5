"""A mirror gets every point, holds nobody up, and says what it lacks."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from roomtone.engine import Output
from roomtone.errors import StoreAway, StoreError, StoreRefused
from roomtone.events import Join, Message
from roomtone.points import Block, Field, Measurement, Point
from roomtone.runtime import lanes, mirror, plugins
from roomtone.runtime.clock import utc
from roomtone.runtime.config import Settings, Stores
from roomtone.runtime.keeper import Keeper
from roomtone.runtime.mirror import Mirror
from roomtone.runtime.numbers import of_mirror
from roomtone.runtime.pseudonyms import KEY, pseudonym
from roomtone.signals.engagement import ENGAGEMENT
from roomtone.stores.sqlite import SQLite
from roomtone.testing import ListArchive, ListSeriesStore
from tests.runtime.conftest import House, until

T0 = 1_763_719_200
FELT = Measurement("felt", "what persons felt", ("user_id",), {"strength": Field("how much")})


class Moody(SQLite):
    """SQLite that raises what it is told to."""

    mood: ClassVar[Exception | None] = None

    def __init__(self, url: str, **more: Any) -> None:
        super().__init__(url.replace("moody", "sqlite"), **more)

    async def write(self, blocks: Sequence[Block]) -> None:
        if self.mood is not None:
            raise self.mood
        await super().write(blocks)


@pytest.fixture(autouse=True)
def moody(monkeypatch: pytest.MonkeyPatch) -> None:
    """A store of that name, and retries that come soon."""
    monkeypatch.setitem(
        plugins.MEMBERS["stores.series"], "moody", "tests.runtime.test_mirror:Moody"
    )
    monkeypatch.setattr(Moody, "mood", None)
    monkeypatch.setattr(lanes, "RETRY_S", 0.01)
    monkeypatch.setattr(lanes, "LAST_RETRY_S", 0.02)


def output(n: int, rows: int = 1) -> Output:
    """A tick of so many sessions."""
    ids = {"session": np.array([f"s{i}" for i in range(rows)], object)}
    score = np.full(rows, n / 1000)
    time = datetime.fromtimestamp(T0 + 5 * n, UTC)
    return Output(T0 + 5 * n, [ENGAGEMENT.block(time, np.arange(rows), ids, score=score)])


def made(folder: Path, archive: ListArchive | None = None) -> Mirror:
    """A mirror in a file of its own."""
    measurements = [ENGAGEMENT, FELT]
    archive = archive or ListArchive()
    key = Keeper(ListSeriesStore(), archive).key
    return Mirror(f"moody:///{folder}/mirror.db", measurements, key)


async def rows(folder: Path, measurement: str = "engagement") -> Sequence[Point]:
    """What is in that file."""
    store = SQLite(f"sqlite:///{folder}/mirror.db")
    await store.open([ENGAGEMENT, FELT])
    found = await store.read(
        measurement, tags={}, start=utc(T0 * 1000), end=utc((T0 + 9_000) * 1000)
    )
    await store.close()
    return found


async def test_every_point_is_copied(tmp_path: Path) -> None:
    """All that was handed in by a stop is there."""
    its = made(tmp_path)
    running = asyncio.create_task(its.run())
    for n in range(450):
        its.keep(output(n))
    await until(lambda: its.copied == 450)
    its.keep(output(450))
    running.cancel()
    await its.close()

    assert len(await rows(tmp_path)) == 451
    assert its.health()[0]["ok"]


async def test_without_a_name_it_takes_nothing() -> None:
    """No mirror, no line on any page."""
    its = Mirror("", [ENGAGEMENT], Keeper(ListSeriesStore(), ListArchive()).key)
    its.keep(output(1))
    await its.close()

    assert (its.waiting, its.health(), its.is_there) == (0, [], False)
    assert not any(number.values for number in of_mirror(its))


async def test_persons_are_copied_under_pseudonyms(tmp_path: Path) -> None:
    """As in the first store; a key that cannot be had keeps no other points back."""
    archive = ListArchive()
    key, ask = await archive.key(KEY), archive.key

    async def away(name: str) -> bytes:
        raise StoreError("the archive is away; wait")

    archive.key = away  # type: ignore[method-assign]
    its = made(tmp_path, archive)
    running = asyncio.create_task(its.run())
    person = Point("felt", utc(T0 * 1000), {"user_id": "ann"}, {"strength": 0.5})
    its.keep(Output(T0, [FELT.gather([person])]))
    its.keep(output(1))
    await until(lambda: its.copied == 1 and its.trouble)
    assert "archive" in its.health()[0]["detail"]
    archive.key = ask  # type: ignore[method-assign]
    await until(lambda: its.copied == 2)
    running.cancel()
    await its.close()

    (point,) = await rows(tmp_path, "felt")
    assert point.tags == {"user_id": pseudonym(key, "ann")}


async def test_who_is_erased_waits_for_no_mirror(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does what is on its way come after they were taken out; the others' points stay."""
    archive = ListArchive()
    key = await archive.key(KEY)
    monkeypatch.setattr(Moody, "mood", StoreError("it is away; wait"))
    its = made(tmp_path, archive)
    running = asyncio.create_task(its.run())
    people = [
        Point("felt", utc((T0 + n) * 1000), {"user_id": name}, {"strength": 0.5})
        for n, name in enumerate(["ann", "bob", "ann"])
    ]
    for felt in (people, people[:1]):
        its.keep(Output(T0, [FELT.gather(felt)]))
    its.keep(output(1))
    await until(lambda: its.trouble)
    async with its.forgetting("ann"):
        Moody.mood = None
        await asyncio.sleep(0.05)
        assert its.copied <= 1, "no person's points are sent meanwhile"
    await until(lambda: not its.waiting)
    async with its._sending:
        monkeypatch.setattr(mirror, "FORGET_S", 0.01)
        with pytest.raises(StoreAway, match="does not answer"):
            async with its.forgetting("ann"):
                pass
    running.cancel()
    await its.close()

    (point,) = await rows(tmp_path, "felt")
    assert point.tags == {"user_id": pseudonym(key, "bob")} and its._bytes == 0


async def test_a_mirror_that_is_away_costs_bounded_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oldest points are let go, counted, and shown with how they are brought later."""
    monkeypatch.setattr(mirror, "MOST", 100)
    monkeypatch.setattr(Moody, "mood", StoreError("it is away; wait"))
    its = made(tmp_path)
    running = asyncio.create_task(its.run())
    for n in range(150):
        its.keep(output(n, rows=2))
    await until(lambda: its.trouble)
    (shown,) = its.health()
    numbers = {number.name: number.values[0][1] for number in of_mirror(its)}
    Moody.mood = None
    await until(lambda: not its.waiting)
    running.cancel()
    await its.close()

    assert not shown["ok"]
    assert "it is away; wait; 0 points copied" in shown["detail"]
    assert "100 points dropped" in shown["detail"]
    assert "roomtone backfill" in shown["remedy"]
    assert numbers["roomtone_mirror_dropped_points_total"] == 100
    assert numbers["roomtone_mirror_waiting_blocks"] == 100
    assert len(await rows(tmp_path)) == 200


async def test_what_is_refused_for_good_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A field of another type in the mirror stops nothing that comes after it."""
    monkeypatch.setattr(Moody, "mood", StoreRefused("another type; use another bucket"))
    its = made(tmp_path)
    running = asyncio.create_task(its.run())
    its.keep(output(0, rows=3))
    await until(lambda: its.refused == 3)
    Moody.mood = None
    its.keep(output(1))
    await until(lambda: its.copied == 1)
    running.cancel()
    await its.close()

    (shown,) = its.health()
    assert shown["ok"]
    assert "3 points refused" in shown["detail"]


async def test_a_running_server_copies_its_ticks(tmp_path: Path) -> None:
    """What `stores.mirror` names holds the same points as the store that answers."""
    house = House(tmp_path)
    url = f"sqlite:///{tmp_path}/copy.db"
    house.settings = Settings(data=tmp_path, stores=Stores(mirror=url))
    pipeline = await house.open()
    await pipeline.submit([Join(session="s", user=f"u{i}") for i in range(5)])
    await pipeline.submit([Message(session="s", user="u1", text="hi")])
    await house.tick(4)
    await pipeline.keeper.drain()
    names = [part["name"] for part in pipeline.health()]
    start, end = utc((pipeline.board.now - 60) * 1000), utc((pipeline.board.now + 1) * 1000)
    first = await pipeline.series.read("engagement", tags={}, start=start, end=end)
    await pipeline.stop()
    copy = SQLite(url)
    await copy.open(pipeline.measurements)
    second = await copy.read("engagement", tags={}, start=start, end=end)
    await copy.close()

    assert list(first) == list(second)
    assert len(first) == 4
    assert "mirror" in names
