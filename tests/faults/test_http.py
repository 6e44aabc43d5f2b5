"""Over HTTP: no malformed body is a server error, and a full disk is said, survived and over."""

import errno
import gzip
import json
import os
import random

import pytest

from roomtone.errors import DiskFull
from roomtone.events import Message
from roomtone.records import Gap, Tick
from roomtone.runtime import journal
from roomtone.runtime.config import Settings
from roomtone.runtime.journal import read_journal
from roomtone.runtime.journal_disk import Disk
from roomtone.runtime.pipeline import Pipeline
from roomtone.testing import ManualClock
from roomtone.web.app import create_app
from tests.faults.malformed import BOMBS, GOOD, VALID, mutate

CASES = int(os.environ.get("ROOMTONE_FUZZ_CASES", "100000")) // 20
HEADERS = [
    (b"content-type", b"application/x-ndjson"),
    (b"content-type", b"application/json; charset=latin-1"),
    (b"content-type", b"\xff\xfe"),
    (b"content-encoding", b"gzip"),
    (b"content-encoding", b"br"),
    (b"content-length", b"-1"),
    (b"content-length", b"99999999999999999999"),
]
NAMES = [b"source=\xff", b"source=" + b"x" * 999]
QUERIES = [b"", b"", b"", b"history=true", b"history=maybe", *NAMES]


class Site:
    """The application on a real pipeline, asked without a network in between."""

    def __init__(self, pipeline: Pipeline, settings: Settings) -> None:
        self.pipeline, self.app = pipeline, create_app(pipeline, settings)

    async def ask(self, method: str, path: str, body=b"", query=b"", headers=()):
        """Status, headers and JSON of the answer."""
        told = []
        parts = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive():
            return parts.pop(0) if parts else {"type": "http.disconnect"}

        async def send(message):
            told.append(message)

        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": query,
            "headers": [(b"host", b"127.0.0.1"), *headers],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 8003),
            "scheme": "http",
            "http_version": "1.1",
            "root_path": "",
        }
        await self.app(scope, receive, send)
        raw = b"".join(message.get("body", b"") for message in told)
        return told[0]["status"], dict(told[0]["headers"]), json.loads(raw)

    async def post(self, body: bytes, query: bytes = b"", headers=()):
        return await self.ask("POST", "/v1/events", body, query, headers)


@pytest.fixture
async def site(tmp_path):
    settings = Settings(data=tmp_path)
    pipeline = await Pipeline.open(settings)
    await pipeline.start()
    made = Site(pipeline, settings)
    yield made
    await made.app.close()
    await pipeline.stop()


def neighbours(pipeline: Pipeline) -> int:
    """How many events of the good neighbour are in the journal."""
    return sum(
        getattr(event, "user", None) == "neighbour"
        for _, entry in read_journal(pipeline.journal.folder)
        for event in getattr(entry, "events", ())
    )


def check(status: int, answer: dict) -> None:
    """Taken with a reason for each refusal, or refused as a whole with one."""
    assert status in (202, 400, 413, 415), answer
    if status == 202:
        assert all(error["reason"] and error["index"] >= 0 for error in answer["errors"])
    else:
        assert answer["status"] == status and answer["detail"]


async def test_mutated_requests_are_never_a_server_error(site):
    """Thousands of accidents to body, headers and query; in the end the server is well."""
    chance = random.Random(17)
    statuses: dict[int, int] = {}
    for n in range(CASES):
        body = mutate(chance, chance.choice(VALID))
        if n % 7 == 0:
            body = b"[" + GOOD + b"," + body + b"]"
        if n % 11 == 0:
            body = gzip.compress(body)
            body = mutate(chance, body) if n % 2 else body
        headers = [chance.choice(HEADERS)] if n % 5 == 0 else []
        if n % 11 == 0:
            headers = [(b"content-encoding", b"gzip")]
        status, _, answer = await site.post(body, chance.choice(QUERIES), headers)
        check(status, answer)
        statuses[status] = statuses.get(status, 0) + 1
    await site.pipeline.settled()

    assert set(statuses) == {202, 400, 413, 415}
    assert site.pipeline.inspector.faults() == []
    status, _, answer = await site.ask("GET", "/readyz")
    assert status == 200, answer


