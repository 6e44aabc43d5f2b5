"""Memories in SQLite: rows and vectors, each call one function of a connection."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from roomtone.errors import StoreError
from roomtone.ports_memory import Vectors
from roomtone.records import VECTORS, Link, MemoriesSought, Memory, MemoryUse
from roomtone.stores._steps import from_ms, to_ms

COLUMN = {
    "user": "person",
    "emotion": "emotion_at_creation",
    "related": "related_memories",
    "accesses": "access_count",
}
"""What a field is called as a column, where that is not its own name."""

_NAMES = Memory.__struct_fields__
_COLUMNS = tuple(COLUMN.get(name, name) for name in _NAMES)
_TIMES = frozenset({"at", "expires", "accessed", "verified_at", "corrected_at"})
_JSON = frozenset({"related", "metadata"})
_BOOLS = frozenset({"verified", "hidden"})
COUNTS = frozenset({"accesses", "accessed", "answered", "used", "helped", "judged"})
_FIXED = frozenset({"id", "bot", "user", *COUNTS})

SELECT = f"SELECT {', '.join('m.' + name for name in _COLUMNS)} FROM memories m"
_INSERT = (
    f"INSERT INTO memories ({', '.join(_COLUMNS)}, changed) "
    f"VALUES ({', '.join('?' * len(_COLUMNS))}, ?) ON CONFLICT (id) DO NOTHING RETURNING place"
)
_MANY = 500  # parameters in one statement


def _kept(name: str, value: Any) -> Any:
    if name in _TIMES:
        return None if value is None else to_ms(value)
    if name in _JSON:
        return msgspec.json.encode(value).decode()
    if name == "tags":
        return ",".join(value)
    return int(value) if name in _BOOLS else value


decoded = msgspec.json.Decoder(dict[str, str | float]).decode
"""The metadata that a row holds."""

_LINKS = msgspec.json.Decoder(tuple[Link, ...])
_READ: Mapping[str, Callable[[Any], Any]] = {
    **dict.fromkeys(_TIMES, lambda value: None if value is None else from_ms(value)),
    **dict.fromkeys(_BOOLS, bool),
    "tags": lambda value: tuple(value.split(",")) if value else (),
    "related": lambda value: () if value == "[]" else _LINKS.decode(value),
    "metadata": decoded,
}
_READ_AT = [(_NAMES.index(name), read) for name, read in _READ.items()]


def as_memory(row: Sequence[Any]) -> Memory:
    """The memory that a row of `SELECT` holds."""
    values = list(row)
    for place, read in _READ_AT:
        values[place] = read(values[place])
    return Memory(**dict(zip(_NAMES, values, strict=True)))


def _bump(connection: sqlite3.Connection, bot: str, deleted: int = 0) -> int:
    """One more change of a bot's memories; returns their count."""
    row = connection.execute(
        "INSERT INTO memory_changes (bot, changed, deleted) VALUES (?, 1, ?) ON CONFLICT (bot) "
        "DO UPDATE SET changed = changed + 1, deleted = deleted + excluded.deleted "
        "RETURNING changed",
        (bot, deleted),
    ).fetchone()
    return int(row[0])


def add(
    connection: sqlite3.Connection,
    memories: Sequence[Memory],
    vectors: Sequence[Vectors],
    model: str,
) -> list[str]:
    """Add those that are new, and vectors to those that lack them; returns the new ids."""
    check_lengths(vectors, model)
    changed = {bot: _bump(connection, bot) for bot in sorted({one.bot for one in memories})}
    new = []
    for memory, lies in zip(memories, vectors, strict=True):
        values = [_kept(name, getattr(memory, name)) for name in _NAMES]
        row = connection.execute(_INSERT, (*values, changed[memory.bot])).fetchone()
        if row is not None:
            new.append(memory.id)
        elif lies:
            row = connection.execute(
                "UPDATE memories SET changed = ? WHERE id = ? AND content = ? AND response = ? "
                "RETURNING place",
                (changed[memory.bot], memory.id, memory.content, memory.response),
            ).fetchone()
        if row is not None:
            connection.executemany(
                "INSERT INTO memory_vectors (place, model, name, vector) VALUES (?, ?, ?, ?) "
                "ON CONFLICT DO NOTHING",
                [(row[0], model, name, packed(vector)) for name, vector in lies.items()],
            )
    return new


