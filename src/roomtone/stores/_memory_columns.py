"""A bot's vectors as columns: sign bits find who may be near, float16 says how near exactly."""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from roomtone.errors import StoreError
from roomtone.stores._steps import to_ms

EXACT = 1_000
"""Up to how many vectors are compared exactly. Of more, those whose signs differ least: of vectors
of 384 dimensions the ten nearest are among them (docs/memory.md has the measured share)."""

CACHE_BYTES = 256 << 20
"""How much memory the columns of all bots may take: some 300,000 memories of 384 dimensions. Who
was asked for least lately is let go, and read again (0.5 s for 100,000) when it is asked for."""

AT_ONCE = 10_000
"""How many rows are read into columns together, so that a large bot is not held twice."""

_NEVER = np.iinfo(np.int64).max
_FILTERS = (
    ("place", np.int64),
    ("order", np.uint64),  # the id's first 64 bits: equally near ones come by their ids
    ("user", np.int64),
    ("session", np.int64),
    ("tier", np.int64),
    ("interaction_type", np.int64),
    ("at", np.int64),
    ("expires", np.int64),
    ("hidden", np.bool_),
    ("superseded", np.bool_),
    ("verified", np.bool_),
    ("present", np.bool_),
)
_LOAD = (
    "SELECT m.place, m.id, m.person, m.session, m.tier, m.interaction_type, m.at, m.expires, "
    "m.hidden, m.superseded_by <> '', m.verified, v.vector FROM memories m "
    "LEFT JOIN memory_vectors v ON v.place = m.place AND v.model = ? AND v.name = ? "
    "WHERE m.bot = ? AND m.changed > ?"
)


class Found(NamedTuple):
    """Where near memories lie, and how near they are."""

    places: list[int]
    cosines: list[float]


def code(text: str) -> int:
    """A text as 64 bits: two that differ are told apart, and the text itself is not kept."""
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little", signed=True)


def _order(id: str) -> int:
    try:
        return UUID(id).int >> 64
    except ValueError:
        return code(id) & 0xFFFFFFFFFFFFFFFF