async def test_good_neighbours_reach_the_journal(site):
    """Between two good lines anything may stand: the good ones are kept, every time."""
    chance = random.Random(18)
    for _ in range(CASES // 10):
        bad = mutate(chance, chance.choice(VALID)).replace(b"\n", b" ").replace(b"neighbour", b"n")
        headers = [(b"content-type", b"application/x-ndjson")]
        status, _, answer = await site.post(b"\n".join([GOOD, bad, GOOD]), headers=headers)
        assert status == 202, (bad, answer)
        check(status, answer)

    assert neighbours(site.pipeline) == 2 * (CASES // 10)


async def test_bombs_are_refused_and_forgotten(site):
    """Deep, huge, lying, and packed ones that unpack to a thousand times their size."""
    packed = [gzip.compress(b" " * 900_000), gzip.compress(b"x" * 30_000_000), b"\x1f\x8b"]
    for body in BOMBS:
        check(*(await site.post(body))[::2])
        check(*(await site.post(b"[" + GOOD + b"," + body + b"]"))[::2])
    for body in packed:
        status, _, answer = await site.post(body, headers=[(b"content-encoding", b"gzip")])
        check(status, answer)
        assert status in (400, 413)

    assert (await site.post(GOOD))[0] == 202
    status, _, answer = await site.ask("GET", "/readyz")
    assert status == 200, answer


class Small(Disk):
    """A disk with so many bytes left."""

    def __init__(self) -> None:
        self.room = 1 << 40

    def write(self, fd, data):
        if self.room <= 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        taken = super().write(fd, data[: self.room])
        self.room -= taken
        return taken


@pytest.mark.parametrize("outage_s", [8, 300])
async def test_an_outage_of_the_disk_is_no_silence_of_the_room(tmp_path, monkeypatch, outage_s):
    """Ticks that could not be written are caught up, or after a while stand for a gap."""
    disk, clock = Small(), ManualClock()
    monkeypatch.setattr(journal, "Disk", lambda: disk)
    pipeline = await Pipeline.open(Settings(data=tmp_path), clock)
    await pipeline.start()
    for _ in range(3):
        clock.advance(5)
        await pipeline.submit([Message(session="s", user="u", text="t")])
    disk.room = 10
    clock.advance(outage_s)
    with pytest.raises(DiskFull):
        await pipeline.submit([Message(session="s", user="u", text="t")])
    disk.room = 1 << 40
    await pipeline.journal.ready()

    await pipeline.submit([Message(session="s", user="u", text="t")])
    await pipeline.settled()

    now = clock.now_ms() // 1000
    kept = [entry for _, entry in pipeline.journal.replay()]
    ticks = [entry.now for entry in kept if isinstance(entry, Tick)]
    gaps = [entry for entry in kept if isinstance(entry, Gap)]
    assert ticks == sorted(set(ticks))
    assert [gap.end for gap in gaps] == ([now] if outage_s > 15 else [])
    assert (max(ticks) > now - 5) == (not gaps)
    assert pipeline.engine.next_tick > now
    assert pipeline.engine.summary("s").messages == 4
    assert pipeline.inspector.faults() == []
    await pipeline.stop()


async def test_a_full_disk_is_said_survived_and_over(tmp_path, monkeypatch):
    """503 with Retry-After and a reason on /readyz; nothing acknowledged lost, nothing twice."""
    disk = Small()
    monkeypatch.setattr(journal, "Disk", lambda: disk)
    settings = Settings(data=tmp_path)
    pipeline = await Pipeline.open(settings)
    await pipeline.start()
    site = Site(pipeline, settings)

    def body(n: int) -> bytes:
        event = {"type": "message", "session": "s", "user": "neighbour", "text": "t"}
        return json.dumps([event | {"id": f"{n}-{k}"} for k in range(10)]).encode()

    for n in range(5):
        assert (await site.post(body(n)))[0] == 202
    disk.room = 100
    for _ in range(3):
        status, headers, answer = await site.post(body(5))
        assert status == 503, answer
        assert int(headers[b"retry-after"]) > 0 and "full" in answer["detail"]
    status, _, answer = await site.ask("GET", "/readyz")
    assert status == 503 and answer["status"] == "not ready"
    assert any("full" in part["detail"] for part in answer["parts"] if not part["ok"])

    disk.room = 1 << 40
    await pipeline.journal.ready()
    for n in (5, 5, 6):
        status, _, answer = await site.post(body(n))
        assert status == 202 and answer["accepted"] + answer["duplicates"] == 10
    await pipeline.settled()

    assert neighbours(pipeline) == 70
    assert pipeline.engine.summary("s").messages == 70
    status, _, answer = await site.ask("GET", "/readyz")
    assert status == 200, answer
    await site.app.close()
    await pipeline.stop()
