"""A server starts while its store is down: events are taken, and the store gets them later."""

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

from roomtone.runtime.config import Settings, Stores
from roomtone.runtime.replay import replay_journal
from roomtone.signals.engagement import ENGAGEMENT
from roomtone.stores.postgres import PostgreSQL

pytestmark = pytest.mark.servers


class Server:
    """`roomtone serve` with its stores in a database."""

    def __init__(self, data, url):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "roomtone", "serve", "--data", str(data), "--port", "0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"ROOMTONE_STORES__SERIES": url, "ROOMTONE_STORES__ARCHIVE": url},
        )
        for line in self.process.stdout:
            if found := re.search(r"http://127\.0\.0\.1:(\d+)", line):
                self.port = int(found[1])
                return
        self.said = self.process.communicate(timeout=60)[1]

    def ask(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request(method, path, body)
        answer = connection.getresponse()
        return answer.status, answer.headers, json.loads(answer.read())

    def stores(self):
        """The status of /readyz and its part of that name."""
        status, _, answer = self.ask("GET", "/readyz")
        return status, next(part for part in answer["parts"] if part["name"] == "stores")

    def end(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        self.process.communicate(timeout=60)


@contextmanager
def serving(data, url, how=signal.SIGTERM):
    server = Server(data, url)
    try:
        yield server
    finally:
        server.end(how)


def send(server, count):
    """Events of twenty people; all must be acknowledged."""
    events = [
        {"type": "message", "session": f"room {n % 3}", "user": f"user {n % 20}", "text": "hello"}
        for n in range(count)
    ]
    status, _, answer = server.ask("POST", "/v1/events", json.dumps(events))
    assert (status, answer["accepted"]) == (202, count)


def wait(happens, why):
    deadline = time.monotonic() + 90
    while not happens():
        assert time.monotonic() < deadline, why
        time.sleep(0.1)


async def test_it_starts_is_killed_and_starts_again_and_then_the_store_comes(
    own_postgres, tmp_path
):
    """Each start is told of on /readyz, reads are 503 with a reason, and no point is missing."""
    own_postgres.stop()
    for how in (signal.SIGKILL, signal.SIGTERM):
        with serving(tmp_path, own_postgres.url, how) as server:
            send(server, 60)
            status, part = server.stores()
            assert status == 200 and not part["ok"]
            assert "see that the server runs" in part["detail"] and part["remedy"]
            status, headers, answer = server.ask("GET", "/v1/alerts")
            assert status == 503 and headers["Retry-After"]
            assert "see that the server runs" in answer["detail"]
            assert server.ask("GET", "/v1/sessions/room%200")[0] == 200  # what is live is in memory
    with serving(tmp_path, own_postgres.url) as server:
        send(server, 60)
        own_postgres.start()
        wait(lambda: server.stores()[1]["ok"], "the store was never opened")
        assert server.ask("GET", "/v1/alerts")[0] == 200
        send(server, 60)
        series = "/v1/series?session=room%200"
        wait(lambda: server.ask("GET", series)[2]["t"], "there was never a tick")

    url = own_postgres.url
    settings = Settings(data=tmp_path, stores=Stores(series=url, archive=url))
    wanted = {
        (point.tags["session"], point.time): point.fields
        for out in replay_journal(settings.journal_folder, settings)
        for block in out.blocks
        for point in block.points()
    }
    store = PostgreSQL(url)
    await store.open([ENGAGEMENT])
    found = {}
    for room in range(3):
        times = [time for name, time in wanted if name == f"room {room}"]
        points = await store.read(
            "engagement",
            tags={"session": f"room {room}"},
            start=min(times),
            end=max(times).replace(year=max(times).year + 1),
        )
        found |= {(point.tags["session"], point.time): point.fields for point in points}
    await store.close()
    assert len(wanted) >= 3 and found.keys() == wanted.keys()
    assert found == wanted


def test_what_no_waiting_heals_is_told_at_once(own_postgres, tmp_path):
    """A database that does not exist ends the start with a sentence and nothing else."""
    server = Server(tmp_path, own_postgres.url + "_not_there")
    assert "createdb NAME" in server.said and "Traceback" not in server.said
    assert server.process.returncode != 0
