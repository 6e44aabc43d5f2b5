"""Speaks to InfluxDB through its official client, in threads: a hung server holds nobody up."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from roomtone.beside import beside
from roomtone.errors import MissingExtra, StoreAway, StoreError, StoreRefused
from roomtone.stores._influx_address import Address
from roomtone.stores._influx_query import (
    Series,
    delete_body,
    delete_query,
    forget_body,
    forget_query,
)

T = TypeVar("T")

THREADS = 4  # requests at once: one writes, the others serve whoever looks
MOST_BYTES = 256 << 20  # of one answer; two million points
LAST_V1 = (1, 8)  # from here on there is the API that the official client writes to
RETRIES = 2  # of a write that a busy server put off
WAIT_S = 0.25  # before the first of them, unless the server says otherwise


def driver() -> Any:
    """The official client. Raises MissingExtra."""
    try:
        import influxdb_client
    except ImportError:
        raise MissingExtra("influxdb-client", "influxdb") from None
    return influxdb_client


class Threads:
    """A few calls at once beside the event loop.

    The threads are daemons, and each ends by its own time limit: a call that its caller gave up
    neither keeps the program from ending nor takes the default executor's place.
    """

    def __init__(self, most: int) -> None:
        self._free = asyncio.Semaphore(most)

    async def run(self, call: Callable[[], T]) -> T:
        """What the call returns or raises; a cancelled caller leaves it to end by itself."""
        await self._free.acquire()
        return await beside(call, name="influxdb", ended=self._free.release)


class Client:
    """One InfluxDB: told lines, asked in InfluxQL. Every call ends within the time limit."""

    def __init__(self, address: Address) -> None:
        package = driver()
        from influxdb_client.client.write_api import SYNCHRONOUS

        self.address = address
        self.version = ""  # as the server says; empty where it does not
        self._threads = Threads(THREADS)
        self._client = package.InfluxDBClient(
            url=address.server,
            token=address.token or None,
            org=address.org,
            timeout=round(address.timeout_s * 1000),
            enable_gzip=address.gzip,
            auth_basic=":" in address.token,  # user:password, as 1.x has it
            connection_pool_maxsize=THREADS,
        )
        self._writing = self._client.write_api(write_options=SYNCHRONOUS)

    async def ping(self) -> None:
        """Learn which version it is. Raises StoreAway where nobody answers."""

        def call() -> str:
            _, _, headers = self._client.api_client.call_api("/ping", "GET")
            return str(headers.get("X-Influxdb-Version", "")).lstrip("v")

        self.version = await self._run(call)

    @property
    def is_old(self) -> bool:
        """Whether it is older than 1.8: it takes lines at `/write` alone."""
        numbers = tuple(int(part) for part in re.findall(r"\d+", self.version)[:2])
        return bool(numbers) and numbers < LAST_V1

    async def write(self, body: bytes, precision: str) -> None:
        """Send lines whose times are in `precision`: ms or ns. What is busy is tried again.

        Raises StoreRefused where it would be refused again, StoreAway where it may not be.
        """
        wait = WAIT_S
        for left in reversed(range(RETRIES + 1)):
            try:
                await self._run(lambda: self._write(body, precision))
                return
            except _Busy as error:
                if not left:
                    raise
                await asyncio.sleep(min(max(wait, error.after_s), self.address.timeout_s))
                wait *= 4

    def _write(self, body: bytes, precision: str) -> None:
        address = self.address
        if not self.is_old:
            self._writing.write(address.bucket, address.org, body, write_precision=precision)
            return
        self._client.api_client.call_api(
            "/write",
            "POST",
            query_params=[("db", address.bucket), ("precision", precision)],
            header_params={"Content-Type": "text/plain; charset=utf-8"},
            body=body,
        )

    async def delete(self, series: str, tags: Mapping[str, str], ns: int) -> None:
        """Delete what one series has at one time (epoch ns). Raises StoreRefused where the server
        cannot do that, which is so for good."""
        try:
            if self.version.startswith("1."):
                await self.query(delete_query(series, tags, ns))
                return
            body = msgspec.json.encode(delete_body(series, tags, ns)).decode()
            await self._run(lambda: self._delete(body))
        except StoreAway:
            raise
        except StoreError as error:
            raise StoreRefused(
                f"{self.address.shown} does not delete points ({error}); what was taken back stays"
            ) from None

    async def forget(self, tags: Mapping[str, str]) -> None:
        """Delete all that has these tags. Raises StoreRefused where the server cannot do that."""
        try:
            if self.version.startswith("1."):
                await self.query(forget_query(tags))
                return
            body = msgspec.json.encode(forget_body(tags)).decode()
            await self._run(lambda: self._delete(body))
        except StoreAway:
            raise
        except StoreError as error:
            raise StoreRefused(
                f"{self.address.shown} does not delete series ({error}); delete them there"
            ) from None

    def _delete(self, body: str) -> None:
        self._client.api_client.call_api(
            "/api/v2/delete",
            "POST",
            query_params=[("org", self.address.org), ("bucket", self.address.bucket)],
            header_params={"Content-Type": "application/json"},
            body=msgspec.json.decode(body),
            auth_settings=["BasicAuthentication"],
        )

    async def query(self, text: str) -> Sequence[Series]:
        """The series that InfluxQL gives, times in epoch ms. Raises StoreError."""
        return await self._run(lambda: self._query(text))

    def _query(self, text: str) -> Sequence[Series]:
        asked = {"db": self.address.bucket, "q": text, "epoch": "ms"}
        response, _, _ = self._client.api_client.call_api(
            "/query",
            "POST",
            header_params={"Content-Type": "application/x-www-form-urlencoded"},
            post_params=list(asked.items()),
            _preload_content=False,
        )
        try:
            data = response.read(MOST_BYTES + 1)
        finally:
            response.release_conn()
        if len(data) > MOST_BYTES:
            response.close()
            raise StoreError("this read gathers too much; ask for a shorter time or fewer series")
        try:
            answer = msgspec.json.decode(data)["results"][0]
        except (msgspec.DecodeError, LookupError, TypeError):
            raise StoreError(
                f"{self.address.shown} gave no answer to a query; see that it is an InfluxDB"
            ) from None
        if error := answer.get("error"):
            raise self._refusal(404 if "not found" in error else 400, error)
        found: Sequence[Series] = answer.get("series", [])
        return found

    async def _run(self, call: Callable[[], T]) -> T:
        limit, shown = self.address.timeout_s, self.address.shown
        from influxdb_client.rest import ApiException
        from urllib3.exceptions import HTTPError

        try:
            async with asyncio.timeout(limit):
                return await self._threads.run(call)
        except TimeoutError:
            raise StoreAway(
                f"{shown} does not answer within {limit:g} s; see that it is well"
            ) from None
        except ApiException as error:
            raise self._refusal(error.status or 0, _said(error), error.headers) from None
        except HTTPError as error:
            raise StoreAway(
                f"{shown} cannot be reached ({type(error).__name__}); "
                "see that it runs, and that host and port are right"
            ) from None

    def _refusal(self, status: int, said: str, headers: Any = None) -> StoreError:
        """What an answer that is no success means, and what to do about it."""
        shown, bucket = self.address.shown, self.address.bucket
        if status == 0:
            return StoreError(f"{shown}: {said}; see that its certificate is one to be believed")
        if status in (401, 403):
            return StoreError(
                f"{shown} refuses the token ({status}); put one that may read and write the bucket "
                "into the URL or INFLUXDB_TOKEN"
            )
        if status == 404:
            how = (
                f"influx -execute 'CREATE DATABASE \"{bucket}\"'"
                if self.version.startswith("1.")
                else f"influx bucket create --org {self.address.org!r} --name {bucket!r}"
            )
            return StoreError(f"{shown} has no such bucket ({said}); create it: {how}")
        if status == 429 or status >= 500:
            after = str((headers or {}).get("Retry-After", ""))
            error = _Busy(f"{shown} is not ready ({status}: {said}); see that it is well")
            error.after_s = float(after) if after.isdigit() else 0.0
            return error
        return StoreRefused(
            f"{shown} refuses what it was given ({status}: {said}); "
            "where another program wrote a field of that name with another type, use another bucket"
        )

    def close(self) -> None:
        """Let go of the connections; calls that are on their way end by their time limit."""
        self._client.close()


class _Busy(StoreAway):
    """The server puts us off, maybe until a time that it names."""

    after_s = 0.0


def _said(error: Any) -> str:
    """The server's own words, without the lines that it quotes: they hold what people wrote."""
    text = ""
    with contextlib.suppress(msgspec.DecodeError, TypeError):
        told = msgspec.json.decode(error.body or b"{}")
        if isinstance(told, dict):
            text = str(told.get("message") or told.get("error") or "")
    text = re.sub(r"'.*'", "'…'", text, flags=re.DOTALL).partition("\n")[0]
    return text[:200] or str(error.reason or "no reason").partition("\n")[0]