def check_lengths(vectors: Sequence[Vectors], model: str) -> None:
    """Raise StoreError for a vector that cannot be of this model, whose dimension its name ends in.

    How something felt has a vector of another kind, and a length of its own.
    """
    dim = model.rpartition("/")[2]
    for lies in vectors:
        for name, vector in lies.items():
            if name != "emotion" and dim.isdecimal() and np.size(vector) != int(dim):
                raise StoreError(
                    f"a vector of {np.size(vector)} numbers cannot be of model {model!r}; give "
                    "the name of the model that made it"
                )


def packed(vector: Any) -> bytes:
    """A vector as it is kept: float16, little-endian, of unit length. A zero one stays zero."""
    row = np.asarray(vector, np.float32)
    if row.ndim != 1 or not np.isfinite(row).all():
        raise StoreError("a vector is no row of numbers; look at the embedding model")
    length = float(np.linalg.norm(row))
    return (row / length if length > 0 else row).astype("<f2").tobytes()


def unit(vector: Any) -> list[float]:
    """A vector as it is sent: of unit length. Raises StoreError for what is none."""
    row = np.frombuffer(packed(vector), "<f2").astype(np.float32)
    return [float(number) for number in row]


def directed(vector: NDArray[np.float32], name: str) -> NDArray[np.float32] | None:
    """A vector of unit length; None for one without a direction. Raises StoreError for a name."""
    if name not in VECTORS:
        raise StoreError(f"no vector is called {name!r}; there are {', '.join(VECTORS)}")
    asked = np.asarray(vector, np.float32).reshape(-1)
    length = float(np.linalg.norm(asked))
    return asked / length if 0 < length < float("inf") else None


def change(connection: sqlite3.Connection, id: str, bot: str, fields: Mapping[str, Any]) -> bool:
    """Set fields of one memory; whether there is one."""
    check_change(fields)
    sets = ", ".join(f"{COLUMN.get(name, name)} = ?" for name in fields)
    row = connection.execute(
        f"UPDATE memories SET {sets}, changed = ? WHERE id = ? AND bot = ? RETURNING place",
        (*(_kept(n, v) for n, v in fields.items()), _bump(connection, bot), id, bot),
    ).fetchone()
    if row is not None and {"content", "response"} & fields.keys():
        connection.execute("DELETE FROM memory_vectors WHERE place = ?", row)
    return row is not None


def check_change(fields: Mapping[str, Any]) -> None:
    """Raise StoreError for fields that are not to be changed, or are none."""
    wrong = [name for name in fields if name in _FIXED or name not in _NAMES]
    if wrong or not fields:
        raise StoreError(
            f"{', '.join(wrong) or 'nothing'} cannot be changed of a memory; name other fields"
        )


def count(connection: sqlite3.Connection, uses: Sequence[MemoryUse]) -> None:
    """Add to counts; the database adds, so that nothing is lost between two who count."""
    connection.executemany(
        "UPDATE memories SET access_count = access_count + ?, answered = answered + ?, "
        "used = used + ?, "
        "helped = helped + ?, judged = judged + ?, accessed = CASE WHEN ? = 0 THEN accessed "
        "ELSE max(coalesce(accessed, 0), ?) END WHERE id = ? AND bot = ?",
        [
            (
                u.accesses,
                u.answered,
                u.used,
                u.helped,
                u.judged,
                u.accesses,
                to_ms(u.at),
                u.id,
                u.bot,
            )
            for u in uses
        ],
    )


def get(connection: sqlite3.Connection, ids: Sequence[str], bot: str | None) -> list[Memory]:
    """Those of these ids that there are, in this order."""
    found: dict[str, Memory] = {}
    for part in parts(dict.fromkeys(ids)):
        where = f"m.id IN ({', '.join('?' * len(part))})" + (" AND m.bot = ?" if bot else "")
        values = (*part, bot) if bot else part
        for row in connection.execute(f"{SELECT} WHERE {where}", values):
            found[row[0]] = as_memory(row)
    return [found[id] for id in dict.fromkeys(ids) if id in found]


