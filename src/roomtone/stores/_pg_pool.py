"""One PostgreSQL database in use: a bounded pool, a time limit on every call, plain errors."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from ssl import SSLCertVerificationError
from typing import Any, ClassVar, TypeVar

from roomtone.errors import MissingExtra, StoreAway, StoreError
from roomtone.stores._pg_address import Address

T = TypeVar("T")
Connection = Any  # asyncpg's, which has no types
Job = Callable[[Connection], Awaitable[T]]

CONNECT_S = 10.0
RELEASE_S = 5.0
ALL_OF_ONE_MOMENT = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
EPOCH_US = 946_684_800_000_000  # PostgreSQL counts from the year 2000


def driver() -> Any:
    """The driver. Raises MissingExtra where it is not installed."""
    try:
        import asyncpg
    except ImportError:
        raise MissingExtra("asyncpg", "postgres") from None
    return asyncpg


class Pool:
    """Connections to one database, shared by all of this process that named the same URL.

    A connection whose call takes too long is cut, not asked: a server that hangs would not answer
    that either. The next call connects anew, so a server that comes back is used again.
    Instants go in and out as epoch milliseconds.
    """

    _in_use: ClassVar[dict[tuple[Address, int], Pool]] = {}

    def __init__(self, address: Address) -> None:
        self.address = address
        self.writing = asyncio.Lock()  # one tick after another: they would wait for each other
        self._asyncpg = driver()
        self._users = 0
        self._pool: Any = None
        self._key = (address, id(asyncio.get_running_loop()))

    @classmethod
    def acquire(cls, address: Address) -> Pool:
        """The pool of this address in this event loop, to be given back with `release`."""
        key = (address, id(asyncio.get_running_loop()))
        pool = cls._in_use.get(key)
        if pool is None:
            pool = cls._in_use[key] = cls(address)
        pool._users += 1
        return pool

    async def release(self) -> None:
        """Give the pool back; the last one to do so closes the connections."""
        self._users -= 1
        if self._users:
            return
        del self._in_use[self._key]
        if self._pool is not None:
            try:
                await asyncio.wait_for(self._pool.close(), RELEASE_S)
            except (TimeoutError, OSError, self._asyncpg.PostgresError):
                self._pool.terminate()

    async def read(self, job: Job[T]) -> T:
        """Run `job` in a transaction that sees the database at one moment."""
        return await self._twice(job, ALL_OF_ONE_MOMENT, self.address.timeout_s)

    async def write(self, job: Job[T], *, first: str = "", timeout_s: float | None = None) -> T:
        """Run `job` in one transaction, after the SQL of `first`.

        Should the connection break, it is run once more.
        """
        return await self._twice(job, f"BEGIN; {first}", timeout_s or self.address.timeout_s)

    async def ask(self, job: Job[T], *, timeout_s: float | None = None) -> T:
        """Run `job` without a transaction around it."""
        return await self._twice(job, "", timeout_s or self.address.timeout_s)

    async def _twice(self, job: Job[T], begin: str, timeout_s: float) -> T:
        """A server that was started anew has cut all connections; that is noticed by using one."""
        broken = (
            self._asyncpg.ConnectionDoesNotExistError,
            self._asyncpg.AdminShutdownError,
            self._asyncpg.InterfaceError,
            ConnectionError,
        )
        try:
            try:
                return await self._once(job, begin, timeout_s)
            except broken:
                return await self._once(job, begin, timeout_s)
        except (
            OSError,
            ValueError,
            self._asyncpg.PostgresError,
            self._asyncpg.InterfaceError,
        ) as e:
            raise explain(self.address.shown, e) from e

    async def _once(self, job: Job[T], begin: str, timeout_s: float) -> T:
        if self._pool is None:
            self._pool = self._make()
        pool = await self._pool
        connection = await pool.acquire(timeout=min(CONNECT_S, timeout_s))
        late = False

        def cut() -> None:
            nonlocal late
            late = True
            connection.terminate()

        watch = asyncio.get_running_loop().call_later(timeout_s, cut)
        try:
            if not begin:
                return await job(connection)
            try:
                await connection.execute(begin)
                result = await job(connection)
                await connection.execute("COMMIT")
            except Exception:
                if not connection.is_closed():
                    await connection.execute("ROLLBACK")
                raise
            return result
        except asyncio.CancelledError:
            connection.terminate()  # it may be anywhere in the transaction
            raise
        except Exception as error:
            if late:
                raise StoreAway(
                    f"{self.address.shown} did not answer within {timeout_s:g} s; see that the "
                    "server is well, or raise timeout= in the URL"
                ) from error
            raise
        finally:
            watch.cancel()
            with contextlib.suppress(Exception):  # then the pool has thrown it away
                await pool.release(connection, timeout=RELEASE_S)

    def _make(self) -> Any:
        settings = {"application_name": "roomtone", "timezone": "UTC"}
        if self.address.schema:
            settings["search_path"] = f"{self.address.schema}, public"
        return self._asyncpg.create_pool(
            self.address.dsn,
            min_size=0,
            max_size=self.address.pool,
            max_inactive_connection_lifetime=300,
            timeout=min(CONNECT_S, self.address.timeout_s),
            init=_begin,
            reset=_leave_alone,
            server_settings=settings,
        )


async def _begin(connection: Connection) -> None:
    await as_milliseconds(connection)
    with contextlib.suppress(driver().PostgresError):  # not on every system a server runs on
        # A call that was cut goes on in the server until it looks whether anybody still listens.
        await connection.execute("SET client_connection_check_interval = 2000")


async def _leave_alone(connection: Connection) -> None:
    """Nothing is left behind on a connection here, so nothing is asked of the server."""


async def as_milliseconds(connection: Connection) -> None:
    """Have this connection take and give instants as epoch milliseconds."""
    await connection.set_type_codec(
        "timestamptz",
        schema="pg_catalog",
        format="tuple",
        encoder=lambda ms: (ms * 1000 - EPOCH_US,),
        decoder=lambda us: (us[0] + EPOCH_US) // 1000,
    )


def explain(shown: str, error: Exception) -> StoreError:
    """What went wrong in a sentence that ends in what to do; without a row's values or secrets."""
    if isinstance(error, StoreError):
        return error
    said = str(error.args[0] if error.args else type(error).__name__).strip().splitlines()[:1]
    if isinstance(error, TimeoutError):
        said = ["no connection could be had in time"]
    elif isinstance(error, OSError) and error.strerror:
        said = [error.strerror]
    elif isinstance(error, ValueError):  # the driver would repeat the value, which may be a text
        said = ["a value cannot be sent"]
    state = getattr(error, "sqlstate", None) or ""
    remedy = next((text for prefix, text in _REMEDIES if state.startswith(prefix)), "")
    if not remedy:
        remedy = "see that the server runs and can be reached" if not state else "see its log"
    text = said[0] if said else type(error).__name__
    kind = StoreAway if _may_pass(error, state) else StoreError
    return kind(f"{shown}: {text}; {remedy}")