def signs(rows: NDArray[Any]) -> NDArray[np.uint64]:
    """The signs of vectors, 64 to a word: one row of words for every 64 dimensions."""
    width = -(-rows.shape[1] // 64) * 64
    bits = np.zeros((len(rows), width), np.bool_)
    bits[:, : rows.shape[1]] = rows > 0
    return np.ascontiguousarray(np.packbits(bits, axis=1).view(np.uint64).T)


class Columns:
    """The memories of one bot by one model and name; brought up to date before each search."""

    def __init__(self, bot: str, model: str, name: str) -> None:
        self._key = (model, name, bot)
        self._lock = threading.Lock()
        self._changed = -1
        self._deleted = 0
        self._own: dict[str, NDArray[Any]] = {n: np.empty(0, kind) for n, kind in _FILTERS}
        self._vectors: NDArray[np.float16] = np.empty((0, 0), np.float16)
        self._signs: NDArray[np.uint64] = np.empty((0, 0), np.uint64)
        self._rows: dict[int, int] = {}

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        own = sum(one.nbytes for one in self._own.values())
        return own + self._vectors.nbytes + self._signs.nbytes + 100 * len(self._rows) + 1_000

    def sync(self, connection: sqlite3.Connection) -> None:
        """Take up what has changed since the last time, in this connection's transaction."""
        row = connection.execute(
            "SELECT changed, deleted FROM memory_changes WHERE bot = ?", (self._key[2],)
        ).fetchone()
        changed, deleted = row or (0, 0)
        with self._lock:
            if changed < self._changed:
                self._empty()  # another file stands here now
            if deleted != self._deleted and len(self._rows):
                self._compact(connection)
            self._deleted = deleted
            if changed != self._changed:
                self._load(connection)
                self._changed = changed

    def _empty(self) -> None:
        self._changed, self._deleted, self._rows = -1, 0, {}
        self._own = {name: of[:0].copy() for name, of in self._own.items()}
        self._vectors = np.empty((0, self._vectors.shape[1]), np.float16)
        self._signs = self._signs[:, :0].copy()

    def _compact(self, connection: sqlite3.Connection) -> None:
        """Keep those that are still there; what is gone is in no array any more."""
        rows = connection.execute("SELECT place FROM memories WHERE bot = ?", (self._key[2],))
        there = np.array([row[0] for row in rows], np.int64)
        keep = np.flatnonzero(np.isin(self._own["place"], there))
        self._own = {name: of[keep] for name, of in self._own.items()}
        if self._vectors.shape[1]:
            self._vectors, self._signs = self._vectors[keep], self._signs[:, keep]
        self._rows = {int(place): row for row, place in enumerate(self._own["place"])}

    def _load(self, connection: sqlite3.Connection) -> None:
        rows = connection.execute(_LOAD, (*self._key, self._changed))
        while told := rows.fetchmany(AT_ONCE):
            self._take(told)

    def _take(self, told: list[Any]) -> None:
        dim = self._vectors.shape[1] or next((len(row[-1]) // 2 for row in told if row[-1]), 0)
        fresh = [row for row in told if row[0] not in self._rows]
        first = len(self._own["place"])
        self._grow(len(fresh), dim)
        self._rows |= {row[0]: first + n for n, row in enumerate(fresh)}
        at = np.array([self._rows[row[0]] for row in told], np.intp)
        columns = list(zip(*told, strict=True))
        coded = {text: code(text) for n in range(2, 6) for text in set(columns[n])}
        values: dict[str, Any] = {
            "place": columns[0],
            "order": [_order(id) for id in columns[1]],
            **{
                name: [coded[text] for text in columns[n]]
                for n, name in enumerate(("user", "session", "tier", "interaction_type"), start=2)
            },
            "at": columns[6],
            "expires": [_NEVER if one is None else one for one in columns[7]],
            "hidden": columns[8],
            "superseded": columns[9],
            "verified": columns[10],
            "present": [vector is not None for vector in columns[11]],
        }
        for name, kind in _FILTERS:
            self._own[name][at] = np.array(values[name], kind)
        if not dim:
            return
        whole = [n for n, row in enumerate(told) if row[-1] is not None]
        if any(len(told[n][-1]) != 2 * dim for n in whole):
            raise StoreError(
                f"vectors of model {self._key[0]!r} have different lengths; embed them again"
            )
        rows = np.frombuffer(b"".join(told[n][-1] for n in whole), "<f2").reshape(-1, dim)
        self._vectors[at[whole]] = rows
        self._signs[:, at[whole]] = signs(rows)

    def _grow(self, more: int, dim: int) -> None:
        if dim and not self._vectors.shape[1]:
            here = len(self._own["place"])
            self._vectors = np.zeros((here, dim), np.float16)
            self._signs = np.zeros((-(-dim // 64), here), np.uint64)
        if more:
            self._own = {
                name: np.concatenate([self._own[name], np.zeros(more, kind)])
                for name, kind in _FILTERS
            }
            if dim:
                empty = np.zeros((more, dim), np.float16)
                self._vectors = np.concatenate([self._vectors, empty])
                words = np.zeros((len(self._signs), more), np.uint64)
                self._signs = np.concatenate([self._signs, words], axis=1)

    def near(
        self, vector: NDArray[np.float32], limit: int, sought: Mapping[str, Any], exact: int = EXACT
    ) -> Found:
        """The `limit` nearest of those sought; exact among the `exact` most alike in sign."""
        with self._lock:
            own, vectors, words = dict(self._own), self._vectors, self._signs
        if not vectors.shape[1]:
            return Found([], [])
        if vector.shape != (vectors.shape[1],):
            raise StoreError(
                f"a vector of {vector.size} numbers was sought among those of "
                f"{vectors.shape[1]}; name the model that made it"
            )
        rows = np.flatnonzero(_mask(own, sought))
        if len(rows) > exact:
            rows = _alike(words, signs(vector[None])[:, 0], own["order"], rows, exact)
        cosines = vectors[rows].astype(np.float32) @ vector
        if len(rows) > 4 * limit > 0:  # enough that a sort of all would be felt
            least = np.partition(cosines, len(cosines) - limit)[len(cosines) - limit]
            kept = cosines >= least
            rows, cosines = rows[kept], cosines[kept]
        best = np.lexsort((own["order"][rows], -np.round(cosines, 5)))[:limit]
        places = own["place"][rows[best]].tolist()
        return Found(places, np.clip(cosines[best], -1, 1).round(6).tolist())


def _mask(own: Mapping[str, NDArray[Any]], sought: Mapping[str, Any]) -> NDArray[np.bool_]:
    mask: NDArray[np.bool_] = own["present"].copy()
    for name in ("user", "session", "tier", "interaction_type"):
        if sought.get(name) is not None:
            mask &= own[name] == code(sought[name])
    for name in ("hidden", "superseded", "verified"):
        if sought.get(name) is not None:
            mask &= own[name] == bool(sought[name])
    moments: dict[str, datetime | None] = {n: sought.get(n) for n in ("start", "end", "alive")}
    if moments["start"] is not None:
        mask &= own["at"] >= to_ms(moments["start"])
    if moments["end"] is not None:
        mask &= own["at"] < to_ms(moments["end"])
    if moments["alive"] is not None:
        mask &= own["expires"] > to_ms(moments["alive"])
    return mask


def _alike(
    words: NDArray[np.uint64],
    asked: NDArray[np.uint64],
    order: NDArray[np.uint64],
    rows: NDArray[np.intp],
    most: int,
) -> NDArray[np.intp]:
    """The rows whose signs differ in the fewest places; of those that differ alike the first."""
    all_of_them = 2 * len(rows) > words.shape[1]
    differ = np.zeros(words.shape[1] if all_of_them else len(rows), np.uint64)
    for word, own in zip(asked, words, strict=True):
        differ += np.bitwise_count((own if all_of_them else own[rows]) ^ word)
    if all_of_them:
        differ = differ[rows]
    keys = (differ << np.uint64(48)) | (order[rows] >> np.uint64(16))
    return rows[np.argpartition(keys, most - 1)[:most]]


class Cache:
    """Columns of bots, at most `CACHE_BYTES` of them."""

    def __init__(self, most_bytes: int = CACHE_BYTES) -> None:
        self._most = most_bytes
        self._lock = threading.Lock()
        self._columns: OrderedDict[tuple[str, str, str], Columns] = OrderedDict()

    def ready(self, connection: sqlite3.Connection, bot: str, model: str, name: str) -> Columns:
        """The columns as they are in this connection's transaction, or newer."""
        key = (bot, model, name)
        with self._lock:
            own = self._columns.setdefault(key, Columns(*key))
            self._columns.move_to_end(key)
        own.sync(connection)
        with self._lock:
            while len(self._columns) > 1 and self.size > self._most:
                self._columns.popitem(last=False)
        return own

    @property
    def size(self) -> int:
        """About how many bytes are held."""
        return sum(one.size for one in self._columns.values())

    def sync(self, connection: sqlite3.Connection) -> None:
        """What was deleted is nowhere, not even in columns that nobody asks for."""
        with self._lock:
            held = list(self._columns.values())
        for own in held:
            own.sync(connection)
