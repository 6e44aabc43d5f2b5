"""The live frames of each topic: built once, encoded once, for however many viewers."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from roomtone.alerts import Alert
from roomtone.consents import ConsentGiven, Erased
from roomtone.engine import Output
from roomtone.events import (
    Event,
    Heartbeat,
    Message,
    PollClosed,
    PollOpened,
    PollVote,
    Reaction,
    RelationshipSet,
    Turn,
    TurnRead,
    TurnRevised,
)
from roomtone.points import level
from roomtone.records import Batch
from roomtone.runtime.board import WORST, Board, describe, show_alert
from roomtone.runtime.clock import WallClock, iso, utc
from roomtone.verdicts import ReactionJudged, ReactionReview

PULSE = "pulse"
ALERTS = "alerts"
TICKER = 20
"""How many events one change frame shows; more than that nobody can read."""

_encode = msgspec.json.Encoder().encode
# From the clock on, so that what a restarted engine says comes after what it said before.
_sequence = itertools.count(WallClock().now_ms() * 1000)


def frame(topic: str, kind: str, **payload: Any) -> bytes:
    """One frame as JSON, numbered in the order of making."""
    return _encode({"topic": topic, "kind": kind, "seq": next(_sequence), **payload})


def session_topic(session: str) -> str:
    """The topic that tells of one session."""
    return f"session:{session}"


def pulse_tick(board: Board) -> bytes:
    """The worst sessions as columns, after a tick."""
    worst = board.worst(WORST)
    fields = board.columns(worst)
    return frame(
        PULSE,
        "tick",
        t=board.now,
        count=len(board.engine.rooms),
        sessions=worst,
        score=fields.pop("score"),
        fields=fields,
    )


def pulse_change(board: Board, sessions: Sequence[str], second: int) -> bytes:
    """What happened in these sessions since the last such frame, as columns."""
    listed = list(sessions)
    rooms = board.engine.rooms
    last = rooms.columns["last"]
    return frame(
        PULSE,
        "change",
        sessions=listed,
        last=[int(last[rooms.rooms[session].slot]) for session in listed],
        **board.counts(listed, second),
    )


def session_tick(board: Board, session: str) -> bytes:
    """One session's point of this tick."""
    fields = board.known(session)
    score = fields.get("score", math.nan)
    return frame(
        session_topic(session),
        "tick",
        t=board.now,
        fields=fields,
        level=None if math.isnan(score) else level(score),
    )


def session_change(
    board: Board, session: str, second: int, events: Sequence[dict[str, Any]]
) -> bytes:
    """One session's running counts and its newest events."""
    counts = board.counts([session], second)
    return frame(
        session_topic(session),
        "change",
        **{name: values[0] for name, values in counts.items()},
        events=list(events[-TICKER:]),
        missed=max(len(events) - TICKER, 0),
    )


def alert_frames(alerts: Iterable[Alert]) -> Iterable[tuple[str, bytes]]:
    """Each alert, for those who follow all and for those who follow its session."""
    for alert in alerts:
        shown = show_alert(alert)
        for topic in (ALERTS, session_topic(alert.session)):
            yield topic, frame(topic, "alert", alert=shown)


def ended_frames(out: Output) -> Iterable[tuple[str, bytes]]:
    """Each session that ended, for those who follow it."""
    for summary in out.ended:
        topic = session_topic(summary.session)
        yield topic, frame(topic, "ended", summary=describe(summary))


_OF_PAIRS = (TurnRead, TurnRevised, RelationshipSet)
_OURS = (Heartbeat, *_OF_PAIRS, ReactionJudged, ReactionReview, ConsentGiven, Erased)
"""What nobody did."""


def show_events(batch: Batch, session: str | None = None) -> Iterable[dict[str, Any]]:
    """A batch's events (of one session) as the ticker shows them: what people did.

    The texts are hostile.
    """
    for event in batch.events:
        ours = session is None or event.session == session
        if ours and not isinstance(event, _OURS):
            yield show_event(event, batch.arrival)


def show_event(event: Event, arrival_ms: int) -> dict[str, Any]:
    """One event as the ticker shows it."""
    shown: dict[str, Any] = {
        "at": iso(event.at or utc(arrival_ms)),
        "session": event.session,
        "type": str(event.__struct_config__.tag),
        "user": event.user,
        "text": None,
        "emoji": None,
        "role": None,
    }
    if isinstance(event, Message):
        shown |= {"text": event.text[:2000], "role": event.role}
    elif isinstance(event, Turn):
        both = [text[:2000] for text in (event.message, event.reply) if text is not None]
        role = "bot" if event.message is None else "user"
        shown |= {"text": " \N{RIGHTWARDS ARROW} ".join(both), "role": role}
    elif isinstance(event, Reaction):
        shown |= {"emoji": event.emoji, "text": event.action}
    elif isinstance(event, PollVote):
        shown["text"] = f"{event.poll}: {event.option}"
    elif isinstance(event, PollOpened):
        shown["text"] = event.question or event.poll
    elif isinstance(event, PollClosed):
        shown["text"] = event.poll
    return shown


def columns(points: Sequence[tuple[float, Mapping[str, float]]], names: Iterable[str]) -> Any:
    """Points as the wire's columns: a list of times and one list for each field."""
    return {
        "t": [int(t) for t, _ in points],
        "fields": {name: [fields.get(name) for _, fields in points] for name in names},
    }
