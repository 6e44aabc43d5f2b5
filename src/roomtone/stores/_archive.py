"""Keeps alerts with their verdicts, session summaries and dead letters in their tables."""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from roomtone.alerts import Alert
from roomtone.records import DeadLetter, JournalSegment, SessionSummary
from roomtone.stores._steps import from_ms, to_ms

DEAD_LETTERS = 10_000  # the newest that are kept: at most some 25 MB
RAW_BYTES = 2_048  # of a dead letter's body: enough to see what it was
LIMIT = 10_000  # rows of one page, whatever was asked

_ALERT = "id time session type severity detector score current expected subject message evidence"
ALERT_COLUMNS = _ALERT.split()
SEGMENT_COLUMNS = [*JournalSegment.__struct_fields__]
SESSION_COLUMNS = ["id", *SessionSummary.__struct_fields__]


def _upsert(table: str, columns: Sequence[str]) -> str:
    update = ", ".join(f"{c} = excluded.{c}" for c in columns if c != "id")
    values = ", ".join(f":{c}" for c in columns)
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({values}) "
        f"ON CONFLICT DO UPDATE SET {update}"
    )


def add_alerts(connection: sqlite3.Connection, alerts: Sequence[Alert]) -> None:
    """Add or renew; a verdict that was given stays."""
    connection.executemany(_upsert("alerts", ALERT_COLUMNS), map(alert_row, alerts))


def alert_row(alert: Alert) -> dict[str, Any]:
    """An alert's columns by name."""
    known = {name: value for name, value in alert.evidence.items() if math.isfinite(value)}
    own = {"id": alert.id, "time": to_ms(alert.time), "evidence": json.dumps(known)}
    return msgspec.structs.asdict(alert) | own


def page_sql(table: str, time: str, filters: Sequence[str], after: bool) -> str:
    """The query for one page, newest first: `filters` are conditions, `after` a cursor."""
    conditions = [*filters]
    if after:
        conditions.append(f"({time}, id) < (SELECT {time}, id FROM {table} WHERE id = ?)")
    where = f"WHERE {' AND '.join(conditions)} " if conditions else ""
    return f"SELECT * FROM {table} {where}ORDER BY {time} DESC, id DESC LIMIT ?"


def _page(
    connection: sqlite3.Connection,
    table: str,
    time: str,
    filters: Mapping[str, Any],
    before: str | None,
    limit: int,
) -> list[dict[str, Any]]:
    given = {condition: value for condition, value in filters.items() if value is not None}
    parameters = [*given.values(), *([] if before is None else [before]), max(0, min(limit, LIMIT))]
    cursor = connection.execute(page_sql(table, time, list(given), before is not None), parameters)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def read_alerts(
    connection: sqlite3.Connection,
    *,
    session: str | None,
    type: str | None,
    severity: str | None,
    start: datetime | None,
    end: datetime | None,
    before: str | None,
    limit: int,
) -> list[dict[str, Any]]:
    """Alerts of [start, end), newest first, as `Archive.alerts` describes them."""
    filters = alert_filters(session, type, severity, start, end)
    return [shown_alert(row) for row in _page(connection, "alerts", "time", filters, before, limit)]


def alert_filters(
    session: str | None,
    type: str | None,
    severity: str | None,
    start: datetime | None,
    end: datetime | None,
) -> dict[str, Any]:
    """Conditions with the value of each; where that is None, the condition is not meant."""
    return {
        "session = ?": session,
        "type = ?": type,
        "severity = ?": severity,
        "time >= ?": None if start is None else to_ms(start),
        "time < ?": None if end is None else to_ms(end),
    }


def read_alert(connection: sqlite3.Connection, id: str) -> dict[str, Any] | None:
    """One alert by its id."""
    found = _page(connection, "alerts", "time", {"id = ?": id}, None, 1)
    return shown_alert(found[0]) if found else None


def shown_alert(row: dict[str, Any]) -> dict[str, Any]:
    """An alert's columns in the form that `Archive.alerts` describes."""
    row["time"] = from_ms(row["time"])
    row["evidence"] = json.loads(row["evidence"])
    given = row["verdict_at"]
    row["verdict_at"] = None if given is None else from_ms(given)
    row["verdict"] = row["verdict"] or ""
    row["verdict_by"] = row["verdict_by"] or ""
    known = row["current"] is not None and row["expected"] is not None
    row["deviation"] = row["current"] - row["expected"] if known else None
    return row


