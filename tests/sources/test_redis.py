"""Redis as a source, on a real server: what is acknowledged, what comes again, what is lost."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest
from redis.asyncio import Redis as Client

from roomtone.errors import SourceError
from roomtone.events import Message
from roomtone.sources.redis import Redis
from roomtone.testing import check_feed
from tests.servers import Running, free_port, redis_server

pytestmark = pytest.mark.servers

CHAT = "platform.events.chat.message.v1"
VOTE = "platform.events.poll.vote.v1"
CLOSED = "platform.events.poll.closed.v1"
REACTION = "platform.events.live.reaction.v1"


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator[Client]:
    async with Client.from_url(redis_url) as made:
        yield made


def chat(text: str, session: str = "s", **more) -> str:
    return json.dumps({"sessionId": session, "eventId": "conf", "message": text, **more})


async def collect(feed, events: int, *, consumer: str = "me", ack: bool = True, refused: int = 0):
    """Deliveries until there were so many events and refusals."""
    got = []
    async with asyncio.timeout(20), aclosing(feed.deliveries(consumer)) as deliveries:
        async for delivery in deliveries:
            got.append(delivery)
            if ack:
                await feed.acknowledge(delivery)
            if (
                sum(len(d.events) for d in got) >= events
                and sum(len(d.refusals) for d in got) >= refused
            ):
                return got
    return got


def texts(deliveries) -> list[str]:
    return [event.text for delivery in deliveries for event in delivery.events]


async def pending(client: Client, stream: str = CHAT, group: str = "roomtone") -> int:
    return (await client.xpending(stream, group))["pending"]


async def test_a_stream_is_read_from_its_beginning_and_acknowledged(redis_url, client) -> None:
    """What was added before anybody listened counts; acknowledged entries are nobody's any more."""
    await client.xadd(CHAT, {"data": chat("before")})
    feed = Redis(redis_url)
    got = await collect(feed, 1)

    assert texts(got) == ["before"]
    assert got[0].names == {"s": "conf"}
    assert await client.get("roomtone:event:s") == b"conf"
    assert await pending(client) == 0
    assert await feed.look() == {"pending": 0, "lag": 0, "lost": 0}
    await feed.close()
    await feed.close()


async def test_a_feed_of_redis_keeps_the_contract(redis_url, client) -> None:
    """What every live source is held to: events with ids, a sample for each refusal, places."""
    await client.xadd(CHAT, {"data": f"[{chat('one')},{{}},{chat('two')}]"})
    delivery = await check_feed(Redis(redis_url))

    assert texts([delivery]) == ["one", "two"]
    assert [refusal.index for refusal in delivery.refusals] == [1]
    assert await pending(client) == 0


async def test_all_streams_and_forms_of_entries(redis_url, client) -> None:
    """The documents' streams, flat fields, many events in one entry, and our own wire."""
    await client.xadd(CHAT, {"sessionId": "s", "message": "flat"})
    await client.xadd(CHAT, {"data": f"[{chat('one')},{chat('two')}]"})
    await client.xadd(VOTE, {"payload": '{"sessionId":"s","pollId":"p","userId":"u"}'})
    await client.xadd(CLOSED, {"event": '{"pollId":"p"}'})
    await client.xadd(REACTION, {"data": '{"sessionId":"s","userId":"u","emoji":"🔥"}'})
    await client.xadd(
        "platform.events.live.sync.v1",
        {"data": '{"type":"user_join","sessionId":"s","userId":"u"}'},
    )
    lines = '{"type":"join","session":"w","user":"a"}\n{"type":"message","session":"w","text":"hi"}'
    await client.xadd("roomtone.events", {"data": lines})
    feed = Redis(redis_url)
    got = await collect(feed, 9)
    await feed.close()

    kinds = sorted(type(event).__name__ for d in got for event in d.events)
    assert kinds == sorted(["Message"] * 4 + ["PollVote", "PollClosed", "Reaction", "Join", "Join"])
    ids = [event.id for d in got for event in d.events]
    assert len(set(ids)) == 9
    assert None not in ids


