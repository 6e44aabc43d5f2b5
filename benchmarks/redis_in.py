"""Events out of Redis: Streams with acknowledgement, beside pub/sub and `json.loads`."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks._protocol import Disagreement, Load, Options, Report, alternate, array, ratios
from benchmarks._server import free_port

ENTRIES = (1, 10, 100, 1000)
CHANNEL = "roomtone.events"

Row = tuple[str, str, str]  # type, session, id

# A process of its own feeds Redis, so that only reading is measured.
_FEED = """
import sys, redis
line, how = redis.Redis(port=int(sys.argv[1])), sys.argv[2]
pipe = line.pipeline(transaction=False)
for number, body in enumerate(open(sys.argv[3], "rb"), 1):
    if how == "publish":
        pipe.publish(sys.argv[4], body[:-1])
    else:
        pipe.xadd(sys.argv[4], {"data": body[:-1]})
    if number % 500 == 0:
        pipe.execute()
pipe.execute()
"""


def run(options: Options) -> Report:
    """The same events to both; what they read is compared before a time is told."""
    report = Report("redis")
    count = 4_000 if options.quick else 40_000
    reps = options.repeat(5, 1)
    load = Load(sessions=200, rate=2, seconds=count // 400 + 1)
    events = [event for step in load.steps for event in step][:count]
    with _redis() as port, tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        files = {size: folder / f"{size}.jsonl" for size in ENTRIES}
        for size, file in files.items():
            bodies = [array(events[at : at + size]) for at in range(0, len(events), size)]
            file.write_bytes(b"\n".join(events if size == 1 else bodies) + b"\n")
        expected = [_row(json.loads(event)) for event in events]

        def theirs() -> float:
            spent, rows = asyncio.run(_pubsub(port, files[1], len(events)))
            return _agree(rows, expected, spent)

        def ours(size: int) -> float:
            spent, rows = asyncio.run(_streams(port, files[size], len(events)))
            return _agree(rows, expected, spent)

        jobs = {"pubsub": theirs}
        jobs |= {str(size): lambda size=size: ours(size) for size in ENTRIES}
        for job in jobs.values():
            job()  # the first warms both up
        found = alternate(reps, **jobs)
    report.lines += [
        str(load),
        f"{len(events):,} events on one channel; both gave the same {len(events):,} rows",
        "documents: redis-py `listen()` and `json.loads`, nothing checked, nothing acknowledged; "
        "what nobody hears is lost",
        "ours: XREADGROUP, decoded and checked, XACK and its answer included; read again after a "
        "crash. The journal's own cost is `ingest`'s and not in here",
        "Redis and the sender are processes of their own and are not counted",
    ]
    micro = {name: [1e6 * one / len(events) for one in values] for name, values in found.items()}
    report.add("pub/sub and json.loads", "us/event", micro["pubsub"])
    for size in ENTRIES:
        marks = {"bar": 2, "moonshot": 17} if size > 1 else {}
        report.add(f"streams, {size:,} in an entry", "us/event", micro[str(size)])
        less = ratios(micro["pubsub"], micro[str(size)])
        report.add(f"streams, {size:,} in an entry: times less", "x", less, **marks)
    return report


def _row(event: dict[str, str]) -> Row:
    return event["type"], event["session"], event["id"]


def _agree(rows: list[Row], expected: list[Row], spent: float) -> float:
    if rows != expected:
        raise Disagreement(f"{len(rows):,} rows read, {len(expected):,} expected, or others")
    return spent


async def _pubsub(port: int, file: Path, count: int) -> tuple[float, list[Row]]:
    """The documents' listener: one message, one `json.loads`."""
    import redis.asyncio

    rows: list[Row] = []
    client = redis.asyncio.Redis(port=port, decode_responses=True)
    async with client, client.pubsub(ignore_subscribe_messages=True) as ear:
        await ear.subscribe(CHANNEL)
        feed = _feed(port, "publish", file)
        begun = time.process_time()
        async for message in ear.listen():
            rows.append(_row(json.loads(message["data"])))
            if len(rows) == count:
                break
        spent = time.process_time() - begun
    feed.wait(60)
    return spent, rows


async def _streams(port: int, file: Path, count: int) -> tuple[float, list[Row]]:
    """Our source, as `serve` uses it, without what comes behind it."""
    import redis.asyncio

    from roomtone.sources.redis import Redis

    async with redis.asyncio.Redis(port=port) as client:
        await client.flushall()
    source = Redis(f"redis://127.0.0.1:{port}/0?channels={CHANNEL}")
    rows: list[Row] = []
    feed = _feed(port, "xadd", file)
    feed.wait(60)
    begun = time.process_time()
    async with contextlib.aclosing(source.deliveries("bench")) as deliveries:
        async for delivery in deliveries:
            rows += [(_tag(event), event.session, event.id or "") for event in delivery.events]
            await source.acknowledge(delivery)
            if len(rows) >= count:
                break
    spent = time.process_time() - begun
    await source.close()
    return spent, rows


def _tag(event: object) -> str:
    return str(event.__struct_config__.tag)  # type: ignore[attr-defined]


def _feed(port: int, how: str, file: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", _FEED, str(port), how, str(file), CHANNEL])


@contextlib.contextmanager
def _redis() -> Iterator[int]:
    program = os.environ.get("BENCHMARK_REDIS_SERVER") or shutil.which("redis-server")
    if program is None:
        raise SystemExit("no redis-server; install it, or name it in BENCHMARK_REDIS_SERVER")
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        server = subprocess.Popen(
            [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder,
             "--client-output-buffer-limit", "pubsub", "0", "0", "0"],
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            _await(port, server)
            yield port
        finally:
            server.terminate()
            server.wait(20)


def _await(port: int, server: subprocess.Popen[bytes]) -> None:
    import redis

    for _ in range(200):
        assert server.poll() is None, "redis-server ended at once"
        with contextlib.suppress(redis.ConnectionError):
            redis.Redis(port=port).ping()
            return
        time.sleep(0.05)
    raise RuntimeError("redis-server does not answer")
