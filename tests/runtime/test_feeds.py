"""Feeds are acknowledged when what they gave is durable, never before, whatever breaks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from roomtone.errors import EngineFailed, JournalError, SourceError
from roomtone.events import Event, Message, Refusal
from roomtone.ports import Delivery
from roomtone.runtime import feeds as feeds_module
from roomtone.runtime.door import Receipt, TooManySessions
from roomtone.runtime.feeds import BATCH, IN_FLIGHT, Feeds, consumer_name, parts
from tests.runtime.conftest import House, until


class Script:
    """A feed that gives what it was told to, and again what is not acknowledged."""

    name, durable = "script", True

    def __init__(self, *texts: str, ends: bool = True) -> None:
        self.connected = False
        self.left = [self.delivery(text) for text in texts]
        self.ends = ends
        self.broken: list[Exception] = []
        self.acknowledged: list[str] = []
        self.deaf = False  # acknowledgements fail
        self.opened = 0
        self.closed = False

    @staticmethod
    def delivery(text: str) -> Delivery:
        event = Message(session="s", id=text, user="u", text=text)
        return Delivery([event], [0], names={"s": "conf"}, token=text)

    async def deliveries(self, consumer: str) -> AsyncIterator[Delivery]:
        self.opened += 1
        self.consumer = consumer
        if self.broken:
            raise self.broken.pop()
        self.connected = True
        try:
            for delivery in list(self.left):
                yield delivery
            if self.broken:
                raise self.broken.pop()
            if not self.ends:
                await asyncio.Event().wait()
        finally:
            self.connected = False

    async def acknowledge(self, delivery: Delivery) -> None:
        if self.deaf:
            raise SourceError("gone; it is made anew")
        self.acknowledged.append(delivery.token)
        self.left = [d for d in self.left if d.token != delivery.token]

    async def look(self) -> dict[str, int]:
        return {"pending": len(self.left), "lag": 7, "lost": 2}

    async def close(self) -> None:
        self.closed = True


class Ledger:
    """A door that notes what came, and refuses or fails as it was told to."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.fails: list[Exception] = []
        self.open = asyncio.Event()
        self.open.set()
        self.waiting = 0

    async def submit(
        self,
        events: Sequence[Event],
        refusals: Sequence[Refusal] = (),
        kept: Sequence[int] | None = None,
        *,
        source: str = "",
    ) -> Receipt:
        self.waiting += 1
        await self.open.wait()
        self.waiting -= 1
        if self.fails:
            raise self.fails.pop()
        self.texts += [event.text for event in events]
        return Receipt(len(events), 0, [])


def start(feed: Script, door: Ledger) -> tuple[Feeds, list[tuple[str, str, bytes]], dict[str, str]]:
    feeds, refused, names = Feeds(), [], {}

    def refuse(source, refusals, samples) -> None:
        refused.extend(
            (source, r.reason, sample) for r, sample in zip(refusals, samples, strict=True)
        )

    feeds.start([feed], door, consumer="me", refuse=refuse, learn=names.update)
    return feeds, refused, names


async def test_a_delivery_is_acknowledged_after_its_receipt() -> None:
    """As long as the door has not answered, nothing is acknowledged."""
    feed, door = Script("a", "b", "c"), Ledger()
    door.open.clear()
    feeds, _, names = start(feed, door)
    await until(lambda: door.waiting == 3)

    assert feed.acknowledged == []
    door.open.set()
    await feeds.finished()
    await feeds.stop()
    assert sorted(feed.acknowledged) == sorted(door.texts) == ["a", "b", "c"]
    assert feeds.counters()["script"]["acked"] == 3
    assert names == {"s": "conf"}
    assert feed.closed


async def test_only_so_many_are_under_way() -> None:
    """A door that hangs holds back the feed, not the memory."""
    feed, door = Script(*map(str, range(50))), Ledger()
    door.open.clear()
    feeds, _, _ = start(feed, door)
    await until(lambda: door.waiting == IN_FLIGHT)
    await asyncio.sleep(0.05)

    assert door.waiting == IN_FLIGHT == feeds.counters()["script"]["in_flight"]
    door.open.set()
    await feeds.finished()
    await feeds.stop()
    assert len(feed.acknowledged) == 50


async def test_a_journal_that_fails_is_tried_until_it_works() -> None:
    """Nothing is acknowledged meanwhile, and health says why."""
    feed, door = Script("a", ends=False), Ledger()
    door.fails = [JournalError("the disk is full; make room")] * 2
    feeds, _, _ = start(feed, door)
    await until(lambda: "disk is full" in feeds.health()[0]["detail"])

    assert feed.acknowledged == []
    assert not feeds.health()[0]["ok"]
    feed.note = "it began anew twice"
    assert feeds.health()[0]["detail"].endswith("; it began anew twice")
    await until(lambda: feed.acknowledged == ["a"])
    await until(lambda: feeds.health()[0]["ok"])
    await feeds.stop()


