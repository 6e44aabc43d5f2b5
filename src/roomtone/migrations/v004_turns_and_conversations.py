"""Creates turns, conversations, relationships and keys; nothing of before is touched.

A conversation's `key` is a hash of its id: the id holds three names, which may be too long together
for an index of PostgreSQL's. `sought` holds the names as a search looks for them.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from roomtone.migrations import JSON, NAME, TIME

revision = "004"
down_revision = "003"


def upgrade() -> None:
    op.create_table(
        "turns",
        sa.Column("session", NAME, primary_key=True),
        sa.Column("id", NAME, primary_key=True),
        *(sa.Column(name, NAME, nullable=False) for name in ("bot", "person")),
        sa.Column("at", TIME, nullable=False),
        sa.Column("message", sa.Text),
        sa.Column("reply", sa.Text),
        sa.Column("measured", JSON, nullable=False),
    )
    op.create_index("ix_turns_session", "turns", ["session", "at", "id"])
    op.create_table(
        "conversations",
        sa.Column("key", NAME, primary_key=True),
        *(sa.Column(name, NAME, nullable=False) for name in ("session", "bot", "person")),
        *(sa.Column(name, TIME, nullable=False) for name in ("started", "ended")),
        sa.Column("turns", sa.BigInteger, nullable=False),
        *(sa.Column(name, sa.Double) for name in ("quality", "satisfaction", "valence")),
        sa.Column("emotion", NAME, nullable=False),
        sa.Column("switches", sa.BigInteger, nullable=False),
        sa.Column("processing_time_ms", sa.Double),
        sa.Column("sought", sa.Text, nullable=False),
    )
    for column in ("ended", "started", "turns", "quality", "satisfaction"):
        op.create_index(f"ix_conversations_{column}", "conversations", [column, "key"])
    for column in ("session", "bot", "person", "emotion"):
        op.create_index(f"ix_conversations_{column}", "conversations", [column, "ended", "key"])
    op.create_table(
        "relationships",
        *(sa.Column(name, NAME, primary_key=True) for name in ("bot", "person")),
        *(
            sa.Column(name, sa.Double, nullable=False)
            for name in ("trust", "affection", "attunement")
        ),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("turns", sa.BigInteger, nullable=False),
        *(sa.Column(name, TIME, nullable=False) for name in ("first", "updated")),
        sa.Column("sought", sa.Text, nullable=False),
    )
    op.create_index("ix_relationships_updated", "relationships", ["updated", "bot", "person"])
    op.create_index("ix_relationships_bot", "relationships", ["bot", "updated", "person"])
    op.create_index("ix_relationships_person", "relationships", ["person", "updated", "bot"])
    op.create_table(
        "keys",
        sa.Column("name", NAME, primary_key=True),
        sa.Column("key", sa.LargeBinary, nullable=False),
    )


def downgrade() -> None:
    for table in ("keys", "relationships", "conversations", "turns"):
        op.drop_table(table)
