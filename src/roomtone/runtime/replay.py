"""The past once more: a file's events or a journal through the same engine, without a server."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from roomtone.consents import ConsentGiven, Erased, words
from roomtone.conversations import Conversations
from roomtone.engine import Engine, Output
from roomtone.events import Event
from roomtone.points import Point
from roomtone.records import Batch, Closed, Entry, Gap, SessionSummary, Tick
from roomtone.runtime import plugins
from roomtone.runtime.board import show_alert
from roomtone.runtime.clock import iso, utc
from roomtone.runtime.config import Settings
from roomtone.runtime.histories import Histories
from roomtone.runtime.journal import read_journal

NO_TIME = 0
"""The time of what is told when a history is closed: turns have their own."""

_SESSION = ("session", "session_id")

Row = dict[str, Any]
"""One line of `roomtone replay --json`: `kind` is point, alert or summary."""


def replay_events(
    events: Iterable[Event], settings: Settings, at_once: int = 1
) -> Iterator[Output]:
    """Play events on their own time, as if each had arrived when it happened.

    All sessions share one clock, the latest `at` so far: what comes more than ten seconds behind
    it is late, as it would have been. Ends with every session's summary. To wait for so many events
    `at_once` costs less and gives the same.
    """
    engine = plugins.engine(settings)
    coming = iter(events)
    while True:
        batch: list[Event] = []
        try:
            batch.extend(islice(coming, at_once))
        finally:
            yield from engine.play(batch)  # what came before an error, too
        if not batch:
            break
    yield engine.finish()


def replay_journal(folder: Path, settings: Settings) -> Iterator[Output]:
    """Play a journal in its own order, which gives the points that the live run gave, bit for bit.

    Raises JournalError when the folder holds none, or a damaged one.
    """
    engine = plugins.engine(settings)
    histories = Histories(lambda: plugins.engine(settings), engine.gauges[0])
    conversations = plugins.conversations(settings)
    for _, entry in read_journal(folder):
        yield from hear(conversations, entry)
        yield from play_entry(engine, histories, entry)
    open_sessions = [engine.summary(session) for session in sorted(engine.rooms.rooms)]
    for session in sorted(histories.boards):
        its = histories.boards[session].engine
        open_sessions += [its.summary(s) for s in its.rooms.rooms]
    yield Output(engine.next_tick, ended=open_sessions)


def hear(conversations: Conversations, entry: Entry) -> Iterator[Output]:
    """What the turns in an entry of a journal give, and what was read of those before it.

    History is heard in its place, too: what is said has its own time, and needs no clock.
    """
    match entry:
        case Batch():
            if gone := [one.person for one in entry.events if type(one) is Erased]:
                yield Output(entry.arrival // 1000, erased=gone)
            if said := [one for one in entry.events if type(one) is ConsentGiven]:
                arrived = utc(entry.arrival)
                consents = [word for one in said for word in words(one, arrived)]
                yield Output(entry.arrival // 1000, consents=consents)
            ours = conversations.apply(entry.events, entry.arrival, entry.source)
            if ours and conversations.is_due:
                yield from conversations.measuring(entry.arrival // 1000)
        case Tick():
            yield from conversations.ticking(entry.now)
        case Closed():
            yield from conversations.measuring(NO_TIME)
        case Gap():
            conversations.gap((entry.end - entry.start) * 1000)


def play_entry(
    engine: Engine, histories: Histories, entry: Entry, rows: int = sys.maxsize
) -> Iterator[Output]:
    """What one entry of a journal gives in these engines; a tick in slices of so many rooms."""
    match entry:
        case Batch(history=True):
            yield from histories.play(entry.events)
        case Batch():
            engine.apply(entry.events, entry.arrival)
        case Tick():
            yield from engine.ticking(entry.now, rows)
        case Gap():
            engine.gap(entry.start, entry.end)
        case Closed():
            ended = histories.close(entry.session)
            if ended is not None:
                yield ended


def _session_of(point: Point) -> str:
    told = {**point.texts, **point.tags}
    return next((told[name] for name in _SESSION if name in told), "")


def rows(out: Output) -> Iterator[Row]:
    """What a tick gave, as the lines of `roomtone replay --json`."""
    for block in out.blocks:
        for point in block.points():
            yield {
                "kind": "point",
                "time": iso(point.time),
                "session": _session_of(point),
                "measurement": point.measurement,
                **{name: tag for name, tag in point.tags.items() if name not in _SESSION},
                **{name: text for name, text in point.texts.items() if name not in _SESSION},
                **point.fields,
            }
    for alert in out.alerts:
        yield {"kind": "alert", **show_alert(alert)}
    for summary in out.ended:
        yield summary_row(summary)


def summary_row(summary: SessionSummary) -> Row:
    """A session's summary as a line: its extent, its people, its score."""
    ended = summary.ended or summary.started
    minutes = (ended - summary.started).total_seconds() / 60
    return {
        "kind": "summary",
        "time": iso(ended),
        "session": summary.session,
        "measurement": "session",
        "started": iso(summary.started),
        "ended": iso(ended),
        "minutes": round(minutes, 3),
        "messages": summary.messages,
        "reactions": summary.reactions,
        "votes": summary.votes,
        "people": summary.people,
        "peak_active": summary.peak_active,
        "mean_score": summary.mean_score,
        "min_score": summary.min_score,
        "max_score": summary.max_score,
        "alarms": summary.alarms,
        "late": summary.late,
        "reason": summary.reason,
    }


def paced(
    outputs: Iterable[Output], wait: Callable[[float], None], speed: float
) -> Iterator[Output]:
    """The outputs at `speed` times their own pace; `wait` is told how many seconds to sleep."""
    before: int | None = None
    for out in outputs:
        if out.now != NO_TIME:
            if before is not None and out.now > before:
                wait((out.now - before) / speed)
            before = out.now
        yield out