async def test_what_was_not_acknowledged_comes_again_with_the_same_ids(redis_url, client) -> None:
    """After a restart one's own pending entries come first, then what is new."""
    for n in range(3):
        await client.xadd(CHAT, {"data": chat(str(n))})
    first = await collect(Redis(redis_url), 3, ack=False)
    await client.xadd(CHAT, {"data": chat("new")})
    feed = Redis(redis_url)
    again = await collect(feed, 4)
    await feed.close()

    assert texts(again) == ["0", "1", "2", "new"]
    assert [e.id for d in again for e in d.events][:3] == [e.id for d in first for e in d.events]
    assert await pending(client) == 0


async def test_two_consumers_share_a_group(redis_url, client) -> None:
    """Each entry goes to one of them, all to somebody; one who dies leaves its own to the other."""
    feeds = [Redis(f"{redis_url}?idle_s=1&count=10") for _ in range(2)]
    streams = [feed.deliveries(name) for feed, name in zip(feeds, ("a", "b"), strict=True)]
    for n in range(40):
        await client.xadd(CHAT, {"data": chat(str(n))})
    seen: list[str] = []
    async with asyncio.timeout(20):
        for _ in range(2):
            for feed, deliveries in zip(feeds, streams, strict=True):
                delivery = await anext(deliveries)
                seen += [event.text for event in delivery.events]
                if feed is feeds[0]:
                    await feed.acknowledge(delivery)
        assert sorted(map(int, seen)) == list(range(40))
        assert await pending(client) == 20
        await streams[1].aclose()  # b is dead, with twenty entries in its hands
        late: list[str] = []
        async for delivery in streams[0]:
            late += [event.text for event in delivery.events]
            await feeds[0].acknowledge(delivery)
            if len(late) == 20:
                break
        await streams[0].aclose()
    for feed in feeds:
        await feed.close()

    assert set(late) <= set(seen)
    assert len(set(late)) == 20
    assert await pending(client) == 0


async def test_poison_is_told_and_acknowledged(redis_url, client) -> None:
    """Entries that can never be taken do not come again, and their neighbours are taken."""
    poison = [b"\xff\xfe", b"{", b"[1,2]", b'{"sessionId":5}', b'"x"', b"[" * 5000]
    for body in poison:
        await client.xadd(CHAT, {b"data": body})
    await client.xadd(CHAT, {"nothing": "here"})
    await client.xadd(CHAT, {"data": chat("good")})
    feed = Redis(redis_url)
    got = await collect(feed, 1, refused=7)
    await feed.close()

    assert "good" in texts(got)
    refusals = [refusal for d in got for refusal in d.refusals]
    assert all(";" in refusal.reason for refusal in refusals)
    assert len(refusals) >= 7
    assert all(len(sample) <= 2048 for d in got for sample in d.samples)
    assert await pending(client) == 0


@pytest.mark.parametrize("mode", ["streams", "pubsub"])
async def test_the_session_of_a_poll_outlives_a_restart(mode, redis_url, client) -> None:
    """Voted in before, closed after: its session is known, though the closing names none."""
    first = Redis(redis_url)
    await client.xadd(VOTE, {"data": '{"sessionId":"s","pollId":"p","userId":"u"}'})
    await collect(first, 1)
    await first.close()
    feed = Redis(f"{redis_url}?mode={mode}")
    async with asyncio.timeout(20), aclosing(feed.deliveries("me")) as deliveries:
        waiting = asyncio.create_task(anext(deliveries))
        while not feed.connected:
            await asyncio.sleep(0.01)
        if mode == "streams":
            await client.xadd(CLOSED, {"data": '{"pollId":"p"}'})
        else:
            await client.publish(CLOSED, '{"pollId":"p"}')
        delivery = await waiting
    await feed.close()

    assert [(event.session, event.poll) for event in delivery.events] == [("s", "p")]


