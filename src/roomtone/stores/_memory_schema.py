"""The tables of memories: one row each, its vectors beside it, and what changed when."""

from __future__ import annotations

import sqlalchemy as sa

from roomtone.migrations import JSON, NAME, TIME
from roomtone.stores._schema import metadata

memories = sa.Table(
    "memories",
    metadata,
    sa.Column("place", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
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
    sa.Column("tags", sa.Text, nullable=False),  # with commas between
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
    sa.Column("changed", sa.BigInteger, nullable=False),  # the bot's count of changes, then
    sa.Index("ix_memories_at", "at", "id"),
    sa.Index("ix_memories_bot", "bot", "person", "at"),
    sa.Index("ix_memories_person", "person", "at"),
    sa.Index("ix_memories_changed", "bot", "changed"),
    sa.Index("ix_memories_tier", "tier", "at"),
    sa.Index("ix_memories_importance", "importance"),
    sa.Index("ix_memories_access_count", "access_count"),
    sa.Index("ix_memories_expires", "expires"),
    sa.Index(
        "ix_memories_training_relevance",
        "training_relevance",
        sqlite_where=sa.text("training_relevance IS NOT NULL"),
        postgresql_where=sa.text("training_relevance IS NOT NULL"),
    ),
)
memory_vectors = sa.Table(  # float16 of unit length
    "memory_vectors",
    metadata,
    sa.Column("place", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("model", NAME, primary_key=True),
    sa.Column("name", NAME, primary_key=True),
    sa.Column("vector", sa.LargeBinary, nullable=False),
)
memory_changes = sa.Table(  # by which columns held in memory know that they are old
    "memory_changes",
    metadata,
    sa.Column("bot", NAME, primary_key=True),
    sa.Column("changed", sa.BigInteger, nullable=False),
    sa.Column("deleted", sa.BigInteger, nullable=False),
)
