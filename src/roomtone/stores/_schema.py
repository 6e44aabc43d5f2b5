"""The tables of the SQL stores: the fixed ones, and those that follow from a measurement."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

import sqlalchemy as sa
from sqlalchemy.schema import CreateIndex, CreateTable

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
relationships = sa.Table(
    "relationships",
    metadata,
    sa.Column("bot", NAME, primary_key=True),
    sa.Column("person", NAME, primary_key=True),
    sa.Column("trust", sa.Double, nullable=False),
    sa.Column("affection", sa.Double, nullable=False),
    sa.Column("attunement", sa.Double, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("turns", sa.BigInteger, nullable=False),
    sa.Column("first", TIME, nullable=False),
    sa.Column("updated", TIME, nullable=False),
    sa.Column("sought", sa.Text, nullable=False),
    sa.Index("ix_relationships_updated", "updated", "bot", "person"),
    sa.Index("ix_relationships_bot", "bot", "updated", "person"),
    sa.Index("ix_relationships_person", "person", "updated", "bot"),
)
keys = sa.Table(  # random bytes that all processes share
    "keys",
    metadata,
    sa.Column("name", NAME, primary_key=True),
    sa.Column("key", sa.LargeBinary, nullable=False),
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
    A rollup row has four columns per number: the mean under the field's own name, `_min`, `_max`,
    and `_n`, the number of points that knew it. Texts are in the points alone.

    Where a measurement has texts, its points are told one by one, each at a time of its own: there
    a series is found by an index of its own, (series, time), instead of instant by instant.
    """

    measurement: Measurement
    by_step: Mapping[int, sa.Table]

    @property
    def fields(self) -> list[str]:
        """The names of the numbers, which have rollups."""
        return list(self.measurement.numbers)

    @property
    def one_by_one(self) -> bool:
        """Whether hardly any two series have a row at the same instant."""
        return bool(self.measurement.texts)

    def name(self, step_s: int) -> str:
        return self.by_step[step_s].name

    def columns(self, step_s: int) -> list[str]:
        """The columns that hold numbers, in the order of the declaration."""
        return list(_columns(self.fields, rolled=step_s > 0))


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
    names = measurement.name, tuple(measurement.numbers), tuple(measurement.texts)
    return Tables(measurement, _tables(*names))


@lru_cache(
    maxsize=500
)  # every store that is opened has the same ones, and each takes a millisecond
def _tables(name: str, numbers: tuple[str, ...], words: tuple[str, ...]) -> Mapping[int, sa.Table]:
    own = sa.MetaData()
    by_step = {}
    for step_s, suffix in _SUFFIX.items():
        columns = list(_columns(numbers, rolled=step_s > 0))
        texts = [] if step_s else list(words)
        if len({*columns, *texts, "time", "series"}) != len(columns) + len(texts) + 2:
            raise StoreError(
                f"two columns of {name!r} would have one name; rename the field "
                "that is called time, series, or ends in _min, _max or _n"
            )
        by_step[step_s] = sa.Table(
            f"points_{name}{suffix}",
            own,
            sa.Column("time", TIME, primary_key=True, autoincrement=False),
            sa.Column("series", sa.Integer, primary_key=True, autoincrement=False),
            *(sa.Column(column, sa.Double) for column in columns),
            *(sa.Column(text, sa.Text) for text in texts),
            *([sa.Index(f"ix_points_{name}{suffix}", "series", "time")] * bool(words)),
            sqlite_with_rowid=False,
        )
    return MappingProxyType(by_step)


def _columns(fields: Iterable[str], rolled: bool) -> Iterator[str]:
    for name in fields:
        yield name
        if rolled:
            yield from (f"{name}_min", f"{name}_max", f"{name}_n")


def missing(connection: sa.Connection, all_tables: Sequence[Tables]) -> list[str]:
    """The statements that would bring the tables up to their declarations; empty: all is there."""
    found = sa.inspect(connection)
    there = set(found.get_table_names())
    known: dict[str, set[str]] = {}
    for tables in all_tables:
        for table in tables.by_step.values():
            if table.name in there:
                known[table.name] = {column["name"] for column in found.get_columns(table.name)}
                known |= {str(index["name"]): set() for index in found.get_indexes(table.name)}
    return statements(connection.dialect, known, all_tables)


def statements(
    dialect: sa.Dialect, known: Mapping[str, Collection[str]], all_tables: Sequence[Tables]
) -> list[str]:
    """What makes tables, columns and indexes that are declared and not `known`, which has the
    columns of each table by its name, and each index by its own.

    Columns that are no longer declared stay where they are, with what is in them.
    """
    made = []
    quote = dialect.identifier_preparer.quote
    for tables in all_tables:
        for table in tables.by_step.values():
            if table.name not in known:
                made.append(str(CreateTable(table).compile(dialect=dialect)))
            made += [
                f"ALTER TABLE {quote(table.name)} ADD COLUMN {quote(column.name)} "
                + column.type.compile(dialect)
                for column in table.columns
                if column.name not in known.get(table.name, table.columns)
            ]
            made += [
                str(CreateIndex(index).compile(dialect=dialect))
                for index in table.indexes
                if index.name not in known
            ]
    return made