def judge(connection: sqlite3.Connection, id: str, verdict: str, by: str, at: datetime) -> bool:
    """Set or, by the verdict "", withdraw what somebody said of an alert."""
    values = (verdict, by, to_ms(at)) if verdict else (None, None, None)
    changed = connection.execute(
        "UPDATE alerts SET verdict = ?, verdict_by = ?, verdict_at = ? WHERE id = ?", (*values, id)
    )
    return changed.rowcount > 0


def add_sessions(connection: sqlite3.Connection, sessions: Sequence[SessionSummary]) -> None:
    """Add or renew by (session, started)."""
    connection.executemany(_upsert("sessions", SESSION_COLUMNS), map(session_row, sessions))


def session_row(session: SessionSummary) -> dict[str, Any]:
    """A summary's columns by name."""
    values = msgspec.structs.asdict(session)
    values["started"] = to_ms(session.started)
    values["ended"] = None if session.ended is None else to_ms(session.ended)
    return {**values, "id": session.id}


def read_sessions(
    connection: sqlite3.Connection, *, session: str | None, before: str | None, limit: int
) -> list[SessionSummary]:
    """Summaries, latest start first."""
    rows = _page(connection, "sessions", "started", {"session = ?": session}, before, limit)
    return [read_session(row) for row in rows]


def read_session(row: dict[str, Any]) -> SessionSummary:
    """A summary made of its columns."""
    del row["id"]
    row["started"] = from_ms(row["started"])
    row["ended"] = None if row["ended"] is None else from_ms(row["ended"])
    return SessionSummary(**row)


def add_dead_letters(connection: sqlite3.Connection, letters: Sequence[DeadLetter]) -> None:
    """Append, and let go of the oldest beyond the bound."""
    connection.executemany(
        "INSERT INTO dead_letters (at, source, reason, raw) VALUES (?, ?, ?, ?)",
        [(to_ms(d.at), d.source, d.reason, d.raw[:RAW_BYTES]) for d in letters],
    )
    connection.execute(
        "DELETE FROM dead_letters WHERE id <= (SELECT max(id) FROM dead_letters) - ?",
        (DEAD_LETTERS,),
    )


def read_dead_letters(
    connection: sqlite3.Connection, *, source: str | None, before: int | None, limit: int
) -> list[DeadLetter]:
    """Dead letters, newest first."""
    given = {"source = ?": source, "id < ?": before}
    filters = {condition: value for condition, value in given.items() if value is not None}
    where = f"WHERE {' AND '.join(filters)} " if filters else ""
    rows = connection.execute(
        f"SELECT at, source, reason, raw, id FROM dead_letters {where}ORDER BY id DESC LIMIT ?",
        [*filters.values(), max(0, min(limit, LIMIT))],
    )
    return [
        DeadLetter(at=from_ms(at), source=source, reason=reason, raw=raw, id=id)
        for at, source, reason, raw, id in rows
    ]


def note_segments(
    connection: sqlite3.Connection, journal: str, segments: Sequence[JournalSegment], first: int
) -> None:
    """Add or renew by journal and base, and forget what is before `first`."""
    columns = ", ".join(f'"{column}"' for column in SEGMENT_COLUMNS)
    places = ", ".join("?" * len(SEGMENT_COLUMNS))
    connection.executemany(
        f"INSERT OR REPLACE INTO journal_segments ({columns}) VALUES ({places})",
        map(segment_values, segments),
    )
    connection.execute(
        "DELETE FROM journal_segments WHERE journal = ? AND base < ?", (journal, first)
    )


def segment_values(segment: JournalSegment) -> list[Any]:
    """A segment's columns in the order of `SEGMENT_COLUMNS`."""
    values = msgspec.structs.astuple(segment)
    return [to_ms(value) if isinstance(value, datetime) else value for value in values]


def read_segments(connection: sqlite3.Connection, journal: str | None) -> list[JournalSegment]:
    """What was noted of one journal, or of all, oldest first."""
    columns = ", ".join(f'"{column}"' for column in SEGMENT_COLUMNS)
    rows = connection.execute(
        f"SELECT {columns} FROM journal_segments WHERE ?1 IS NULL OR journal = ?1 "
        "ORDER BY journal, base",
        (journal,),
    )
    return [segment_of(row) for row in rows]


def segment_of(row: Sequence[Any]) -> JournalSegment:
    """A segment made of its columns."""
    values = dict(zip(SEGMENT_COLUMNS, row, strict=True))
    for name in ("first_arrival", "last_arrival"):
        values[name] = None if values[name] is None else from_ms(values[name])
    return JournalSegment(**values | {"sealed": bool(values["sealed"])})