async def test_a_feed_that_breaks_is_opened_again() -> None:
    """With what was not acknowledged; the gap is counted, and shown while it lasts."""
    feed, door = Script("a", ends=False), Ledger()
    feed.broken = [SourceError("no Redis there; is it running?")] * 3
    feeds, _, _ = start(feed, door)
    await until(lambda: "no Redis there" in feeds.health()[0]["detail"])
    health = feeds.health()[0]
    assert not health["ok"]
    assert health["remedy"]
    await until(lambda: feeds.health()[0]["ok"] and feed.acknowledged == ["a"])

    counts = feeds.counters()["script"]
    assert counts["reconnects"] == 3
    assert counts["gap_s"] > 0
    assert counts["last_error"] == "no Redis there; is it running?"
    await feeds.stop()


async def test_what_could_not_be_acknowledged_comes_again() -> None:
    """The feed gives it once more; its id makes that harmless further in."""
    feed, door = Script("a", ends=False), Ledger()
    feed.deaf = True
    feed.broken = []
    feeds, _, _ = start(feed, door)
    await until(lambda: feeds.counters()["script"]["unacked"] == 1)
    feed.deaf = False
    await feeds.stop()
    again, _, _ = start(feed, door)
    await until(lambda: feed.acknowledged == ["a"])
    await again.stop()

    assert door.texts == ["a", "a"]


async def test_what_can_never_be_taken_is_buried_and_acknowledged() -> None:
    """Sessions too many, and what fails for no known reason three times."""
    for error, said in (
        (TooManySessions("too many sessions; wait"), "too many sessions"),
        (ZeroDivisionError(), "could not be submitted: ZeroDivisionError"),
        (EngineFailed("the engine failed on it; report it"), "could not be submitted: the engine"),
    ):
        feed, door = Script("a"), Ledger()
        door.fails = [error] * 3
        feeds, refused, _ = start(feed, door)
        await feeds.finished()
        await feeds.stop()

        assert feed.acknowledged == ["a"]
        assert feeds.counters()["script"]["refused"] == 1
        ((source, reason, sample),) = refused
        assert source == "script"
        assert said in reason
        assert b'"id":"a"' in sample


async def test_refusals_of_a_feed_and_of_the_door_are_kept(house: House) -> None:
    """In the inspector with their sample, and among the dead letters with their reason."""
    feed = Script()
    ahead = Message(session="s", text="x", at=None)
    feed.left = [
        Delivery([ahead], [1], [Refusal(0, "no JSON; send some")], [b"{broken"], token="t")
    ]
    pipeline = house.pipeline
    pipeline.feeds = Feeds()
    pipeline.feeds.start([feed], pipeline, consumer="me", refuse=pipeline.refuse)
    await pipeline.feeds.finished()
    await pipeline.feeds.stop()
    await house.tick()

    async def letters():
        return await pipeline.archive.dead_letters(source="script")

    async with asyncio.timeout(10):
        while not (kept := await letters()):
            await asyncio.sleep(0.01)
    assert [(letter.reason, letter.raw) for letter in kept] == [("no JSON; send some", b"{broken")]
    (source,) = pipeline.inspector.sources()
    assert (source["source"], source["accepted"], source["refused"]) == ("script", 1, 1)
    assert "script" in [part["name"] for part in pipeline.health()]


async def test_two_feeds_of_one_kind_have_two_names() -> None:
    """Health and counters tell them apart."""
    feeds, door = Feeds(), Ledger()
    both = [Script("a"), Script("b")]
    feeds.start(both, door, consumer="me", refuse=lambda *told: None)
    await feeds.finished()
    await feeds.stop()

    assert set(feeds.counters()) == {"script", "script-2"}


async def test_how_it_stands_is_looked_at_every_second() -> None:
    """Pending, lag and loss, as the feed tells them."""
    feed, door = Script(ends=False), Ledger()
    feeds, _, _ = start(feed, door)
    await until(lambda: feeds.counters()["script"]["lag"] == 7)
    await feeds.stop()

    assert feeds.counters()["script"]["lost"] == 2
    assert "deleted before they were read" in feeds.health()[0]["detail"]


@pytest.mark.parametrize(("count", "size", "text"), [(2500, 1, "x"), (40, 20_000_000, "y" * 9000)])
def test_a_large_delivery_is_submitted_in_parts(count, size, text) -> None:
    """None has more than a thousand events, nor more bytes than an entry of the journal holds."""
    delivery = Delivery([Message(session="s", text=text)] * count, size=size)
    made = list(parts(delivery))

    assert sum(map(len, made)) == count
    assert max(map(len, made)) <= BATCH
    assert list(parts(Delivery([]))) == []


def test_a_consumer_is_its_folder_on_its_host(tmp_path) -> None:
    """The same after a restart; another folder on the same host is another consumer."""
    assert consumer_name(tmp_path) == consumer_name(tmp_path)
    assert consumer_name(tmp_path) != consumer_name(tmp_path / "other")


async def test_what_nobody_expected_is_seen_and_ends_nothing(monkeypatch) -> None:
    """Of an acknowledgement and of a look: counted and told, and both go on."""
    monkeypatch.setattr(feeds_module, "LOOK_S", 0.01)
    script, looks = Script("a", "b", ends=False), []

    async def odd(*_):
        looks.append(1)
        raise KeyError("pending")

    script.acknowledge = script.look = odd
    feeds = Feeds()
    feeds.start([script], Ledger(), consumer="me", refuse=lambda *_: None)
    await until(lambda: len(looks) >= 5)
    counts = feeds.counters()["script"]
    await feeds.stop()

    assert counts["unacked"] == 2
    assert "report it" in counts["last_error"]
