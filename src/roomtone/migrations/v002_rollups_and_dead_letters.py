"""Creates the books that rollups and retention keep, and the dead letters."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from roomtone.migrations import COUNT, NAME, TIME

revision = "002"
down_revision = "001"


def upgrade() -> None:
    op.create_table(
        "rollups_due",
        sa.Column("measurement", NAME, primary_key=True),
        sa.Column("step_s", sa.Integer, primary_key=True),
        sa.Column("start", TIME, primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "hours_kept",
        sa.Column("measurement", NAME, primary_key=True),
        sa.Column("start", TIME, primary_key=True),
        sa.Column("finest_s", sa.Integer, nullable=False),
        sa.Column("written", TIME),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "dead_letters",
        sa.Column("id", COUNT, primary_key=True),
        sa.Column("at", TIME, nullable=False),
        sa.Column("source", NAME, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("raw", sa.LargeBinary, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_dead_letters_source", "dead_letters", ["source", "id"])


def downgrade() -> None:
    for table in ("dead_letters", "hours_kept", "rollups_due"):
        op.drop_table(table)
