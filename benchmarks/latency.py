"""From an event sent to the frame that shows it in a browser's socket, through the real server."""

from __future__ import annotations

import asyncio
import json
import time

import numpy as np
from websockets.asyncio.client import connect

from benchmarks._protocol import Load, Options, Report, array
from benchmarks._server import Client, Server, roomtone

EVERY_S = 0.01
PROBED = "probed"


def run(options: Options) -> Report:
    """1,000 events a second over HTTP, one in ten to a room that twenty pages watch."""
    report = Report("latency")
    seconds, viewers = (4, 3) if options.quick else (20, 20)
    reps = options.repeat(2, 1)
    found: list[list[float]] = []
    for _ in range(reps):
        with roomtone() as server:
            found.append(asyncio.run(_measure(server, seconds, viewers)))
    report.lines += [
        f"{seconds} s at 1,000 events/s, a request of ten every {EVERY_S * 1e3:.0f} ms; "
        f"{viewers} WebSockets on the room and on the overview, every probe timed in each",
        "from just before the request is written to the frame read by the page's side; client, "
        "server and pages share the machine; the event is durable by then",
    ]
    for percent in (50, 95, 99):
        values = [float(np.percentile(times, percent)) * 1e3 for times in found]
        marks = {"bar": 250.0, "moonshot": 120.0} if percent == 99 else {}
        report.add(f"event to frame p{percent}", "ms", values, less_is_better=True, **marks)
    return report


async def _measure(server: Server, seconds: int, viewers: int) -> list[float]:
    sent: dict[str, float] = {}
    times: list[float] = []
    load = Load(sessions=200, rate=4.5, seconds=seconds, step_ms=10)
    client = Client(server.port)
    await client.post("/v1/events", array([_probe("first")]))
    ready = [asyncio.Event() for _ in range(viewers)]
    watching = [asyncio.create_task(_watch(server.port, sent, times, event)) for event in ready]
    for event in ready:
        await asyncio.wait_for(event.wait(), 20)
    loop = asyncio.get_running_loop()
    begin, jobs = loop.time(), []
    for index, step in enumerate(load.steps):
        await asyncio.sleep(max(0.0, begin + index * EVERY_S - loop.time()))
        body = array([_probe(f"n{index}"), *(e.replace(b'"at":', b'"was":') for e in step)])
        sent[f"n{index}"] = time.perf_counter()
        jobs.append(asyncio.create_task(client.post("/v1/events", body)))
    statuses = set(await asyncio.gather(*jobs))
    await asyncio.sleep(1.0)
    for task in watching:
        task.cancel()
    await asyncio.gather(*watching, return_exceptions=True)
    await client.close()
    expected = len(load.steps) * viewers
    if statuses != {202} or len(times) < 0.99 * expected:
        raise RuntimeError(f"answers {statuses}; {len(times):,} of {expected:,} probes were seen")
    return times


def _probe(name: str) -> bytes:
    return json.dumps(
        {"type": "message", "session": PROBED, "user": f"u{name[-1]}", "text": name}
    ).encode()


async def _watch(
    port: int, sent: dict[str, float], times: list[float], ready: asyncio.Event
) -> None:
    async with connect(f"ws://127.0.0.1:{port}/v1/live", compression=None) as socket:
        await socket.send(json.dumps({"sub": [f"session:{PROBED}", "pulse"]}))
        async for text in socket:
            now = time.perf_counter()
            frame = json.loads(text)
            if frame["kind"] == "snapshot" and frame["topic"] == "pulse":
                ready.set()
            if frame["kind"] == "change" and frame["topic"] == f"session:{PROBED}":
                times += [now - sent[e["text"]] for e in frame["events"] if e["text"] in sent]
