"""Creates memories, their vectors, and the counts of their changes; nothing of before is touched.

The vectors lie apart from the texts, so that a page of memories reads none of them, and a search
reads nothing else.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from roomtone.migrations import JSON, NAME, TIME

revision = "005"
down_revision = "004"

PLACE = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "memories",
        sa.Column("place", PLACE, primary_key=True),
        sa.Column("id", NAME, nullable=False, unique=True),
        *(sa.Column(name, NAME, nullable=False) for name in ("bot", "person", "session")),
        sa.Column("at", TIME, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("content", "response", "context")),
        *(sa.Column(name, NAME, nullable=False) for name in ("interaction_type", "source", "tier")),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("expires", TIME),
        sa.Column("importance", sa.Double, nullable=False),
        sa.Column("emotion_at_creation", NAME, nullable=False),
        *(sa.Column(name, sa.Double) for name in ("intensity", "valence")),
        sa.Column("tags", sa.Text, nullable=False),
        sa.Column("related_memories", JSON, nullable=False),
        sa.Column("access_count", sa.BigInteger, nullable=False),
        sa.Column("accessed", TIME),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("answered", "used")),
        sa.Column("helped", sa.Double, nullable=False),
        sa.Column("judged", sa.BigInteger, nullable=False),
        sa.Column("training_relevance", sa.Double),
        sa.Column("verified", sa.Boolean, nullable=False),
        *(sa.Column(name, TIME) for name in ("verified_at", "corrected_at")),
        sa.Column("hidden", sa.Boolean, nullable=False),
        sa.Column("superseded_by", NAME, nullable=False),
        sa.Column("metadata", JSON, nullable=False),
        sa.Column("changed", sa.BigInteger, nullable=False),
    )
    for name, columns in (
        ("at", ["at", "id"]),
        ("bot", ["bot", "person", "at"]),
        ("person", ["person", "at"]),
        ("changed", ["bot", "changed"]),
        ("tier", ["tier", "at"]),
        ("importance", ["importance"]),
        ("access_count", ["access_count"]),
        ("expires", ["expires"]),
    ):
        op.create_index(f"ix_memories_{name}", "memories", columns)
    op.create_table(
        "memory_vectors",
        sa.Column("place", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("model", NAME, primary_key=True),
        sa.Column("name", NAME, primary_key=True),
        sa.Column("vector", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "memory_changes",
        sa.Column("bot", NAME, primary_key=True),
        sa.Column("changed", sa.BigInteger, nullable=False),
        sa.Column("deleted", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    for table in ("memory_changes", "memory_vectors", "memories"):
        op.drop_table(table)
