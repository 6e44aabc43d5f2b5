"""Who may ask: the installation's keys, signed-in pages and tickets, in one small file."""

from __future__ import annotations

import contextlib
import os
import secrets
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from roomtone.errors import BadConfig
from roomtone.runtime.access_keys import (
    SHOWN,
    Key,
    in_order,
    mint,
    read_line,
    read_project,
    read_scopes,
    same,
    seal,
)
from roomtone.runtime.clock import Clock, WallClock
from roomtone.runtime.config import Settings

SESSION_MOST_S = 14 * 86_400.0
"""After how long even a page that is always used has to sign in again."""

TICKET_S = 60.0
"""How long a ticket waits for its one use."""

MOST_SESSIONS = 10_000
"""How many pages may be signed in; the oldest makes way."""

LAST = 253_370_764_800.0
"""The beginning of the year 9999: what is later no calendar tells in every time zone."""

LOCK_S = 5.0
"""How long another process may be writing."""

TABLES = """
CREATE TABLE IF NOT EXISTS keys (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, project TEXT NOT NULL, scopes TEXT NOT NULL,
    prefix TEXT NOT NULL, sealed BLOB NOT NULL UNIQUE, made REAL NOT NULL,
    expires REAL, revoked REAL, used REAL);
CREATE TABLE IF NOT EXISTS sessions (
    sealed BLOB PRIMARY KEY, key TEXT NOT NULL, made REAL NOT NULL, seen REAL NOT NULL);
CREATE TABLE IF NOT EXISTS tickets (
    sealed BLOB PRIMARY KEY, key TEXT NOT NULL, expires REAL NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in page: which key it stands for, since when, and when it was last used."""

    key: str
    made: float
    seen: float


