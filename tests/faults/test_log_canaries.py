"""Names, texts and passwords are pushed through every failure there is, and the log has none."""

import http.client
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time

import pytest

CANARY = "kanari"

JSON = {"ROOMTONE_LOG__FORMAT": "json", "ROOMTONE_LOG__LEVEL": "debug"}

# A server with an engine that fails on some events, quoting them, as careless code would.
SERVER = """
import sys
from roomtone import engine, __main__
real = engine.Engine.apply
def apply(self, events, arrival):
    for event in events:
        if event.session.endswith("poison"):
            raise ValueError(f"cannot take {event!r}")
    return real(self, events, arrival)
engine.Engine.apply = apply
sys.argv[1:] = ["serve", "--port", "0", "--data", sys.argv[1]]
__main__.main()
"""

# Each of the commands that read its settings aloud, one after another.
COMMANDS = """
import contextlib
import sys
from roomtone import __main__
for words in ("config show", "config show --json", "doctor --json", "doctor"):
    sys.argv[1:] = words.split()
    with contextlib.suppress(SystemExit):
        __main__.main()
    print("said:", words)
"""


class Sick:
    """A server whose parts are made to fail one after another."""

    def __init__(self, folder, **settings):
        given = {f"ROOMTONE_{key}": value for key, value in settings.items()}
        self.process = subprocess.Popen(
            [sys.executable, "-c", SERVER, str(folder)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | JSON | given,
        )
        line = self.process.stdout.readline()
        self.port = int(line.split("http://127.0.0.1:")[1].split()[0]) if "http" in line else 0

    def ask(self, method, path, body=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.communicate(timeout=40)


def event(session="room", **more):
    said = {
        "type": "message",
        "session": session,
        "user": f"{CANARY}-user",
        "text": f"{CANARY}-text",
    }
    return json.dumps(said | more)


def test_the_log_names_nobody(tmp_path):
    """Broken JSON, refused events, an engine that fails, a store that fails, odd addresses."""
    server = Sick(tmp_path)
    assert server.ask("POST", "/v1/events", event())[0] == 202
    server.ask("POST", "/v1/events", f'[{{"type": "message", "text": "{CANARY}')
    server.ask("POST", "/v1/events", event(user={"name": CANARY}))
    server.ask("POST", "/v1/events", event(text=CANARY * 5000))
    server.ask("POST", "/v1/events", event(), Authorization=f"Bearer {CANARY}12345")
    assert server.ask("POST", "/v1/events", event("a-poison"))[0] == 202
    server.ask("POST", f"/v1/events?history=true&source={CANARY}", event("past"))
    server.ask("GET", f"/v1/sessions/{CANARY}/explain?at={CANARY}")
    server.ask("POST", "/v1/alerts/verdict", json.dumps({"id": CANARY, "verdict": CANARY}))
    server.ask("GET", f"/v1/stream?topics={CANARY}")
    with sqlite3.connect(tmp_path / "roomtone.db", timeout=20) as database:
        names = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in names:
            if not table.startswith("sqlite_"):
                database.execute(f"DROP TABLE {table}")
    server.ask("POST", "/v1/events", f'{{"type": "{CANARY}"}}')
    server.ask("GET", "/v1/series?session=room")
    server.ask("GET", "/v1/alerts")
    give_up = time.monotonic() + 30
    while "degraded" not in server.ask("GET", "/readyz")[1]:
        assert time.monotonic() < give_up, "the store's failure was not noticed"
        time.sleep(0.1)
    out, err = server.end()

    lines = [json.loads(line) for line in err.splitlines()]
    assert CANARY not in err and CANARY not in out
    told = {line["event"] for line in lines}
    assert "an entry of the journal could not be applied" in told
    assert "a store does not take what is to be kept" in told
    assert all({"event", "part", "role", "level", "timestamp"} <= line.keys() for line in lines)


URL = f"ann:{CANARY}@127.0.0.1:1"


@pytest.mark.parametrize(
    "settings",
    [
        {
            "STORES__ARCHIVE": f"postgresql://{URL}/room",
            "SOURCES__LISTEN": f"redis://{URL}/0",
            "CHANNELS__DOCUMENTS": f"redis://{URL}/0",
        },
        {"STORES__SERIES": f"postgresql://{URL}/room?nonsense=1"},
        {"STORES__SERIES": f"nothing://{URL}/room"},
        {"SERVER__PORT": f"redis://{URL}/0"},
    ],
    ids=["nobody there", "a strange option", "an unknown kind", "no number"],
)
def test_no_password_is_shown(tmp_path, settings):
    """Neither where a server starts without what it names, nor where it does not start."""
    server = Sick(tmp_path / "data", **settings)
    if server.port:
        assert server.ask("POST", "/v1/events", event(user="u", text="t"))[0] == 202
        _, ready = server.ask("GET", "/readyz")
        assert CANARY not in ready
    out, err = server.end()
    assert CANARY not in out + err
    given = {f"ROOMTONE_{key}": value for key, value in settings.items()}
    done = subprocess.run(
        [sys.executable, "-c", COMMANDS],
        env={**os.environ, **given},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.stdout.count("said: ") == 4, done.stderr
    assert CANARY not in done.stdout + done.stderr
