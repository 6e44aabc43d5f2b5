"""One way to export a database of talks, in a process of its own: ours, an ORM's loop, pandas."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

BATCH = 5_000
CONTEXT = 20
SURE = 0.8


def main(way: str, kind: str, database: str, out: str) -> None:
    """Do it, and print seconds and the most memory that was held, in bytes.

    Seconds are of CPU, of all threads, from when everything is imported and the database open: the
    machine is shared, and starting takes as long for one message as for a million.
    """
    ways = {"ours": ours, "cleaned": ours, "orm": orm, "orm tuned": orm, "pandas": frames}
    more: dict[str, Any] = {"cleaned": {"clean": True}, "orm tuned": {"tuned": True}}.get(way, {})
    begun = ways[way](kind, database, Path(out), **more)
    print(json.dumps({"s": time.process_time() - begun, "peak": peak()}))


def peak() -> int:
    """The most this process ever held, without what its parent did before."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) * 1024
    return 0


# -- ours ----------------------------------------------------------------------------------------


def ours(kind: str, database: str, out: Path, *, clean: bool = False) -> float:
    """As `roomtone export --no-redact --no-dedupe --out` does, or with both."""
    from roomtone.runtime import plugins
    from roomtone.runtime.clock import WallClock
    from roomtone.runtime.export_commands import collect_seldom
    from roomtone.runtime.export_making import Making
    from roomtone.runtime.export_plan import Plan

    async def run() -> float:
        archive: Any = plugins.archive(f"sqlite:///{database}")
        await archive.open()
        plan = Plan(format=kind, redact=clean, dedupe=clean, min_confidence=SURE)
        making = Making(archive, WallClock(), plan, out, single=True)
        plugins.row_file(making.export.file, making.export.row)  # which imports what it needs
        begun = time.process_time()
        collect_seldom()  # as the command does
        await making.run()
        await archive.close()
        return begun

    return asyncio.run(run())


# -- an ORM's loop -------------------------------------------------------------------------------


def orm(kind: str, database: str, out: Path, *, tuned: bool = False) -> float:
    """Objects as SQLAlchemy loads them, a conversation after the other; dictionaries; json.

    The plain loop asks for each conversation's messages when it comes to it; the tuned one has
    them loaded for 200 conversations at a time.
    """
    import sqlalchemy as sa
    from sqlalchemy import orm as mapped

    class Base(mapped.DeclarativeBase):
        pass

    names = sa.create_engine(f"sqlite:///{database}")
    Base.metadata.reflect(names, only=["conversations", "messages", "consents", "reactions"])
    tables = Base.metadata.tables

    class Message(Base):
        __table__ = tables["messages"]

    class Reaction(Base):
        __table__ = tables["reactions"]

    class Consent(Base):
        __table__ = tables["consents"]

    class Conversation(Base):
        __table__ = tables["conversations"]
        said = mapped.relationship(
            Message,
            primaryjoin=mapped.foreign(Message.conversation_id) == __table__.c.id,  # type: ignore[attr-defined]
            order_by=(Message.timestamp, Message.id),  # type: ignore[attr-defined]
            viewonly=True,
        )
        given = mapped.relationship(
            Reaction,
            primaryjoin=mapped.foreign(Reaction.session) == __table__.c.session,  # type: ignore[attr-defined]
            viewonly=True,
        )

    columns: Any = Conversation.__table__.c
    agreed = sa.select(Consent.person).where(Consent.purpose == "training", Consent.granted == 1)  # type: ignore[attr-defined]
    load = [mapped.selectinload(Conversation.said)] if tuned else []
    if tuned and kind == "kto":
        load.append(mapped.selectinload(Conversation.given))
    asked = (
        sa.select(Conversation).where(columns.person.in_(agreed)).order_by(columns.id)
        .options(*load).execution_options(yield_per=200)
    )  # fmt: skip

    def rows() -> Iterator[dict[str, Any]]:
        with mapped.Session(names) as session:
            for talk in session.scalars(asked):
                said = [one for one in talk.said if one.training_flag]
                if kind == "kto":
                    yield from _preferences(talk.id, said, _labels(talk.given))
                else:
                    for index, one in enumerate(said):
                        yield _flat(talk, one, index)

    mapped.configure_mappers()
    if kind == "parquet":
        import pyarrow as pa
        import pyarrow.parquet

        pa.array([])  # which looks for pandas, and loads it
    begun = time.process_time()
    _write(kind, rows(), out)
    return begun