async def test_a_connection_with_tls(tmp_path) -> None:
    """rediss:// with a certificate that is checked; without its authority it is refused."""
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("openssl is missing")
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    made = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    files = ["-keyout", str(key), "-out", str(cert)]
    subprocess.run([program, *made, *names, *files], check=True, capture_output=True, timeout=60)
    port = free_port()
    tls = ["--tls-port", str(port), "--tls-cert-file", str(cert), "--tls-key-file", str(key)]
    server = redis_server(
        tmp_path / "redis", *tls, "--tls-ca-cert-file", str(cert), "--tls-auth-clients", "no"
    )
    server.start()
    try:
        async with Client.from_url(server.url) as client:
            await client.xadd(CHAT, {"data": chat("secret")})
        feed = Redis(f"rediss://127.0.0.1:{port}/0?ssl_ca_certs={cert}")
        assert texts(await collect(feed, 1)) == ["secret"]
        await feed.close()
        with pytest.raises(SourceError, match="certificate"):
            await anext(Redis(f"rediss://127.0.0.1:{port}/0").deliveries("me"))
    finally:
        server.stop()


async def test_entries_deleted_while_they_were_ours(redis_url, client) -> None:
    """What was trimmed before it was taken is counted as lost, and does not come for ever."""
    for n in range(5):
        await client.xadd(CHAT, {"data": chat(str(n))})
    await collect(Redis(redis_url), 5, ack=False)
    await client.xtrim(CHAT, maxlen=2, approximate=False)
    feed = Redis(redis_url)
    got = await collect(feed, 2)

    assert texts(got) == ["3", "4"]
    assert (await feed.look())["lost"] == 3
    assert await pending(client) == 0
    await feed.close()


async def test_entries_trimmed_before_anybody_read_them(redis_url, client) -> None:
    """A stream that is kept too short loses events; how many is known."""
    feed = Redis(redis_url)
    await client.xadd(CHAT, {"data": chat("first")})
    await collect(feed, 1)
    for n in range(10):
        await client.xadd(CHAT, {"data": chat(str(n))}, maxlen=4, approximate=False)

    assert (await feed.look())["lost"] == 6
    assert texts(await collect(feed, 4)) == ["6", "7", "8", "9"]
    assert (await feed.look())["lost"] == 6
    await feed.close()


async def test_a_stream_that_is_deleted_is_made_again(redis_url, client) -> None:
    """Somebody empties the server: reading goes on with what comes then."""
    feed = Redis(redis_url)
    async with asyncio.timeout(20), aclosing(feed.deliveries("me")) as deliveries:
        await client.xadd(CHAT, {"data": chat("a")})
        await feed.acknowledge(await anext(deliveries))
        await client.flushall()
        waiting = asyncio.create_task(anext(deliveries))
        while not await client.exists(CHAT):
            await asyncio.sleep(0.05)
        await client.xadd(CHAT, {"data": chat("b")})
        delivery = await waiting
    await feed.close()

    assert texts([delivery]) == ["b"]


async def test_large_entries_are_read_a_few_at_a_time(redis_url, client) -> None:
    """Deliveries stay at a thousand events or a megabyte, whatever an entry holds."""
    big = "[" + ",".join([chat("x" * 1000)] * 1500) + "]"
    for _ in range(6):
        await client.xadd(CHAT, {"data": big})
    feed = Redis(redis_url)
    got = await collect(feed, 9000)
    await feed.close()

    assert [len(delivery.events) for delivery in got] == [1500] * 6


