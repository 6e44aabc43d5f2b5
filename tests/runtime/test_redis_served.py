"""A real server listens to a real Redis: what the page says, what is kept, what goes out."""

from __future__ import annotations

import json
import random
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from roomtone.events import Message, PollVote, Reaction
from tests.served import Served, wait_until

pytestmark = pytest.mark.servers

ROOT = Path(__file__).parents[2]
CHAT = "platform.events.chat.message.v1"
SYNC = "platform.events.live.sync.v1"
REACTION = "platform.events.live.reaction.v1"


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_url) as made:
        yield made


@pytest.fixture
def served(redis_url: str, tmp_path: Path) -> Iterator[Served]:
    """A server that reads the streams and publishes what it makes of them."""
    server = Served(tmp_path, sources__listen=redis_url, channels__documents=redis_url)
    server.start()
    yield server
    server.end()


def pending(client: redis.Redis, stream: str = CHAT) -> int:
    try:
        return int(client.xpending(stream, "roomtone")["pending"])
    except redis.ResponseError:
        return 0


def accepted(server: Served, feed: str = "redis-streams") -> float:
    return server.numbers()[f'roomtone_feed_events_total{{feed="{feed}",outcome="accepted"}}']


def mixed(count: int, chance: random.Random) -> tuple[list[tuple[str, dict]], int, int]:
    """Entries of all kinds, with how many events they hold and how many refusals they make."""
    entries: list[tuple[str, dict]] = []
    good = bad = 0
    for n in range(count):
        common = {"sessionId": f"s{n % 20}", "eventId": "conf", "userId": f"u{n % 300}"}
        match chance.randrange(8):
            case 0:
                entries.append((CHAT, {"data": json.dumps({**common, "message": f"m{n}"})}))
            case 1:
                entries.append((CHAT, {**common, "text": f"m{n}"}))
            case 2:
                vote = {**common, "pollId": f"p{n % 20}", "optionId": n % 4}
                entries.append(("platform.events.poll.vote.v1", {"payload": json.dumps(vote)}))
            case 3:
                entries.append((SYNC, {"data": json.dumps({"type": "user_join", **common})}))
            case 4:
                entries.append((REACTION, {"data": json.dumps({**common, "emoji": "👏"})}))
            case 5:
                wire = [
                    {"type": "message", "session": f"s{n % 20}", "text": f"w{n}-{k}"}
                    for k in range(5)
                ]
                entries.append(("roomtone.events", {"data": json.dumps(wire)}))
                good += 4
            case 6:
                cloud = {"specversion": "1.0", "id": f"c{n}", "type": "x", "data": {**common}}
                entries.append((CHAT, {"event": json.dumps(cloud)}))
            case _:
                entries.append((CHAT, {"data": chance.choice(["{", "[1]", "{}", "\x00"])}))
                good, bad = good - 1, bad + 1
        good += 1
    return entries, good, bad


def test_ten_thousand_mixed_entries(served: Served, client: redis.Redis) -> None:
    """Each event once, each refusal told, nothing left pending."""
    entries, good, bad = mixed(10_000, random.Random(7))
    pipe = client.pipeline(transaction=False)
    for stream, fields in entries:
        pipe.xadd(stream, fields)
    pipe.execute()
    wait_until(lambda: accepted(served) >= good)
    streams = {stream for stream, _ in entries}
    wait_until(lambda: sum(pending(client, stream) for stream in streams) == 0)
    numbers = served.numbers()
    sources = {its["source"]: its for its in served.get("/v1/inspector")["sources"]}
    served.end()

    assert numbers['roomtone_feed_events_total{feed="redis-streams",outcome="refused"}'] == bad
    assert sources["redis-streams"]["refused"] == bad
    kept = served.kept()
    assert len(kept) == good
    assert len({(event.session, event.id) for event in kept}) == good


def test_one_reaction_on_two_streams_counts_once(served: Served, client: redis.Redis) -> None:
    """With an id of its own, and without one."""
    own = {"sessionId": "s", "eventId": "e", "userId": "u", "emoji": "🔥", "reactionId": "r1"}
    bare = {"sessionId": "s", "userId": "v", "emoji": "🔥", "timestamp": "2026-02-02T12:00:00.123Z"}
    for told in (own, bare):
        client.xadd(SYNC, {"data": json.dumps({"type": "reaction", **told})})
        client.xadd(REACTION, {"data": json.dumps(told)})
    client.xadd(REACTION, {"data": json.dumps({**own, "reactionId": "r2"})})
    duplicates = 'roomtone_feed_events_total{feed="redis-streams",outcome="duplicate"}'
    wait_until(lambda: served.numbers()[duplicates] == 2)
    served.end()

    assert len([event for event in served.kept() if isinstance(event, Reaction)]) == 3


