"""Makes messages of the texts of turns, and what is learnt from them; every text is carried over.

A text stands once: `turns` keeps what was measured, `messages` what was said. Conversations get an
id of their own, and numbers that are counted from their messages.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from roomtone.migrations import COUNT, JSON, NAME, TIME

revision = "007"
down_revision = "006"

ROLES = {"user": ("message", "user_emotion"), "assistant": ("reply", "bot_emotion")}
FEEDBACK = (
    "UPDATE messages SET feedback_source = 'reaction', user_feedback = (SELECT 1 + 4 * "
    "avg(r.score) FROM reactions r WHERE r.session = messages.session AND r.target = messages.turn)"
    " WHERE role = 'assistant' AND EXISTS (SELECT 1 FROM reactions r WHERE "
    "r.session = messages.session AND r.target = messages.turn AND r.score IS NOT NULL)"
)
COUNTED = (
    "UPDATE conversations SET (total_messages, avg_response_time, avg_emotion_score, "
    "user_satisfaction) = (SELECT count(*), avg(processing_time), avg(emotion_confidence), "
    "avg(user_feedback) FROM messages WHERE conversation_id = conversations.id)"
)
SCORES = {  # of what is called a RATING and no judge scored, by the emoji's type
    "POSITIVE_STRONG": 1.0,
    **dict.fromkeys(("POSITIVE_MILD", "MYSTICAL_WONDER", "TECHNICAL_APPRECIATION"), 0.85),
    **dict.fromkeys(("NEUTRAL_THOUGHTFUL", "SURPRISE", "CONFUSION"), 0.5),
    **dict.fromkeys(("NEGATIVE_MILD", "SADNESS"), 0.2),
    "NEGATIVE_STRONG": 0.0,
}
OWN = (
    "(SELECT c.{column} FROM conversations c WHERE c.session = {table}.session AND "
    "c.bot = {table}.bot AND c.person = {table}.person AND c.started <= {table}.{at} AND "
    "{table}.{at} <= c.ended ORDER BY c.started DESC LIMIT 1)"
)


def upgrade() -> None:
    _conversations("conversations_new", *_new_columns())
    op.execute(
        f"INSERT INTO conversations_new ({_OLD}, is_active, ended_at) SELECT {_OLD}, 0, ended "
        "FROM conversations ORDER BY started, key"
    )
    op.drop_table("conversations")
    op.rename_table("conversations_new", "conversations")
    _index_conversations()
    op.create_index(
        "ix_conversations_training",
        "conversations",
        ["training_data_exported", "conversation_quality"],
    )
    for column in ("platform", "is_active"):
        op.create_index(f"ix_conversations_{column}", "conversations", [column])
    _messages()
    _agents_and_revisions()
    _consents_and_datasets()
    _memories_and_reactions()
    with op.batch_alter_table("turns") as turns:
        for name in ("conversation", "model", "platform"):
            turns.add_column(sa.Column(name, NAME, nullable=False, server_default=""))
    _carry_over()
    with op.batch_alter_table("turns") as turns:
        turns.drop_column("message")
        turns.drop_column("reply")


def downgrade() -> None:
    with op.batch_alter_table("turns") as turns:
        turns.add_column(sa.Column("message", sa.Text))
        turns.add_column(sa.Column("reply", sa.Text))
    for role, (column, _) in ROLES.items():
        op.execute(
            f"UPDATE turns SET {column} = (SELECT content FROM messages m WHERE m.session = "
            f"turns.session AND m.turn = turns.id AND m.role = '{role}')"
        )
    with op.batch_alter_table("turns") as turns:
        for name in ("conversation", "model", "platform"):
            turns.drop_column(name)
    for table in ("dataset_people", "datasets", "consents", "revisions", "agent_logs", "messages"):
        op.drop_table(table)
    op.drop_index("ix_memories_training_relevance", "memories")
    op.drop_index("ix_reactions_target", "reactions")
    with op.batch_alter_table("reactions") as reactions:
        reactions.drop_column("score")
    op.create_table("conversations_old", sa.Column("key", NAME, primary_key=True), *_old_columns())
    op.execute(f"INSERT INTO conversations_old ({_OLD}) SELECT {_OLD} FROM conversations")
    op.drop_table("conversations")
    op.rename_table("conversations_old", "conversations")
    _index_conversations()


_OLD = (
    "key, session, bot, person, started, ended, turns, quality, satisfaction, valence, emotion, "
    "switches, processing_time_ms, sought"
)


def _old_columns() -> list[sa.Column[Any]]:
    return [
        *(sa.Column(name, NAME, nullable=False) for name in ("session", "bot", "person")),
        *(sa.Column(name, TIME, nullable=False) for name in ("started", "ended")),
        sa.Column("turns", sa.BigInteger, nullable=False),
        *(sa.Column(name, sa.Double) for name in ("quality", "satisfaction", "valence")),
        sa.Column("emotion", NAME, nullable=False),
        sa.Column("switches", sa.BigInteger, nullable=False),
        sa.Column("processing_time_ms", sa.Double),
        sa.Column("sought", sa.Text, nullable=False),
    ]


def _new_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("total_messages", sa.BigInteger, nullable=False, server_default="0"),
        *(
            sa.Column(name, sa.Double)
            for name in (
                "avg_response_time",
                "avg_emotion_score",
                "conversation_quality",
                "user_satisfaction",
            )
        ),
        sa.Column("topics_discussed", JSON, nullable=False, server_default="[]"),
        sa.Column("training_data_exported", sa.Integer, nullable=False, server_default="0"),
        sa.Column("ended_at", TIME),
        _name("platform"),
        sa.Column("is_active", sa.Integer, nullable=False, server_default="0"),
        _name("language"),
        _name("model_used"),
    ]


def _name(name: str) -> sa.Column[Any]:
    return sa.Column(name, NAME, nullable=False, server_default="")


def _conversations(table: str, *more: sa.Column[Any]) -> None:
    op.create_table(
        table,
        sa.Column("id", COUNT, nullable=False),
        sa.Column("key", NAME, nullable=False),
        *_old_columns(),
        *more,
        sa.PrimaryKeyConstraint("id", name="pk_conversations"),
        sa.UniqueConstraint("key", name="uq_conversations"),
        sqlite_autoincrement=True,
    )


def _index_conversations() -> None:
    for column in ("ended", "started", "turns", "quality", "satisfaction"):
        op.create_index(f"ix_conversations_{column}", "conversations", [column, "key"])
    for column in ("session", "bot", "person", "emotion"):
        op.create_index(f"ix_conversations_{column}", "conversations", [column, "ended", "key"])


def _messages() -> None:
    op.create_table(
        "messages",
        sa.Column("id", COUNT, primary_key=True),
        sa.Column("conversation_id", sa.BigInteger),
        *_names("session", "turn", "role", "bot", "person"),
        sa.Column("timestamp", TIME, nullable=False),
        _name("emotion"),
        _name("language"),
        sa.Column("emotion_raw", sa.Text, nullable=False, server_default=""),
        *(sa.Column(name, sa.Double) for name in ("emotion_confidence", "emotion_intensity")),
        *(sa.Column(name, sa.Double) for name in ("processing_time", "quality_score")),
        *(sa.Column(name, sa.Double) for name in ("quality_v2", "user_feedback")),
        _name("feedback_source"),
        sa.Column("training_flag", sa.Integer, nullable=False, server_default="0"),
        sa.Column("voice_pitch", sa.Double),
        _name("voice_emotion"),
        sa.Column("audio_quality", sa.Double),
        _name("content_hash"),
        sa.Column("edited", TIME),
        sa.Column("content", sa.Text, nullable=False),
        *(sa.Column(name, JSON) for name in ("agent_outputs", "memory_context")),
        sa.Column("context_embedding", sa.Text),
        sa.UniqueConstraint("session", "turn", "role", name="uq_messages"),
        sqlite_autoincrement=True,
    )
    for name, columns, where in (
        ("conversation_id", ["conversation_id", "timestamp", "id"], None),
        ("emotion", ["emotion"], None),
        ("role", ["role"], None),
        ("person", ["person"], None),
        ("loose", ["session"], "conversation_id IS NULL"),
        ("voice", ["voice_pitch"], "voice_pitch IS NOT NULL"),
    ):
        only = None if where is None else sa.text(where)
        op.create_index(
            f"ix_messages_{name}", "messages", columns, sqlite_where=only, postgresql_where=only
        )


def _names(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, NAME, nullable=False) for name in names]


def _agents_and_revisions() -> None:
    op.create_table(
        "agent_logs",
        sa.Column("id", COUNT, primary_key=True),
        *(sa.Column(name, sa.BigInteger) for name in ("conversation_id", "message_id")),
        *_names("session", "turn", "role", "agent_name", "span"),
        sa.Column("timestamp", TIME, nullable=False),
        *(sa.Column(name, sa.Double) for name in ("duration_ms", "confidence_score")),
        *(sa.Column(name, sa.Double) for name in ("accuracy_score", "training_quality")),
        sa.Column("output", JSON, nullable=False),
        sa.UniqueConstraint("session", "turn", "role", "agent_name", name="uq_agent_logs"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_agent_logs_conversation_id", "agent_logs", ["conversation_id", "id"])
    op.create_table(
        "revisions",
        *(sa.Column(name, NAME, primary_key=True) for name in ("session", "turn", "role")),
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        *_names("why"),
        sa.Column("at", TIME, nullable=False),
        *_names("said_by"),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("before", "content")),
    )


def _consents_and_datasets() -> None:
    op.create_table(
        "consents",
        *(sa.Column(name, NAME, primary_key=True) for name in ("person", "purpose")),
        sa.Column("granted", sa.Integer, nullable=False),
        sa.Column("at", TIME, nullable=False),
        *_names("basis", "said_by"),
    )
    op.create_table(
        "datasets",
        sa.Column("id", NAME, primary_key=True),
        *_names("name", "format", "status"),
        sa.Column("made", TIME, nullable=False),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("rows", "bytes")),
        sa.Column("progress", sa.Double, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("folder", "error", "manifest")),
    )
    op.create_index("ix_datasets_made", "datasets", ["made", "id"])
    op.create_table(
        "dataset_people",
        *(sa.Column(name, NAME, primary_key=True) for name in ("person", "dataset")),
    )


def _memories_and_reactions() -> None:
    op.create_index(
        "ix_memories_training_relevance",
        "memories",
        ["training_relevance"],
        sqlite_where=sa.text("training_relevance IS NOT NULL"),
        postgresql_where=sa.text("training_relevance IS NOT NULL"),
    )
    op.add_column("reactions", sa.Column("score", sa.Double))
    op.create_index("ix_reactions_target", "reactions", ["session", "target"])


def _carry_over() -> None:
    """Texts become messages, in the order in which they were said, and are counted."""
    score = _from_json("told", ("ruling", "score"))
    judge, kind, aside = (
        _from_json("told", path) for path in (("ruling", "meaning"), ("type",), ("of", "target_is"))
    )
    by_emoji = " ".join(f"WHEN {kind} = '{name}' THEN {value}" for name, value in SCORES.items())
    op.execute(
        f"UPDATE reactions SET score = CASE WHEN {judge} = 'RATING' AND {score} IS NOT NULL "
        f"THEN CAST({score} AS {_DOUBLE}) {by_emoji} END "
        f"WHERE meaning = 'RATING' AND coalesce({aside}, '') <> 'user'"
    )
    sides = []
    for place, (role, (column, felt)) in enumerate(ROLES.items()):
        told = {name: _from_json("measured", (felt, name)) for name in _FELT}
        words = [f"coalesce({told[name]}, '')" for name in ("emotion", "raw_label")]
        numbers = [f"CAST({told[name]} AS {_DOUBLE})" for name in ("confidence", "intensity")]
        sides.append(
            f"SELECT session, id, '{role}', bot, person, at, {', '.join((*words, *numbers))}, "
            f"{column}, {place} AS place FROM turns WHERE {column} IS NOT NULL"
        )
    columns = (
        "session, turn, role, bot, person, timestamp, emotion, emotion_raw, emotion_confidence, "
        "emotion_intensity, content"
    )
    op.execute(
        f"INSERT INTO messages ({columns}) SELECT {columns} FROM ("
        f"SELECT session, id AS turn, '' AS role, bot, person, at AS timestamp, '' AS emotion, "
        "'' AS emotion_raw, CAST(NULL AS DOUBLE PRECISION) AS emotion_confidence, "
        "CAST(NULL AS DOUBLE PRECISION) AS emotion_intensity, '' AS content, -1 AS place "
        f"FROM turns WHERE 1 = 0 UNION ALL {' UNION ALL '.join(sides)}) AS said "
        "ORDER BY timestamp, session, turn, place"
    )
    own = OWN.format(table="messages", at="timestamp", column="id")
    op.execute(f"UPDATE messages SET conversation_id = {own}")
    own = OWN.format(table="turns", at="at", column="key")
    op.execute(f"UPDATE turns SET conversation = coalesce({own}, '')")
    took = _from_json("t.measured", ("response_metrics", "processing_time_ms"))
    op.execute(
        f"UPDATE messages SET processing_time = (SELECT CAST({took} AS {_DOUBLE}) / 1000 FROM "
        "turns t WHERE t.session = messages.session AND t.id = messages.turn) "
        "WHERE role = 'assistant'"
    )
    op.execute(FEEDBACK)
    op.execute(COUNTED)


_DOUBLE = "DOUBLE PRECISION"
_FELT = ("emotion", "raw_label", "confidence", "intensity")


def _from_json(column: str, path: Sequence[str]) -> str:
    if op.get_context().dialect.name == "postgresql":
        # PostgreSQL keeps an escaped NUL in a text, and reads no JSON that has one.
        sound = rf"replace(CAST({column} AS text), '\u0000', '\ufffd')"
        return f"CAST({sound} AS json) #>> '{{{','.join(path)}}}'"
    return f"json_extract({column}, '$.{'.'.join(path)}')"
