"""Redis cut off, frozen, overrun and failed over, time and again: nothing lost, nothing double."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from tests.served import Served, wait_until
from tests.servers import Running, redis_server

pytestmark = [pytest.mark.servers, pytest.mark.timeout(1200)]

CHAT = "platform.events.chat.message.v1"
SEEN_WITHIN_S = 5.0
GAP = 'roomtone_feed_gap_seconds_total{feed="redis-streams"}'
CONNECTED = 'roomtone_feed_connected{feed="redis-streams"}'
GAPS = 'roomtone_feed_gaps_total{feed="redis-streams"}'


class Sender(threading.Thread):
    """Adds numbered messages; one whose answer did not come is added again, as senders do."""

    def __init__(self, urls: list[str], rate: float = 400.0) -> None:
        super().__init__(daemon=True)
        self.urls, self.pause_s = urls, 1 / rate
        self.sent = 0  # answered
        self.wait = 0  # replicas that must have it before it counts as sent
        self.enough = threading.Event()

    def run(self) -> None:
        line: redis.Redis | None = None
        number = 0
        while not self.enough.is_set():
            body = {"sessionId": f"s{number % 7}", "messageId": f"m{number}", "text": str(number)}
            try:
                if line is None:
                    line = self.connect()
                line.xadd(CHAT, {"data": json.dumps(body)})
                if self.wait and line.execute_command("WAIT", self.wait, 1000) < self.wait:
                    raise redis.ConnectionError("no replica has it")
            except redis.RedisError:
                line = None
                time.sleep(0.05)
                continue
            number += 1
            self.sent = number
            time.sleep(self.pause_s)

    def connect(self) -> redis.Redis:
        """The first that is there and is a master."""
        for url in self.urls:
            line = redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=1)
            try:
                if line.role()[0] == b"master":
                    return line
            except redis.RedisError:
                continue
        raise redis.ConnectionError("nobody there")

    def stop(self) -> int:
        """Send no more; returns how many were."""
        self.enough.set()
        self.join(10)
        return self.sent


def drained(url: str) -> bool:
    """Whether everything was read and acknowledged.

    By the ids: Redis does not always know a group's lag, as after it was started anew.
    """
    with redis.Redis.from_url(url) as line:
        group = line.xinfo_groups(CHAT)[0]
        newest = line.xinfo_stream(CHAT)["last-generated-id"]
        return int(group["pending"]) == 0 and group["last-delivered-id"] == newest


def check(server: Served, sent: int) -> None:
    """Every message that was sent is in the journal once."""
    server.end()
    texts = server.texts()
    lost = [n for n in range(sent) if str(n) not in texts]
    assert lost == []
    assert {text for text, count in texts.items() if count > 1} == set()


@pytest.fixture
def rig(own_redis: Running, tmp_path: Path) -> Iterator[tuple[Running, Served, Sender]]:
    """A Redis of our own, a server that reads it, and somebody who sends."""
    both = f"{own_redis.url}?idle_s=2 {own_redis.url}?mode=pubsub"
    server = Served(tmp_path / "served", sources__listen=both)
    server.start()
    wait_until(lambda: server.numbers().get(CONNECTED) == 1)
    sender = Sender([own_redis.url])
    sender.start()
    yield own_redis, server, sender
    sender.stop()
    server.end()


def disconnect(url: str, times: int) -> None:
    chance = random.Random(5)
    with redis.Redis.from_url(url) as line:
        for _ in range(times):
            time.sleep(chance.uniform(0.05, 0.6))
            for kind in ("normal", "pubsub"):
                line.execute_command("CLIENT", "KILL", "TYPE", kind, "SKIPME", "yes")


def freeze(own: Running, server: Served, seconds: float) -> None:
    """Stop Redis for a while: the gap is in the metrics within 5 s, grows, and ends."""
    wait_until(lambda: server.numbers()[CONNECTED] == 1)
    before = server.numbers()
    with own.paused():
        took = wait_until(
            lambda: server.numbers()[CONNECTED] == 0 and server.numbers()[GAP] > before[GAP], 20
        )
        took += wait_until(lambda: not server.part("redis-pubsub")["ok"], 20)
        assert took <= SEEN_WITHIN_S
        part = server.part("redis-streams")
        assert not part["ok"]
        assert "not heard for" in part["detail"]
        assert part["remedy"]
        during = server.numbers()[GAP]
        time.sleep(max(0.5, seconds - took))
        assert server.numbers()[GAP] > during
    wait_until(lambda: server.numbers()[CONNECTED] == 1)
    assert server.numbers()[GAPS] > before[GAPS]


def overrun(url: str, megabytes: int) -> None:
    """A backlog all at once, and buffers so small that Redis hangs up on slow listeners."""
    with redis.Redis.from_url(url) as line:
        line.config_set("client-output-buffer-limit", "pubsub 64kb 32kb 1")
        line.config_set("client-output-buffer-limit", "normal 4mb 2mb 1")
        filler = "x" * 10_000
        pipe = line.pipeline(transaction=False)
        for n in range(megabytes * 100):
            body = {"sessionId": "big", "messageId": f"b{n}", "text": f"big {n} {filler}"}
            pipe.xadd(CHAT, {"data": json.dumps(body)})
            pipe.publish("sync-events", filler)
            if n % 50 == 49:
                pipe.execute()
        pipe.execute()
        line.config_set("client-output-buffer-limit", "normal 0 0 0")


def torment(
    rig: tuple[Running, Served, Sender], disconnects: int, frozen_s: float, megabytes: int
) -> None:
    own, server, sender = rig
    disconnect(own.url, disconnects)
    freeze(own, server, frozen_s)
    overrun(own.url, megabytes)
    sent = sender.stop()
    wait_until(lambda: drained(own.url), 300)
    check(server, sent)
    assert sent > 0
    big = [text for text in server.texts() if text.startswith("big ")]
    assert len(big) == megabytes * 100


def test_cut_off_frozen_and_overrun(rig) -> None:
    """A few disconnects, some seconds of silence, a backlog: all there, once, and it was seen."""
    torment(rig, disconnects=5, frozen_s=4, megabytes=4)


@pytest.mark.faults
def test_fifty_disconnects_a_minute_of_silence_and_80_mb(rig) -> None:
    """The same at full length."""
    torment(rig, disconnects=50, frozen_s=60, megabytes=80)


def test_killed_together_with_redis(rig, rounds: int) -> None:
    """Redis killed and started again (it keeps what it acknowledged), the server as well."""
    own, server, sender = rig
    for round in range(max(1, rounds // 10)):
        time.sleep(0.3)
        own.kill()
        if round % 2 == 0:
            server.end(9)
            server.start()
        own.start()
        wait_until(lambda: server.numbers().get(CONNECTED) == 1)
    sent = sender.stop()
    wait_until(lambda: drained(own.url))
    check(server, sent)


def test_fail_over_to_a_replica(own_redis: Running, tmp_path: Path, rounds: int) -> None:
    """The master dies, the replica is promoted: reading goes on there with what it has.

    The sender waits for the replica (WAIT): what it was told to be there, is there.
    """
    for round in range(max(1, rounds // 40)):
        folder = tmp_path / str(round)
        first, second = (redis_server(folder / name) for name in ("a", "b"))
        first.start()
        second.start()
        server = Served(folder / "served")
        try:
            replica = redis.Redis.from_url(second.url)
            replica.replicaof("127.0.0.1", first.port)
            master = redis.Redis.from_url(first.url)
            wait_until(lambda master=master: master.info("replication")["connected_slaves"] == 1)
            wait_until(lambda replica=replica: replica.info()["master_link_status"] == "up")
            hosts = f"redis://127.0.0.1:{first.port},127.0.0.1:{second.port}/0"
            server.settings["sources__listen"] = hosts
            server.start()
            wait_until(lambda server=server: server.numbers().get(CONNECTED) == 1)
            sender = Sender([first.url, second.url])
            sender.wait = 1
            sender.start()
            wait_until(lambda sender=sender: sender.sent > 200)
            first.kill()
            sender.wait = 0
            took = wait_until(lambda server=server: server.numbers()[CONNECTED] == 0, 10)
            assert took <= SEEN_WITHIN_S
            replica.replicaof("NO", "ONE")
            before = sender.sent
            wait_until(lambda sender=sender, before=before: sender.sent > before + 200)
            sent = sender.stop()
            wait_until(lambda second=second: drained(second.url))
            check(server, sent)
        finally:
            server.end()
            first.stop()
            second.stop()


def test_what_pub_sub_loses_is_at_least_seen(rig) -> None:
    """A disconnect of the channels is a gap that health and metrics tell."""
    own, server, _ = rig
    gaps = GAPS.replace("streams", "pubsub")
    before = server.numbers()[gaps]
    with redis.Redis.from_url(own.url) as line:
        line.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
    took = wait_until(lambda: server.numbers()[gaps] > before, 10)
    wait_until(lambda: server.part("redis-pubsub")["ok"])

    assert took <= SEEN_WITHIN_S
