"""Discord as a source, over a gateway that breaks, resumes, forgets and refuses."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress
from datetime import timedelta

import discord
import pytest

from roomtone.errors import SourceError
from roomtone.events import Join, Leave, Message, Reaction, Turn, TurnRevised
from roomtone.sources import discord as source
from roomtone.sources._discord_payloads import id_at
from roomtone.sources.discord import Discord as Feed
from roomtone.testing import check_feed
from tests.discord_fake import FRAMES, TOKEN, Discord

GUILD = "700000000000000001"
ALL = f"guilds={GUILD}&dms=yes&members=yes"


@pytest.fixture
async def fake() -> AsyncIterator[Discord]:
    async with Discord() as server:
        yield server


class Reader:
    """Reads a feed as a host does: after a break it is read again."""

    def __init__(self, feed: Feed) -> None:
        self.feed, self.events, self.refusals, self.errors = feed, [], [], []
        self.more = asyncio.Condition()
        self.go = asyncio.Event()
        self.go.set()
        self._job = asyncio.create_task(self._run())

    async def _run(self) -> None:
        while True:
            try:
                async with aclosing(self.feed.deliveries("test")) as deliveries:
                    async for delivery in deliveries:
                        await self.go.wait()
                        self.events += delivery.events
                        self.refusals += delivery.refusals
                        async with self.more:
                            self.more.notify_all()
            except SourceError as error:
                self.errors.append(str(error))

    async def until(self, count: int, kind: type = Reaction):
        """Those of a kind, once there are so many."""
        async with asyncio.timeout(20), self.more:
            await self.more.wait_for(lambda: len(self.of(kind)) >= count)
        return self.of(kind)

    def of(self, kind: type):
        return [event for event in self.events if type(event) is kind]

    async def stop(self) -> None:
        self._job.cancel()
        with suppress(asyncio.CancelledError):
            await self._job


@pytest.fixture
async def read() -> AsyncIterator:
    readers: list[Reader] = []

    def start(url: str) -> Reader:
        readers.append(Reader(Feed(url)))
        return readers[-1]

    yield start
    for reader in readers:
        await reader.stop()


# -- over the wire -------------------------------------------------------------------------------


async def test_all_that_is_recorded_comes_over_a_real_gateway(fake, read):
    """Compressed frames, a signed-in session, reactions on messages that nobody has seen."""
    reader = read(fake.url(ALL))
    await fake.when(lambda: fake.sessions)
    await fake.say(*FRAMES)
    await reader.until(3, Leave)

    assert len(reader.of(Turn)) == 5
    assert {one.why for one in reader.of(TurnRevised)} == {"edited", "deleted"}
    assert FRAMES["on an old one"]["d"]["message_id"] in {e.target for e in reader.of(Reaction)}
    ids = [(event.session, event.id) for event in reader.events]
    assert len(ids) == len(set(ids))
    assert reader.refusals == []
    assert fake.session.intents & (1 << 15 | 1 << 10) == 1 << 15 | 1 << 10
    assert reader.feed.connected


async def test_a_feed_of_discord_keeps_the_contract(fake):
    """What every live source is held to."""
    checking = asyncio.create_task(check_feed(Feed(fake.url(ALL))))
    delivery = await checking

    assert [type(event) for event in delivery.events] == [Join]


async def test_a_connection_that_breaks_again_and_again_loses_and_doubles_nothing(fake, read):
    """Closed, cut, told to come again: each time the session goes on where it was."""
    reader = read(fake.url(ALL))
    await fake.when(lambda: fake.sessions)
    for n in range(300):
        await fake.say("liked")
        if n in (50, 150):
            await fake.drop(4000 if n == 50 else None)
        if n == 250:
            await fake.when(lambda: fake.session.line is not None)
            await fake.reconnect()
    got = await reader.until(300)
    await fake.when(lambda: fake.resumes >= 2)

    assert len(got) == len({event.id for event in got}) == 300
    assert [int(event.id.rpartition(".")[2]) for event in got] == sorted(
        int(event.id.rpartition(".")[2]) for event in got
    )
    assert len(fake.sessions) == 1
    assert reader.feed.restarted == 0


async def test_a_session_that_is_forgotten_is_begun_anew_and_said(fake, read, monkeypatch):
    """What came between is lost, which the feed counts; who is on stage has not come twice."""

    async def at_once(self, shard, *, initial=False):
        return None

    monkeypatch.setattr(discord.Client, "before_identify_hook", at_once)  # it would wait 5 s
    reader = read(fake.url(ALL))
    await fake.when(lambda: fake.sessions)
    await fake.say("liked")
    await reader.until(1)
    fake.forgets = True
    await fake.drop(4000)
    await fake.when(lambda: len(fake.sessions) == 2)
    await fake.say("liked")
    got = await reader.until(2)

    assert len({event.id for event in got}) == 2
    assert len(reader.of(Join)) == 1
    assert reader.feed.restarted == 1
    assert "could not go on" in reader.feed.note


async def test_what_was_said_before_a_start_is_told_as_far_as_the_url_says(fake, read):
    """Some minutes by default, out of Discord's own history; with catchup=0 nothing."""
    now = str(id_at(discord.utils.utcnow() - timedelta(minutes=2)))
    general = fake.guild["channels"][0]
    general["last_message_id"] = now
    history = f"/channels/{general['id']}/messages"
    said = {**FRAMES["asked"]["d"], "id": now}
    fake.messages[history] = [{k: v for k, v in said.items() if k != "guild_id"}]
    reader = read(fake.url(ALL))
    (message,) = await reader.until(1, Message)
    without = read(fake.url(f"{ALL}&catchup=0"))
    await without.until(1, Join)

    assert (message.id, message.text) == (now, said["content"])
    assert fake.asked.count(history) == 1
    assert without.of(Message) == []


