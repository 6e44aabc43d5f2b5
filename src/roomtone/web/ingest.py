"""The hot way in: POST /v1/events, bytes to durable events with as little as possible between."""

from __future__ import annotations

import asyncio
import json
import zlib
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qs

import msgspec

from roomtone import events as wire
from roomtone.errors import JournalError, ServerError
from roomtone.events import MALFORMED, TOO_LARGE, UNAVAILABLE, Event, Refusal
from roomtone.runtime.config import Settings
from roomtone.runtime.desk import LETTERS
from roomtone.runtime.door import TooManySessions
from roomtone.runtime.host import Host
from roomtone.web.problems import (
    RETRY_S,
    Faults,
    Problem,
    Receive,
    Scope,
    Send,
    answer,
    answer_problem,
)

RATIO = 100
"""How many times its size a body may unpack to: real chats reach 5 to 20, bombs 1,000."""

BODY_S = 30.0
"""How long a client may take to send a body; longer is a stalled or a hostile one."""

IN_HAND = 64_000_000
"""How many bytes of bodies are held at once, over all requests: what comes beyond waits outside."""

DRAIN = 8_000_000
"""How much more of a body that is too large is read and thrown away, so that its sender, who
writes before reading, sees the answer and not a broken connection."""

DRAIN_S = 2.0
MAX_SOURCE = 100

_LINES = frozenset(
    {"application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"}
)
# `curl -d` says form-urlencoded unless told otherwise, and some clients say nothing at all.
_PLAIN = frozenset(
    {"", "application/json", "text/json", "text/plain", "application/x-www-form-urlencoded"}
)
_BOM = b"\xef\xbb\xbf"
_encode = msgspec.json.Encoder().encode


