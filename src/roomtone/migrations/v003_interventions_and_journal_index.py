"""Creates interventions, agent performance and the journal's index; alerts are found by severity.

`interventions` and `agent_performance` are the documents' tables. Nothing fills them yet: they are
for the part that answers alerts and learns what helped. They are here so that their keys, which
hold the time, and their indexes stand before there is data to move.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from roomtone.migrations import JSON, NAME, TIME

revision = "003"
down_revision = "002"


def upgrade() -> None:
    op.create_table(
        "interventions",
        sa.Column("id", NAME, primary_key=True),
        sa.Column("timestamp", TIME, primary_key=True),
        *(sa.Column(name, NAME, nullable=False) for name in ("session", "type", "status")),
        sa.Column("confidence", sa.Double),
        sa.Column("anomaly", NAME),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("outcome", JSON),
        sa.Column("metadata", JSON, nullable=False),
    )
    op.create_index("idx_intervention_session", "interventions", ["session", "timestamp", "id"])
    op.create_table(
        "agent_performance",
        sa.Column("id", NAME, primary_key=True),
        sa.Column("time", TIME, primary_key=True),
        sa.Column("session", NAME),
        sa.Column("agent", NAME, nullable=False),
        sa.Column("metric", NAME, nullable=False),
        sa.Column("value", sa.Double),
        sa.Column("metadata", JSON, nullable=False),
    )
    op.create_index("idx_agent_performance", "agent_performance", ["agent", "time", "id"])
    op.create_table(
        "journal_segments",
        sa.Column("journal", NAME, primary_key=True),
        sa.Column("base", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("end", sa.BigInteger, nullable=False),
        sa.Column("first_arrival", TIME),
        sa.Column("last_arrival", TIME),
        sa.Column("entries", sa.BigInteger, nullable=False),
        sa.Column("events", sa.BigInteger, nullable=False),
        sa.Column("sealed", sa.Boolean, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
    )
    op.drop_index("ix_alerts_session", "alerts")
    op.create_index("idx_anomaly_session", "alerts", ["session", "time", "id"])
    op.create_index("idx_anomaly_severity", "alerts", ["severity", "time", "id"])


def downgrade() -> None:
    op.drop_index("idx_anomaly_severity", "alerts")
    op.drop_index("idx_anomaly_session", "alerts")
    op.create_index("ix_alerts_session", "alerts", ["session", "time", "id"])
    for table in ("journal_segments", "agent_performance", "interventions"):
        op.drop_table(table)
