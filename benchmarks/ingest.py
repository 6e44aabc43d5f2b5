"""Events over HTTP until they are durable: server CPU per event, beside FastAPI with pydantic."""

from __future__ import annotations

import asyncio

from benchmarks._protocol import Load, Options, Report, array, ratios, tree_cpu
from benchmarks._server import Client, Server, fastapi, roomtone

BATCHES = (1, 100, 1000)


def run(options: Options) -> Report:
    """The same bodies to both servers in turn, by events per request."""
    report = Report("ingest")
    total = {1: 2000, 100: 40_000, 1000: 60_000}
    if options.quick:
        total = {1: 300, 100: 4000, 1000: 6000}
    reps = options.repeat(3, 1)
    load = Load(sessions=200, rate=2, seconds=sum(total.values()) * (reps + 1) // 400 + 5)
    events = [_undated(event) for step in load.steps for event in step]
    found: dict[tuple[str, int], list[float]] = {}
    with roomtone() as ours, fastapi() as theirs:
        at = 0
        for rep in range(reps + 1):  # the first warms both up
            for size in BATCHES:
                taken = events[at : at + total[size]]
                at += len(taken)
                bodies = [array(taken[i : i + size]) for i in range(0, len(taken), size)]
                pair = [("fastapi", theirs), ("ours", ours)]
                for name, server in pair if rep % 2 else reversed(pair):
                    cost = asyncio.run(_post(server, bodies)) / len(taken)
                    if rep:
                        found.setdefault((name, size), []).append(cost * 1e6)
    report.lines += [
        "ours: journal synced before the 202 (power-safe), ids remembered, applied to the engine, "
        "ticked and stored meanwhile",
        "FastAPI: uvicorn, pydantic models, a queue in memory (none)",
        f"8 connections, bodies of {', '.join(map(str, BATCHES))} events, every answer awaited",
    ]
    for size in BATCHES:
        name = f"{size:,} a request"
        report.add(f"{name}: FastAPI", "us/event", found["fastapi", size])
        report.add(f"{name}: ours, durable", "us/event", found["ours", size])
        less = ratios(found["fastapi", size], found["ours", size])
        marks = {"bar": 3, "moonshot": 8} if size > 1 else {}
        report.add(f"{name}: times less", "x", less, **marks)
    single, batched = found["fastapi", 1], found["ours", 1000]
    report.add("one by one there, by 1,000 here", "x", ratios(single, batched))
    return report


def _undated(event: bytes) -> bytes:
    """Without its `at`: the server's clock is not the load's."""
    return event.replace(b'"at":', b'"was":')


async def _post(server: Server, bodies: list[bytes]) -> float:
    client = Client(server.port)
    begun = tree_cpu(server.pid)
    path = "/v1/events"
    await client.post_all(path, bodies)
    await asyncio.sleep(0.2)  # what is applied behind the answer counts too
    spent = tree_cpu(server.pid) - begun
    await client.close()
    return spent