def _flat(talk: Any, one: Any, index: int) -> dict[str, Any]:
    at = datetime.fromtimestamp(one.timestamp / 1000, UTC)
    return {
        "session_id": talk.session,
        "user_id": talk.person,
        "bot": talk.bot,
        "platform": talk.platform,
        "language": talk.language,
        "turn": one.turn,
        "index": index,
        "at": at.isoformat().replace("+00:00", "Z"),
        "role": one.role,
        "content": one.content,
        "emotion": one.emotion,
        "emotion_confidence": one.emotion_confidence,
        "emotion_intensity": one.emotion_intensity,
        "processing_time": one.processing_time,
        "quality_score": one.quality_score,
        "quality_v2": one.quality_v2,
        "user_feedback": one.user_feedback,
        "feedback_source": one.feedback_source,
        "voice_pitch": one.voice_pitch,
        "voice_emotion": one.voice_emotion,
        "audio_quality": one.audio_quality,
        "model_used": talk.model_used,
        "conversation_quality": talk.conversation_quality,
        "conversation_id": talk.id,
        "message_id": one.id,
    }


def _labels(given: Any) -> dict[str, set[bool]]:
    found: dict[str, set[bool]] = {}
    for one in given:
        sure = one.state == "judged" and one.confidence >= SURE
        if one.meaning == "RATING" and sure and one.score != 0.5:
            found.setdefault(one.target, set()).add(one.score > 0.5)
    return found


def _preferences(
    id: int, said: list[Any], labels: dict[str, set[bool]]
) -> Iterator[dict[str, Any]]:
    """Rated replies with the messages before them. Sides take turns in these talks."""
    for place, one in enumerate(said):
        rated = labels.get(one.turn, ())
        if one.role == "assistant" and len(rated) == 1 and place:
            first = max(0, place - CONTEXT)
            first += said[first].role != "user"
            prompt = [{"role": m.role, "content": m.content} for m in said[first:place]]
            yield {
                "prompt": prompt,
                "completion": [{"role": "assistant", "content": one.content}],
                "label": next(iter(rated)),
                "conversation_id": id,
                "message_id": one.id,
            }


def _write(kind: str, rows: Iterator[dict[str, Any]], out: Path) -> None:
    if kind != "parquet":
        with out.open("w", encoding="utf-8") as file:
            for row in rows:
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
        return
    import pyarrow as pa
    import pyarrow.parquet as pq

    writer = None
    batch: list[dict[str, Any]] = []
    for row in rows:
        batch.append(row | {"at": datetime.fromisoformat(row["at"])})
        if len(batch) == BATCH:
            writer = _table(pa, pq, batch, writer, out)
            batch = []
    if batch:
        writer = _table(pa, pq, batch, writer, out)
    if writer is not None:
        writer.close()


TEXTS = ("session_id", "user_id", "bot", "platform", "language", "turn", "role", "content",
         "emotion", "feedback_source", "voice_emotion", "model_used")  # fmt: skip
WHOLE = ("index", "conversation_id", "message_id")


def schema(pa: Any, names: list[str]) -> Any:
    """The columns of messages, in this order."""
    kinds = {name: pa.string() for name in TEXTS} | {name: pa.int64() for name in WHOLE}
    kinds["at"] = pa.timestamp("ms", tz="UTC")
    return pa.schema([pa.field(name, kinds.get(name, pa.float64())) for name in names])