class Ingest:
    """The ASGI application behind POST /v1/events."""

    def __init__(self, host: Host, settings: Settings, faults: Faults) -> None:
        self._host = host
        self._limits = settings.limits
        self._faults = faults
        self._in_hand = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        taken = _Taken()
        try:
            await self._take(scope, receive, send, taken)
        except Problem as problem:
            if not taken.told:
                self._host.refuse("http", [_whole(problem)], [])
            if problem.status == 413 and taken.more:
                await _answer_and_drain(send, receive, problem)
            else:
                await answer_problem(send, problem)
        except TooManySessions as error:
            await answer_problem(send, Problem(429, str(error), retry_s=60))
        except (JournalError, ServerError) as error:  # DiskFull among them
            await answer_problem(send, Problem(503, _with_remedy(error), retry_s=RETRY_S))
        except Exception as error:
            await answer_problem(send, self._faults.note("POST /v1/events", error))
        finally:
            self._in_hand -= taken.bytes

    async def _take(self, scope: Scope, receive: Receive, send: Send, taken: _Taken) -> None:
        source, history = _parse_query(scope["query_string"])
        packed, lines = self._check_headers(scope["headers"], taken)
        body = await self._read(receive, taken)
        if body is None:
            return  # the client has gone
        client = scope["client"]
        try:
            if packed:
                body = unpack(body, self._limits.max_body)
            if body.startswith(_BOM):
                body = body[3:]
            events, refusals, kept = self._decode(body, lines)
        except Problem as problem:
            taken.told = True
            self._host.refuse(source, [_whole(problem)], [body[:2048]])
            raise
        try:
            receipt = await self._host.submit(
                events,
                refusals,
                kept,
                source=source,
                history=history,
                client=client[0] if client else "",
            )
        except TooManySessions as error:
            errors = sorted(error.refusals(kept), key=lambda refusal: refusal.index)
            samples = _samples(body, lines, errors[:1], events, kept)
            self._host.refuse(source, errors, samples)
            raise
        errors = receipt.errors
        if errors:
            errors = sorted(errors, key=lambda refusal: refusal.index)
            self._host.refuse(source, errors, _samples(body, lines, errors, events, kept))
        await answer(
            send,
            202,
            _encode(
                {
                    "accepted": receipt.accepted,
                    "duplicates": receipt.duplicates,
                    "errors": errors,
                }
            ),
        )

    def _check_headers(
        self, headers: Sequence[tuple[bytes, bytes]], taken: _Taken
    ) -> tuple[bool, bool]:
        """Whether the body is packed, and whether it is one event per line."""
        packed, kind = False, ""
        for name, value in headers:
            if name == b"content-length":
                length = int(value[:19]) if value.isdigit() else 0  # cut: no number is longer
                if length > self._limits.max_body:
                    taken.more = True
                    raise self._too_large(f"{length:,} bytes")
            elif name == b"content-encoding":
                packed = _is_gzip(value)
            elif name == b"content-type":
                kind = _kind(value)
        if kind not in _PLAIN and kind not in _LINES:
            raise Problem(
                415,
                f"content type {kind[:100]!r} is not read here; send application/json, or "
                "application/x-ndjson for one event per line",
            )
        return packed, kind in _LINES

    async def _read(self, receive: Receive, taken: _Taken) -> bytes | None:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body: bytes = message.get("body", b"")
        self._hold(taken, len(body), bool(message.get("more_body")))
        if not taken.more:
            return body
        parts = [body]
        try:
            async with asyncio.timeout(BODY_S):
                while taken.more:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        return None
                    parts.append(message.get("body", b""))
                    self._hold(taken, len(parts[-1]), bool(message.get("more_body")))
        except TimeoutError:
            raise Problem(
                408,
                f"the body did not come within {BODY_S:.0f} s; send it again, or in smaller parts",
            ) from None
        return b"".join(parts)

    def _hold(self, taken: _Taken, size: int, more: bool) -> None:
        taken.bytes += size
        taken.more = more
        self._in_hand += size
        if taken.bytes > self._limits.max_body:
            raise self._too_large("more")
        if self._in_hand > IN_HAND:
            raise Problem(503, "too much is coming in at once; try again in a moment", retry_s=1)

    def _too_large(self, size: str) -> Problem:
        return Problem(
            413,
            f"the body is {size}, the limit is {self._limits.max_body:,} bytes before and after "
            "unpacking; send it in smaller parts",
        )

    def _decode(self, body: bytes, lines: bool) -> tuple[list[Event], list[Refusal], list[int]]:
        limit = self._limits.max_events
        try:
            events, refusals, kept = wire.decode(body, lines=lines, limit=limit)
        except ValueError as error:
            if "in one request" in str(error):
                raise Problem(413, str(error)) from None
            raise Problem(400, _sentence(str(error))) from None
        if refusals and not events and not _is_json(body):
            raise Problem(400, _sentence(f"the body is no JSON: {refusals[0].reason}"))
        return events, refusals, kept


class _Taken:
    """What a request holds of the common room for bodies, and whether more of it is to come."""

    __slots__ = ("bytes", "more", "told")

    def __init__(self) -> None:
        self.bytes = 0
        self.more = False
        self.told = False  # whether it is known already why it is refused


def _whole(problem: Problem) -> Refusal:
    """A request that is refused before it is known how many events are in it."""
    kinds = {413: TOO_LARGE, 503: UNAVAILABLE}
    return Refusal(0, problem.detail, kinds.get(problem.status, MALFORMED))


def unpack(body: bytes, most: int) -> bytes:
    """Unpack gzip, never making more than `most` bytes, nor more than 100 times what came.

    Raises Problem: 413 when it would be more, 400 when it is no whole gzip.
    """
    allowed = min(most, max(len(body), 1) * RATIO)
    parts: list[bytes] = []
    size = 0
    rest = body
    while rest:
        member = zlib.decompressobj(wbits=31)
        try:
            part = member.decompress(rest, allowed - size + 1)
        except zlib.error:
            raise Problem(
                400, "the body is no gzip; leave Content-Encoding out, or pack it"
            ) from None
        size += len(part)
        if size > allowed:
            raise Problem(
                413,
                f"the body unpacks to more than {allowed:,} bytes, which is the limit (at most "
                f"{RATIO} times what was sent); send it in smaller parts",
            )
        if not member.eof:
            raise Problem(400, "the gzip body is cut off; send it whole")
        parts.append(part)
        if len(parts) > 100:
            raise Problem(400, "the gzip body has more than 100 members; pack it in one go")
        rest = member.unused_data
    return b"".join(parts)


