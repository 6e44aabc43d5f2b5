"""Keeps alerts with their verdicts, session summaries and dead letters in PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from roomtone.alerts import Alert
from roomtone.records import DeadLetter, JournalSegment, SessionSummary
from roomtone.stores import _archive
from roomtone.stores._archive import (
    ALERT_COLUMNS,
    LIMIT,
    RAW_BYTES,
    SEGMENT_COLUMNS,
    SESSION_COLUMNS,
)
from roomtone.stores._pg_pool import Connection, clean, named
from roomtone.stores._steps import from_ms, to_ms

_NAMES = {"id", "session"}  # kept to the letter; all other texts are for people


def _upsert(table: str, key: str, columns: Sequence[str]) -> str:
    update = ", ".join(f"{c} = excluded.{c}" for c in columns if c not in key.split(", "))
    values = ", ".join(f"${i + 1}" for i in range(len(columns)))
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({values}) "
        f"ON CONFLICT ({key}) DO UPDATE SET {update}"
    )


def _values(row: Mapping[str, Any], columns: Sequence[str]) -> list[Any]:
    return [
        value
        if not isinstance(value := row[column], str)
        else named(value)
        if column in _NAMES
        else clean(value)
        for column in columns
    ]


async def add_alerts(connection: Connection, alerts: Sequence[Alert]) -> None:
    """Add or renew; a verdict that was given stays.

    The key holds the time, as a hypertable's must. An id says the second, so only a part of it
    can differ: then the row that is there takes the new time before it is renewed.
    """
    rows = {alert.id: _values(_archive.alert_row(alert), ALERT_COLUMNS) for alert in alerts}
    at = ALERT_COLUMNS.index("time")
    await connection.execute(
        "UPDATE alerts a SET time = n.time FROM unnest($1::text[], $2::timestamptz[]) n(id, time) "
        "WHERE a.id = n.id AND a.time <> n.time",
        list(rows),
        [row[at] for row in rows.values()],
    )
    await connection.executemany(_upsert("alerts", "id, time", ALERT_COLUMNS), list(rows.values()))


def page_sql(table: str, time: str, filters: Sequence[str], after: bool) -> str:
    """SQLite's query for the same page, with PostgreSQL's words for its parameters."""
    parts = _archive.page_sql(table, time, filters, after).split("?")
    return "".join(f"{part}${i + 1}" for i, part in enumerate(parts[:-1])) + parts[-1]


async def _page(
    connection: Connection,
    table: str,
    time: str,
    filters: Mapping[str, Any],
    before: str | None,
    limit: int,
) -> list[dict[str, Any]]:
    given = {condition: value for condition, value in filters.items() if value is not None}
    texts = [value for value in (*given.values(), before) if isinstance(value, str)]
    if any(clean(text) != text for text in texts):
        return []  # nothing can be called that here
    parameters = [*given.values(), *([] if before is None else [before]), max(0, min(limit, LIMIT))]
    sql = page_sql(table, time, list(given), before is not None)
    return [dict(row) for row in await connection.fetch(sql, *parameters)]


async def read_alerts(
    connection: Connection,
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
    filters = _archive.alert_filters(session, type, severity, start, end)
    rows = await _page(connection, "alerts", "time", filters, before, limit)
    return [_archive.shown_alert(row) for row in rows]


async def read_alert(connection: Connection, id: str) -> dict[str, Any] | None:
    """One alert by its id."""
    found = await _page(connection, "alerts", "time", {"id = ?": id}, None, 1)
    return _archive.shown_alert(found[0]) if found else None


async def judge(connection: Connection, id: str, verdict: str, by: str, at: datetime) -> bool:
    """Set or, by the verdict "", withdraw what somebody said of an alert."""
    if clean(id) != id:
        return False
    values = (verdict, clean(by), to_ms(at)) if verdict else (None, None, None)
    said: str = await connection.execute(
        "UPDATE alerts SET verdict = $1, verdict_by = $2, verdict_at = $3 WHERE id = $4",
        *values,
        id,
    )
    return said != "UPDATE 0"


async def add_sessions(connection: Connection, sessions: Sequence[SessionSummary]) -> None:
    """Add or renew by (session, started)."""
    rows = [_values(_archive.session_row(session), SESSION_COLUMNS) for session in sessions]
    await connection.executemany(_upsert("sessions", "id", SESSION_COLUMNS), rows)


async def read_sessions(
    connection: Connection, *, session: str | None, before: str | None, limit: int
) -> list[SessionSummary]:
    """Summaries, latest start first."""
    rows = await _page(connection, "sessions", "started", {"session = ?": session}, before, limit)
    return [_archive.read_session(row) for row in rows]


async def add_dead_letters(connection: Connection, letters: Sequence[DeadLetter]) -> None:
    """Append, and let go of the oldest beyond the bound."""
    await connection.executemany(
        "INSERT INTO dead_letters (at, source, reason, raw) VALUES ($1, $2, $3, $4)",
        [(to_ms(d.at), clean(d.source), clean(d.reason), d.raw[:RAW_BYTES]) for d in letters],
    )
    await connection.execute(
        "DELETE FROM dead_letters WHERE id <= (SELECT max(id) FROM dead_letters) - $1",
        _archive.DEAD_LETTERS,
    )


async def read_dead_letters(
    connection: Connection, *, source: str | None, before: int | None, limit: int
) -> list[DeadLetter]:
    """Dead letters, newest first."""
    rows = await connection.fetch(
        "SELECT at, source, reason, raw, id FROM dead_letters "
        "WHERE ($1::text IS NULL OR source = $1) AND ($2::bigint IS NULL OR id < $2) "
        "ORDER BY id DESC LIMIT $3",
        None if source is None else clean(source),
        before,
        max(0, min(limit, LIMIT)),
    )
    return [
        DeadLetter(at=from_ms(at), source=source, reason=reason, raw=raw, id=id)
        for at, source, reason, raw, id in rows
    ]


async def note_segments(
    connection: Connection, journal: str, segments: Sequence[JournalSegment], first: int
) -> None:
    """Add or renew by journal and base, and forget what is before `first`."""
    columns = [f'"{column}"' for column in SEGMENT_COLUMNS]
    await connection.executemany(
        _upsert("journal_segments", "journal, base", columns),
        [_archive.segment_values(segment) for segment in segments],
    )
    await connection.execute(
        "DELETE FROM journal_segments WHERE journal = $1 AND base < $2", journal, first
    )


async def read_segments(connection: Connection, journal: str | None) -> list[JournalSegment]:
    """What was noted of one journal, or of all, oldest first."""
    columns = ", ".join(f'"{column}"' for column in SEGMENT_COLUMNS)
    rows = await connection.fetch(
        f"SELECT {columns} FROM journal_segments WHERE $1::text IS NULL OR journal = $1 "
        "ORDER BY journal, base",
        journal,
    )
    return [_archive.segment_of(tuple(row)) for row in rows]
