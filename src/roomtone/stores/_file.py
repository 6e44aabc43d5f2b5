"""One SQLite file in use: a thread that writes, a few that read, shared by all who opened it."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import ClassVar, TypeVar

from roomtone.errors import StoreError

T = TypeVar("T")
Job = Callable[[sqlite3.Connection], T]

READERS = 3  # threads; a read is short, and the interpreter runs one at a time anyway
BUSY_TIMEOUT_S = 10.0  # another process may be writing its tick


class File:
    """Connections to one path. `write` jobs run one after another, each in one transaction.

    `acquire` gives every caller of this process the same object, so that a file has one writer.
    """

    _in_use: ClassVar[dict[Path, File]] = {}

    def __init__(self, path: Path) -> None:
        self._path = path
        self._users = 0
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="sqlite-write")
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="sqlite-read")
        self._own = threading.local()
        self._connections: list[sqlite3.Connection] = []

    @classmethod
    def acquire(cls, path: Path) -> File:
        """The file at `path`, to be given back with `release`."""
        key = path.resolve()
        file = cls._in_use.setdefault(key, cls(key))
        file._users += 1
        return file

    async def release(self) -> None:
        """Give the file back; the last one to do so closes it, after what was begun is done."""
        self._users -= 1
        if self._users:
            return
        del self._in_use[self._path]
        await asyncio.get_running_loop().run_in_executor(None, self._close)

    async def write(self, job: Job[T], *, durable: bool = False) -> T:
        """Run `job` in one transaction on the writing thread.

        `durable` waits for the disk: what no journal could bring back survives a power cut.
        """

        def run() -> T:
            connection = self._connection("write")
            if durable:
                connection.execute("PRAGMA synchronous = FULL")
            try:
                connection.execute("BEGIN IMMEDIATE")
                try:
                    result = job(connection)
                    connection.execute("COMMIT")
                except BaseException:
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
                    raise
            finally:
                if durable:
                    connection.execute("PRAGMA synchronous = NORMAL")
            return result

        return await self._run(self._writer, run)

    async def wipe(self, job: Job[T]) -> T:
        """Run `job`, which deletes: what goes is overwritten, also in the log where nobody reads.

        A reader elsewhere may keep the log from being emptied; then the next checkpoint does it.
        """

        def wiping(connection: sqlite3.Connection) -> T:
            connection.execute("PRAGMA secure_delete = ON")
            return job(connection)

        def empty() -> None:
            connection = self._connection("write")
            connection.execute("PRAGMA secure_delete = OFF")
            connection.execute("PRAGMA busy_timeout = 200")  # ms
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_S * 1000:.0f}")

        gone = await self.write(wiping, durable=True)
        await self._run(self._writer, empty)
        return gone

    async def squeeze(self) -> None:
        """Write the whole file anew: what rows held that were changed or deleted is not in it."""

        def run() -> None:
            connection = self._connection("write")
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

        await self._run(self._writer, run)

    async def read(self, job: Job[T]) -> T:
        """Run `job` on a reading thread; all that it reads is of one moment."""

        def run() -> T:
            connection = self._connection("read")
            connection.execute("BEGIN")
            try:
                return job(connection)
            finally:
                connection.execute("ROLLBACK")

        return await self._run(self._readers, run)

    async def _run(self, pool: ThreadPoolExecutor, job: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(pool, job)
        except sqlite3.Error as error:
            raise StoreError(
                f"{self._path}: {error}; check the room on its disk, and who else writes to it"
            ) from error
        except UnicodeEncodeError as error:
            raise StoreError(
                f"{self._path} takes no text with lone surrogates; "
                "replace them before the event is taken in"
            ) from error

    def _connection(self, kind: str) -> sqlite3.Connection:
        """This thread's own connection."""
        connection: sqlite3.Connection | None = getattr(self._own, "connection", None)
        if connection is None:
            connection = sqlite3.connect(
                self._path,
                isolation_level=None,
                timeout=BUSY_TIMEOUT_S,
                check_same_thread=False,  # opened and used by one thread, closed by another
            )
            # NORMAL survives a killed process; after a power cut the journal is replayed.
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA cache_size = -16000")  # KiB
            connection.execute("PRAGMA temp_store = MEMORY")
            if kind == "read":
                connection.execute("PRAGMA query_only = ON")
            else:
                connection.execute("PRAGMA wal_autocheckpoint = 4000")  # pages: 16 MB
                connection.execute("PRAGMA journal_size_limit = 67108864")  # bytes
            self._own.connection = connection
            self._connections.append(connection)
        return connection

    def _close(self) -> None:
        self._writer.shutdown(wait=True)
        self._readers.shutdown(wait=True)
        for connection in self._connections:
            connection.close()

    async def prepare(self, job: Callable[[], T]) -> T:
        """Run `job` on the writing thread, outside any transaction and with no connection."""
        return await self._run(self._writer, job)
