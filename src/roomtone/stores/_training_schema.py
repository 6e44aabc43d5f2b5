"""The tables of what was said: turns, their conversations and messages, and what is learnt from."""

from __future__ import annotations

import sqlalchemy as sa

from roomtone.migrations import COUNT, JSON, NAME, TIME
from roomtone.stores._schema import metadata

turns = sa.Table(  # what was measured of both sides; the texts are messages
    "turns",
    metadata,
    sa.Column("session", NAME, primary_key=True),
    sa.Column("id", NAME, primary_key=True),
    sa.Column("bot", NAME, nullable=False),
    sa.Column("person", NAME, nullable=False),  # `user` is a word of SQL
    sa.Column("at", TIME, nullable=False),
    sa.Column("measured", JSON, nullable=False),  # by measurement and field
    sa.Column("conversation", NAME, nullable=False, server_default=""),  # the key of its own
    sa.Column("model", NAME, nullable=False, server_default=""),
    sa.Column("platform", NAME, nullable=False, server_default=""),
    sa.Index("ix_turns_session", "session", "at", "id"),
)
conversations = sa.Table(
    "conversations",
    metadata,
    sa.Column("id", COUNT, nullable=False),  # the documents' `conversation_id`
    sa.Column("key", NAME, nullable=False),  # a hash of its names, which may be too long for a key
    sa.Column("session", NAME, nullable=False),
    sa.Column("bot", NAME, nullable=False),
    sa.Column("person", NAME, nullable=False),
    sa.Column("started", TIME, nullable=False),
    sa.Column("ended", TIME, nullable=False),
    sa.Column("turns", sa.BigInteger, nullable=False),
    sa.Column("quality", sa.Double),
    sa.Column("satisfaction", sa.Double),
    sa.Column("valence", sa.Double),
    sa.Column("emotion", NAME, nullable=False),
    sa.Column("switches", sa.BigInteger, nullable=False),
    sa.Column("processing_time_ms", sa.Double),
    sa.Column("sought", sa.Text, nullable=False),  # the names, folded, as a search looks for them
    # What follows is counted from its messages, in the transaction that changes them.
    sa.Column("total_messages", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("avg_response_time", sa.Double),  # s, of replies
    sa.Column("avg_emotion_score", sa.Double),
    sa.Column("conversation_quality", sa.Double),
    sa.Column("user_satisfaction", sa.Double),  # 1 to 5
    sa.Column("topics_discussed", JSON, nullable=False, server_default="[]"),
    sa.Column("training_data_exported", sa.Integer, nullable=False, server_default="0"),
    sa.Column("ended_at", TIME),  # NULL while it goes on
    sa.Column("platform", NAME, nullable=False, server_default=""),
    sa.Column("is_active", sa.Integer, nullable=False, server_default="0"),
    sa.Column("language", NAME, nullable=False, server_default=""),
    sa.Column("model_used", NAME, nullable=False, server_default=""),
    sa.PrimaryKeyConstraint("id", name="pk_conversations"),
    sa.UniqueConstraint("key", name="uq_conversations"),
    *(
        sa.Index(f"ix_conversations_{column}", column, "key")
        for column in ("ended", "started", "turns", "quality", "satisfaction")
    ),
    *(
        sa.Index(f"ix_conversations_{column}", column, "ended", "key")
        for column in ("session", "bot", "person", "emotion")
    ),
    sa.Index("ix_conversations_training", "training_data_exported", "conversation_quality"),
    sa.Index("ix_conversations_platform", "platform"),
    sa.Index("ix_conversations_is_active", "is_active"),
    sqlite_autoincrement=True,  # an id is never given twice
)
messages = sa.Table(  # one side of a turn; the long texts stand last
    "messages",
    metadata,
    sa.Column("id", COUNT, primary_key=True),
    sa.Column("conversation_id", sa.BigInteger),  # NULL until its conversation is told of
    *(sa.Column(name, NAME, nullable=False) for name in ("session", "turn", "role")),
    *(sa.Column(name, NAME, nullable=False) for name in ("bot", "person")),
    sa.Column("timestamp", TIME, nullable=False),
    *(sa.Column(name, NAME, nullable=False, server_default="") for name in ("emotion", "language")),
    sa.Column("emotion_raw", sa.Text, nullable=False, server_default=""),
    *(sa.Column(name, sa.Double) for name in ("emotion_confidence", "emotion_intensity")),
    sa.Column("processing_time", sa.Double),  # s
    *(sa.Column(name, sa.Double) for name in ("quality_score", "quality_v2", "user_feedback")),
    sa.Column("feedback_source", NAME, nullable=False, server_default=""),
    sa.Column("training_flag", sa.Integer, nullable=False, server_default="0"),
    sa.Column("voice_pitch", sa.Double),  # Hz
    sa.Column("voice_emotion", NAME, nullable=False, server_default=""),
    sa.Column("audio_quality", sa.Double),
    sa.Column("content_hash", NAME, nullable=False, server_default=""),
    sa.Column("edited", TIME),
    sa.Column("content", sa.Text, nullable=False),
    *(sa.Column(name, JSON) for name in ("agent_outputs", "memory_context")),
    sa.Column("context_embedding", sa.Text),
    sa.UniqueConstraint("session", "turn", "role", name="uq_messages"),
    sa.Index("ix_messages_conversation_id", "conversation_id", "timestamp", "id"),
    sa.Index("ix_messages_emotion", "emotion"),
    sa.Index("ix_messages_role", "role"),
    sa.Index("ix_messages_person", "person"),
    sa.Index(
        "ix_messages_loose",
        "session",
        sqlite_where=sa.text("conversation_id IS NULL"),
        postgresql_where=sa.text("conversation_id IS NULL"),
    ),
    sa.Index(
        "ix_messages_voice",
        "voice_pitch",
        sqlite_where=sa.text("voice_pitch IS NOT NULL"),
        postgresql_where=sa.text("voice_pitch IS NOT NULL"),
    ),
    sqlite_autoincrement=True,
)
agent_logs = sa.Table(
    "agent_logs",
    metadata,
    sa.Column("id", COUNT, primary_key=True),
    *(sa.Column(name, sa.BigInteger) for name in ("conversation_id", "message_id")),
    *(
        sa.Column(name, NAME, nullable=False)
        for name in ("session", "turn", "role", "agent_name", "span")
    ),
    sa.Column("timestamp", TIME, nullable=False),
    *(
        sa.Column(name, sa.Double)
        for name in ("duration_ms", "confidence_score", "accuracy_score", "training_quality")
    ),
    sa.Column("output", JSON, nullable=False),
    sa.UniqueConstraint("session", "turn", "role", "agent_name", name="uq_agent_logs"),
    sa.Index("ix_agent_logs_conversation_id", "conversation_id", "id"),
    sqlite_autoincrement=True,
)
revisions = sa.Table(
    "revisions",
    metadata,
    *(sa.Column(name, NAME, primary_key=True) for name in ("session", "turn", "role")),
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("why", NAME, nullable=False),
    sa.Column("at", TIME, nullable=False),
    sa.Column("said_by", NAME, nullable=False),
    *(sa.Column(name, sa.Text, nullable=False) for name in ("before", "content")),
)
consents = sa.Table(
    "consents",
    metadata,
    *(sa.Column(name, NAME, primary_key=True) for name in ("person", "purpose")),
    sa.Column("granted", sa.Integer, nullable=False),
    sa.Column("at", TIME, nullable=False),
    *(sa.Column(name, NAME, nullable=False) for name in ("basis", "said_by")),
)
datasets = sa.Table(
    "datasets",
    metadata,
    sa.Column("id", NAME, primary_key=True),
    *(sa.Column(name, NAME, nullable=False) for name in ("name", "format", "status")),
    sa.Column("made", TIME, nullable=False),
    *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("rows", "bytes")),
    sa.Column("progress", sa.Double, nullable=False),
    *(sa.Column(name, sa.Text, nullable=False) for name in ("folder", "error", "manifest")),
    sa.Index("ix_datasets_made", "made", "id"),
)
dataset_people = sa.Table(
    "dataset_people",
    metadata,
    *(sa.Column(name, NAME, primary_key=True) for name in ("person", "dataset")),
)
