"""What went wrong, told to whoever asked: problem documents (RFC 9457) and whole small answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from http import HTTPStatus
from typing import Any

import msgspec
import structlog

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Header = tuple[bytes, bytes]

SAFE: tuple[Header, ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
"""What every answer says to browsers: guess no types, tell nobody the address, be in no page."""

DATA: tuple[Header, ...] = (
    *SAFE,
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cache-control", b"no-store"),
)
"""The same for data, which no browser should run, show in a frame, or keep."""

PROBLEM = b"application/problem+json"

RETRY_S = 5
"""After how many seconds to come back when a disk or a store is in trouble."""

log = structlog.get_logger()


class Problem(Exception):
    """An answer other than the one that was hoped for; `detail` ends in what to do."""

    def __init__(
        self, status: int, detail: str, *, title: str = "", retry_s: float | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.title = title or HTTPStatus(status).phrase
        self.headers: list[Header] = []
        if retry_s is not None:
            self.headers.append((b"retry-after", b"%d" % max(1, round(retry_s))))

    def body(self) -> bytes:
        """The problem as JSON. Lone surrogates, which came from outside, do not stop it."""
        told = {
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "detail": self.detail.encode("utf-8", "replace").decode(),
        }
        return msgspec.json.encode(told)


async def answer(
    send: Send,
    status: int,
    body: bytes,
    content_type: bytes = b"application/json",
    headers: Sequence[Header] = DATA,
) -> None:
    """A whole answer in one go."""
    told = [(b"content-type", content_type), (b"content-length", b"%d" % len(body)), *headers]
    await send({"type": "http.response.start", "status": status, "headers": told})
    await send({"type": "http.response.body", "body": body})


async def answer_problem(send: Send, problem: Problem) -> None:
    """A problem document."""
    headers = (*DATA, *problem.headers)
    await answer(send, problem.status, problem.body(), PROBLEM, headers)


class Faults:
    """Counts what nobody expected: the type of each error and its place, never its text.

    An error's text may quote what came in, and what came in is private to its room.
    """

    def __init__(self) -> None:
        self.count = 0
        self.latest = ""

    def note(self, where: str, error: BaseException) -> Problem:
        """Count and log an error; returns what to tell the one who asked."""
        self.count += 1
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        line = f"{trace.tb_frame.f_code.co_name}:{trace.tb_lineno}" if trace else "?"
        self.latest = f"{type(error).__name__} at {line} in {where}"
        log.error("a request failed unexpectedly", where=where, error=self.latest)
        return Problem(
            503,
            f"something failed here that should not have ({type(error).__name__}); nothing of this "
            "request was acknowledged, so send it again, and report it if it happens twice",
            title="Unexpected failure",
            retry_s=RETRY_S,
        )

    def health(self) -> dict[str, Any]:
        """This part's line on /readyz; a request that failed does not make the server unready."""
        told = f"{self.count} requests failed unexpectedly, the last: {self.latest}"
        return {
            "name": "web",
            "ok": True,
            "detail": told if self.count else "no request failed unexpectedly",
            "remedy": "report what the log says" if self.count else "",
        }
