"""Keeps the minute and hour rollups true to the points, and deletes what is past keeping."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping
from itertools import repeat
from types import MappingProxyType

from roomtone.stores._minute import Minute
from roomtone.stores._schema import STEPS, Tables

HOUR_MS = 3_600_000
PUT_ROWS = 500  # rows turned from columns into Python at once: below a millisecond each
HOUR_SERIES = 250  # ids of series whose hour is computed at once: some MB of minutes
SLICE_ROWS = 5_000  # rows one transaction of `retain` deletes: some 20 ms


def mark_written(
    connection: sqlite3.Connection, measurement: str, minutes: Collection[int]
) -> None:
    """Note that points of these minutes (epoch ms) are newer than them and their hours' books."""
    connection.executemany(
        "INSERT OR IGNORE INTO rollups_due VALUES (?, 60, ?)", zip(repeat(measurement), minutes)
    )
    connection.executemany(
        "INSERT INTO hours_kept VALUES (?, ?, 0, NULL) ON CONFLICT DO UPDATE SET "
        "finest_s = 0, written = NULL WHERE finest_s > 0 OR written IS NOT NULL",
        zip(repeat(measurement), sorted({minute - minute % HOUR_MS for minute in minutes})),
    )


def due(connection: sqlite3.Connection, measurement: str, step_s: int) -> list[int]:
    """The starts (epoch ms) of what has changed since it was rolled up, in order."""
    rows = connection.execute(
        "SELECT start FROM rollups_due WHERE measurement = ? AND step_s = ? ORDER BY start",
        (measurement, step_s),
    )
    return [start for (start,) in rows]