def test_kill_between_reading_and_acknowledging(served: Served, client: redis.Redis) -> None:
    """Killed under load again and again: every entry is in the journal once, none is pending."""
    total = 0
    for round in range(3):
        pipe = client.pipeline(transaction=False)
        for n in range(3_000):
            said = {"sessionId": f"s{n % 5}", "eventId": "e", "message": f"{round}-{n}"}
            pipe.xadd(CHAT, {"data": json.dumps(said)})
            total += 1
        pipe.execute()
        wait_until(lambda: pending(client) or client.xinfo_groups(CHAT)[0]["lag"] == 0, 20)
        served.end(signal.SIGKILL)
        served.start()
    wait_until(lambda: pending(client) == 0 and client.xinfo_groups(CHAT)[0]["lag"] == 0)
    served.end()
    texts = served.texts()

    assert len(texts) == total
    assert set(texts.values()) == {1}


def test_what_goes_out_after_each_tick(served: Served, client: redis.Redis) -> None:
    """`engagement:update` within a tick, with the event of the session; one for each."""
    ear = client.pubsub(ignore_subscribe_messages=True)
    ear.subscribe("engagement:update")
    for n in range(30):
        said = {"sessionId": "room", "eventId": "conf", "userId": f"u{n}", "message": "hi"}
        client.xadd(CHAT, {"data": json.dumps(said)})
    got: list[dict] = []

    def heard() -> bool:
        message = ear.get_message(timeout=0.1)
        if message:
            got.append(json.loads(message["data"]))
        return len(got) >= 2

    wait_until(heard, 20)
    ear.close()

    assert {told["sessionId"] for told in got} == {"room"}
    assert {told["eventId"] for told in got} == {"conf"}
    assert got[-1]["signals"]["active_users"] == 30
    assert 0 < got[-1]["score"] <= 1
    assert got[0]["timestamp"] != got[1]["timestamp"]
    assert served.part("documents")["ok"]


def test_the_commands_of_the_page_arrive(redis_url: str, tmp_path: Path) -> None:
    """Every redis-cli line of docs/redis.md, over streams and over pub/sub."""
    page = (ROOT / "docs" / "redis.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```bash\n(.*?)^```", page, re.M | re.S)
    assert len(blocks) == 2
    port = redis_url.rpartition(":")[2].partition("/")[0]
    both = f"{redis_url} {redis_url}?mode=pubsub"
    server = Served(tmp_path, sources__listen=both).start()
    try:
        wait_until(lambda: all(server.part(f"redis-{m}").get("ok") for m in ("streams", "pubsub")))
        for block in blocks:
            told = block.replace("redis-cli", f"redis-cli -p {port}")
            done = subprocess.run(["bash", "-ec", told], capture_output=True, text=True, timeout=30)
            assert done.returncode == 0, done.stderr
            assert "ERR" not in done.stdout
        wait_until(lambda: accepted(server) == 3 and accepted(server, "redis-pubsub") == 2)
        session = server.get("/v1/sessions/keynote")
    finally:
        server.end()

    assert (session["messages"], session["reactions"], session["people"]) == (2, 1, 2)


def test_ingest_takes_a_stream_to_a_server(redis_url: str, client, tmp_path: Path) -> None:
    """`roomtone ingest redis://...` until Ctrl-C, acknowledged when the server has it."""
    server = Served(tmp_path).start()
    for n in range(250):
        client.xadd(CHAT, {"data": json.dumps({"sessionId": "s", "message": f"m{n}"})})
    client.xadd(CHAT, {"data": "broken"})
    command = [sys.executable, "-m", "roomtone", "ingest", redis_url, "--to", server.url, "--json"]
    taking = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=tmp_path)
    try:
        wait_until(lambda: client.exists(CHAT) and client.xinfo_groups(CHAT))
        wait_until(lambda: pending(client) == 0 and client.xinfo_groups(CHAT)[0]["lag"] == 0)
        taking.send_signal(signal.SIGINT)
        report = json.loads(taking.communicate(timeout=30)[0])
    finally:
        taking.kill()
        server.end()

    assert (report["accepted"], report["refused"], taking.returncode) == (250, 1, 1)
    assert sum(isinstance(event, Message) for event in server.kept()) == 250
    assert not [event for event in server.kept() if isinstance(event, PollVote)]