class Access:
    """The keys of one installation, known by heart and read again when the file has changed.

    It is a file of its own, not a table of a store: it must be there before any store is, it is
    the same for all projects, and no erasure or restore of a store may change who has a key.
    Every method that reads or writes the file takes milliseconds, and belongs in a thread.
    """

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        self.path = file_of(settings)
        self._clock = clock or WallClock()
        self._idle_s = settings.access.session_hours * 3600
        self._set = [read_line(line) for line in settings.access.keys]
        self._kept: list[Key] = []
        self._found: dict[bytes, Key] = {}
        self._by_prefix: dict[str, list[Key]] = {}
        self._by_id: dict[str, Key] = {}
        self._sessions: dict[bytes, Session] = {}
        self._used: dict[str, float] = {}
        self._seen: dict[bytes, float] = {}
        self._stamp: tuple[int, int, int] | None = None
        self.locked = False
        """Whether a key was ever made: from then on every request needs one."""
        self._learn([])

    @property
    def now(self) -> float:
        return self._clock.now_ms() / 1000

    # -- asked at every request --------------------------------------------------------------

    def find(self, secret: bytes) -> Key | None:
        """The living key with this secret."""
        sealed = seal(secret)
        now = self.now
        near = self._by_prefix.get(secret[:SHOWN].decode("latin-1"), [])
        for key in [*near, *self._by_prefix.get("", [])]:  # those set by lines have no prefix
            if same(key.sealed, sealed):
                if not key.alive(now):
                    return None
                self._used[key.id] = now
                return key
        return None

    def session(self, token: bytes, *, used: bool = True) -> Key | None:
        """The living key that a signed-in page stands for; `used`: somebody asks with it."""
        sealed = seal(token)
        found = self._sessions.get(sealed)
        now = self.now
        if found is None or self._over(found, max(found.seen, self._seen.get(sealed, 0.0)), now):
            return None
        key = self.alive(found.key)
        if key is not None and used:
            self._seen[sealed] = self._used[key.id] = now
        return key

    def alive(self, id: str) -> Key | None:
        """The key with this id, if it still opens anything."""
        key = self._by_id.get(id)
        return key if key is not None and key.alive(self.now) else None

    def keys(self, project: str | None = None) -> list[Key]:
        """All keys, the newest first; of one project where one is named."""
        found = (key for key in self._by_id.values() if project in (None, key.project))
        return sorted(found, key=lambda key: (-key.made, key.id))

    def projects(self) -> list[str]:
        """Every project that has a living key."""
        now = self.now
        return sorted({key.project for key in self._by_id.values() if key.alive(now)})

    # -- in the file ---------------------------------------------------------------------------

    def load(self) -> None:
        """Read the file if it has changed. Raises BadConfig where it cannot be read."""
        try:
            stat = self.path.stat()
        except OSError:
            return  # none was made yet; if one was, what is known stays known
        stamp = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
        if stamp == self._stamp:
            return
        with self._open() as file:
            rows = file.execute("SELECT * FROM keys").fetchall()
            pages = file.execute("SELECT sealed, key, made, seen FROM sessions").fetchall()
        # A file that was written a moment ago may be written once more within the same tick.
        fresh = WallClock().now_ms() / 1000 - stat.st_mtime < 2
        self._stamp = None if fresh else stamp
        self._sessions = {sealed: Session(*rest) for sealed, *rest in pages}
        self._learn([_key(row) for row in rows])

    def make_key(
        self,
        scopes: Iterable[str] | str,
        *,
        project: str,
        name: str = "",
        expires: float | None = None,
    ) -> tuple[Key, str]:
        """A new key, and its secret, which is told this once. Raises BadConfig."""
        wanted, secret = read_scopes(scopes), mint()
        if expires is not None and expires <= self.now:
            raise BadConfig("the key would be over before it is used; give a later --expires")
        if expires is not None and expires > LAST:
            raise BadConfig("a key is over before the year 9999, or never; leave --expires out")
        key = Key(
            id=secrets.token_hex(6),
            name=" ".join(name.split())[:100],
            project=read_project(project),
            scopes=wanted,
            prefix=secret[:SHOWN],
            sealed=seal(secret.encode()),
            made=self.now,
            expires=expires,
        )
        row = (key.id, key.name, key.project, ",".join(in_order(wanted)), key.prefix, key.sealed)
        with self._open() as file:
            file.execute(
                "INSERT INTO keys (id, name, project, scopes, prefix, sealed, made, expires) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (*row, key.made, expires),
            )
        self.load()
        return key, secret

    def revoke(self, id: str, project: str | None = None) -> Key | None:
        """End a key, and every page and ticket that stands for it; None if there is no such."""
        if any(id == key.id and project in (None, key.project) for key in self._set):
            raise BadConfig(
                f"the key {id} is set in access.keys; take its line out there and restart"
            )
        self.load()
        if id not in self._by_id:
            return None
        with self._open() as file:
            which = "id = ? AND revoked IS NULL" + (" AND project = ?" if project else "")
            named = (id, project) if project else (id,)
            file.execute(f"UPDATE keys SET revoked = ? WHERE {which}", (self.now, *named))
            file.execute(
                "DELETE FROM sessions WHERE key IN (SELECT id FROM keys WHERE revoked IS NOT NULL)"
            )
        self.load()
        key = self._by_id.get(id)
        return key if key is not None and project in (None, key.project) else None

    def open_session(self, key: str) -> str:
        """Sign a page in; returns the token for its cookie."""
        token, now = secrets.token_urlsafe(32), self.now
        with self._open() as file:
            old = (now - self._idle_s, now - SESSION_MOST_S)
            file.execute("DELETE FROM sessions WHERE seen < ? OR made < ?", old)
            file.execute(
                "DELETE FROM sessions WHERE sealed IN "
                "(SELECT sealed FROM sessions ORDER BY seen DESC LIMIT -1 OFFSET ?)",
                (MOST_SESSIONS - 1,),
            )
            row = (seal(token.encode()), key, now, now)
            file.execute("INSERT INTO sessions VALUES (?, ?, ?, ?)", row)
        self.load()
        return token

    def close_session(self, token: bytes) -> None:
        """Sign a page out."""
        with self._open() as file:
            file.execute("DELETE FROM sessions WHERE sealed = ?", (seal(token),))
        self.load()

    def make_ticket(self, key: str) -> str:
        """A ticket for one connection, soon."""
        token = secrets.token_urlsafe(32)
        with self._open() as file:
            file.execute("DELETE FROM tickets WHERE expires < ?", (self.now,))
            row = (seal(token.encode()), key, self.now + TICKET_S)
            file.execute("INSERT INTO tickets VALUES (?, ?, ?)", row)
        return token

    def take_ticket(self, token: bytes) -> Key | None:
        """Use a ticket up; the living key that it stands for."""
        if not self.path.is_file():
            return None
        with self._open() as file:
            found = file.execute(
                "DELETE FROM tickets WHERE sealed = ? RETURNING key, expires", (seal(token),)
            ).fetchone()
        return self.alive(str(found[0])) if found and self.now < found[1] else None

    def note(self) -> None:
        """Write down lately used keys and pages: once in a while, not at every request."""
        used, self._used = self._used, {}
        seen, self._seen = self._seen, {}
        if not (used or seen) or not self.path.is_file():
            return
        with self._open() as file:
            file.executemany("UPDATE keys SET used = ? WHERE id = ?", _pairs(used))
            file.executemany("UPDATE sessions SET seen = ? WHERE sealed = ?", _pairs(seen))
        self.load()

    # -- how -------------------------------------------------------------------------------------

    def _over(self, session: Session, seen: float, now: float) -> bool:
        return now - seen > self._idle_s or now - session.made > SESSION_MOST_S

    def _learn(self, kept: list[Key]) -> None:
        every = [*self._set, *kept]
        by_prefix: dict[str, list[Key]] = {}
        for key in every:
            by_prefix.setdefault(key.prefix, []).append(key)
        self._by_id = {key.id: key for key in every}
        self._by_prefix = by_prefix
        self.locked = self.locked or bool(every)

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            if not self.path.exists():
                self.path.parent.mkdir(parents=True, exist_ok=True)
                os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
            with contextlib.closing(sqlite3.connect(self.path, timeout=LOCK_S)) as file:
                file.executescript(TABLES)
                with file:
                    yield file
        except (sqlite3.Error, OSError) as error:
            raise BadConfig(
                f"the keys in {self.path} cannot be read or written ({error}); see that this user "
                "may, that the disk has room, and that it is that file"
            ) from None


def file_of(settings: Settings) -> Path:
    """Where the keys of these settings lie."""
    return Path(settings.access.file) if settings.access.file else settings.data / "access.db"


def _pairs(times: dict[str, float] | dict[bytes, float]) -> list[tuple[float, str | bytes]]:
    return [(at, name) for name, at in times.items()]


def _key(row: tuple[object, ...]) -> Key:
    id, name, project, scopes, *rest = row
    scoped = read_scopes(str(scopes))
    return Key(str(id), str(name), str(project), scoped, *rest)  # type: ignore[arg-type]