async def test_a_host_that_cannot_keep_up_makes_discord_wait(fake, read, monkeypatch):
    """Nothing is dropped: the connection is let go, and resumed where it was once there is room."""
    monkeypatch.setattr(source, "MOST_WAITING", 20)
    reader = read(fake.url(ALL))
    await fake.when(lambda: fake.sessions)
    await reader.until(1, Join)
    reader.go.clear()
    line, sent = fake.session.line, 0
    while not line.socket.closed:
        await fake.say("liked")
        await asyncio.sleep(0)
        sent += 1
        assert sent < 2_000, "it never let go"
    for _ in range(50):
        await fake.say("liked")
    waiting = (await reader.feed.look())["pending"]
    reader.go.set()
    got = await reader.until(sent + 50)

    assert 20 <= waiting <= sent
    assert len(got) == len({event.id for event in got}) == sent + 50
    assert fake.resumes >= 1


async def test_a_frame_that_breaks_the_library_costs_a_session_and_no_more(fake, read):
    """It is refused here, the connection made anew, and what comes after that is heard."""
    reader = read(fake.url(ALL))
    await fake.when(lambda: fake.sessions)
    await fake.say("liked")
    await reader.until(1)
    await fake.session.dispatch("MESSAGE_CREATE", {"id": "1", "channel_id": "2"})
    await fake.when(lambda: len(fake.sessions) == 2)
    await fake.say("liked")
    await reader.until(2)

    assert "discord.py failed" in reader.errors[0]
    assert len(reader.refusals) == 1
    assert "could not go on where it was 1x" in reader.feed.note