def roll_up(
    connection: sqlite3.Connection,
    tables: Tables,
    spared: frozenset[int] = frozenset(),
    summed: Mapping[int, Minute] = MappingProxyType({}),
) -> None:
    """Compute again each minute and each hour that is due, from all the rows there are of it.

    `spared` are the minutes (epoch ms) that likely will be written again at once: they and
    their hours wait, so that a minute is computed once when it is over, and again only if it
    is rewritten. `summed` has the minutes that were added up while they were written.
    """
    name = tables.measurement.name
    for step_s in STEPS[1:]:
        long_ms = step_s * 1000
        waiting = {start - start % long_ms for start in spared}
        for start in due(connection, name, step_s):
            if start in waiting:
                continue
            minute = summed.get(start) if step_s == 60 else None
            if step_s * 1000 == HOUR_MS:
                _roll_hour(connection, tables, start)
            elif minute is None or not _is_whole(connection, tables, start, minute):
                connection.execute(_roll_sql(tables, step_s), (start, start, start + long_ms))
            else:
                _put_down(connection, tables, start, minute)
            connection.execute(
                "DELETE FROM rollups_due WHERE measurement = ? AND step_s = ? AND start = ?",
                (name, step_s, start),
            )
            if step_s < HOUR_MS // 1000:
                connection.execute(
                    "INSERT OR IGNORE INTO rollups_due VALUES (?, ?, ?)",
                    (name, HOUR_MS // 1000, start - start % HOUR_MS),
                )


def _roll_hour(connection: sqlite3.Connection, tables: Tables, start: int) -> None:
    """An hour out of its minutes; where these are many, some series at a time: to group all at
    once, SQLite would hold all rows of the hour in memory, a hundred megabytes and more."""
    most = 60 * HOUR_SERIES
    (rows,) = connection.execute(
        f'SELECT count(*) FROM (SELECT 1 FROM "{tables.name(60)}" '
        "WHERE time >= ? AND time < ? LIMIT ?)",
        (start, start + HOUR_MS, most + 1),
    ).fetchone()
    if rows <= most:
        sql = _roll_sql(tables, HOUR_MS // 1000)
        connection.execute(sql, (start, start, start + HOUR_MS))
        return
    minutes = list(range(start, start + HOUR_MS, 60_000))
    held = ", ".join(map(str, minutes))
    ends = [
        row
        for minute in minutes
        for row in connection.execute(
            f'SELECT min(series), max(series) FROM "{tables.name(60)}" WHERE time = ?', (minute,)
        )
        if row[0] is not None
    ]
    if not ends:
        return
    sql = _roll_sql(tables, HOUR_MS // 1000, f"time IN ({held}) AND series >= ? AND series < ?")
    last = max(high for _, high in ends)
    for series in range(min(low for low, _ in ends), last + 1, HOUR_SERIES):
        connection.execute(sql, (start, series, series + HOUR_SERIES))


def _is_whole(connection: sqlite3.Connection, tables: Tables, start: int, minute: Minute) -> bool:
    if minute.rows < 0:
        return False
    (rows,) = connection.execute(
        f'SELECT count(*) FROM "{tables.name(0)}" WHERE time >= ? AND time < ?',
        (start, start + 60_000),
    ).fetchone()
    return bool(rows == minute.rows)


def _put_down(connection: sqlite3.Connection, tables: Tables, start: int, minute: Minute) -> None:
    ids, columns = minute.table()
    names = "".join(f', "{column}"' for column in tables.columns(60))
    for a in range(0, len(ids), PUT_ROWS):
        part = slice(a, a + PUT_ROWS)
        connection.executemany(
            f'INSERT OR REPLACE INTO "{tables.name(60)}" (time, series{names}) '
            f"VALUES (?, ?{', ?' * len(columns)})",
            zip(repeat(start), ids[part], *(c[part].tolist() for c in columns), strict=False),
        )


def _roll_sql(tables: Tables, step_s: int, of: str = "time >= ? AND time < ?") -> str:
    finer = STEPS[STEPS.index(step_s) - 1]
    parts = []
    for f in tables.fields:
        if finer == 0:
            parts.append(f'avg("{f}"), min("{f}"), max("{f}"), count("{f}")')
        else:
            parts.append(
                f'sum("{f}" * "{f}_n") / sum("{f}_n"), min("{f}_min"), max("{f}_max"), sum("{f}_n")'
            )
    columns = "".join(f', "{column}"' for column in tables.columns(step_s))
    return (
        f'INSERT OR REPLACE INTO "{tables.name(step_s)}" (time, series{columns}) '
        f'SELECT {", ".join(["?", "series", *parts])} FROM "{tables.name(finer)}" '
        f"WHERE {of} GROUP BY series"
    )


def delete_some(
    connection: sqlite3.Connection, tables: Tables, now: int, keep_s: Mapping[int, int | None]
) -> int | None:
    """Delete at most about `SLICE_ROWS` rows that are past keeping; None when there are no more.

    What is due is rolled up first, so that nothing goes before its rollup stands. An hour's time
    counts from when it was over or was last written, whichever is later: a chat of last year that
    came in today stays as long as one of today. `now` is in epoch ms; `keep_s` gives the seconds
    to keep for each step, None for ever.
    """
    name = tables.measurement.name
    connection.execute(
        "UPDATE hours_kept SET written = ? WHERE measurement = ? AND written IS NULL", (now, name)
    )
    for place, step_s in enumerate(STEPS):
        keep = keep_s.get(step_s)
        if keep is None:
            continue
        oldest = now - keep * 1000
        row = connection.execute(
            "SELECT start FROM hours_kept WHERE measurement = ? AND start < ? "
            "AND written < ? AND finest_s <= ? ORDER BY start LIMIT 1",
            (name, oldest - HOUR_MS + 1, oldest, step_s),
        ).fetchone()
        if row is None:
            continue
        if due(connection, name, 60):
            roll_up(connection, tables)
        gone, finished = _delete_slice(connection, tables.name(step_s), row[0], row[0] + HOUR_MS)
        if finished and place + 1 < len(STEPS):
            connection.execute(
                "UPDATE hours_kept SET finest_s = max(finest_s, ?) "
                "WHERE measurement = ? AND start = ?",
                (STEPS[place + 1], name, row[0]),
            )
        elif finished:
            connection.execute(
                "DELETE FROM hours_kept WHERE measurement = ? AND start = ?", (name, row[0])
            )
        return gone
    return None


def _delete_slice(
    connection: sqlite3.Connection, table: str, start: int, end: int
) -> tuple[int, bool]:
    """Delete whole instants from `start` on; returns the rows gone, and whether that was all."""
    row = connection.execute(
        f'SELECT time FROM "{table}" WHERE time >= ? AND time < ? ORDER BY time LIMIT 1 OFFSET ?',
        (start, end, SLICE_ROWS),
    ).fetchone()
    upto = end if row is None else row[0] + 1
    gone = connection.execute(
        f'DELETE FROM "{table}" WHERE time >= ? AND time < ?', (start, upto)
    ).rowcount
    return gone, row is None
