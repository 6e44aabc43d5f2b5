"""A bot's memories as columns: sign bits say who may be near, vectors how near, words who else."""

from __future__ import annotations

import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from roomtone.errors import StoreError
from roomtone.records import TIERS
from roomtone.stores._memory_index import FEW, SPARE, Index, grown, kept
from roomtone.stores._memory_near import EXACT, NEVER, Found, Moment, code, held, signs

CACHE_BYTES = 256 << 20
"""How much memory the columns of all bots may take: some 250,000 memories of 384 dimensions. Who
was asked for least lately is let go, and read again (seconds for 100,000) when it is asked for."""

AT_ONCE = 10_000
"""How many rows are read into columns together, so that a large bot is not held twice."""

_FILTERS = (
    ("place", np.int64),
    ("order", np.uint64),  # the id's first 64 bits: equally near ones come by their ids
    ("user", np.int64),
    ("session", np.int64),
    ("tier", np.int64),
    ("nth", np.uint8),  # the tier's place among `TIERS`
    ("interaction_type", np.int64),
    ("at", np.int64),
    ("expires", np.int64),
    ("hidden", np.bool_),
    ("superseded", np.bool_),
    ("verified", np.bool_),
    ("present", np.bool_),
)
_NTH = {tier: n for n, tier in enumerate(TIERS)}
_LOAD = (
    "SELECT m.place, m.id, m.person, m.session, m.tier, m.interaction_type, m.at, m.expires, "
    "m.hidden, m.superseded_by <> '', m.verified, m.content, m.response, v.vector FROM memories m "
    "LEFT JOIN memory_vectors v ON v.place = m.place AND v.model = ? AND v.name = ? "
    "WHERE m.bot = ? AND m.changed > ?"
)


def _order(id: str) -> int:
    try:
        return UUID(id).int >> 64
    except ValueError:
        return code(id) & 0xFFFFFFFFFFFFFFFF