async def test_a_broken_frame_costs_itself_alone(fake):
    """What is no frame, and what a fault of ours makes of one, are refused; the rest is taken."""
    feed = Feed(fake.url(ALL))
    feed._hear("no frame")
    for name in ("liked", "asked", "on an old one"):
        changed = {"author": None} if name == "asked" else {}
        frame = {"op": 0, "s": 1, "t": FRAMES[name]["t"], "d": FRAMES[name]["d"] | changed}
        feed._hear(json.dumps(frame))
    delivery = await feed._collect()

    assert [event.emoji for event in delivery.events] == ["❤️", "😂"]
    assert [refusal.index for refusal in delivery.refusals] == [0, 2]
    assert list(delivery.kept) == [1, 3]
    assert delivery.samples[0] == b"no frame"


# -- refusals ------------------------------------------------------------------------------------


async def refused(feed: Feed) -> str:
    with pytest.raises(SourceError) as caught:
        async with asyncio.timeout(10):
            await anext(feed.deliveries("me"))
    assert TOKEN not in str(caught.value)
    return str(caught.value)


async def test_a_token_that_discord_does_not_know_is_said_and_not_tried_again_at_once(fake):
    """A bot that signs in too often in vain loses its token: after a refusal there is a pause."""
    feed = Feed(fake.url(ALL, token="stale"))
    said = await refused(feed)
    asked = len(fake.asked)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await anext(feed.deliveries("me"))

    assert "does not know this token" in said
    assert "stale" not in said
    assert len(fake.asked) == asked
    assert fake.sessions == []


async def test_an_intent_that_is_switched_off_is_named_before_discord_refuses(fake):
    """Which one, where it is switched on, and what the URL says to do without."""
    fake.http["/oauth2/applications/@me"]["flags"] = 0
    said = await refused(Feed(fake.url(f"guilds={GUILD}")))
    members = await refused(Feed(fake.url(f"guilds={GUILD}&content=no&members=yes")))
    feed = Feed(fake.url(f"guilds={GUILD}&content=no"))
    delivery = await anext(feed.deliveries("me"))
    await feed.close()

    assert "MESSAGE CONTENT INTENT" in said
    assert "content=no" in said
    assert "SERVER MEMBERS INTENT" in members
    assert len(delivery.events) == 1
    assert fake.opened == 1


@pytest.mark.parametrize(
    ("code", "says"),
    [(4004, "token"), (4011, "shard=0/4"), (4014, "MESSAGE CONTENT INTENT"), (4013, "upgrade")],
)
async def test_what_the_gateway_closes_for_good_is_a_sentence(fake, code, says):
    """By its close code, with what to do."""
    fake.closes_with = code
    said = await refused(Feed(fake.url(ALL)))

    assert f"({code})" in said
    assert says in said


async def test_limits_and_absence_are_said(fake):
    """Asked to slow down, the last sign-ins of a day, nobody there."""
    feed = Feed(fake.url(ALL))
    fake.status = 429
    slow = await refused(feed)
    fake.status = 0
    limit = fake.http["/gateway/bot"]["session_start_limit"]
    limit |= {"remaining": 3, "reset_after": 7_200_000}
    spent = await refused(Feed(fake.url(ALL)))
    nobody = await refused(Feed(f"discord://{TOKEN}@127.0.0.1:1/?{ALL}"))

    assert "slow down" in slow
    assert "997 of 1000 times today" in spent
    assert "120 min" in spent
    assert "is not reached" in nobody
    assert fake.opened == 0


async def test_token_and_intents_are_examined_without_the_gateway(fake):
    """As `roomtone doctor` does: three questions over HTTP, no session."""
    well = await Feed(fake.url(ALL)).examine()
    fake.http["/oauth2/applications/@me"]["flags"] = 0
    (ill,) = await Feed(fake.url(ALL)).examine()

    assert [(what, ok) for what, ok, _, _ in well] == [
        ("token", True), ("intents", True), ("sign-ins", True),
    ]  # fmt: skip
    assert "message_content" in well[1][2]
    assert (ill[0], ill[1]) == ("intents", False)
    assert "MESSAGE CONTENT INTENT" in ill[3]
    assert fake.opened == 0
