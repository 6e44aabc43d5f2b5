"""Talks to a running server over HTTP, with nothing but the standard library."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import socket
import ssl
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from roomtone.errors import ServerError

_SENDABLE = re.compile(r"[!-~]{0,200}")

TIMEOUT_S = 30.0
"""Longer than a server's disk may stall, shorter than a person's patience."""


REMEDY = (
    "start one with `roomtone serve`, name another with --url, or read a folder with --data DIR"
)
"""What to do where none answers, for who typed a command."""


class Busy(ServerError):
    """The server asked to come back later: after `retry_s` seconds."""

    def __init__(self, detail: str, retry_s: float) -> None:
        super().__init__(detail)
        self.retry_s = retry_s


class NeedsKey(ServerError):
    """The server asks who asks."""


class Remote:
    """One connection to a server; used from one thread at a time.

    Where the server asks who asks, it is told the key: by default that of ROOMTONE_KEY.
    """

    def __init__(
        self,
        url: str,
        timeout_s: float = TIMEOUT_S,
        remedy: str = REMEDY,
        key: str | None = None,
    ) -> None:
        self._remedy = remedy
        self._key = (os.environ.get("ROOMTONE_KEY", "") if key is None else key).strip()
        if not _SENDABLE.fullmatch(self._key):
            raise ServerError(
                "the key is none; ROOMTONE_KEY is what `roomtone keys create` printed"
            )
        parts = urlsplit(url if "//" in url else f"http://{url}")
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ServerError(f"{url} is no address of a server; write http://127.0.0.1:8003")
        self.url = f"{parts.scheme}://{parts.netloc}"
        make = (
            http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        )
        self._connection = make(parts.hostname, parts.port, timeout=timeout_s)

    def get(self, path: str, **query: object) -> Any:
        """The decoded answer. Raises ServerError with what to do."""
        given = {name: value for name, value in query.items() if value is not None}
        return self._ask("GET", f"{path}?{urlencode(given)}" if given else path)

    def post(self, path: str, body: bytes, **query: object) -> Any:
        """The decoded answer. Raises Busy when it should be tried again later."""
        return self._ask("POST", f"{path}?{urlencode(query)}" if query else path, body)

    def pieces(self, path: str) -> Iterator[bytes]:
        """An answer that may be long, as it comes. Raises ServerError as `get` does, and where it
        breaks off."""
        with self._answering():
            self._connection.request("GET", path, headers=self._headers())
            response = self._connection.getresponse()
            if response.status >= 400:
                kept = response.headers.get("Retry-After")
                self._check(path, response.status, kept, _decode(response.read()))
        try:
            while piece := response.read(1 << 16):
                yield piece
            if response.length:
                raise http.client.IncompleteRead(b"", response.length)
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise ServerError(
                f"the answer of {self.url} broke off ({_reason(error)}); ask again, and see there: "
                "roomtone doctor"
            ) from None

    def put(self, path: str, body: bytes) -> Any:
        """The decoded answer, as of `post`."""
        return self._ask("PUT", path, body)

    def delete(self, path: str, **query: object) -> Any:
        """The decoded answer, as of `post`."""
        return self._ask("DELETE", f"{path}?{urlencode(query)}" if query else path)

    def close(self) -> None:
        self._connection.close()

    def _ask(self, method: str, path: str, body: bytes | None = None) -> Any:
        headers = self._headers()
        if body is not None:
            headers["Content-Type"] = "application/json"
        with self._answering():
            status, kept, data = self._exchange(method, path, body, headers)
        answer = _decode(data)
        self._check(path, status, kept, answer)
        return answer

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._key}"} if self._key else {}

    @contextlib.contextmanager
    def _answering(self) -> Iterator[None]:
        try:
            yield
        except ssl.SSLError as error:
            raise ServerError(f"{self.url} has no valid certificate: {error.reason}") from None
        except (OSError, http.client.HTTPException) as error:
            why = "it does not answer" if isinstance(error, socket.timeout) else _reason(error)
            raise ServerError(f"no server at {self.url} ({why}); {self._remedy}") from None

    def _check(self, path: str, status: int, kept: str | None, answer: Any) -> None:
        if status in (429, 503) and path.startswith("/v1/"):
            raise Busy(_detail(answer, status), _seconds(kept))
        if status == 401:
            raise NeedsKey(
                f"{self.url} asks for a key: {_detail(answer, status)}; set ROOMTONE_KEY to one"
            )
        if status >= 400 and not path.startswith("/readyz"):
            raise ServerError(_detail(answer, status))

    def _exchange(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> tuple[int, str | None, bytes]:
        """Send and receive, once more if the kept-alive connection was closed in between."""
        for again in (False, True):
            fresh = self._connection.sock is None
            try:
                self._connection.request(method, path, body, dict(headers))
                response = self._connection.getresponse()
                return response.status, response.headers.get("Retry-After"), response.read()
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                self._connection.close()
                if again or fresh:
                    raise
        raise AssertionError("unreachable")


def escape(session: str) -> str:
    """A session's id as one part of a path."""
    return quote(session, safe="")


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return str(error) or type(error).__name__


def _decode(data: bytes) -> Any:
    try:
        return json.loads(data) if data else None
    except ValueError:
        return {"detail": "the answer is no JSON; is something else listening there?"}


def _detail(answer: Any, status: int) -> str:
    if isinstance(answer, dict) and answer.get("detail"):
        return str(answer["detail"])
    return f"the server answered {status}"


def _seconds(retry_after: str | None) -> float:
    try:
        return min(max(float(retry_after or 1), 0.05), 60.0)
    except ValueError:
        return 1.0
