"""One row and one commit per session and tick: the documents' store, on SQLite."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine, Float, Index, Integer, String, create_engine, event
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase):
    """What all tables share."""


class EngagementRow(Base):
    """One session's numbers at one tick."""

    __tablename__ = "engagement_metrics"
    __table_args__ = (Index("idx_engagement_session", "session_id", "timestamp"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    timestamp: Mapped[int] = mapped_column(Integer)
    session_id: Mapped[str] = mapped_column(String(200))
    score: Mapped[float] = mapped_column(Float)
    category: Mapped[str] = mapped_column(String(20))
    chat_per_min: Mapped[float] = mapped_column(Float)
    poll_participation: Mapped[float] = mapped_column(Float)
    reactions_per_min: Mapped[float] = mapped_column(Float)
    leave_rate: Mapped[float] = mapped_column(Float)
    active_users: Mapped[int] = mapped_column(Integer)
    total_users: Mapped[int] = mapped_column(Integer)


class AnomalyRow(Base):
    """One alarm."""

    __tablename__ = "anomalies"
    __table_args__ = (Index("idx_anomaly_session", "session_id", "timestamp"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    timestamp: Mapped[int] = mapped_column(Integer)
    session_id: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(30))
    severity: Mapped[str] = mapped_column(String(20))
    score: Mapped[float] = mapped_column(Float)


def open_store(path: Path) -> Engine:
    """The tables in a SQLite file: write-ahead log and `synchronous=NORMAL`, as Roomtone's own.

    Durability class: kill-safe. A commit waits for no disk, which is the kindest that a commit
    per row can be treated.
    """
    engine = create_engine(f"sqlite:///{path}")

    @event.listens_for(engine, "connect")
    def _pragmas(connection: object, _: object) -> None:
        cursor = connection.cursor()  # type: ignore[attr-defined]
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = NORMAL")
        cursor.close()

    Base.metadata.create_all(engine)
    return engine


def insert(engine: Engine, row: Base) -> None:
    """Write one row in a unit of work of its own, and commit it."""
    with Session(engine) as session:
        session.add(row)
        session.commit()
