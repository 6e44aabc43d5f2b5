"""The tables of the SQL stores: the fixed ones, and those that follow from a measurement."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.schema import CreateTable

from roomtone.errors import StoreError
from roomtone.migrations import COUNT, JSON, NAME, TIME
from roomtone.points import Measurement

STEPS = (0, 60, 3600)
"""Seconds of one row: 0 is the points as they were written, the rest are rollups of the former."""

_SUFFIX = {0: "", 60: "_1m", 3600: "_1h"}
_NAME = re.compile(r"[a-z][a-z0-9_]{0,47}")

metadata = sa.MetaData()

series = sa.Table(
    "series",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("measurement", NAME, nullable=False),
    sa.Column("tags", NAME, nullable=False),  # JSON, names in the declared order
    sa.UniqueConstraint("measurement", "tags", name="uq_series"),
)
series_tags = sa.Table(
    "series_tags",
    metadata,
    sa.Column("name", NAME, primary_key=True),
    sa.Column("value", NAME, primary_key=True),
    sa.Column("series", sa.Integer, primary_key=True),
    sqlite_with_rowid=False,
)
rollups_due = sa.Table(  # stretches whose rollup is older than the rows it is made of
    "rollups_due",
    metadata,
    sa.Column("measurement", NAME, primary_key=True),
    sa.Column("step_s", sa.Integer, primary_key=True),
    sa.Column("start", TIME, primary_key=True),
    sqlite_with_rowid=False,
)
hours_kept = sa.Table(  # what there is of each hour, and when it was last written (seen by retain)
    "hours_kept",
    metadata,
    sa.Column("measurement", NAME, primary_key=True),
    sa.Column("start", TIME, primary_key=True),
    sa.Column("finest_s", sa.Integer, nullable=False),
    sa.Column("written", TIME),
    sqlite_with_rowid=False,
)
alerts = sa.Table(
    "alerts",
    metadata,
    sa.Column("id", NAME, primary_key=True),
    sa.Column("time", TIME, nullable=False),
    sa.Column("session", NAME, nullable=False),
    sa.Column("type", NAME, nullable=False),
    sa.Column("severity", NAME, nullable=False),
    sa.Column("detector", sa.Text, nullable=False),
    sa.Column("score", sa.Double),
    sa.Column("current", sa.Double),
    sa.Column("expected", sa.Double),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("evidence", JSON, nullable=False),
    sa.Column("verdict", sa.Text),
    sa.Column("verdict_by", sa.Text),
    sa.Column("verdict_at", TIME),
    sa.Index("ix_alerts_time", "time", "id"),
    sa.Index("idx_anomaly_session", "session", "time", "id"),
    sa.Index("idx_anomaly_severity", "severity", "time", "id"),
)
sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("id", NAME, primary_key=True),
    sa.Column("session", NAME, nullable=False),
    sa.Column("started", TIME, nullable=False),
    sa.Column("ended", TIME),
    sa.Column("messages", sa.BigInteger, nullable=False),
    sa.Column("reactions", sa.BigInteger, nullable=False),
    sa.Column("votes", sa.BigInteger, nullable=False),
    sa.Column("people", sa.BigInteger, nullable=False),
    sa.Column("peak_active", sa.BigInteger, nullable=False),
    sa.Column("mean_score", sa.Double),
    sa.Column("min_score", sa.Double),
    sa.Column("max_score", sa.Double),
    sa.Column("alarms", sa.BigInteger, nullable=False),
    sa.Column("late", sa.BigInteger, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Index("ix_sessions_started", "started", "id"),
    sa.Index("ix_sessions_session", "session", "started", "id"),
)
dead_letters = sa.Table(
    "dead_letters",
    metadata,
    sa.Column("id", COUNT, primary_key=True),
    sa.Column("at", TIME, nullable=False),
    sa.Column("source", NAME, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("raw", sa.LargeBinary, nullable=False),
    sa.Index("ix_dead_letters_source", "source", "id"),
    sqlite_autoincrement=True,  # an id is never given twice, so a cursor stays true
)
interventions = sa.Table(  # filled by whoever proposes and measures them; see v003
    "interventions",
    metadata,
    sa.Column("id", NAME, primary_key=True),
    sa.Column("timestamp", TIME, primary_key=True),
    sa.Column("session", NAME, nullable=False),
    sa.Column("type", NAME, nullable=False),
    sa.Column("status", NAME, nullable=False),
    sa.Column("confidence", sa.Double),
    sa.Column("anomaly", NAME),  # the id of the alert that it answers
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("outcome", JSON),
    sa.Column("metadata", JSON, nullable=False),
    sa.Index("idx_intervention_session", "session", "timestamp", "id"),
)
agent_performance = sa.Table(
    "agent_performance",
    metadata,
    sa.Column("id", NAME, primary_key=True),
    sa.Column("time", TIME, primary_key=True),
    sa.Column("session", NAME),
    sa.Column("agent", NAME, nullable=False),
    sa.Column("metric", NAME, nullable=False),
    sa.Column("value", sa.Double),
    sa.Column("metadata", JSON, nullable=False),
    sa.Index("idx_agent_performance", "agent", "time", "id"),
)
journal_segments = sa.Table(  # what the journal's folder holds, for those who cannot look into it
    "journal_segments",
    metadata,
    sa.Column("journal", NAME, primary_key=True),
    sa.Column("base", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("end", sa.BigInteger, nullable=False),
    sa.Column("first_arrival", TIME),
    sa.Column("last_arrival", TIME),
    sa.Column("entries", sa.BigInteger, nullable=False),
    sa.Column("events", sa.BigInteger, nullable=False),
    sa.Column("sealed", sa.Boolean, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),  # of the file; empty until it is sealed
)


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables of one measurement, by the seconds that one row stands for.

    The key is (time, series), time first: a tick appends its rows at the end of the tree, and
    retention takes them off its start. With the series first every row of a tick lands on a page
    of its own, which wrote 20 times the bytes at a fifth of the speed.
    A rollup row has four columns per field: the mean under the field's own name, `_min`, `_max`,
    and `_n`, the number of points that knew the field.
    """

    measurement: Measurement
    by_step: dict[int, sa.Table]

    @property
    def fields(self) -> list[str]:
        return list(self.measurement.fields)

    def name(self, step_s: int) -> str:
        return self.by_step[step_s].name

    def columns(self, step_s: int) -> list[str]:
        """The columns that hold numbers, in the order of the declaration."""
        return [c.name for c in self.by_step[step_s].columns if c.name not in ("time", "series")]


