"""The tables of reactions, and of what has been processed so that it is not again."""

from __future__ import annotations

import sqlalchemy as sa

from roomtone.migrations import NAME, TIME
from roomtone.stores._schema import metadata

reactions = sa.Table(
    "reactions",
    metadata,
    sa.Column("id", NAME, primary_key=True),
    *(sa.Column(name, NAME, nullable=False) for name in ("session", "bot", "person", "target")),
    sa.Column("at", TIME, nullable=False),
    sa.Column("state", NAME, nullable=False),
    sa.Column("meaning", NAME, nullable=False),  # what holds; "" where nothing does
    sa.Column("judged", NAME, nullable=False),  # by the judge; "unsure", or "" before
    sa.Column("judge", NAME, nullable=False),  # its name and version
    sa.Column("said", NAME, nullable=False),  # by a person; "" where nobody did
    sa.Column("why", NAME, nullable=False),
    sa.Column("confidence", sa.Double, nullable=False),
    sa.Column("score", sa.Double),  # 0 to 1, while a RATING holds
    sa.Column("revision", sa.BigInteger, nullable=False),
    sa.Column("sought", sa.Text, nullable=False),  # names, folded, as a search looks for them
    sa.Column("told", sa.Text, nullable=False),  # the whole record, as JSON
    sa.Index("ix_reactions_at", "at", "id"),
    sa.Index("ix_reactions_target", "session", "target"),
    sa.Index("ix_reactions_state", "state", "confidence", "id"),
    *(
        sa.Index(f"ix_reactions_{column}", column, "at", "id")
        for column in ("session", "bot", "person", "meaning")
    ),
)
processing_log = sa.Table(  # the documents' names, and what they lack
    "enrichment_processing_log",
    metadata,
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
    sa.Column("model", NAME, nullable=False),  # with its version, which is that of its prompt too
    sa.Column("answer", sa.Text, nullable=False),
    sa.Column("calls", sa.Double, nullable=False),
    *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("tokens_in", "tokens_out")),
    sa.Column("cost", sa.Double, nullable=False),
    sa.Index("idx_enrichment_log_lookup", "user_id", "bot_name", "processing_type"),
    sa.Index("idx_enrichment_log_processed_at", "processed_at"),
)