class Columns:
    """The memories of one bot by one model and name; brought up to date before each search."""

    def __init__(self, bot: str, model: str, name: str) -> None:
        self._key = (model, name, bot)
        self._lock = threading.Lock()
        self._changed = -1
        self._deleted = 0
        self._own: dict[str, NDArray[Any]] = {n: np.empty(0, kind) for n, kind in _FILTERS}
        self._vectors: NDArray[np.int16] = np.empty((0, 0), np.int16)
        self._signs: NDArray[np.uint64] = np.empty((0, 0), np.uint64)
        self._rows: dict[int, int] = {}
        self._words = Index()

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        own = sum(one.nbytes for one in self._own.values()) + self._words.size
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
            if deleted != self._deleted and len(self):
                self._compact(connection)
            self._deleted = deleted
            if changed != self._changed:
                self._load(connection)
                self._changed = changed

    def _empty(self) -> None:
        self._changed, self._deleted = -1, 0
        self._keep(np.empty(0, np.intp))

    def _compact(self, connection: sqlite3.Connection) -> None:
        """Keep those that are still there; what is gone is in no array any more."""
        rows = connection.execute("SELECT place FROM memories WHERE bot = ?", (self._key[2],))
        there = np.array([row[0] for row in rows], np.int64)
        self._keep(np.flatnonzero(np.isin(self._own["place"][: len(self)], there)))

    def _keep(self, keep: NDArray[np.intp]) -> None:
        self._words.keep(keep, len(self))
        self._own = {name: kept(of, keep) for name, of in self._own.items()}
        if self._vectors.shape[1]:
            self._vectors = kept(self._vectors, keep)
            self._signs = kept(self._signs, keep, axis=1)
        places = self._own["place"][: len(keep)].tolist()
        self._rows = {place: row for row, place in enumerate(places)}

    def _load(self, connection: sqlite3.Connection) -> None:
        many = 0  # how many there will be: room for all is made once
        if not len(self):
            count = "SELECT count(*) FROM memories WHERE bot = ?"
            (many,) = connection.execute(count, (self._key[2],)).fetchone()
            many += many // SPARE
        rows = connection.execute(_LOAD, (*self._key, self._changed))
        while told := rows.fetchmany(AT_ONCE):
            self._take(told, many - len(self))

    def _take(self, told: list[Any], room: int = 0) -> None:
        dim = self._vectors.shape[1] or next((len(row[-1]) // 2 for row in told if row[-1]), 0)
        whole = [n for n, row in enumerate(told) if row[-1] is not None]
        if any(len(told[n][-1]) != 2 * dim for n in whole):
            raise StoreError(
                f"vectors of model {self._key[0]!r} have different lengths; embed them again"
            )
        first = len(self)
        fresh = [row[0] for row in told if row[0] not in self._rows]
        self._grow(first, max(len(fresh), room), dim)
        self._rows |= {place: first + n for n, place in enumerate(fresh)}
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
            "nth": [_NTH.get(tier, len(TIERS)) for tier in columns[4]],
            "at": columns[6],
            "expires": [NEVER if one is None else one for one in columns[7]],
            "hidden": columns[8],
            "superseded": columns[9],
            "verified": columns[10],
            "present": [vector is not None for vector in columns[13]],
        }
        for name, kind in _FILTERS:
            self._own[name][at] = np.array(values[name], kind)
        self._words.put(at, list(map("\n".join, zip(columns[11], columns[12], strict=True))))
        if dim:
            rows = np.frombuffer(b"".join(told[n][-1] for n in whole), "<f2").reshape(-1, dim)
            self._vectors[at[whole]] = held(rows)
            self._signs[:, at[whole]] = signs(rows)

    def _grow(self, used: int, more: int, dim: int) -> None:
        """Room for more rows: some to spare, so that one more does not move all the others."""
        if dim and not self._vectors.shape[1]:
            here = len(self._own["place"])
            self._vectors = np.zeros((here, dim), np.int16)
            self._signs = np.zeros((-(-dim // 64), here), np.uint64)
        self._own = {name: grown(self._own[name], used, more) for name, _ in _FILTERS}
        if dim:
            self._vectors = grown(self._vectors, used, more)
            self._signs = grown(self._signs, used, more, axis=1)

    def _moment(self) -> Moment:
        with self._lock:
            many = len(self)
            own = {name: of[:many] for name, of in self._own.items()}
            return Moment(own, self._vectors[:many], self._signs[:, :many], self._words.whole())

    def near(
        self, vector: NDArray[np.float32], limit: int, sought: Mapping[str, Any], exact: int = EXACT
    ) -> Found:
        """The `limit` nearest of those sought; exact among the `exact` most alike in sign."""
        here = self._moment()
        if not here.fits(vector):
            return Found([], [])
        rows = np.flatnonzero(here.mine(sought) & here.own["present"])
        return here.told(*here.nearest(vector, rows, limit, exact))

    def recalled(
        self,
        vector: NDArray[np.float32],
        limit: int,
        words: Sequence[str],
        each: int,
        sought: Mapping[str, Any],
        exact: int = EXACT // 2,
    ) -> tuple[Found, Found]:
        """The nearest of each tier; and of each word so many, where a tier has more to give."""
        here = self._moment()
        if not here.fits(vector):
            return Found([], []), Found([], [])
        mine = here.mine(sought)
        parts = here.parted(mine, len(TIERS))
        many = FEW * sum(map(len, parts)) > len(mine)  # then all are passed faster
        differ = here.differs(vector) if many and max(map(len, parts)) > exact else None
        found = [here.nearest(vector, part, limit, exact, differ) for part in parts]
        near = np.concatenate([part for part, _ in found])
        worded = near[:0]
        if any(len(part) > limit for part in parts):
            worded = here.worded(words, each, mine, near)
        return (
            here.told(near, np.concatenate([cosine for _, cosine in found])),
            here.told(worded, here.cosines(vector, worded)),
        )


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