def _table(pa: Any, pq: Any, batch: list[dict[str, Any]], writer: Any, out: Path) -> Any:
    told = schema(pa, list(batch[0]))
    writer = writer or pq.ParquetWriter(out, told, compression="zstd")
    writer.write_table(pa.Table.from_pylist(batch, schema=told))
    return writer


# -- pandas --------------------------------------------------------------------------------------

_MESSAGES = """
SELECT c.session session_id, c.person user_id, c.bot, c.platform, c.language, m.turn,
  row_number() OVER (PARTITION BY m.conversation_id ORDER BY m.timestamp, m.id) - 1 "index",
  m.timestamp at, m.role, m.content, m.emotion, m.emotion_confidence, m.emotion_intensity,
  m.processing_time, m.quality_score, m.quality_v2, m.user_feedback, m.feedback_source,
  m.voice_pitch, m.voice_emotion, m.audio_quality, c.model_used, c.conversation_quality,
  c.id conversation_id, m.id message_id
FROM conversations c JOIN messages m ON m.conversation_id = c.id
  JOIN consents k ON k.person = c.person AND k.purpose = 'training' AND k.granted = 1
WHERE m.training_flag = 1 AND c.id BETWEEN ? AND ? ORDER BY c.id, m.timestamp, m.id
"""
_REACTIONS = """
SELECT c.id conversation_id, r.target, r.meaning, r.state, r.confidence, r.score
FROM conversations c JOIN reactions r ON r.session = c.session WHERE c.id BETWEEN ? AND ?
"""
TALKS = 1_000


def frames(kind: str, database: str, out: Path) -> float:
    """Frames of a thousand conversations at a time."""
    import sqlite3

    import pandas as pd

    if kind == "parquet":
        import pyarrow as pa
        import pyarrow.parquet as pq
    begun = time.process_time()
    connection = sqlite3.connect(database)
    (last,) = connection.execute("SELECT max(id) FROM conversations").fetchone()
    writer = None
    for first in range(1, last + 1, TALKS):
        between = (first, first + TALKS - 1)
        frame = pd.read_sql(_MESSAGES, connection, params=between)
        if frame.empty:
            continue
        frame["at"] = pd.to_datetime(frame["at"], unit="ms", utc=True)
        if kind == "kto":
            given = pd.read_sql(_REACTIONS, connection, params=between)
            with out.open("a", encoding="utf-8") as file:
                for row in _frame_preferences(frame, given):
                    file.write(json.dumps(row, ensure_ascii=False) + "\n")
        elif kind == "parquet":
            told = schema(pa, list(frame.columns))
            writer = writer or pq.ParquetWriter(out, told, compression="zstd")
            writer.write_table(pa.Table.from_pandas(frame, schema=told, preserve_index=False))
        else:
            frame["at"] = frame["at"].dt.strftime("%Y-%m-%dT%H:%M:%SZ")
            with out.open("a", encoding="utf-8") as file:
                file.write(frame.to_json(orient="records", lines=True, force_ascii=False))
    if writer is not None:
        writer.close()
    return begun


def _frame_preferences(frame: Any, given: Any) -> Iterator[dict[str, Any]]:
    sure = (given.state == "judged") & (given.meaning == "RATING") & (given.confidence >= SURE)
    labels: dict[int, dict[str, set[bool]]] = {}
    for one in given[sure & (given.score != 0.5)].itertuples():
        labels.setdefault(one.conversation_id, {}).setdefault(one.target, set()).add(
            bool(one.score > 0.5)
        )
    for id, some in frame.groupby("conversation_id", sort=False):
        if id in labels:
            said = list(some.rename(columns={"message_id": "id"}).itertuples())
            yield from _preferences(int(id), said, labels[id])


if __name__ == "__main__":
    main(*sys.argv[1:])
