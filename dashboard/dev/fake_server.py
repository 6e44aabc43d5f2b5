"""A stand-in for the server while the dashboard is built: the wire's frames over made-up rooms."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import math
import random
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

from roomtone.points import level
from roomtone.signals.engagement import Engagement, engagement_score

STATIC = Path(__file__).parents[2] / "src" / "roomtone" / "web" / "static"
HOSTILE = "<img src=x onerror=alert(1)>"
WORDS = "that was great|how do we install it?|+1|can you repeat|love this|hello all|what about cost?"
STEP = 5


def iso(seconds: float) -> str:
    """Epoch seconds as the wire writes them."""
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


class Room:
    """One made-up room: how lively it is follows a curve, with a fall now and then."""

    def __init__(self, name: str, mood: float, polls: bool, presence: bool) -> None:
        self.name, self.mood, self.polls, self.presence = name, mood, polls, presence
        self.dice = random.Random(name)
        self.started = time.time() - 2400
        self.t: list[int] = []
        self.rows: list[dict[str, float]] = []
        self.alerts: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []
        end = int(time.time()) // STEP * STEP
        for t in range(end - 2395, end + 1, STEP):
            self.tick(t)

    def liveliness(self, t: int) -> float:
        """Between 0 and 1; falls for 40 s in every seven minutes when the mood is shaky."""
        wave = 0.12 * math.sin(t / 97 + len(self.name)) + 0.05 * math.sin(t / 23)
        fall = 0.35 if self.mood < 0.75 and t % 420 > 330 else 0.0
        return min(max(self.mood + wave - fall + self.dice.gauss(0, 0.02), 0.03), 1)

    def tick(self, t: int) -> dict[str, float]:
        """The next point, and an alert where the room falls."""
        alive = self.liveliness(t)
        row = {
            "chat_per_min": float(round(26 * alive**1.6)),
            "active_share": alive * 0.8,
            "active_users": float(round(60 * alive * 0.8)),
            "total_users": 60.0,
            "reactions_per_min": float(round(12 * alive**2)),
            "presence_known": float(self.presence),
        }
        if self.polls:
            row["poll_participation"] = min(alive * 0.9, 1)
        if self.presence:
            row["leave_rate"] = max(0.0, 0.25 - alive) / 2
        row["score"] = self.score(row)
        if self.rows and len(self.rows) > 8:
            self.watch(t, row["score"], self.rows[-8]["score"])
        self.t.append(t)
        self.rows.append(row)
        return row

    def score(self, row: dict[str, float]) -> float:
        """By the real formula."""
        import numpy as np

        names = ("chat_per_min", "poll_participation", "active_share", "reactions_per_min")
        columns = [np.array([row.get(n, math.nan)]) for n in (*names, "leave_rate")]
        return float(engagement_score(*columns)[0])

    def watch(self, t: int, now: float, before: float) -> None:
        """Alert on a fall, and on the way back."""
        last = self.alerts[0] if self.alerts else None
        fallen = last is not None and last["type"] != "RECOVERED"
        if not fallen and now < before * 0.72:
            self.alert(t, "SUDDEN_DROP", "CRITICAL" if now < 0.3 else "WARNING", now, before)
        elif fallen and now > float(last["expected"]) / 100 * 0.9:  # type: ignore[index]
            self.alert(t, "RECOVERED", "INFO", now, before)

    def alert(self, t: int, kind: str, severity: str, now: float, before: float) -> None:
        """Keep an alert, newest first."""
        chat, was = round(26 * now), round(26 * before)
        self.alerts.insert(
            0,
            {
                "id": f"{self.name}/{kind}/{t}",
                "time": iso(t),
                "session": self.name,
                "type": kind,
                "severity": severity,
                "detector": "anomaly",
                "score": 0.86,
                "subject": "score",
                "current": round(now * 100),
                "expected": round(before * 100),
                "deviation": round((now - before) * 100),
                "message": f"Messages fell from about {was} to {chat} a minute in 40 s",
                "evidence": {"tree": 0.71, "z": 0.94, "deficit": 3.2},
                "verdict": "",
                "verdict_at": None,
            },
        )

    def happen(self) -> dict[str, Any]:
        """One made-up event; some of them are hostile."""
        user = self.dice.choice(["ann", "bo", "Chloé", "דנה", "m4x", HOSTILE])
        kind = self.dice.choice(["message"] * 5 + ["reaction", "join", "leave", "poll_vote"])
        text = {"message": self.dice.choice([*WORDS.split("|"), HOSTILE]), "poll_vote": HOSTILE}
        event = {
            "at": iso(time.time()),
            "session": self.name,
            "type": kind,
            "user": user,
            "text": text.get(kind),
            "emoji": self.dice.choice(["👏", "👍🏽", "👨‍👩‍👧‍👦", HOSTILE]) if kind == "reaction" else None,
            "role": "user" if kind == "message" else None,
        }
        self.events = [*self.events[-199:], event]
        return event

    def as_session(self) -> dict[str, Any]:
        """The Session of the wire."""
        row = self.rows[-1]
        newest = self.alerts[0] if self.alerts else None
        return {
            "session": self.name,
            "state": "live",
            "started": iso(self.started),
            "last_event": iso(time.time()),
            "ended": None,
            "at": iso(self.t[-1]),
            "score": row["score"],
            "level": level(row["score"]),
            "fields": {k: v for k, v in row.items() if k != "score"},
            "spark": [one["score"] for one in self.rows[-60:]],
            "spark_from": self.t[-60],
            "messages": 812,
            "reactions": 90,
            "votes": 31,
            "people": 61,
            "alarms": sum(a["type"] != "RECOVERED" for a in self.alerts),
            "late": 2,
            "trouble": newest if newest and newest["type"] != "RECOVERED" else None,
        }

    def columns(self, start: float, names: list[str] | None = None) -> dict[str, Any]:
        """Times and columns from `start` on."""
        at = next((i for i, t in enumerate(self.t) if t > start), len(self.t))
        rows = self.rows[at:]
        wanted = names or sorted({k for row in self.rows for k in row})
        return {"t": self.t[at:], "fields": {n: [row.get(n) for row in rows] for n in wanted}}


ROOMS = {
    room.name: room
    for room in (
        Room("keynote", 0.62, True, True),
        Room("workshop-b", 0.85, False, False),
        Room("late-show", 0.33, False, True),
        Room(f"room {HOSTILE}", 0.55, True, False),
    )
}
VIEWERS: set[Viewer] = set()


class Viewer:
    """One WebSocket and what it wants to hear."""

    def __init__(self, socket: WebSocket) -> None:
        self.socket, self.topics, self.seq = socket, set[str](), 0

    async def send(self, topic: str, kind: str, **payload: Any) -> None:
        """One frame, if the topic is wanted."""
        if topic == "server" or topic in self.topics:
            self.seq += 1
            frame = {"topic": topic, "kind": kind, "seq": self.seq, **payload}
            with contextlib.suppress(RuntimeError, WebSocketDisconnect):
                await self.socket.send_text(json.dumps(frame))

    async def ask(self, message: dict[str, Any]) -> None:
        """Subscribe and answer with snapshots."""
        self.topics -= set(message.get("unsub", []))
        for topic in message.get("sub", []):
            self.topics.add(topic)
            if topic == "pulse":
                rooms = worst_first()
                alerts = sorted((a for r in rooms for a in r.alerts), key=lambda a: a["time"])
                await self.send(
                    "pulse",
                    "snapshot",
                    sessions=[r.as_session() for r in rooms],
                    count=len(rooms),
                    alerts=alerts[::-1][:50],
                )
            elif (room := ROOMS.get(topic.removeprefix("session:"))) is not None:
                start = message.get("since", {}).get(topic, time.time() - 900)
                await self.send(
                    topic,
                    "snapshot",
                    session=room.as_session(),
                    alerts=room.alerts,
                    events=room.events[-50:],
                    **room.columns(start),
                )


def worst_first() -> list[Room]:
    """The rooms as Pulse wants them."""
    return sorted(ROOMS.values(), key=lambda room: room.rows[-1]["score"])


async def run_rooms() -> None:
    """Ticks every 5 s, changes in between."""
    done = int(time.time()) // STEP
    while True:
        await asyncio.sleep(0.4)
        now = time.time()
        if int(now) // STEP > done:
            done = int(now) // STEP
            await tick(done * STEP)
        for room in ROOMS.values():
            events = [room.happen() for _ in range(room.dice.choice([0, 0, 1, 2]))]
            row = room.rows[-1]
            for viewer in list(VIEWERS):
                await viewer.send(
                    f"session:{room.name}",
                    "change",
                    chat_per_min=row["chat_per_min"],
                    reactions_per_min=row["reactions_per_min"],
                    active_users=row["active_users"],
                    events=events,
                    missed=0,
                )


async def tick(t: int) -> None:
    """A point for every room, and its frames."""
    for room in ROOMS.values():
        known = len(room.alerts)
        row = room.tick(t)
        for viewer in list(VIEWERS):
            await viewer.send(
                f"session:{room.name}", "tick", t=t, fields=row, level=level(row["score"])
            )
            for alert in room.alerts[: len(room.alerts) - known]:
                await viewer.send("alerts", "alert", alert=alert)
    rooms = worst_first()
    names = ["chat_per_min", "active_users", "total_users", "reactions_per_min"]
    for viewer in list(VIEWERS):
        await viewer.send("server", "beat", now=time.time())
        await viewer.send(
            "pulse",
            "tick",
            t=t,
            count=len(rooms),
            sessions=[r.name for r in rooms],
            score=[r.rows[-1]["score"] for r in rooms],
            fields={n: [r.rows[-1].get(n) for r in rooms] for n in names},
        )


async def live(socket: WebSocket) -> None:
    """The WebSocket of a page."""
    await socket.accept()
    viewer = Viewer(socket)
    VIEWERS.add(viewer)
    await viewer.send("server", "hello", now=time.time(), version="fake")
    try:
        while True:
            await viewer.ask(json.loads(await socket.receive_text()))
    except WebSocketDisconnect:
        VIEWERS.discard(viewer)


def sessions(request: Request) -> Response:
    """All rooms; none has ended."""
    rooms = [] if request.query_params.get("state") == "ended" else worst_first()
    return JSONResponse({"data": [r.as_session() for r in rooms], "next_cursor": None})


def session(request: Request) -> Response:
    """One room, or its explanation, or its events."""
    room = ROOMS[request.path_params["session"]]
    what = request.path_params.get("what")
    if what == "events":
        return JSONResponse({"data": room.events})
    if what == "explain":
        told = Engagement().explain(room.rows[-1])
        return JSONResponse({"session": room.name, "at": iso(room.t[-1]), **told})
    return JSONResponse(room.as_session())


def series(request: Request) -> Response:
    """A room's stored points."""
    room = ROOMS[request.query_params["session"]]
    names = request.query_params["fields"].split(",")
    head = {"measurement": "engagement", "session": room.name, "step_s": STEP}
    return JSONResponse({**head, **room.columns(0, names)})


