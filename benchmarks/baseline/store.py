"""One row and one commit per session and tick: the documents' store, on SQLite."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine, Float, Index, Integer, String, create_engine, event
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
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


class SyncStore:
    """The tables in a SQLite file, written by the loop's own thread.

    Write-ahead log and `synchronous=NORMAL`, as Roomtone's own. Durability class: kill-safe. A
    commit waits for no disk, which is the kindest that a commit per row can be treated.
    """

    def __init__(self, path: Path) -> None:
        self.engine = create_engine(f"sqlite:///{path}")
        _pragmas(self.engine)
        Base.metadata.create_all(self.engine)

    async def insert(self, row: Base) -> None:
        """Write one row in a unit of work of its own, and commit it."""
        with Session(self.engine) as session:
            session.add(row)
            session.commit()

    async def close(self) -> None:
        """Let go of the file."""
        self.engine.dispose()


class AsyncStore:
    """The same through SQLAlchemy's asyncio, which the documents name: a commit blocks no loop."""

    def __init__(self, path: Path) -> None:
        made = SyncStore(path)
        made.engine.dispose()
        self.engine: AsyncEngine = create_async_engine(f"sqlite+aiosqlite:///{path}")
        _pragmas(self.engine.sync_engine)

    async def insert(self, row: Base) -> None:
        """Write one row in a unit of work of its own, and commit it."""
        async with AsyncSession(self.engine) as session:
            session.add(row)
            await session.commit()

    async def close(self) -> None:
        """Let go of the file."""
        await self.engine.dispose()


def _pragmas(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _set(connection: object, _: object) -> None:
        cursor = connection.cursor()  # type: ignore[attr-defined]
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = NORMAL")
        cursor.close()