_PASSING = ("08", "53", "55P03", "57P", "25006", "40")
"""States of a server that is starting, ending, full, or about to change places with a standby."""


def _may_pass(error: Exception, state: str) -> bool:
    """Whether waiting can help. A certificate that is not believed stays so: that is a setting."""
    if state:
        return state.startswith(_PASSING)
    return isinstance(error, OSError) and not isinstance(error, SSLCertVerificationError)


_REMEDIES = (
    ("28", "check user and password in the URL, and the server's pg_hba.conf"),
    ("3D", "make the database first: createdb NAME"),
    ("42501", "grant the user what it may not do yet"),
    ("42P01", "start again: tables are made when a store is opened"),
    ("42703", "start again: columns are made when a store is opened"),
    ("53100", "make room on the server's disk"),
    ("53300", "raise max_connections there, or lower pool= in the URL"),
    ("53", "give the server more of it"),
    ("57P", "wait until the server is up again"),
    ("08", "see that the server runs and can be reached"),
    ("25006", "name the primary server in the URL, not a standby"),
)


def clean(text: str) -> str:
    """Text for people, with what PostgreSQL cannot hold (NUL, lone surrogates) marked as lost."""
    if text.isascii() and "\0" not in text:
        return text
    return (
        text.replace("\0", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    )


def named(text: str) -> str:
    """A name, which must be kept to the letter. Raises StoreError where that cannot be."""
    if clean(text) != text:
        raise StoreError(
            "PostgreSQL takes no name with a NUL or a lone surrogate; "
            "replace them before the event is taken in"
        )
    return text