def alerts(request: Request) -> Response:
    """Alerts, newest first."""
    found = sorted((a for r in ROOMS.values() for a in r.alerts), key=lambda a: a["time"])[::-1]
    for key in ("session", "type", "severity"):
        if wanted := request.query_params.get(key):
            found = [a for a in found if a[key] == wanted]
    return JSONResponse({"data": found, "next_cursor": None})


async def verdict(request: Request) -> Response:
    """Note what a person thinks of an alert."""
    said = await request.json()
    alert = next(a for r in ROOMS.values() for a in r.alerts if a["id"] == said["id"])
    alert.update(verdict=said["verdict"], verdict_at=iso(time.time()))
    return JSONResponse(alert)


def inspector(_: Request) -> Response:
    """Some of each outcome."""
    base = {"at": iso(time.time()), "source": "http", "session": "keynote", "sample": None}
    rows = [
        {**base, "outcome": "accepted", "type": "message", "reason": None},
        {
            **base,
            "outcome": "refused",
            "type": None,
            "reason": "Object missing required field `session`",
            "sample": '{"type":"message","text":"' + HOSTILE + '"}',
        },
        {**base, "outcome": "late", "type": "reaction", "reason": "14 s late: kept, not counted"},
    ]
    totals = {"accepted": 12804, "duplicates": 31, "refused": 4, "late": 2}
    source = {"source": "http", **totals, "last_at": iso(time.time())}
    return JSONResponse({"sources": [source, {**source, "source": HOSTILE}], "data": rows})


def page(_: Request) -> Response:
    """Every other address is the dashboard's."""
    return FileResponse(STATIC / "index.html")


@contextlib.asynccontextmanager
async def lifespan(_: Starlette) -> Any:
    """Run the rooms while the server runs."""
    task = asyncio.create_task(run_rooms())
    yield
    task.cancel()


app = Starlette(
    lifespan=lifespan,
    routes=[
        WebSocketRoute("/v1/live", live),
        Route("/v1/sessions", sessions),
        Route("/v1/sessions/{session}/{what}", session),
        Route("/v1/sessions/{session}", session),
        Route("/v1/series", series),
        Route("/v1/alerts", alerts),
        Route("/v1/alerts/verdict", verdict, methods=["POST"]),
        Route("/v1/inspector", inspector),
        Mount("/assets", StaticFiles(directory=STATIC / "assets", check_dir=False)),
        Route("/{path:path}", page),
    ],
)

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8003)
    uvicorn.run(app, host="127.0.0.1", port=parser.parse_args().port, log_level="warning")