def tables_of(measurement: Measurement) -> Tables:
    """Derive the tables of a measurement from its declaration.

    Raises StoreError where a name cannot be a table or column, or two would be the same.
    """
    for name in (measurement.name, *measurement.tags, *measurement.fields):
        if not _NAME.fullmatch(name):
            raise StoreError(
                f"{name!r} of measurement {measurement.name!r} cannot name a column; "
                "use up to 48 small letters, digits and underscores, a letter first"
            )
    if measurement.name.endswith(tuple(filter(None, _SUFFIX.values()))):
        raise StoreError(f"{measurement.name!r} is named like a rollup; rename the measurement")
    own = sa.MetaData()
    by_step = {}
    for step_s, suffix in _SUFFIX.items():
        columns = list(_columns(measurement.fields, rolled=step_s > 0))
        if len({*columns, "time", "series"}) != len(columns) + 2:
            raise StoreError(
                f"two columns of {measurement.name!r} would have one name; rename the field "
                "that is called time, series, or ends in _min, _max or _n"
            )
        by_step[step_s] = sa.Table(
            f"points_{measurement.name}{suffix}",
            own,
            sa.Column("time", TIME, primary_key=True, autoincrement=False),
            sa.Column("series", sa.Integer, primary_key=True, autoincrement=False),
            *(sa.Column(name, sa.Double) for name in columns),
            sqlite_with_rowid=False,
        )
    return Tables(measurement, by_step)


def _columns(fields: Iterable[str], rolled: bool) -> Iterator[str]:
    for name in fields:
        yield name
        if rolled:
            yield from (f"{name}_min", f"{name}_max", f"{name}_n")


def missing(connection: sa.Connection, all_tables: Sequence[Tables]) -> list[str]:
    """The statements that would bring the tables up to their declarations; empty: all is there."""
    found = sa.inspect(connection)
    there = set(found.get_table_names())
    known = {
        table.name: {column["name"] for column in found.get_columns(table.name)}
        for tables in all_tables
        for table in tables.by_step.values()
        if table.name in there
    }
    return statements(connection.dialect, known, all_tables)


def statements(
    dialect: sa.Dialect, known: Mapping[str, Collection[str]], all_tables: Sequence[Tables]
) -> list[str]:
    """What makes tables and columns that are declared and not `known`.

    Columns that are no longer declared stay where they are, with their numbers.
    """
    made = []
    quote = dialect.identifier_preparer.quote
    double = sa.Double().compile(dialect)
    for tables in all_tables:
        for table in tables.by_step.values():
            if table.name not in known:
                made.append(str(CreateTable(table).compile(dialect=dialect)))
                continue
            made += [
                f"ALTER TABLE {quote(table.name)} ADD COLUMN {quote(column.name)} {double}"
                for column in table.columns
                if column.name not in known[table.name]
            ]
    return made