async def test_pubsub_hears_what_is_published_meanwhile(redis_url, client) -> None:
    """All channels, as it comes; nothing of before."""
    await client.publish(CHAT, chat("nobody hears this"))
    feed = Redis(f"{redis_url}?mode=pubsub")
    async with asyncio.timeout(20), aclosing(feed.deliveries("me")) as deliveries:
        waiting = asyncio.create_task(anext(deliveries))
        while not feed.connected:
            await asyncio.sleep(0.01)
        await client.publish(CHAT, chat("hello"))
        await client.publish(VOTE, '{"sessionId":"s","pollId":"p"}')
        await client.publish(CLOSED, '{"pollId":"p"}')
        await client.publish("sync-events", '{"type":"user_leave","sessionId":"s","userId":"u"}')
        events = [*(await waiting).events]
        while len(events) < 4:
            events += (await anext(deliveries)).events
    await feed.close()

    assert [type(event).__name__ for event in events] == [
        "Message",
        "PollVote",
        "PollClosed",
        "Leave",
    ]
    assert events[0] == Message(session="s", text="hello")
    assert feed.durable is feed.connected is False


@pytest.mark.parametrize("mode", ["streams", "pubsub"])
async def test_a_connection_that_is_cut_is_told(mode, redis_url, client) -> None:
    """CLIENT KILL ends the deliveries with a SourceError, and one can listen again."""
    feed = Redis(f"{redis_url}?mode={mode}")
    for _ in range(2):
        deliveries = feed.deliveries("me")
        waiting = asyncio.create_task(anext(deliveries))
        while not feed.connected:
            await asyncio.sleep(0.01)
        await client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        await client.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
        with pytest.raises(SourceError, match="made anew"):
            async with asyncio.timeout(10):
                await waiting
        assert not feed.connected
    await feed.close()


@pytest.mark.parametrize("mode", ["streams", "pubsub"])
async def test_a_redis_that_hangs_is_noticed_within_5_s(mode, own_redis: Running) -> None:
    """It accepts and never answers: neither mode waits for it without end."""
    feed = Redis(f"{own_redis.url}?mode={mode}")
    deliveries = feed.deliveries("me")
    waiting = asyncio.create_task(anext(deliveries))
    while not feed.connected:
        await asyncio.sleep(0.01)
    with own_redis.paused():
        with pytest.raises(SourceError):
            async with asyncio.timeout(5):
                await waiting
        with pytest.raises(SourceError, match="is it running"):
            async with asyncio.timeout(6):
                await anext(feed.deliveries("me"))
    await feed.close()


async def test_the_first_host_that_is_a_master_is_taken(redis_url, own_redis: Running) -> None:
    """Hosts that are down and replicas are passed over."""
    async with Client.from_url(own_redis.url) as replica, Client.from_url(redis_url) as master:
        port = redis_url.rpartition(":")[2].partition("/")[0]
        await replica.replicaof("127.0.0.1", port)
        await master.xadd(CHAT, {"data": chat("from the master")})
        hosts = f"redis://127.0.0.1:1,127.0.0.1:{own_redis.port},127.0.0.1:{port}/0"
        feed = Redis(hosts)
        got = await collect(feed, 1)
        await feed.close()
        with pytest.raises(SourceError, match="replica"):
            await anext(Redis(own_redis.url).deliveries("me"))

    assert texts(got) == ["from the master"]


async def test_as_a_plain_source(redis_url, client) -> None:
    """`events` acknowledges a delivery when it is asked for the next."""
    await client.xadd(CHAT, {"data": chat("a")})
    async with asyncio.timeout(20), aclosing(Redis(redis_url).events()) as events:
        first = await anext(events)
        waiting = asyncio.create_task(anext(events))
        while await pending(client):
            await asyncio.sleep(0.01)
        await client.xadd(CHAT, {"data": chat("b")})
        assert [first.text, (await waiting).text] == ["a", "b"]


async def test_errors_end_in_what_to_do(redis_url, client) -> None:
    """No server, a wrong password, a key that is no stream: each with its remedy."""
    with pytest.raises(SourceError, match="is it running"):
        await anext(Redis("redis://127.0.0.1:1/0").deliveries("me"))
    with pytest.raises(SourceError) as said:
        await anext(Redis(redis_url.replace("//", "//:secret@")).deliveries("me"))
    assert "secret" not in str(said.value)
    await client.set(CHAT, "no stream")
    with pytest.raises(SourceError, match="name others with channels="):
        await anext(Redis(redis_url).deliveries("me"))