def at_places(connection: sqlite3.Connection, places: Sequence[int]) -> dict[int, Memory]:
    """Memories by their rows; those that are gone are left out."""
    found = {}
    for part in parts(places):
        marks = ", ".join("?" * len(part))
        query = SELECT.replace(" FROM ", ", m.place FROM ") + f" WHERE m.place IN ({marks})"
        for row in connection.execute(query, part):
            found[int(row[-1])] = as_memory(row[:-1])
    return found


def page(connection: sqlite3.Connection, sought: MemoriesSought) -> tuple[list[Memory], int]:
    """A page, the one said last first, and how many there are."""
    where, values = _where(connection, sought)
    offset, limit = sought.get("offset", 0), sought.get("limit", 100)
    total = connection.execute(f"SELECT count(*) FROM memories m WHERE {where}", values)
    rows = connection.execute(
        f"{SELECT} WHERE {where} ORDER BY m.at DESC, m.id DESC LIMIT ? OFFSET ?",
        (*values, limit, offset),
    )
    return [as_memory(row) for row in rows], int(total.fetchone()[0])


def unembedded(connection: sqlite3.Connection, model: str, limit: int) -> list[Memory]:
    """Those without vectors of this model."""
    rows = connection.execute(
        f"{SELECT} WHERE NOT EXISTS (SELECT 1 FROM memory_vectors v WHERE v.place = m.place "
        "AND v.model = ?) ORDER BY m.at DESC, m.id DESC LIMIT ?",
        (model, limit),
    )
    return [as_memory(row) for row in rows]


def forget(
    connection: sqlite3.Connection,
    *,
    bot: str | None,
    user: str | None,
    ids: Sequence[str] | None,
    expired: datetime | None,
) -> int:
    """Delete memories and their vectors, and what is deleted is overwritten in the file."""
    if user is None and ids is None and expired is None:
        raise StoreError("whose or which memories are to go is not said; give user, ids or expired")
    conditions: dict[str, Any] = {"bot = ?": bot, "person = ?": user}
    conditions["expires <= ?"] = None if expired is None else to_ms(expired)
    told = {text: value for text, value in conditions.items() if value is not None}
    named: Iterable[Sequence[str]] = [()] if ids is None else parts(dict.fromkeys(ids))
    gone: dict[str, int] = {}
    for part in named:
        where = [*told, *([f"id IN ({', '.join('?' * len(part))})"] if ids is not None else [])]
        query = f"SELECT place, bot FROM memories WHERE {' AND '.join(where)}"
        for place, own in connection.execute(query, (*told.values(), *part)).fetchall():
            connection.execute("DELETE FROM memory_vectors WHERE place = ?", (place,))
            connection.execute("DELETE FROM memories WHERE place = ?", (place,))
            gone[own] = gone.get(own, 0) + 1
    for own, many in gone.items():
        _bump(connection, own, many)
    return sum(gone.values())


def bots(connection: sqlite3.Connection) -> dict[str, int]:
    """How many memories each bot has."""
    return dict(connection.execute("SELECT bot, count(*) FROM memories GROUP BY bot ORDER BY bot"))


_SIMPLE = {
    "bot": "m.bot = ?",
    "user": "m.person = ?",
    "session": "m.session = ?",
    "tier": "m.tier = ?",
    "interaction_type": "m.interaction_type = ?",
    "start": "m.at >= ?",
    "end": "m.at < ?",
    "alive": "(m.expires IS NULL OR m.expires > ?)",
    "hidden": "m.hidden = ?",
    "superseded": "(m.superseded_by <> '') = ?",
    "verified": "m.verified = ?",
}


def _where(connection: sqlite3.Connection, sought: Mapping[str, Any]) -> tuple[str, list[Any]]:
    clauses, values = [], []
    for name, clause in _SIMPLE.items():
        value = sought.get(name)
        if value is not None:
            clauses.append(clause)
            values.append(to_ms(value) if isinstance(value, datetime) else value)
    if search := (sought.get("search") or "").casefold():
        connection.create_function("folded", 1, str.casefold, deterministic=True)
        clauses.append("(instr(folded(m.content), ?) OR instr(folded(m.response), ?))")
        values += [search, search]
    return " AND ".join(clauses) or "1", values


def parts(things: Iterable[Any]) -> list[list[Any]]:
    """Things in as many lists as a statement can name."""
    rows = list(things)
    return [rows[n : n + _MANY] for n in range(0, len(rows), _MANY)]
