"""Creates reactions and the log of what has been processed; nothing of before is touched.

`enrichment_processing_log` has the documents' columns, key and indexes; `status`, `leased_by` and
what follows make it safe for several workers, and count what was spent.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from roomtone.migrations import NAME, TIME

revision = "006"
down_revision = "005"


def upgrade() -> None:
    op.create_table(
        "reactions",
        sa.Column("id", NAME, primary_key=True),
        *(sa.Column(name, NAME, nullable=False) for name in ("session", "bot", "person", "target")),
        sa.Column("at", TIME, nullable=False),
        *(
            sa.Column(name, NAME, nullable=False)
            for name in ("state", "meaning", "judged", "judge", "said", "why")
        ),
        sa.Column("confidence", sa.Double, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("sought", "told")),
    )
    op.create_index("ix_reactions_at", "reactions", ["at", "id"])
    op.create_index("ix_reactions_state", "reactions", ["state", "confidence", "id"])
    for column in ("session", "bot", "person", "meaning"):
        op.create_index(f"ix_reactions_{column}", "reactions", [column, "at", "id"])
    op.create_table(
        "enrichment_processing_log",
        *(
            sa.Column(name, NAME, primary_key=True)
            for name in ("user_id", "bot_name", "point_id", "processing_type")
        ),
        sa.Column("processed_at", TIME),
        sa.Column("feedback_type", NAME, nullable=False),
        sa.Column("confidence", sa.Double),
        sa.Column("status", NAME, nullable=False),
        sa.Column("attempts", sa.BigInteger, nullable=False),
        sa.Column("leased_by", NAME, nullable=False),
        sa.Column("leased_until", TIME, nullable=False),
        sa.Column("model", NAME, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("calls", sa.Double, nullable=False),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("tokens_in", "tokens_out")),
        sa.Column("cost", sa.Double, nullable=False),
    )
    op.create_index(
        "idx_enrichment_log_lookup",
        "enrichment_processing_log",
        ["user_id", "bot_name", "processing_type"],
    )
    op.create_index(
        "idx_enrichment_log_processed_at", "enrichment_processing_log", ["processed_at"]
    )


def downgrade() -> None:
    for table in ("enrichment_processing_log", "reactions"):
        op.drop_table(table)