def _parse_query(query: bytes) -> tuple[str, bool]:
    """The source's name and whether the events are history."""
    if not query:
        return "http", False
    try:
        given = parse_qs(query.decode("latin-1"), keep_blank_values=True, max_num_fields=20)
    except ValueError:
        raise Problem(400, "too many query parameters; `history` and `source` are known") from None
    source = given.get("source", ["http"])[-1]
    if not 1 <= len(source) <= MAX_SOURCE or not source.isprintable():
        raise Problem(
            400, f"`source` is a printable name of 1 to {MAX_SOURCE} characters; shorten it"
        )
    history = given.get("history", ["false"])[-1].lower()
    if history not in ("true", "1", "false", "0"):
        raise Problem(400, "`history` is true or false; send history=true for events of the past")
    return source, history in ("true", "1")


def _is_gzip(encoding: bytes) -> bool:
    name = encoding.decode("latin-1").strip().lower()
    if name in ("", "identity"):
        return False
    if name in ("gzip", "x-gzip"):
        return True
    raise Problem(415, f"content encoding {name[:100]!r} is not read here; send gzip or plain")


def _kind(content_type: bytes) -> str:
    kind, _, rest = content_type.decode("latin-1").lower().partition(";")
    if "charset" in rest and not any(name in rest for name in ("utf-8", "utf8", "us-ascii")):
        raise Problem(415, "events are UTF-8; encode the body so and say charset=utf-8")
    return kind.strip()


def _is_json(body: bytes) -> bool:
    """Whether the body, or its first line, is JSON of any kind."""
    for part in (body, body.strip().partition(b"\n")[0]):
        try:
            json.loads(part)  # msgspec would not read past a lone surrogate
            return True
        except (ValueError, RecursionError):
            continue
    return False


def _samples(
    body: bytes,
    lines: bool,
    errors: Sequence[Refusal],
    events: Sequence[Event],
    kept: Sequence[int],
) -> list[bytes]:
    """What was sent in the place of each of the first errors, for a person to look at."""
    parts: Any = None
    places = {place: row for row, place in enumerate(kept)}
    found = []
    for error in errors[: max(LETTERS, 50)]:
        row = places.get(error.index)
        if row is not None:
            found.append(_encode(events[row])[:2048])
            continue
        if parts is None:
            parts = _split(body.strip(), lines)
        found.append(bytes(parts[error.index])[:2048] if error.index < len(parts) else body[:2048])
    return found


def _split(body: bytes, lines: bool) -> Sequence[Any]:
    if body[:1] == b"[" and not (lines and b"\n" in body):
        try:
            parts: list[msgspec.Raw] = msgspec.json.decode(body, type=list[msgspec.Raw])
            return parts
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return []
    return [part for part in body.split(b"\n") if part.strip()]


async def _answer_and_drain(send: Send, receive: Receive, problem: Problem) -> None:
    """Answer at once, then read on for a moment: the sender may still be writing."""
    body = problem.body()
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", b"%d" % len(body)),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": True})
    left = DRAIN
    try:
        async with asyncio.timeout(DRAIN_S):
            while left > 0:
                message = await receive()
                left -= len(message.get("body", b"")) or 1
                if message["type"] == "http.disconnect" or not message.get("more_body"):
                    break
    except TimeoutError:
        pass
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def _sentence(text: str) -> str:
    return text if "; send" in text else f"{text}; send one event, an array, or one event per line"


def _with_remedy(error: Exception) -> str:
    text = str(error)
    return text if ";" in text else f"{text}; nothing was taken, so send it again later"
