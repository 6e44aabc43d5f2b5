"""Creates the series dictionary, alerts with their verdicts, and session summaries."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from roomtone.migrations import JSON, NAME, TIME

revision = "001"
down_revision: str | None = None


def upgrade() -> None:
    on_postgres = op.get_context().dialect.name == "postgresql"
    op.create_table(
        "series",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("measurement", NAME, nullable=False),
        sa.Column("tags", NAME, nullable=False),
        sa.UniqueConstraint("measurement", "tags", name="uq_series"),
    )
    op.create_table(
        "series_tags",
        sa.Column("name", NAME, primary_key=True),
        sa.Column("value", NAME, primary_key=True),
        sa.Column("series", sa.Integer, primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "alerts",
        sa.Column("id", NAME, primary_key=True),
        # A hypertable's key must hold the time; where there are none, the id alone is the key.
        sa.Column("time", TIME, nullable=False, primary_key=on_postgres),
        *(
            sa.Column(name, NAME, nullable=False)
            for name in ("session", "type", "severity", "detector")
        ),
        *(sa.Column(name, sa.Double) for name in ("score", "current", "expected")),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("subject", "message")),
        sa.Column("evidence", JSON, nullable=False),
        sa.Column("verdict", sa.Text),
        sa.Column("verdict_by", sa.Text),
        sa.Column("verdict_at", TIME),
    )
    op.create_index("ix_alerts_time", "alerts", ["time", "id"])
    op.create_index("ix_alerts_session", "alerts", ["session", "time", "id"])
    op.create_table(
        "sessions",
        sa.Column("id", NAME, primary_key=True),
        sa.Column("session", NAME, nullable=False),
        sa.Column("started", TIME, nullable=False),
        sa.Column("ended", TIME),
        *(
            sa.Column(name, sa.BigInteger, nullable=False)
            for name in ("messages", "reactions", "votes", "people", "peak_active")
        ),
        *(sa.Column(name, sa.Double) for name in ("mean_score", "min_score", "max_score")),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("alarms", "late")),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_index("ix_sessions_started", "sessions", ["started", "id"])
    op.create_index("ix_sessions_session", "sessions", ["session", "started", "id"])


def downgrade() -> None:
    for table in ("sessions", "alerts", "series_tags", "series"):
        op.drop_table(table)
