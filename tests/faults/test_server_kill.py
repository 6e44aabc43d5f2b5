"""The whole server killed under load: it comes back as if it had never been away."""

import http.client
import json
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path
from statistics import median
from time import perf_counter

import psutil
import pytest

from roomtone import state
from roomtone.records import Batch, Closed, Gap, Tick
from roomtone.runtime.config import Settings
from roomtone.runtime.journal import read_journal
from roomtone.runtime.pipeline import Pipeline

CLIENTS = 3
SIZE = 20  # events in a request
START_S = 2.0  # what a start after a crash may work beyond the quickest, as a rule


class Server:
    """A real server process on a data folder."""

    def __init__(self, data: Path) -> None:
        begun = perf_counter()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "roomtone", "serve", "--data", str(data), "--port", "0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        self.start_s = perf_counter() - begun
        used = psutil.Process(self.process.pid).cpu_times() if line else None
        self.work_s = used.user + used.system if used else 0.0  # the same on a busy machine
        if "http://" not in line:
            raise AssertionError(f"no start: {line}{self.process.communicate()[1]}")
        self.port = int(line.split("http://127.0.0.1:")[1].split()[0])

    def end(self, number: int) -> None:
        self.process.send_signal(number)
        self.process.communicate(timeout=30)


class Client(threading.Thread):
    """Sends numbered events until the server is gone; goes on later with what was not answered."""

    def __init__(self, number: int, enough: threading.Semaphore) -> None:
        super().__init__(daemon=True)
        self.number, self.enough = number, enough
        self.port = 0
        self.acked = 0  # requests
        self.accepted = self.duplicates = 0

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            while True:
                events = [
                    {
                        "type": "message" if k % 3 else "reaction",
                        "id": f"{self.number}-{self.acked}-{k}",
                        "session": f"room {k % 4}",
                        "user": f"user {(self.acked + k) % 50}",
                        **({"text": "hello"} if k % 3 else {"emoji": "👍"}),
                    }
                    for k in range(SIZE)
                ]
                connection.request("POST", "/v1/events", json.dumps(events))
                response = connection.getresponse()
                answer = json.loads(response.read())
                assert response.status == 202, answer
                assert answer["accepted"] + answer["duplicates"] == SIZE, answer
                self.accepted += answer["accepted"]
                self.duplicates += answer["duplicates"]
                self.acked += 1
                self.enough.release()
        except (OSError, http.client.HTTPException, ValueError):
            return  # killed in the middle of it: this request is sent again to the next one
        finally:
            connection.close()


def load(server: Server, clients: list[Client], requests: int) -> list[Client]:
    """Let the clients send until so many requests were acknowledged; they are still sending."""
    enough = threading.Semaphore(0)
    going = []
    for old in clients:
        client = Client(old.number, enough)
        client.acked = old.acked
        client.port = server.port
        client.start()
        going.append(client)
    for _ in range(requests):
        assert enough.acquire(timeout=20), "a client got an answer it did not expect"
    return going


async def come_back(data: Path) -> tuple[bytes, Pipeline]:
    """What a restart makes of the folder: the engine's state, and the pipeline to ask."""
    pipeline = await Pipeline.open(Settings(data=data))
    return state.pack(pipeline.engine.snapshot()), pipeline


def uninterrupted(pipeline: Pipeline, journal: Path):
    """The state and the blocks of one engine that reads the whole journal from its beginning."""
    engine, blocks = pipeline.make_engine(), []
    for _, entry in read_journal(journal):
        match entry:
            case Batch():
                engine.apply(entry.events, entry.arrival)
            case Tick():
                blocks += engine.tick(entry.now).blocks
            case Gap():
                engine.gap(entry.start, entry.end)
            case Closed():
                raise AssertionError("no history here")
    return state.pack(engine.snapshot()), blocks, engine


@pytest.mark.timeout(1200)
async def test_killed_under_load_it_goes_on_as_if_never_away(tmp_path, rounds):
    """Rounds of load, each ended by `kill -9`, now and then by a clean stop in between."""
    chance = random.Random(5)
    clients = [Client(n, threading.Semaphore(0)) for n in range(CLIENTS)]
    starts, works, duplicates = [], [], 0
    for turn in range(rounds):
        server = Server(tmp_path)
        starts.append(server.start_s)
        works.append(server.work_s)
        clients = load(server, clients, chance.randint(1, 60))
        server.end(signal.SIGTERM if turn % 5 == 3 else signal.SIGKILL)
        for client in clients:
            client.join(timeout=20)
            duplicates += client.duplicates

    journal = Settings(data=tmp_path).journal_folder
    kept = [
        event.id
        for _, entry in read_journal(journal)
        if isinstance(entry, Batch)
        for event in entry.events
    ]
    acked = {f"{c.number}-{n}-{k}" for c in clients for n in range(c.acked) for k in range(SIZE)}
    assert acked <= set(kept), "lost"
    assert len(kept) == len(set(kept)), "kept twice"

    found, pipeline = await come_back(tmp_path)
    wanted, blocks, engine = uninterrupted(pipeline, journal)
    assert found == wanted
    counted = [engine.summary(session) for session in engine.rooms.rooms]
    assert sum(one.messages + one.reactions for one in counted) == len(kept)
    await check_points(pipeline, blocks)
    await pipeline.stop()
    print(
        f"{rounds} rounds, {len(acked)} acked, {len(kept)} kept, 0 lost, 0 double,"
        f" {duplicates} resent and known,"
        f" starts {median(starts):.2f} s, at most {max(starts):.2f} s"
    )
    assert median(works) - min(works) <= START_S


async def check_points(pipeline: Pipeline, blocks) -> None:
    """The series store holds each tick's score once, as the uninterrupted run gives it."""
    for session in pipeline.engine.rooms.rooms:
        expected = {
            block.time: block.fields["score"][row]
            for block in blocks
            for row, name in enumerate(block.tags["session"])
            if name == session
        }
        if not expected:
            continue
        points = await pipeline.series.read(
            "engagement",
            tags={"session": session},
            start=min(expected),
            end=max(expected).replace(year=max(expected).year + 1),
        )
        assert {point.time: point.fields["score"] for point in points} == expected
        assert len(points) == len(expected)
